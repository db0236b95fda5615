package dev.segue.objectstore;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Locale;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Stands between a client and a server and spoils connections, one fault each, in their order. */
public final class FaultProxy implements AutoCloseable {
  /** What is done to a connection's bytes. */
  public enum Kind {
    /** Closes both ways with a reset after so many response bytes. */
    RESET,
    /** Ends the response properly, too early. */
    TRUNCATE,
    /** Sends nothing more. */
    STALL,
    /** Flips one bit. */
    CORRUPT,
    /** Flips a bit of everything that is larger than a head. */
    CORRUPT_ALL,
    /** Flips one bit of the request. */
    CORRUPT_REQUEST,
    /** Takes so many request bytes, and no more. */
    STALL_REQUEST,
    /** Lets bytes through in small pieces, with pauses. */
    TRICKLE,
    /** Resets after so many request bytes. */
    RESET_REQUEST,
    /** Answers 503 SlowDown itself. */
    SLOW_DOWN
  }

  public record Fault(Kind kind, long byteOffset) {}

  private final ServerSocket listening;
  private final URI upstream;
  private final ConcurrentLinkedQueue<Fault> faults = new ConcurrentLinkedQueue<>();
  private final Collection<Socket> sockets = new ConcurrentLinkedQueue<>();
  private final AtomicInteger connectionCount = new AtomicInteger();
  private final AtomicLong requestByteCount = new AtomicLong();
  private final AtomicLong responseByteCount = new AtomicLong();
  private volatile @Nullable String denied;
  private final CountDownLatch closed = new CountDownLatch(1);

  public FaultProxy(URI upstream) throws IOException {
    this.upstream = upstream;
    this.listening = new ServerSocket(0, 200, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::accept);
  }

  /** The next connection that has none yet gets this fault. */
  public void add(Kind kind, long byteOffset) {
    faults.add(new Fault(kind, byteOffset));
  }

  public boolean isUsedUp() {
    return faults.isEmpty();
  }

  public int connectionCount() {
    return connectionCount.get();
  }

  /** How many bytes came from clients. */
  public long requestByteCount() {
    return requestByteCount.get();
  }

  /** How many bytes came from the server. */
  public long responseByteCount() {
    return responseByteCount.get();
  }

  /** Answers 403 itself to requests whose first line has this in it. */
  public void denyFrom(String text) {
    denied = text;
  }

  public String endpoint() {
    return "http://127.0.0.1:" + listening.getLocalPort();
  }

  private void accept() {
    try {
      while (true) {
        Socket client = listening.accept();
        connectionCount.incrementAndGet();
        Socket server = new Socket(upstream.getHost(), upstream.getPort());
        sockets.add(client);
        sockets.add(server);
        Fault fault = faults.poll();
        Thread.ofVirtual().start(() -> request(client, server, fault));
        Thread.ofVirtual().start(() -> response(client, server, fault));
      }
    } catch (IOException e) {
      return;
    }
  }

  private static boolean is(@Nullable Fault fault, Kind kind) {
    return fault != null && fault.kind() == kind;
  }

  private void request(Socket client, Socket server, @Nullable Fault fault) {
    try (server) {
      InputStream in = client.getInputStream();
      OutputStream out = server.getOutputStream();
      byte[] buffer = new byte[64 << 10];
      long at = 0;
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        if (is(fault, Kind.SLOW_DOWN)) {
          String head = new String(buffer, 0, count, StandardCharsets.ISO_8859_1);
          refuse(client, in, head, count, "503 Slow Down", "SlowDown");
          return;
        }
        String text = denied;
        if (text != null) {
          String head = new String(buffer, 0, count, StandardCharsets.ISO_8859_1);
          if (head.split("\r", 2)[0].contains(text)) {
            refuse(client, in, head, count, "403 Forbidden", "AccessDenied");
            return;
          }
        }
        requestByteCount.addAndGet(count);
        long spoiled = fault == null ? -1 : fault.byteOffset() - at;
        at += count;
        if (fault != null && at >= fault.byteOffset()) {
          switch (fault.kind()) {
            case RESET_REQUEST -> {
              reset(client);
              return;
            }
            case STALL_REQUEST -> closed.await();
            case CORRUPT_REQUEST -> {
              if (spoiled >= 0 && spoiled < count) {
                buffer[(int) spoiled] ^= 1;
              }
            }
            default -> {}
          }
        }
        write(out, buffer, count, fault);
      }
    } catch (IOException | InterruptedException e) {
      return;
    }
  }

  private static void write(OutputStream out, byte[] bytes, int count, @Nullable Fault fault)
      throws IOException, InterruptedException {
    if (!is(fault, Kind.TRICKLE)) {
      out.write(bytes, 0, count);
      return;
    }
    for (int at = 0; at < count; at += 4096) {
      out.write(bytes, at, Math.min(4096, count - at));
      Thread.sleep(3);
    }
  }

  private static void refuse(
      Socket client, InputStream in, String head, int count, String status, String code)
      throws IOException {
    String lower = head.toLowerCase(Locale.ROOT);
    int field = lower.indexOf("content-length:");
    long left =
        field < 0 ? 0 : Long.parseLong(lower.substring(field + 15).split("\r", 2)[0].strip());
    left -= count - (head.indexOf("\r\n\r\n") + 4);
    while (left > 0) {
      left -= in.skip(left);
    }
    String body = "<Error><Code>" + code + "</Code><Message>Not now.</Message></Error>";
    client
        .getOutputStream()
        .write(
            ("HTTP/1.1 "
                    + status
                    + "\r\nContent-Type: application/xml\r\nConnection: close\r\n"
                    + "Content-Length: "
                    + body.length()
                    + "\r\n\r\n"
                    + body)
                .getBytes(StandardCharsets.ISO_8859_1));
    client.close();
  }

  private void response(Socket client, Socket server, @Nullable Fault fault) {
    try (client) {
      InputStream in = server.getInputStream();
      OutputStream out = client.getOutputStream();
      byte[] buffer = new byte[64 << 10];
      long at = 0;
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        long spoiled = fault == null ? -1 : fault.byteOffset() - at;
        if (fault != null && spoiled >= 0 && spoiled < count) {
          switch (fault.kind()) {
            case CORRUPT -> buffer[(int) spoiled] ^= 1;
            case RESET, TRUNCATE, STALL -> {
              out.write(buffer, 0, (int) spoiled);
              end(fault.kind(), client);
              return;
            }
            default -> {}
          }
        }
        if (is(fault, Kind.CORRUPT_ALL) && count > 10_000) {
          buffer[count - 1] ^= 1;
        }
        write(out, buffer, count, fault);
        at += count;
        responseByteCount.addAndGet(count);
      }
      if (is(fault, Kind.SLOW_DOWN)
          || is(fault, Kind.RESET_REQUEST)
          || is(fault, Kind.STALL_REQUEST)) {
        // The other direction ends the connection.
        closed.await();
      }
    } catch (IOException | InterruptedException e) {
      return;
    }
  }

  private void end(Kind kind, Socket client) throws IOException, InterruptedException {
    switch (kind) {
      case RESET -> reset(client);
      case STALL -> closed.await();
      default -> client.close();
    }
  }

  private static void reset(Socket client) throws IOException {
    client.setSoLinger(true, 0);
    client.close();
  }

  @Override
  public void close() throws IOException {
    closed.countDown();
    listening.close();
    for (Socket socket : sockets) {
      socket.close();
    }
  }
}
