package dev.segue.cli.capnp;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Compiles schemas, and decodes and encodes messages by them. */
@Command(
    name = "capnp",
    mixinStandardHelpOptions = true,
    description = {
      "Compiles Cap'n Proto schemas to Java classes, formats and compares them, shows messages, and"
          + " builds them from JSON."
    },
    subcommands = {Compile.class, Format.class, Id.class, Check.class, Decode.class, Encode.class})
public final class CapnpCommand implements Runnable {
  @Spec private CommandSpec spec = CommandSpec.create();

  private CapnpCommand() {}

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(), "a command is missing: compile, format, id, check, decode or encode");
  }
}
