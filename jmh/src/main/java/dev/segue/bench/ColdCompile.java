package dev.segue.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Claim: the schemas of {@link SchemaCompileBench}, 1,000 structs in 20 files, become Java files
 * within 2 s of the start of the command {@code segue capnp compile}. The arguments are the command
 * line: {@code ./segue}.
 */
public final class ColdCompile {
  private static final int ROUNDS = 5;
  private static final long TIMEOUT_SECONDS = 120;

  private ColdCompile() {}

  /** Prints the milliseconds of each round. */
  public static void main(String[] command) throws IOException, InterruptedException {
    if (command.length == 0) {
      System.err.println("which command: ColdCompile ./segue");
      System.exit(2);
    }
    Path directory = Files.createTempDirectory("segue-bench");
    try {
      List<String> line = new ArrayList<>(Arrays.asList(command));
      Path out = directory.resolve("java");
      line.addAll(List.of("capnp", "compile", "-o", out.toString(), "--src-prefix"));
      line.add(directory.toString());
      for (String name : SchemaCompileBench.write(directory)) {
        line.add(directory.resolve(name).toString());
      }
      for (int round = 1; round <= ROUNDS; round++) {
        long nanos = run(line);
        System.out.println("round " + round + ": " + TimeUnit.NANOSECONDS.toMillis(nanos) + " ms");
        delete(out);
      }
    } finally {
      delete(directory);
    }
  }

  private static long run(List<String> line) throws IOException, InterruptedException {
    long start = System.nanoTime();
    Process process = new ProcessBuilder(line).inheritIO().start();
    if (!process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
      process.destroyForcibly();
      throw new IOException("the command failed: " + line);
    }
    return System.nanoTime() - start;
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
