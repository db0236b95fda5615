package dev.segue.cli;

import java.io.PrintWriter;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Prints the completion script of a shell. */
@Command(
    name = "completion",
    mixinStandardHelpOptions = true,
    description = {
      "Prints a script with which a shell completes commands and options: source <(segue completion bash) in"
          + " ~/.bashrc, or source <(segue completion zsh) in ~/.zshrc.",
      ""
    })
public final class Completion implements Runnable {
  /** The shells that there is a script for; it is the same one. */
  enum Shell {
    /** 4 and later. */
    BASH,
    /** By its bashcompinit, which the script loads. */
    ZSH
  }

  @Spec private CommandSpec spec = CommandSpec.create();

  @SuppressWarnings("UnusedVariable") // read by picocli alone, which refuses other shells
  @Parameters(paramLabel = "bash|zsh", description = "The shell.")
  private Shell shell = Shell.BASH;

  private Completion() {}

  @Override
  public void run() {
    PrintWriter out = spec.commandLine().getOut();
    out.print(AutoComplete.bash("segue", Main.commandLine()));
    out.flush();
  }
}
