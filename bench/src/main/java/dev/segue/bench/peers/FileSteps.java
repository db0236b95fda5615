package dev.segue.bench.peers;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.http2.BodyWriter;
import dev.segue.http2.Headers;
import dev.segue.http2.Http2Error;
import dev.segue.http2.Http2Exchange;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Answers with a file that is read anew for each response, in steps, as servers of files do: two
 * blocks in flight, each filled again when it has left. Threads: any.
 */
final class FileSteps {
  private static final int BLOCK = 16_384;

  private final FileChannel file;
  private final long byteSize;
  private final Queue<MemorySegment> free = new ConcurrentLinkedQueue<>();

  FileSteps(FileChannel file) throws IOException {
    this.file = file;
    this.byteSize = file.size();
  }

  void respond(Http2Exchange exchange) {
    BodyWriter body = exchange.respond(200, Headers.empty());
    Response response = new Response(exchange, body);
    response.step(take());
    response.step(take());
  }

  private MemorySegment take() {
    MemorySegment known = free.poll();
    return known == null ? Arena.ofAuto().allocate(BLOCK, 64) : known;
  }

  private final class Response {
    private final Http2Exchange exchange;
    private final BodyWriter body;
    private long at;
    private boolean isEnded;

    Response(Http2Exchange exchange, BodyWriter body) {
      this.exchange = exchange;
      this.body = body;
    }

    private synchronized void step(MemorySegment block) {
      if (at == byteSize) {
        free.add(block);
        if (!isEnded) {
          isEnded = true;
          body.end();
        }
        return;
      }
      try {
        int count = (int) Math.min(BLOCK, byteSize - at);
        ByteBuffer target = block.asByteBuffer().limit(count);
        while (target.hasRemaining() && file.read(target, at + target.position()) >= 0) {}
        at += count;
        SegmentedBytes bytes =
            SegmentedBytes.fromSegments(List.of(block.asSlice(0, count).asReadOnly()), false);
        var _ =
            body.write(bytes)
                .whenComplete(
                    (nothing, failure) -> {
                      if (failure == null) {
                        step(block);
                      } else {
                        free.add(block);
                      }
                    });
      } catch (IOException | RuntimeException e) {
        exchange.reset(Http2Error.INTERNAL_ERROR);
      }
    }
  }
}
