package dev.segue.http2;

import dev.segue.bytes.CopyLedger;
import dev.segue.bytes.SegmentedBytes;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * A server for other people's clients: {@code port [certificates key] [file]}. Serves the file from
 * memory at {@code /file}, N bytes at {@code /bytes/N}, gives a body back at {@code /echo}, tells
 * its costs at {@code /costs}, its live heap at {@code /heap}, gives a WebSocket at {@code /socket}
 * and a line every 50 ms at {@code /events}, or as its {@code every} and {@code heartbeat} say. A
 * request elsewhere is answered when it has ended.
 *
 * <p>With {@code -Dsegue.interop.hostile=true} its deadlines are short.
 */
final class InteropServer {
  private static final com.sun.management.ThreadMXBean THREADS =
      (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();

  private static final long MAX_BLANK_BYTE_SIZE = 256 << 20;

  private InteropServer() {}

  public static void main(String[] args) throws Exception {
    int at = 1;
    var builder = Http2Server.builder(handler(args.length % 2 == 0 ? args[args.length - 1] : ""));
    if (args.length >= 3) {
      builder.tls(Tls.fromPem(Path.of(args[at]), Path.of(args[at + 1])));
    }
    if (Boolean.getBoolean("segue.interop.hostile")) {
      builder
          .limits(
              Http2Limits.defaults()
                  .withIdle(Duration.ofSeconds(5))
                  .withAddressConnectionCount(500))
          .deadlines(
              Http2Deadlines.defaults()
                  .withHeader(Duration.ofSeconds(2))
                  .withBody(Duration.ofSeconds(3))
                  .withWrite(Duration.ofSeconds(3)));
    }
    try (Http2Server server = builder.port(Integer.parseInt(args[0])).start()) {
      System.out.println("listening on " + server.address());
      Thread.currentThread().join();
    }
  }

  private static Http2Handler handler(String file) throws Exception {
    SegmentedBytes content = file.isEmpty() ? SegmentedBytes.copyOfUtf8("segue\n") : read(file);
    SegmentedBytes blank =
        SegmentedBytes.fromSegments(
            List.of(Arena.global().allocate(MAX_BLANK_BYTE_SIZE).asReadOnly()), false);
    SegmentedBytes index = SegmentedBytes.copyOfUtf8("segue\n");
    return exchange -> {
      String path = exchange.request().path();
      if (path.equals("/costs")) {
        exchange.respond(200, Headers.empty(), SegmentedBytes.copyOfUtf8(costs()));
      } else if (path.equals("/heap")) {
        System.gc();
        long used = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
        exchange.respond(200, Headers.empty(), SegmentedBytes.copyOfUtf8("" + used));
      } else if (path.equals("/socket") && exchange.isWebSocket()) {
        exchange.acceptWebSocket("", 1 << 20, new EchoSocket());
      } else if (path.equals("/ignore")) {
        return; // Neither read nor answered, but for the deadline.
      } else if (path.startsWith("/events")) {
        trickle(exchange, number(path, "every=", 50), number(path, "heartbeat=", 0));
      } else if (path.equals("/echo")) {
        Echo.answer(exchange);
      } else if (path.startsWith("/bytes/")) {
        long byteSize = Long.parseLong(path.substring("/bytes/".length()));
        exchange.respond(200, Headers.empty(), blank.slice(0, byteSize));
      } else if (exchange.request().method().equals("POST")) {
        answerAfterBody(exchange, index);
      } else {
        answerAfterEnd(exchange, path.equals("/file") ? content : index);
      }
    };
  }

  private static final class EchoSocket implements WebSocket.Listener {
    @Override
    public void onText(WebSocket socket, String text) {
      if (socket.queuedByteSize() < 1 << 20) {
        socket.sendText(text);
      }
    }
  }

  /** The number behind a name in a query. */
  private static int number(String path, String name, int otherwise) {
    int at = path.indexOf(name);
    if (at < 0) {
      return otherwise;
    }
    String rest = path.substring(at + name.length());
    int end = rest.indexOf('&');
    return Integer.parseInt(end < 0 ? rest : rest.substring(0, end));
  }

  /** A line every so many milliseconds, and comments in between if they are wanted. */
  private static void trickle(Http2Exchange exchange, int everyMillis, int heartbeatMillis) {
    BodyWriter writer = exchange.respond(200, Headers.empty());
    SegmentedBytes line = SegmentedBytes.copyOfUtf8("data: tick\n\n");
    SegmentedBytes comment = SegmentedBytes.copyOfUtf8(":\n");
    int step = heartbeatMillis == 0 ? everyMillis : Math.min(everyMillis, heartbeatMillis);
    Thread.startVirtualThread(
        () -> {
          long start = System.nanoTime();
          long lines = 0;
          while (!exchange.closed().toCompletableFuture().isDone()) {
            boolean due = (System.nanoTime() - start) / 1_000_000 >= lines * everyMillis;
            if (writer.queuedByteSize() < 1 << 16) {
              var _ = writer.write(due ? line : comment).exceptionally(_ -> null);
            }
            lines += due ? 1 : 0;
            try {
              Thread.sleep(step);
            } catch (InterruptedException e) {
              return;
            }
          }
        });
  }

  /**
   * Answers a request without a body when it has ended. An answer before would reset the stream,
   * since nobody reads what may come, and race with what is wrong with the rest of it.
   */
  private static void answerAfterEnd(Http2Exchange exchange, SegmentedBytes answer) {
    if (exchange.body().isEnded()) {
      exchange.respond(200, Headers.empty(), answer);
      return;
    }
    Thread.startVirtualThread(
        () -> {
          try {
            while (!exchange.body().isEnded()) {
              Thread.sleep(5);
            }
            if (!exchange.closed().toCompletableFuture().isDone()) {
              exchange.respond(200, Headers.empty(), answer);
            }
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
  }

  /** An answer before the end of the body would race with what is wrong with the body. */
  private static void answerAfterBody(Http2Exchange exchange, SegmentedBytes answer) {
    var _ =
        exchange
            .body()
            .read()
            .whenComplete(
                (piece, failure) -> {
                  if (failure != null) {
                    return; // The codec has reset the stream.
                  }
                  if (piece.isEmpty()) {
                    exchange.respond(200, Headers.empty(), answer);
                  } else {
                    piece.get().close();
                    answerAfterBody(exchange, answer);
                  }
                });
  }

  private static String costs() {
    long heap = 0;
    for (long bytes : THREADS.getThreadAllocatedBytes(THREADS.getAllThreadIds())) {
      heap += Math.max(0, bytes);
    }
    return "heap=" + heap + "\nledger=" + CopyLedger.snapshot().byteCounts() + "\n";
  }

  private static SegmentedBytes read(String file) throws Exception {
    try (FileChannel channel = FileChannel.open(Path.of(file))) {
      MemorySegment memory = Arena.global().allocate(channel.size(), 4096);
      var target = memory.asByteBuffer();
      while (target.hasRemaining() && channel.read(target) >= 0) {}
      return SegmentedBytes.fromSegments(List.of(memory.asReadOnly()), false);
    }
  }
}
