package dev.segue.lanes;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A line to a locator that takes its time with what is large, and only towards it. */
final class SlowLine implements AutoCloseable {
  private static final int PIECE = 1 << 16;
  private static final int LARGE = 10_000;

  private final ServerSocket server;
  private final int port;
  private final List<Socket> sockets = new CopyOnWriteArrayList<>();

  SlowLine(String locator, long millis) throws IOException {
    port = Integer.parseInt(locator.substring(locator.lastIndexOf(':') + 1));
    server = new ServerSocket();
    server.setReceiveBufferSize(PIECE);
    server.bind(new java.net.InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    Thread.ofPlatform().daemon().start(() -> accept(millis));
  }

  String locator() {
    return "tcp/127.0.0.1:" + server.getLocalPort();
  }

  private void accept(long millis) {
    try {
      while (true) {
        Socket near = server.accept();
        Socket far = new Socket(InetAddress.getLoopbackAddress(), port);
        sockets.addAll(List.of(near, far));
        Thread.ofPlatform().daemon().start(() -> copy(near, far, millis));
        Thread.ofPlatform().daemon().start(() -> copy(far, near, 0));
      }
    } catch (IOException _) {
      // It is closed.
    }
  }

  private static void copy(Socket from, Socket to, long millis) {
    byte[] piece = new byte[PIECE];
    try (from;
        to) {
      for (int count = from.getInputStream().read(piece);
          count > 0;
          count = from.getInputStream().read(piece)) {
        to.getOutputStream().write(piece, 0, count);
        if (count > LARGE) {
          Thread.sleep(millis);
        }
      }
    } catch (IOException | InterruptedException _) {
      // One side has gone.
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
    for (Socket socket : sockets) {
      socket.close();
    }
  }
}
