package dev.segue.cli.capnp;

import dev.segue.capnproto.compiler.SchemaException;
import dev.segue.capnproto.compiler.SchemaFormat;
import dev.segue.cli.CommandFailedException;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Indents schemas. */
@Command(
    name = "format",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Indents schemas in place; words and comments stay as they are.")
final class Format implements Callable<Integer> {
  @Parameters(paramLabel = "FILE", arity = "1..*", description = "Schemas (*.capnp).")
  private List<Path> files = new ArrayList<>();

  @Option(
      names = "--check",
      description =
          "Writes nothing; names the files that aren't formatted and fails if there are any.")
  private boolean check;

  @Spec private CommandSpec spec = CommandSpec.create();

  private Format() {}

  @Override
  public Integer call() throws IOException, CommandFailedException {
    int status = 0;
    for (Path file : files) {
      try {
        String text = Files.readString(file);
        String formatted = SchemaFormat.format(file.toString(), text);
        if (check && !formatted.equals(text)) {
          spec.commandLine().getOut().println(file + ": not formatted");
          status = 1;
        } else if (!check && !formatted.equals(text)) {
          WholeFile.replace(file, formatted);
        }
      } catch (CharacterCodingException e) {
        throw new CommandFailedException(file + " isn't UTF-8 text", e);
      } catch (SchemaException e) {
        String.valueOf(e.getMessage())
            .lines()
            .map(Schemas::printable)
            .forEach(spec.commandLine().getErr()::println);
        status = 1;
      }
    }
    spec.commandLine().getOut().flush();
    spec.commandLine().getErr().flush();
    return status;
  }
}
