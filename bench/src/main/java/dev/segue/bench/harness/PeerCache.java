package dev.segue.bench.harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** The cache of other projects' programs, built or installed once per machine. */
public final class PeerCache {
  private static final long LONGEST_BUILD_MINUTES = 60;

  private PeerCache() {}

  /** The cache outside {@code target/} that the native library has too. */
  public static Path directory() {
    String set = System.getenv("SEGUE_CACHE_DIR");
    String xdg = System.getenv("XDG_CACHE_HOME");
    Path base =
        set != null
            ? Path.of(set)
            : xdg != null ? Path.of(xdg) : Path.of(System.getProperty("user.home"), ".cache");
    return base.resolve("segue");
  }

  /** A name for what is built of these files alone. */
  static String digest(List<Path> files) throws IOException {
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
    for (Path file : files) {
      digest.update(String.valueOf(file.getFileName()).getBytes(StandardCharsets.UTF_8));
      digest.update(Files.readAllBytes(file));
    }
    return HexFormat.of().formatHex(digest.digest()).substring(0, 32);
  }

  /** A rename is atomic: whoever looks sees a whole program or none. */
  static void place(Path built, Path program) throws IOException {
    Files.createDirectories(Objects.requireNonNull(program.getParent()));
    Path unfinished =
        program.resolveSibling(program.getFileName() + "." + ProcessHandle.current().pid());
    Files.copy(built, unfinished, StandardCopyOption.COPY_ATTRIBUTES);
    Files.move(unfinished, program, StandardCopyOption.ATOMIC_MOVE);
  }

  /** A program of one C file; empty, and a line in the log, where it can't be compiled. */
  public static Optional<Path> cProgram(Path source, Consumer<String> log)
      throws InterruptedException {
    String name = String.valueOf(source.getFileName()).replace(".c", "");
    try {
      Path program = directory().resolve("peers").resolve(digest(List.of(source))).resolve(name);
      if (!Files.isExecutable(program)) {
        Path built = Files.createTempFile("segue-", "-" + name);
        try {
          if (run(Map.of(), "cc", "-O2", "-pthread", "-o", built.toString(), source.toString())
              != 0) {
            log.accept("skipping " + name + ": it can't be compiled");
            return Optional.empty();
          }
          place(built, program);
        } finally {
          Files.deleteIfExists(built);
        }
      }
      return Optional.of(program);
    } catch (IOException e) {
      log.accept("skipping " + name + ": " + e.getMessage());
      return Optional.empty();
    }
  }

  /** A Python with packages; empty, and a line in the log, where they can't be installed. */
  public static Optional<Path> python(String what, Consumer<String> log, String... packages)
      throws InterruptedException {
    Path environment =
        directory()
            .resolve("peers")
            .resolve("python-" + String.join("-", packages).replace("==", "-"));
    Path program = environment.resolve("bin").resolve("python");
    Path finished = environment.resolve("installed");
    try {
      if (Files.exists(finished)) {
        return Optional.of(program);
      }
      log.accept("installing " + what + " into the cache");
      delete(environment);
      Files.createDirectories(directory().resolve("peers"));
      List<String> install =
          new ArrayList<>(List.of(program.toString(), "-m", "pip", "install", "--quiet"));
      install.addAll(List.of(packages));
      if (run(Map.of(), "python3", "-m", "venv", environment.toString()) != 0
          || run(Map.of("PIP_DISABLE_PIP_VERSION_CHECK", "1"), install.toArray(String[]::new))
              != 0) {
        log.accept("skipping " + what + ": it can't be installed");
        return Optional.empty();
      }
      Files.createFile(finished);
      return Optional.of(program);
    } catch (IOException | UncheckedIOException e) {
      log.accept("skipping " + what + ": " + e.getMessage());
      return Optional.empty();
    }
  }

  private static void delete(Path directory) throws IOException {
    if (!Files.exists(directory)) {
      return;
    }
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  /** Runs a command to its end; what it says is for the eyes. */
  public static int run(Map<String, String> environment, String... command)
      throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().putAll(environment);
    // The report alone goes to standard output.
    builder.redirectOutput(ProcessBuilder.Redirect.DISCARD);
    builder.redirectError(ProcessBuilder.Redirect.INHERIT);
    Process process = Leftovers.start(builder);
    try {
      if (!process.waitFor(LONGEST_BUILD_MINUTES, TimeUnit.MINUTES)) {
        throw new IOException(command[0] + " did not end within minutes=" + LONGEST_BUILD_MINUTES);
      }
      return process.exitValue();
    } finally {
      Leftovers.end(process);
    }
  }
}
