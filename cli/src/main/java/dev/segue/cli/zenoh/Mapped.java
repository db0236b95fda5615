package dev.segue.cli.zenoh;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Stream;

/** Finds the files of shared memory that processes map. */
final class Mapped {
  private Mapped() {}

  /**
   * The paths of those in a folder that some process maps which may be looked into.
   *
   * @param proc where processes are listed, {@code /proc}
   */
  static Set<String> under(Path proc, Path sharedMemory) throws IOException {
    Set<String> mapped = new HashSet<>();
    try (DirectoryStream<Path> processes = Files.newDirectoryStream(proc, "[0-9]*")) {
      for (Path process : processes) {
        // Whatever bytes other files have in their names: the rest of the lines counts.
        try (Stream<String> lines =
            Files.lines(process.resolve("maps"), StandardCharsets.ISO_8859_1)) {
          String start = sharedMemory + "/";
          lines
              .filter(line -> line.contains(start))
              .forEach(line -> mapped.add(line.substring(line.indexOf(start))));
        } catch (IOException | UncheckedIOException _) {
          // Another user's, or it has ended.
        }
      }
    }
    return mapped;
  }
}
