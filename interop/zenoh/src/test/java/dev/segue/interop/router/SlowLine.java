package dev.segue.interop.router;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** A TCP line to a session that lets so many bytes through in a second, and keeps few. */
final class SlowLine implements AutoCloseable {
  private static final int PIECE = 16 << 10;

  private final ServerSocket server = new ServerSocket();
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private final int target;
  private final long bytesPerSecond;

  /** A line to a locator, of so many Mbit/s. */
  SlowLine(String locator, int megabits) throws IOException {
    target = Integer.parseInt(locator.substring(locator.lastIndexOf(':') + 1));
    bytesPerSecond = megabits * 125_000L;
    server.setReceiveBufferSize(PIECE);
    server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    Thread.ofPlatform().daemon().name("slow-line").start(this::accept);
  }

  String endpoint() {
    return "tcp/127.0.0.1:" + server.getLocalPort();
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket near = server.accept();
        Socket far = new Socket(InetAddress.getLoopbackAddress(), target);
        open.addAll(List.of(near, far));
        Thread.ofPlatform().daemon().start(() -> pump(near, far, true));
        Thread.ofPlatform().daemon().start(() -> pump(far, near, false));
      } catch (IOException _) {
        // Closed.
      }
    }
  }

  private void pump(Socket from, Socket to, boolean slowly) {
    byte[] piece = new byte[PIECE];
    try (from;
        to) {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      long due = System.nanoTime();
      for (int count = in.read(piece); count >= 0; count = in.read(piece)) {
        out.write(piece, 0, count);
        if (slowly) {
          long now = System.nanoTime();
          due = Math.max(due, now - TimeUnit.MILLISECONDS.toNanos(5));
          due += count * TimeUnit.SECONDS.toNanos(1) / bytesPerSecond;
          LockSupport.parkNanos(due - now);
        }
      }
    } catch (IOException _) {
      // Closed.
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
    for (Socket socket : open) {
      socket.close();
    }
  }
}
