package dev.segue.cli;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Ports that a process may listen on later. They are not of those that the system gives to whoever
 * connects, or listens on port 0: such a one may be somebody else's by then, or a client that tries
 * again and again may reach itself.
 */
public final class Ports {
  private static final int LEAST = 20_000;
  private static final int FIRST_EPHEMERAL = 32_768;

  private Ports() {}

  /** One that is free now. */
  public static int free() throws IOException {
    int port = ThreadLocalRandom.current().nextInt(LEAST, firstEphemeral());
    while (!isFree(port)) {
      port = ThreadLocalRandom.current().nextInt(LEAST, firstEphemeral());
    }
    return port;
  }

  private static boolean isFree(int port) throws IOException {
    try (ServerSocket socket = new ServerSocket()) {
      socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1);
      return true;
    } catch (BindException e) {
      return false;
    }
  }

  /** The same as an endpoint of Zenoh. */
  public static String freeEndpoint() throws IOException {
    return "tcp/127.0.0.1:" + free();
  }

  private static int firstEphemeral() throws IOException {
    Path range = Path.of("/proc/sys/net/ipv4/ip_local_port_range");
    int first =
        Files.exists(range)
            ? Integer.parseInt(Files.readString(range).strip().split("\\s+", 2)[0])
            : FIRST_EPHEMERAL;
    return first > LEAST + 1000 ? first : FIRST_EPHEMERAL;
  }
}
