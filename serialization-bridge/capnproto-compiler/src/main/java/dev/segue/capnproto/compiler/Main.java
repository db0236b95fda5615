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

  /**
   * Writes the classes, and ends the process with 1 and the errors if a schema has any, with 2
   * where no file is named.
   */
  public static void main(String[] arguments) {
    Path out = Path.of("");
    Path root = Path.of("");
    List<Path> importPath = new ArrayList<>();
    List<String> names = new ArrayList<>();
    Iterator<String> rest = List.of(arguments).iterator();
    boolean isUnderstood = true;
    while (rest.hasNext() && isUnderstood) {
      String argument = rest.next();
      boolean isOption = argument.startsWith("-");
      isUnderstood = !isOption || rest.hasNext();
      if (!isOption) {
        names.add(argument);
      } else if (isUnderstood) {
        Path value = Path.of(rest.next());
        switch (argument) {
          case "--out" -> out = value;
          case "--root" -> root = value;
          case "-I" -> importPath.add(value);
          default -> isUnderstood = false;
        }
      }
    }
    if (!isUnderstood || names.isEmpty()) {
      System.err.println("Main --out DIRECTORY --root DIRECTORY [-I DIRECTORY] FILE…");
      System.exit(2);
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
