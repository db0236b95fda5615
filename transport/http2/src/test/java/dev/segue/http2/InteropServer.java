package dev.segue.http2;

import dev.segue.bytes.CopyLedger;
import dev.segue.bytes.SegmentedBytes;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.List;

/**
 * A server for other people's clients: {@code port [certificates key] [file]}. Serves the file from
 * memory at {@code /file}, N bytes at {@code /bytes/N}, gives a body back at {@code /echo}, tells
 * its costs at {@code /costs}. A POST elsewhere is answered when its body has ended.
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
        var _ = exchange.respond(200, Headers.empty(), SegmentedBytes.copyOfUtf8(costs()));
      } else if (path.equals("/echo")) {
        Echo.answer(exchange);
      } else if (path.startsWith("/bytes/")) {
        long byteSize = Long.parseLong(path.substring("/bytes/".length()));
        var _ = exchange.respond(200, Headers.empty(), blank.slice(0, byteSize));
      } else if (exchange.request().method().equals("POST")) {
        answerAfterBody(exchange, index);
      } else {
        var _ = exchange.respond(200, Headers.empty(), path.equals("/file") ? content : index);
      }
    };
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
                    var _ = exchange.respond(200, Headers.empty(), answer);
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
