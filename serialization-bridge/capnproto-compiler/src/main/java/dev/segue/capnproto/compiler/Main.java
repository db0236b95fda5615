package dev.segue.capnproto.compiler;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/**
 * Generates classes in a build: {@code Main --out DIRECTORY --root DIRECTORY [-I DIRECTORY] FILE…}.
 */
public final class Main {
  private Main() {}

  /** Writes the classes, and ends the process with 1 and the errors if a schema has any. */
  public static void main(String[] arguments) {
    Path out = Path.of("");
    Path root = Path.of("");
    List<Path> importPath = new ArrayList<>();
    List<String> names = new ArrayList<>();
    Iterator<String> rest = List.of(arguments).iterator();
    while (rest.hasNext()) {
      String argument = rest.next();
      switch (argument) {
        case "--out" -> out = Path.of(rest.next());
        case "--root" -> root = Path.of(rest.next());
        case "-I" -> importPath.add(Path.of(rest.next()));
        default -> names.add(argument);
      }
    }
    try {
      JavaSources sources = new SchemaCompiler(importPath).compile(root, names).toJava("");
      Generation.write(sources, out);
      sources.notes().forEach(System.out::println);
    } catch (SchemaException | IOException e) {
      System.err.println(e.getMessage());
      System.exit(1);
    }
  }
}
