package dev.segue.bench.cross;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

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
    this.cache = PeerCache.directory();
    this.log = log;
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
      Path program =
          cache
              .resolve("peers")
              .resolve(
                  PeerCache.digest(
                      List.of(
                          crate.resolve("Cargo.toml"),
                          crate.resolve("Cargo.lock"),
                          crate.resolve("src/main.rs"))))
              .resolve(RUST_PROGRAM);
      if (!Files.isExecutable(program)) {
        Path target = cache.resolve("peer-target");
        log.accept(
            Files.isDirectory(target.resolve("release/deps"))
                ? "building the Rust core's peer (about 2 minutes when its dependencies are built)"
                : "building the Rust core's peer (the first build takes about 10 minutes)");
        int code =
            PeerCache.run(
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
        PeerCache.place(target.resolve("release").resolve(RUST_PROGRAM), program);
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
        if (PeerCache.run(Map.of(), candidate, "--version") == 0) {
          return candidate;
        }
      } catch (IOException e) {
        // Not there: the next one may be.
      }
    }
    return "";
  }

  /** zenoh-python; empty, and a line in the log, where it can't be installed. */
  public Optional<Contender> python() throws InterruptedException {
    Optional<Path> program = PeerCache.python("zenoh-python", log, PYTHON_PACKAGE);
    return program.map(
        python ->
            Contender.of(
                "python",
                false,
                List.of(python.toString(), sources.resolve("zenoh_python.py").toString())));
  }
}
