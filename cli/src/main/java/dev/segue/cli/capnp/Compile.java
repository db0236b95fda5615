package dev.segue.cli.capnp;

import dev.segue.capnproto.compiler.CompiledSchemas;
import dev.segue.capnproto.compiler.Generation;
import dev.segue.capnproto.compiler.JavaSources;
import dev.segue.capnproto.compiler.SchemaException;
import dev.segue.cli.terminal.StandardInput;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Generates Java classes. */
@Command(
    name = "compile",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Generates Java classes of schemas, or writes the request for a plugin of another language.",
      "Without a file it reads such a request, as capnp compile hands it to a plugin.",
      ""
    })
final class Compile extends Schemas {
  @Parameters(paramLabel = "FILE", arity = "0..*", description = "Schemas (*.capnp).")
  private List<Path> files = new ArrayList<>();

  @Option(
      names = {"-o", "--output"},
      paramLabel = "DIRECTORY",
      description =
          "Directory in which the packages of the classes begin (default: the current one).")
  private Path output = Path.of("");

  @Option(
      names = "--package",
      paramLabel = "NAME",
      description = "The package of files that have neither $$Java.package nor a directory.")
  private String defaultPackage = "";

  @Option(
      names = "--request",
      paramLabel = "FILE",
      description = "Writes the request to a file instead of classes; - is the standard output.")
  private @Nullable Path request;

  private Compile() {}

  @Override
  int run() throws IOException, SchemaException {
    CompiledSchemas schemas =
        files.isEmpty()
            ? CompiledSchemas.fromRequest(StandardInput.open().readAllBytes())
            : compile(files);
    if (request == null) {
      JavaSources sources = schemas.toJava(defaultPackage);
      Generation.write(sources, output);
      sources.notes().forEach(this::err);
    } else if (request.toString().equals("-")) {
      System.out.write(schemas.toRequest());
      System.out.flush();
    } else {
      Files.write(request, schemas.toRequest());
    }
    return 0;
  }
}
