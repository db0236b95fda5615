package dev.segue.cli.capnp;

import dev.segue.capnproto.compiler.SchemaCompiler;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Makes an id. */
@Command(
    name = "id",
    mixinStandardHelpOptions = true,
    description = "Prints a new id for the first line of a schema.")
final class Id implements Runnable {
  @Spec private CommandSpec spec = CommandSpec.create();

  private Id() {}

  @Override
  public void run() {
    spec.commandLine().getOut().println(SchemaCompiler.newId());
    spec.commandLine().getOut().flush();
  }
}
