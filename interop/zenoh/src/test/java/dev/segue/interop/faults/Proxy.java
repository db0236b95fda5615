package dev.segue.interop.faults;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** A TCP proxy on loopback whose connections can be cut, and whose target may change. */
final class Proxy implements AutoCloseable {
  private final ServerSocket server;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private volatile int target;
  private volatile boolean refusing;

  Proxy() throws IOException {
    this.server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.ofPlatform().daemon().name("proxy").start(this::accept);
  }

  String endpoint() {
    return "tcp/127.0.0.1:" + server.getLocalPort();
  }

  /** Where new connections go. */
  void target(String endpoint) {
    target = Integer.parseInt(endpoint.substring(endpoint.lastIndexOf(':') + 1));
  }

  /** Ends all connections, and refuses new ones until {@link #restore()}. */
  void cut() {
    refusing = true;
    open.forEach(Proxy::end);
  }

  void restore() {
    refusing = false;
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket near = server.accept();
        if (refusing || target == 0) {
          end(near);
          continue;
        }
        open.add(near);
        Thread.ofPlatform().daemon().start(() -> connect(near));
      } catch (IOException _) {
        // Closed, or a connection that is gone already.
      }
    }
  }

  private void connect(Socket near) {
    try (Socket far = new Socket(InetAddress.getLoopbackAddress(), target)) {
      open.add(far);
      Thread back = Thread.ofPlatform().daemon().start(() -> pump(far, near));
      pump(near, far);
      back.join();
    } catch (IOException | InterruptedException _) {
      // The end of a connection.
    } finally {
      end(near);
    }
  }

  private void pump(Socket from, Socket to) {
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      in.transferTo(out);
    } catch (IOException _) {
      // The end of a connection.
    } finally {
      end(from);
      end(to);
      open.remove(from);
      open.remove(to);
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
    open.forEach(Proxy::end);
  }
}
