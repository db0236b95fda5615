package dev.segue.interop.router;

import dev.segue.zenoh.Config;
import dev.segue.zenoh.Mode;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A router in a process of its own: zenohd where {@code tools/zenohd} has built it, else a session
 * of Segue in router mode, which is the same core.
 */
final class Router implements AutoCloseable {
  private static final Path TOOL = Path.of("..", "..", "tools", "zenohd");

  private final Path config;
  private final Path log;
  private final InetSocketAddress address;
  private final List<String> within;
  private @Nullable Process process;

  private Router(Path config, InetSocketAddress address, List<String> within) {
    this.config = config;
    this.log = config.resolveSibling(config.getFileName() + ".log");
    this.address = address;
    this.within = within;
  }

  /**
   * Starts one that listens on loopback.
   *
   * @param protocol what it speaks there: tcp or tls
   * @param settings further keys of its configuration, as JSON5
   */
  static Router start(Path folder, String protocol, String settings) throws Exception {
    int port;
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    String listen = protocol + "/127.0.0.1:" + port;
    return start(folder.resolve("router-" + port), List.of(listen), settings, address, List.of());
  }

  /**
   * Starts one.
   *
   * @param address where it can be reached from here
   * @param within what its command line begins with
   */
  static Router start(
      Path file,
      List<String> listen,
      String settings,
      InetSocketAddress address,
      List<String> within)
      throws Exception {
    Path config = file.resolveSibling(file.getFileName() + ".json5");
    Files.writeString(
        config,
        "{ mode: 'router', listen: { endpoints: ['"
            + String.join("', '", listen)
            + "'] }, scouting: { multicast: { enabled: false } }, "
            + settings
            + " }");
    Router router = new Router(config, address, within);
    router.start();
    return router;
  }

  /** Starts it again, at the same address. */
  void start() throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(within);
    command.addAll(program());
    command.addAll(config());
    Process started =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
            .start();
    process = started;
    long deadline = System.nanoTime() + Waits.LONG.toNanos();
    while (!isListening()) {
      if (!started.isAlive() || System.nanoTime() - deadline >= 0) {
        started.destroyForcibly();
        throw new AssertionError(command + " doesn't listen: " + Files.readString(log));
      }
      Thread.sleep(5);
    }
  }

  private boolean isListening() {
    try (Socket socket = new Socket()) {
      socket.connect(address, 1000);
      return true;
    } catch (IOException _) {
      return false;
    }
  }

  private List<String> config() {
    return List.of("--config", config.toString());
  }

  /** zenohd, or a JVM. */
  private static List<String> program() throws IOException, InterruptedException {
    Optional<String> zenohd = zenohd();
    if (zenohd.isPresent()) {
      return List.of(zenohd.get());
    }
    String classPath =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "--enable-native-access=ALL-UNNAMED",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-cp",
        classPath,
        RouterMain.class.getName());
  }

  private static Optional<String> zenohd() throws IOException, InterruptedException {
    Process tool = new ProcessBuilder(TOOL.toString(), "--cached").start();
    String path;
    try (var output = tool.inputReader()) {
      path = output.readLine();
    }
    return tool.waitFor(60, TimeUnit.SECONDS) && tool.exitValue() == 0
        ? Optional.of(path)
        : Optional.empty();
  }

  /** A session that has nothing but this router. */
  Config config(Mode mode) {
    return Config.isolated().mode(mode).sharedMemory(false).connect(endpoint("tcp"));
  }

  String endpoint(String protocol) {
    return protocol + "/" + address.getAddress().getHostAddress() + ":" + address.getPort();
  }

  /** Ends it by {@code kill -9}. */
  void kill() throws InterruptedException {
    Process running = process;
    if (running != null) {
      running.destroyForcibly();
      running.waitFor();
    }
  }

  @Override
  public void close() {
    Process running = process;
    if (running != null) {
      running.destroyForcibly();
    }
  }
}
