package dev.segue.interop.router;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Two sites in network namespaces of their own, each with a router, and a line between them:
 *
 * <pre>
 *   this process ─ near ─ [router] ═ the line ═ [router] ─ far ─ this process
 * </pre>
 *
 * <p>Needs Linux, root, and the programs {@code ip} and {@code tc}.
 */
final class Sites implements AutoCloseable {
  private static final int PORT = 7447;
  private static final AtomicInteger COUNT = new AtomicInteger();

  private final String id;
  private final String near;
  private final String far;
  private final int subnet;

  /** Creates the namespaces, and the lines from here and between them. */
  Sites() throws IOException, InterruptedException {
    long number = ProcessHandle.current().pid() * 16 + COUNT.getAndIncrement();
    id = Long.toString(number, Character.MAX_RADIX);
    near = "segue-near-" + id;
    far = "segue-far-" + id;
    subnet = (int) (number & 0xFF);
    try {
      run("ip", "netns", "add", near);
      run("ip", "netns", "add", far);
      run("ip", "-n", near, "link", "set", "lo", "up");
      run("ip", "-n", far, "link", "set", "lo", "up");
      connectHere("n", near, 18);
      connectHere("f", far, 19);
      run(
          "ip", "-n", near, "link", "add", "line", "type", "veth", "peer", "name", "line", "netns",
          far);
      run("ip", "-n", near, "addr", "add", "10.0.0.1/30", "dev", "line");
      run("ip", "-n", far, "addr", "add", "10.0.0.2/30", "dev", "line");
      run("ip", "-n", far, "link", "set", "line", "up");
      restore();
    } catch (IOException | InterruptedException | RuntimeException e) {
      close();
      throw e;
    }
  }

  /** Why this machine has no such sites; empty if it has. */
  static String missing() throws InterruptedException {
    String probe = "segue-probe-" + Long.toString(ProcessHandle.current().pid(), 36);
    try {
      run("ip", "netns", "add", probe);
      run("ip", "-n", probe, "link", "add", "probe", "type", "veth", "peer", "name", "other");
      run("ip", "netns", "exec", probe, "tc", "qdisc", "show");
      return "";
    } catch (IOException e) {
      return "no network namespaces here: " + e.getMessage();
    } finally {
      try {
        run("ip", "netns", "del", probe);
      } catch (IOException _) {
        // There is none.
      }
    }
  }

  private void connectHere(String name, String namespace, int network)
      throws IOException, InterruptedException {
    String device = "sg" + name + id;
    run("ip", "link", "add", device, "type", "veth", "peer", "name", "here", "netns", namespace);
    run("ip", "addr", "add", address(network, 1) + "/30", "dev", device);
    run("ip", "link", "set", device, "up");
    run("ip", "-n", namespace, "addr", "add", address(network, 2) + "/30", "dev", "here");
    run("ip", "-n", namespace, "link", "set", "here", "up");
  }

  private String address(int network, int host) {
    return "198." + network + "." + subnet + "." + host;
  }

  /** Starts the near site's router. */
  Router nearRouter(Path folder, String settings) throws Exception {
    return router(folder.resolve("near"), near, 18, settings);
  }

  /** Starts the far site's router, which connects to the near one. */
  Router farRouter(Path folder, String settings) throws Exception {
    String connect = "connect: { endpoints: ['tcp/10.0.0.1:" + PORT + "'] }, ";
    return router(folder.resolve("far"), far, 19, connect + settings);
  }

  private Router router(Path file, String namespace, int network, String settings)
      throws Exception {
    return Router.start(
        file,
        List.of("tcp/0.0.0.0:" + PORT),
        settings,
        new InetSocketAddress(address(network, 2), PORT),
        List.of("ip", "netns", "exec", namespace));
  }

  /** Takes the line down. */
  void cut() throws IOException, InterruptedException {
    run("ip", "-n", near, "link", "set", "line", "down");
  }

  /** Takes the line up. */
  void restore() throws IOException, InterruptedException {
    run("ip", "-n", near, "link", "set", "line", "up");
  }

  /** Lets no more through from the near site to the far one, in Mbit/s. */
  void throttle(int rate) throws IOException, InterruptedException {
    run(
        "tc",
        "-n",
        near,
        "qdisc",
        "replace",
        "dev",
        "line",
        "root",
        "tbf",
        "rate",
        rate + "mbit",
        "burst",
        "64kb",
        "latency",
        "50ms");
  }

  private static void run(String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output;
    try (var reader = process.inputReader()) {
      output = reader.lines().reduce("", (all, line) -> all + line);
    }
    if (!process.waitFor(60, TimeUnit.SECONDS) || process.exitValue() != 0) {
      throw new IOException(String.join(" ", command) + ": " + output);
    }
  }

  /** Removes the namespaces, and with them the lines. */
  @Override
  public void close() {
    for (String namespace : List.of(near, far)) {
      try {
        run("ip", "netns", "del", namespace);
      } catch (IOException _) {
        // It is not there.
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
