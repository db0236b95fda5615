package dev.segue.capnproto.maven;

import dev.segue.capnproto.compiler.Diagnostic;
import dev.segue.capnproto.compiler.SchemaException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.maven.plugin.MojoFailureException;
import org.apache.maven.plugin.logging.Log;

/** Shows errors as the compiler of Java does: {@code /path/of/file:[line,column] message}. */
final class SchemaErrors {
  private SchemaErrors() {}

  /**
   * Logs each error.
   *
   * @param directories where the names of files start from, the likeliest first
   * @return what ends the goal
   */
  static MojoFailureException report(SchemaException fault, List<Path> directories, Log log) {
    List<Diagnostic> diagnostics = fault.diagnostics();
    for (Diagnostic error : diagnostics) {
      String[] lines = error.toString().split("\n", -1);
      StringBuilder text = new StringBuilder(line(error, directories));
      for (int i = 1; i < lines.length; i++) {
        text.append(System.lineSeparator()).append(lines[i]);
      }
      log.error(text);
    }
    if (diagnostics.isEmpty()) {
      return new MojoFailureException(fault.getMessage(), fault);
    }
    List<String> all = new ArrayList<>();
    diagnostics.forEach(error -> all.add(line(error, directories)));
    return new MojoFailureException(
        "schemas with errors: count="
            + all.size()
            + System.lineSeparator()
            + String.join(System.lineSeparator(), all),
        fault);
  }

  private static String line(Diagnostic error, List<Path> directories) {
    return file(error.file(), directories)
        + ":["
        + error.line()
        + ","
        + error.column()
        + "] "
        + error.message();
  }

  private static String file(String name, List<Path> directories) {
    for (Path directory : directories) {
      Path file = directory.resolve(name);
      if (Files.isRegularFile(file)) {
        return file.toAbsolutePath().normalize().toString();
      }
    }
    return name;
  }
}
