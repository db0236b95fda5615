package dev.segue.zenoh;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;

/** A TCP line to a session whose far end can stop taking what the near end sends. */
final class StalledLine implements AutoCloseable {
  private final ServerSocket server;
  private final int port;
  private final List<Socket> sockets = new CopyOnWriteArrayList<>();
  private volatile CountDownLatch open = new CountDownLatch(0);

  /** A line to the first endpoint of a session. */
  StalledLine(Session far) throws IOException, ZenohException {
    String endpoint = far.locators().getFirst();
    port = Integer.parseInt(endpoint.substring(endpoint.lastIndexOf(':') + 1));
    server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    Thread.startVirtualThread(this::accept);
  }

  String endpoint() {
    return "tcp/127.0.0.1:" + server.getLocalPort();
  }

  /** From here on nothing comes through, in the direction of the far end. */
  void stall() {
    open = new CountDownLatch(1);
  }

  void goOn() {
    open.countDown();
  }

  /** Ends what the near end reads, and leaves what it writes as it is. */
  void endReading() throws IOException {
    for (Socket socket : sockets) {
      if (socket.getLocalPort() == server.getLocalPort()) {
        socket.shutdownOutput();
      }
    }
  }

  private void accept() {
    try {
      while (true) {
        Socket near = server.accept();
        Socket far = new Socket();
        sockets.addAll(List.of(near, far));
        far.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        Thread.startVirtualThread(() -> pump(near, far, true));
        Thread.startVirtualThread(() -> pump(far, near, false));
      }
    } catch (IOException _) {
      // Closed.
    }
  }

  private void pump(Socket from, Socket to, boolean stalls) {
    byte[] buffer = new byte[1 << 16];
    try (from;
        to) {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        if (stalls) {
          open.await();
        }
        out.write(buffer, 0, read);
      }
    } catch (IOException | InterruptedException _) {
      // Closed.
    }
  }

  @Override
  public void close() {
    goOn();
    try {
      server.close();
      for (Socket socket : sockets) {
        socket.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
