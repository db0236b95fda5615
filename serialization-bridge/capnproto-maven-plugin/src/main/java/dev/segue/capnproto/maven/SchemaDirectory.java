package dev.segue.capnproto.maven;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.List;
import java.util.stream.Stream;

/** The schemas below a directory. */
final class SchemaDirectory {
  private SchemaDirectory() {}

  /**
   * Returns the paths of the schemas from the directory, with slashes, in a fixed order.
   *
   * @param excludes globs of paths from the directory that are left out
   */
  static List<String> names(Path directory, List<String> excludes) throws IOException {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    List<PathMatcher> excluded =
        excludes.stream()
            .map(glob -> directory.getFileSystem().getPathMatcher("glob:" + glob))
            .toList();
    try (Stream<Path> files = Files.walk(directory)) {
      return files
          .filter(Files::isRegularFile)
          .map(directory::relativize)
          .filter(path -> path.toString().endsWith(".capnp"))
          .filter(path -> excluded.stream().noneMatch(matcher -> matcher.matches(path)))
          .map(path -> path.toString().replace(directory.getFileSystem().getSeparator(), "/"))
          .sorted()
          .toList();
    }
  }
}
