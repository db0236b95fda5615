package dev.segue.zenoh;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.HashSet;
import java.util.Set;

/** A TCP link over loopback between two sessions of which either half can be cut by itself. */
final class HalfCutLink implements AutoCloseable {
  private final ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
  private final int target;
  private final Set<Socket> nearHalves = new HashSet<>();
  private final Set<Socket> farHalves = new HashSet<>();

  /** To where a session listens. */
  HalfCutLink(String locator) throws IOException {
    this.target = Integer.parseInt(locator.substring(locator.lastIndexOf(':') + 1));
    Threads.start(this::accept);
  }

  /** Where the other session connects to. */
  String endpoint() {
    return "tcp/127.0.0.1:" + server.getLocalPort();
  }

  /** Ends what is connected here; the far session learns nothing. */
  void cutNearHalf() throws IOException {
    cut(nearHalves);
  }

  /** Ends what was connected to the far session. */
  void cutFarHalf() throws IOException {
    cut(farHalves);
  }

  private synchronized void cut(Set<Socket> halves) throws IOException {
    for (Socket half : halves) {
      half.close();
    }
    halves.clear();
  }

  private void accept() throws IOException {
    while (!server.isClosed()) {
      Socket near;
      try {
        near = server.accept();
      } catch (IOException e) {
        if (server.isClosed()) {
          return;
        }
        throw e;
      }
      Socket far = new Socket(InetAddress.getLoopbackAddress(), target);
      synchronized (this) {
        nearHalves.add(near);
        farHalves.add(far);
      }
      Threads.start(() -> pump(near, far));
      Threads.start(() -> pump(far, near));
    }
  }

  /** An end of one half is not passed on to the other. */
  private static void pump(Socket from, Socket to) {
    try {
      from.getInputStream().transferTo(to.getOutputStream());
    } catch (IOException _) {
      // It was cut.
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
    cutNearHalf();
    cutFarHalf();
  }
}
