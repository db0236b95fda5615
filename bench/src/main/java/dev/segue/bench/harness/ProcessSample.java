package dev.segue.bench.harness;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The resources that a process holds, by Linux's own account.
 *
 * @param nanoTime when it was read
 * @param residentByteSize memory that is in use, shared memory left out
 * @param threadCount native threads
 * @param fileCount open files, sockets and the like
 */
public record ProcessSample(long nanoTime, long residentByteSize, int threadCount, int fileCount) {
  /** That of a process now; empty if it is gone, or the system has no {@code /proc}. */
  public static Optional<ProcessSample> of(long pid) {
    Path process = Path.of("/proc", Long.toString(pid));
    try (Stream<Path> files = Files.list(process.resolve("fd"))) {
      int fileCount = (int) files.count();
      String status = Files.readString(process.resolve("status"));
      long resident = kibibytes(status, "RssAnon") + kibibytes(status, "RssFile");
      return Optional.of(
          new ProcessSample(
              System.nanoTime(), resident * 1024, (int) kibibytes(status, "Threads"), fileCount));
    } catch (IOException | java.io.UncheckedIOException | NumberFormatException e) {
      return Optional.empty();
    }
  }

  private static long kibibytes(String status, String key) {
    return status
        .lines()
        .filter(line -> line.startsWith(key + ":"))
        .map(line -> line.substring(key.length() + 1).replace("kB", "").strip())
        .mapToLong(Long::parseLong)
        .findFirst()
        .orElseThrow(() -> new NumberFormatException("no " + key));
  }
}
