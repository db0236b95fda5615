package dev.segue.cli.capnp;

import dev.segue.capnproto.compiler.CompiledSchemas;
import dev.segue.capnproto.compiler.SchemaCompiler;
import dev.segue.capnproto.compiler.SchemaException;
import dev.segue.cli.terminal.Printable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** A command that reads schemas; their errors are shown with their lines. */
abstract class Schemas implements Callable<Integer> {
  @Option(
      names = {"-I", "--import-path"},
      paramLabel = "DIRECTORY",
      description = "Directory for imports that begin with a slash. May be repeated.")
  private List<Path> importPath = new ArrayList<>();

  @Option(
      names = "--src-prefix",
      paramLabel = "DIRECTORY",
      description = "The directory that the files' names start from. Default: the current one.")
  private Path root = Path.of("");

  @Spec private CommandSpec spec = CommandSpec.create();

  /** Returns the status that the process ends with. */
  abstract int run() throws IOException, SchemaException;

  @Override
  public final Integer call() throws IOException {
    try {
      return run();
    } catch (SchemaException e) {
      err(String.valueOf(e.getMessage()));
      return 1;
    }
  }

  final void out(String line) {
    spec.commandLine().getOut().println(Printable.of(line));
    spec.commandLine().getOut().flush();
  }

  final void err(String lines) {
    lines.lines().map(Schemas::printable).forEach(spec.commandLine().getErr()::println);
    spec.commandLine().getErr().flush();
  }

  /** The line as a terminal may show it; tabs keep a caret below what it marks. */
  static String printable(String line) {
    return Stream.of(line.split("\t", -1)).map(Printable::of).collect(Collectors.joining("\t"));
  }

  final CompiledSchemas compile(List<Path> files) throws SchemaException {
    Path base = root.toAbsolutePath().normalize();
    boolean inside =
        files.stream().allMatch(file -> file.toAbsolutePath().normalize().startsWith(base));
    Path from = inside ? base : filesystem(base);
    List<String> names = new ArrayList<>();
    for (Path file : files) {
      Path relative = from.relativize(file.toAbsolutePath().normalize());
      names.add(relative.toString().replace(file.getFileSystem().getSeparator(), "/"));
    }
    return new SchemaCompiler(importPath).compile(from, names);
  }

  private static Path filesystem(Path base) {
    Path top = base.getRoot();
    return top == null ? base : top;
  }
}
