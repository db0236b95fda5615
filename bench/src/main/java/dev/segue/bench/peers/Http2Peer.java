package dev.segue.bench.peers;

import com.sun.management.ThreadMXBean;
import dev.segue.bytes.CopyLedger;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.http2.Headers;
import dev.segue.http2.Http2Error;
import dev.segue.http2.Http2Exchange;
import dev.segue.http2.Http2Handler;
import dev.segue.http2.Http2Server;
import dev.segue.http2.Tls;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Our server in a JVM of its own: {@code FILE [CERTIFICATES KEY]}. Prints {@code listening on
 * ADDRESS:PORT}.
 *
 * <pre>
 *   /file          the file, from memory
 *   /steps         the file, read anew for each response: {@link FileSteps}
 *   /bytes/N       N bytes in one segment
 *   /pieces/S/N    N bytes in segments of S
 *   /sink          takes a body and drops it, piece by piece
 *   /costs         heap allocated so far, and the copy ledger
 * </pre>
 */
public final class Http2Peer {
  private static final long BLANK_BYTE_SIZE = 128 << 20;
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private final SegmentedBytes file;
  private final FileSteps steps;
  private final Map<String, SegmentedBytes> made = new ConcurrentHashMap<>();

  /** Not before it is asked for: what is resident is measured, too. */
  private static final class Blank {
    static final MemorySegment MEMORY = Arena.global().allocate(BLANK_BYTE_SIZE).asReadOnly();
  }

  private Http2Peer(Path file) throws IOException {
    this.file = read(file);
    // Open as long as the process.
    this.steps = new FileSteps(FileChannel.open(file));
  }

  /** The process. */
  public static void main(String[] args) throws Exception {
    Http2Server.Builder builder = Http2Server.builder(new Http2Peer(Path.of(args[0])).handler());
    if (args.length > 1) {
      builder.tls(Tls.fromPem(Path.of(args[1]), Path.of(args[2])));
    }
    try (Http2Server server = builder.start()) {
      System.out.println("listening on " + server.address());
      Thread.currentThread().join();
    }
  }

  private static SegmentedBytes read(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file)) {
      MemorySegment memory = Arena.global().allocate(Math.max(1, channel.size()), 4096);
      ByteBuffer target = memory.asByteBuffer();
      while (target.hasRemaining() && channel.read(target) >= 0) {}
      return SegmentedBytes.fromSegments(List.of(memory.asReadOnly()), false);
    }
  }

  private Http2Handler handler() {
    return exchange -> {
      String path = exchange.request().path();
      if (path.equals("/steps")) {
        steps.respond(exchange);
        return;
      }
      if (path.equals("/sink")) {
        drop(exchange);
        return;
      }
      SegmentedBytes body =
          switch (path) {
            case "/file" -> file;
            case "/costs" -> SegmentedBytes.copyOfUtf8(costs());
            default -> made.computeIfAbsent(path, this::make);
          };
      exchange.respond(200, Headers.empty(), body);
    };
  }

  private static void drop(Http2Exchange exchange) {
    var _ =
        exchange
            .body()
            .read()
            .whenComplete(
                (piece, failure) -> {
                  if (failure != null) {
                    exchange.reset(Http2Error.CANCEL);
                  } else if (piece.isEmpty()) {
                    exchange.respond(204);
                  } else {
                    piece.get().close();
                    drop(exchange);
                  }
                });
  }

  private SegmentedBytes make(String path) {
    String[] parts = path.split("/", -1);
    long byteSize = Long.parseLong(parts[parts.length - 1]);
    long piece = parts[1].equals("pieces") ? Long.parseLong(parts[2]) : Math.max(1, byteSize);
    List<MemorySegment> segments = new ArrayList<>();
    for (long at = 0; at < byteSize; at += piece) {
      segments.add(Blank.MEMORY.asSlice(at, Math.min(piece, byteSize - at)));
    }
    return SegmentedBytes.fromSegments(segments, false);
  }

  private static String costs() {
    // Of threads that have ended, too.
    long heap = THREADS.getTotalThreadAllocatedBytes();
    return "heap=" + heap + "\nledger=" + CopyLedger.snapshot().byteCounts() + "\n";
  }
}
