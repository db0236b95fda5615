package dev.segue.capnproto.compiler;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;

/** Compiles generated classes as strictly as any project does: each warning is an error. */
final class Javac {
  private Javac() {}

  /** Returns the directory with the classes of the files and of further sources. */
  static Path compile(Path directory, List<JavaFile> files, @Nullable Path more)
      throws IOException {
    List<Path> sources = new ArrayList<>();
    for (JavaFile file : files) {
      Path source = directory.resolve("src").resolve(file.path());
      Files.createDirectories(source.getParent());
      sources.add(Files.writeString(source, file.text()));
    }
    if (more != null) {
      try (Stream<Path> found = Files.walk(more)) {
        found.filter(path -> path.toString().endsWith(".java")).forEach(sources::add);
      }
    }
    Path classes = Files.createDirectories(directory.resolve("classes"));
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    StringWriter output = new StringWriter();
    try (StandardJavaFileManager manager =
        compiler.getStandardFileManager(null, null, StandardCharsets.UTF_8)) {
      boolean compiled =
          compiler
              .getTask(
                  output,
                  manager,
                  null,
                  List.of(
                      "-d",
                      classes.toString(),
                      "-Xlint:all",
                      "-Xdoclint:all,-missing",
                      "-Werror",
                      "-proc:none",
                      "-classpath",
                      System.getProperty("java.class.path")),
                  null,
                  manager.getJavaFileObjectsFromPaths(sources))
              .call();
      assertTrue(compiled, output.toString());
    }
    return classes;
  }
}
