package dev.segue.bench.harness;

import dev.segue.bench.harness.Contender.Style;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Builds or installs the peers, once per machine, into the cache that the native library has too.
 */
public final class Peers {
  private static final String PYTHON_PACKAGE = "eclipse-zenoh==1.10.2";
  private static final String ZENOH_JAVA = "SEGUE_ZENOH_JAVA";
  private static final String RUST_PROGRAM = "zenoh-rust-peer";
  private static final String ICEORYX2_PROGRAM = "iceoryx2-peer";

  private final Path sources;
  private final Path cache;
  private final Consumer<String> log;
  private final List<String> versions = new ArrayList<>();

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

  /** The Rust core itself in each style; none, and a line in the log, where it can't be built. */
  public List<Contender> rust() throws InterruptedException {
    Optional<Path> program = crate("zenoh-rust", RUST_PROGRAM, "the Rust core");
    program.ifPresent(
        built ->
            versions.add(
                "rust: zenoh " + lockedVersion(sources.resolve("zenoh-rust/Cargo.lock"), "zenoh")));
    return program.map(Peers::rust).orElse(List.of());
  }

  /** The versions of the peers that can be had, a sentence each. */
  public List<String> versions() {
    return List.copyOf(versions);
  }

  /** The version of a crate that a lock file of cargo names. */
  static String lockedVersion(Path lock, String crate) {
    try {
      List<String> lines = Files.readAllLines(lock);
      int name = lines.indexOf("name = \"" + crate + "\"");
      return name < 0 ? "unknown" : lines.get(name + 1).replaceAll("version = |\"", "");
    } catch (IOException e) {
      return "unknown";
    }
  }

  /** The jars of zenoh-java, whose names have its version. */
  private static String jars(Path directory) {
    try (Stream<Path> files = Files.list(directory.resolve("lib"))) {
      String names =
          files
              .map(file -> String.valueOf(file.getFileName()))
              .filter(name -> name.startsWith("zenoh"))
              .sorted()
              .collect(Collectors.joining(", "));
      return names.isEmpty() ? "version unknown" : names;
    } catch (IOException e) {
      return "version unknown";
    }
  }

  private static List<Contender> rust(Path program) {
    return List.of(
        rust(program, "rust callback", "callback", Style.CALLED),
        rust(program, "rust fifo", "fifo", Style.BLOCKING),
        rust(program, "rust fifo poll+yield", "fifo-poll", Style.POLLING),
        rust(program, "rust callback, core's own defaults", "callback/core", Style.OTHER));
  }

  private static Contender rust(Path program, String name, String argument, Style style) {
    return Contender.ofAll(name, Contender.RUST, style, List.of(program.toString(), argument));
  }

  /** The program of the crate iceoryx2; empty, and a line in the log, where it can't be built. */
  public Optional<Path> iceoryx2() throws InterruptedException {
    return crate("iceoryx2", ICEORYX2_PROGRAM, "iceoryx2");
  }

  /** A program of one crate below the sources; empty, and a line in the log, without it. */
  private Optional<Path> crate(String name, String file, String what) throws InterruptedException {
    Path crate = sources.resolve(name);
    String cargo = cargo();
    if (cargo.isEmpty()) {
      log.accept("skipping " + what + ": cargo not found");
      return Optional.empty();
    }
    try {
      Path program =
          cache.resolve("peers").resolve(PeerCache.digest(sourcesOf(crate))).resolve(file);
      if (!Files.isExecutable(program)) {
        Path target = cache.resolve("peer-target");
        log.accept(
            "building the peer of "
                + what
                + " (minutes; ten where the Rust core is built at first)");
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
          log.accept("skipping " + what + ": its build failed");
          return Optional.empty();
        }
        PeerCache.place(target.resolve("release").resolve(file), program);
      }
      return Optional.of(program);
    } catch (IOException | UncheckedIOException e) {
      log.accept("skipping " + what + ": " + e.getMessage());
      return Optional.empty();
    }
  }

  private static List<Path> sourcesOf(Path crate) throws IOException {
    try (Stream<Path> sources = Files.list(crate.resolve("src"))) {
      return Stream.concat(
              Stream.of(crate.resolve("Cargo.toml"), crate.resolve("Cargo.lock")), sources.sorted())
          .toList();
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
    program.ifPresent(installed -> versions.add("zenoh-python: " + PYTHON_PACKAGE));
    return program.map(
        python ->
            Contender.ofCommon(
                "zenoh-python",
                "python",
                List.of(python.toString(), sources.resolve("zenoh_python.py").toString()),
                "tcp",
                "shm"));
  }

  /**
   * zenoh-java, which is in no registry: the environment variable {@value #ZENOH_JAVA} names a
   * directory with a program {@code run} that takes {@code ROLE tcp ENDPOINT …} as the other peers
   * do. Empty, and a line in the log, where it is not set.
   */
  public Optional<Contender> zenohJava() {
    String set = System.getenv(ZENOH_JAVA);
    if (set == null || set.isEmpty()) {
      log.accept("skipping zenoh-java: " + ZENOH_JAVA + " names no directory with it");
      return Optional.empty();
    }
    Path program = Path.of(set).resolve("run");
    if (!Files.isExecutable(program)) {
      log.accept("skipping zenoh-java: " + ZENOH_JAVA + " names no directory with a program run");
      return Optional.empty();
    }
    versions.add("zenoh-java: " + jars(Path.of(set)));
    return Optional.of(
        Contender.ofCommon(
            Contender.ZENOH_JAVA,
            Contender.ZENOH_JAVA,
            List.of(
                "env",
                "JAVA_HOME=" + System.getProperty("java.home"),
                "sh",
                program.toAbsolutePath().toString()),
            "tcp"));
  }
}
