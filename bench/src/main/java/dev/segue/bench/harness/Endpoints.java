package dev.segue.bench.harness;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;

/** Endpoints of this machine. */
public final class Endpoints {
  private Endpoints() {}

  /** A port that nothing listens on now. */
  public static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  /** An endpoint of the loopback interface that nothing listens on now. */
  public static String free() throws IOException {
    return "tcp/127.0.0.1:" + freePort();
  }
}
