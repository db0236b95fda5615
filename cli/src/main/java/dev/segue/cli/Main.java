package dev.segue.cli;

import dev.segue.cli.demo.Demo;
import dev.segue.cli.demo.PublisherProcess;
import dev.segue.cli.demo.SubscriberProcess;
import dev.segue.cli.recording.PublishObject;
import dev.segue.cli.recording.RecordTopic;
import dev.segue.cli.recording.Replay;
import dev.segue.cli.serve.Serve;
import dev.segue.cli.store.Cat;
import dev.segue.cli.store.Cp;
import dev.segue.cli.store.Get;
import dev.segue.cli.store.Ls;
import dev.segue.cli.store.Presign;
import dev.segue.cli.store.Put;
import dev.segue.cli.store.PutStreaming;
import dev.segue.cli.store.Rm;
import dev.segue.cli.store.Stat;
import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command line's entry. */
@Command(
    name = "segue",
    description = "Zero-copy messaging for Java.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    subcommands = {
      Demo.class,
      Serve.class,
      RecordTopic.class,
      Replay.class,
      PublishObject.class,
      PublisherProcess.class,
      SubscriberProcess.class,
      Get.class,
      Put.class,
      PutStreaming.class,
      Cp.class,
      Cat.class,
      Ls.class,
      Stat.class,
      Rm.class,
      Presign.class
    })
public final class Main implements Runnable {
  @Spec private CommandSpec spec = CommandSpec.create();

  private Main() {}

  /** Runs a command line and ends the process with its status. */
  public static void main(String[] arguments) {
    System.exit(commandLine().execute(arguments));
  }

  static CommandLine commandLine() {
    return new CommandLine(new Main())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setParameterExceptionHandler((e, arguments) -> refuse(e))
        .setExecutionExceptionHandler((e, command, parsed) -> fail(e, command));
  }

  private static int refuse(ParameterException e) {
    CommandLine command = e.getCommandLine();
    String name = command.getCommandSpec().qualifiedName();
    PrintWriter err = command.getErr();
    err.println(name + ": " + describe(e) + " (see " + name + " --help)");
    err.flush();
    return CommandLine.ExitCode.USAGE;
  }

  private static int fail(Exception e, CommandLine command) {
    PrintWriter err = command.getErr();
    err.println(command.getCommandSpec().qualifiedName() + ": " + describe(e));
    err.flush();
    return CommandLine.ExitCode.SOFTWARE;
  }

  /** In one line; the class says something only where nobody wrote the message for the user. */
  private static String describe(Exception e) {
    boolean forUser = e instanceof CommandFailedException || e instanceof ParameterException;
    String text = forUser && e.getMessage() != null ? e.getMessage() : e.toString();
    return text.strip().replaceAll("\\s*\\R\\s*", "; ");
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a command is missing");
  }
}
