package dev.segue.bench.harness;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A proxy of TCP connections on this machine that delays and throttles what it passes on, each
 * direction alike.
 *
 * <p>Owner: the bench. Lifetime: until {@link #close()}. Threads: any.
 */
public final class SlowLink implements AutoCloseable {
  private static final int BLOCK = 16_384;
  private static final int QUEUED_BLOCKS = 1024;

  private final ServerSocket server;
  private final int target;
  private final Quality quality;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();

  /**
   * The delay and the bandwidth of a link.
   *
   * @param delayMillis each way
   * @param bytesPerSecond each way
   */
  public record Quality(long delayMillis, long bytesPerSecond) {
    @Override
    public String toString() {
      return delayMillis + " ms each way, " + bytesPerSecond * 8 / 1_000_000 + " Mbit/s";
    }
  }

  /** A block that was read, in an array of its own; no time is due at the end. */
  private static final class Block {
    private final byte[] bytes;
    private final long dueNanos;

    Block(byte[] bytes, long dueNanos) {
      this.bytes = bytes;
      this.dueNanos = dueNanos;
    }
  }

  private static final Block END = new Block(new byte[0], 0);

  private SlowLink(ServerSocket server, int target, Quality quality) {
    this.server = server;
    this.target = target;
    this.quality = quality;
  }

  /** Passes connections on to a port of the loopback interface. */
  public static SlowLink to(int target, Quality quality) throws IOException {
    ServerSocket server = new ServerSocket(0, 16, InetAddress.getLoopbackAddress());
    SlowLink link = new SlowLink(server, target, quality);
    Thread.ofVirtual().name("slow link").start(link::accept);
    return link;
  }

  /** Returns where to connect to. */
  public int port() {
    return server.getLocalPort();
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        connect(server.accept());
      } catch (IOException e) {
        // The one who connected notices; at the end of the link the server is closed.
      }
    }
  }

  private void connect(Socket near) throws IOException {
    open.add(near);
    try {
      Socket far = new Socket(InetAddress.getLoopbackAddress(), target);
      open.add(far);
      near.setTcpNoDelay(true);
      far.setTcpNoDelay(true);
      pass(near, far);
      pass(far, near);
      if (server.isClosed()) {
        // Whoever closed the link may not have seen these.
        far.close();
        near.close();
      }
    } catch (IOException e) {
      near.close();
      throw e;
    }
  }

  private void pass(Socket from, Socket to) {
    ArrayBlockingQueue<Block> queue = new ArrayBlockingQueue<>(QUEUED_BLOCKS);
    Thread.ofPlatform().daemon().name("slow link, in").start(() -> take(from, queue));
    Thread.ofPlatform().daemon().name("slow link, out").start(() -> give(from, to, queue));
  }

  private void take(Socket from, ArrayBlockingQueue<Block> queue) {
    byte[] block = new byte[BLOCK];
    long free = System.nanoTime();
    try (InputStream in = from.getInputStream()) {
      for (int count = in.read(block); count >= 0; count = in.read(block)) {
        // The line is busy until the bytes before these are through.
        free = Math.max(free, System.nanoTime());
        free += TimeUnit.SECONDS.toNanos(count) / quality.bytesPerSecond;
        long due = free + TimeUnit.MILLISECONDS.toNanos(quality.delayMillis);
        queue.put(new Block(Arrays.copyOf(block, count), due));
        // What was read ahead of the line's rate would hide its back pressure.
        LockSupport.parkNanos(free - System.nanoTime());
      }
    } catch (IOException e) {
      // A closed connection ends the direction, below.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    try {
      queue.put(END);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void give(Socket from, Socket to, ArrayBlockingQueue<Block> queue) {
    try (OutputStream out = to.getOutputStream()) {
      for (Block block = queue.take(); block.dueNanos != 0; block = queue.take()) {
        for (long left = block.dueNanos - System.nanoTime(); left > 0; ) {
          LockSupport.parkNanos(left);
          left = block.dueNanos - System.nanoTime();
        }
        out.write(block.bytes);
      }
    } catch (IOException e) {
      // A closed connection ends the direction, and nobody takes what is still read for it.
      stop(from);
      queue.clear();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void stop(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      // It is gone either way.
      return;
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
    for (Socket each : open) {
      each.close();
    }
  }
}
