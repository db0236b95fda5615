package dev.segue.objectstore;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.Collection;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;

/** Stands between a client and a server that can be away, behind a link of limited rate. */
public final class Relay implements AutoCloseable {
  private static final int BLOCK = 16 << 10;

  private final ServerSocket listening;
  private final URI upstream;
  private final long bytesPerSecond;
  private final Collection<Socket> sockets = new ConcurrentLinkedQueue<>();
  private long freeNanos = System.nanoTime();
  private boolean isAway;

  /** Of so many bytes in a second, both ways and all connections together. */
  public Relay(URI upstream, long bytesPerSecond) throws IOException {
    this.upstream = upstream;
    this.bytesPerSecond = bytesPerSecond;
    this.listening = new ServerSocket(0, 200, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::accept);
  }

  public String endpoint() {
    return "http://127.0.0.1:" + listening.getLocalPort();
  }

  /** Ends all connections, and those that come, until it is back. */
  public synchronized void away(boolean away) {
    isAway = away;
    if (away) {
      sockets.forEach(Relay::end);
      sockets.clear();
    }
  }

  private void accept() {
    try {
      while (true) {
        Socket client = listening.accept();
        try {
          passBoth(client, new Socket(upstream.getHost(), upstream.getPort()));
        } catch (IOException e) {
          // The server is not there now: whoever comes later is not to wait for ever.
          end(client);
        }
      }
    } catch (IOException e) {
      return; // closed
    }
  }

  /** Lets two talk, unless it went away while the connection to the server was made. */
  private synchronized void passBoth(Socket client, Socket server) {
    if (isAway) {
      end(client);
      end(server);
      return;
    }
    sockets.add(client);
    sockets.add(server);
    Thread.ofVirtual().start(() -> pass(client, server));
    Thread.ofVirtual().start(() -> pass(server, client));
  }

  private void pass(Socket from, Socket to) {
    try (from;
        to) {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      byte[] buffer = new byte[BLOCK];
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        await(count);
        out.write(buffer, 0, count);
        out.flush();
      }
    } catch (IOException e) {
      return; // one of them is gone
    }
  }

  private void await(int byteCount) {
    long until;
    synchronized (this) {
      freeNanos =
          Math.max(freeNanos, System.nanoTime()) + byteCount * 1_000_000_000L / bytesPerSecond;
      until = freeNanos;
    }
    for (long left = until - System.nanoTime(); left > 0; left = until - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }

  private static void end(Socket socket) {
    try {
      socket.setSoLinger(true, 0);
      socket.close();
    } catch (IOException e) {
      return; // it is closed
    }
  }

  @Override
  public void close() throws IOException {
    listening.close();
    away(true);
  }
}
