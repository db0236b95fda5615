package dev.segue.zenoh;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.HashSet;
import java.util.Set;

/** A TCP link over loopback between two sessions that can be cut and comes back. */
final class CutLink implements AutoCloseable {
  private final ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
  private final int target;
  private final Set<Socket> open = new HashSet<>();
  private boolean isCut;

  /** To where a session listens. */
  CutLink(String locator) throws IOException {
    this.target = Integer.parseInt(locator.substring(locator.lastIndexOf(':') + 1));
    Threads.start(this::accept);
  }

  /** Where the other session connects to. */
  String endpoint() {
    return "tcp/127.0.0.1:" + server.getLocalPort();
  }

  /** Ends what is connected, and refuses connections until {@link #restore()}. */
  synchronized void cut() {
    isCut = true;
    open.forEach(CutLink::end);
    open.clear();
  }

  synchronized void restore() {
    isCut = false;
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
      connect(near);
    }
  }

  private synchronized void connect(Socket near) throws IOException {
    open.add(near);
    if (isCut || server.isClosed()) {
      end(near);
      return;
    }
    Socket far = new Socket(InetAddress.getLoopbackAddress(), target);
    open.add(far);
    Threads.start(() -> pump(near, far));
    Threads.start(() -> pump(far, near));
  }

  private static void pump(Socket from, Socket to) {
    try (from;
        to) {
      from.getInputStream().transferTo(to.getOutputStream());
    } catch (IOException _) {
      // It was cut.
    }
  }

  private static void end(Socket socket) {
    try {
      socket.close();
    } catch (IOException _) {
      // It is gone all the same.
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
    cut();
  }
}
