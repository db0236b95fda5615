package dev.segue.bench.cross;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Builds or installs the peers, once per machine, into the cache that the native library has too.
 */
public final class Peers {
  private static final String PYTHON_PACKAGE = "eclipse-zenoh==1.10.2";
  private static final String RUST_PROGRAM = "zenoh-rust-peer";

  private final Path sources;
  private final Path cache;
  private final Consumer<String> log;

  /**
   * Peers whose sources lie in {@code sources}.
   *
   * @param log gets a line for each peer that is built or can't be had
   */
  public Peers(Path sources, Consumer<String> log) {
    this.sources = sources;
    this.cache = cache();
    this.log = log;
  }

  private static Path cache() {
    String set = System.getenv("SEGUE_CACHE_DIR");
    String xdg = System.getenv("XDG_CACHE_HOME");
    Path base =
        set != null
            ? Path.of(set)
            : xdg != null ? Path.of(xdg) : Path.of(System.getProperty("user.home"), ".cache");
    return base.resolve("segue");
  }

  /** The Rust core itself; empty, and a line in the log, where it can't be built. */
  public Optional<Contender> rust() throws InterruptedException {
    Path crate = sources.resolve("zenoh-rust");
    String cargo = cargo();
    if (cargo.isEmpty()) {
      log.accept("skipping the Rust core: cargo not found");
      return Optional.empty();
    }
    try {
      Path program = cache.resolve("peers").resolve(digest(crate)).resolve(RUST_PROGRAM);
      if (!Files.isExecutable(program)) {
        Path target = cache.resolve("peer-target");
        log.accept(
            Files.isDirectory(target.resolve("release/deps"))
                ? "building the Rust core's peer (about 2 minutes when its dependencies are built)"
                : "building the Rust core's peer (the first build takes about 10 minutes)");
        int code =
            run(
                Map.of("CARGO_TARGET_DIR", target.toString()),
                cargo,
                "build",
                "--release",
                "--locked",
                "--quiet",
                "--manifest-path",
                crate.resolve("Cargo.toml").toString());
        if (code != 0) {
          log.accept("skipping the Rust core: its build failed");
          return Optional.empty();
        }
        place(target.resolve("release").resolve(RUST_PROGRAM), program);
      }
      return Optional.of(Contender.of("rust", false, List.of(program.toString())));
    } catch (IOException | UncheckedIOException e) {
      log.accept("skipping the Rust core: " + e.getMessage());
      return Optional.empty();
    }
  }

  private static String cargo() throws InterruptedException {
    Path own = Path.of(System.getProperty("user.home"), ".cargo", "bin", "cargo");
    for (String candidate : List.of("cargo", own.toString())) {
      try {
        if (run(Map.of(), candidate, "--version") == 0) {
          return candidate;
        }
      } catch (IOException e) {
        // Not there: the next one may be.
      }
    }
    return "";
  }

  /** What is built depends on these files alone. */
  private static String digest(Path crate) throws IOException {
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
    for (String file : List.of("Cargo.toml", "Cargo.lock", "src/main.rs")) {
      digest.update(file.getBytes(StandardCharsets.UTF_8));
      digest.update(Files.readAllBytes(crate.resolve(file)));
    }
    return HexFormat.of().formatHex(digest.digest()).substring(0, 32);
  }

  /** A rename is atomic: whoever looks sees a whole program or none. */
  private static void place(Path built, Path program) throws IOException {
    Path directory = program.getParent();
    if (directory != null) {
      Files.createDirectories(directory);
    }
    Path unfinished = program.resolveSibling(RUST_PROGRAM + "." + ProcessHandle.current().pid());
    Files.copy(built, unfinished, StandardCopyOption.COPY_ATTRIBUTES);
    Files.move(unfinished, program, StandardCopyOption.ATOMIC_MOVE);
  }

  /** zenoh-python; empty, and a line in the log, where it can't be installed. */
  public Optional<Contender> python() throws InterruptedException {
    Path environment =
        cache.resolve("peers").resolve("python-" + PYTHON_PACKAGE.replace("==", "-"));
    Path program = environment.resolve("bin").resolve("python");
    Path finished = environment.resolve("installed");
    try {
      if (!Files.exists(finished)) {
        log.accept("installing zenoh-python into the cache");
        delete(environment);
        Files.createDirectories(cache.resolve("peers"));
        if (run(Map.of(), "python3", "-m", "venv", environment.toString()) != 0
            || run(
                    Map.of("PIP_DISABLE_PIP_VERSION_CHECK", "1"),
                    program.toString(),
                    "-m",
                    "pip",
                    "install",
                    "--quiet",
                    PYTHON_PACKAGE)
                != 0) {
          log.accept("skipping zenoh-python: it can't be installed");
          return Optional.empty();
        }
        Files.createFile(finished);
      }
    } catch (IOException | UncheckedIOException e) {
      log.accept("skipping zenoh-python: " + e.getMessage());
      return Optional.empty();
    }
    return Optional.of(
        Contender.of(
            "python",
            false,
            List.of(program.toString(), sources.resolve("zenoh_python.py").toString())));
  }

  private static void delete(Path directory) throws IOException {
    if (!Files.exists(directory)) {
      return;
    }
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  private static int run(Map<String, String> environment, String... command)
      throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().putAll(environment);
    // What a tool says is for the eyes; the report alone goes to standard output.
    builder.redirectOutput(ProcessBuilder.Redirect.DISCARD);
    builder.redirectError(ProcessBuilder.Redirect.INHERIT);
    Process process = builder.start();
    try {
      return process.waitFor();
    } catch (InterruptedException e) {
      process.destroy();
      throw e;
    }
  }
}
