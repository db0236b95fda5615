package dev.segue.gateway;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Lend;
import dev.segue.http2.BodyPiece;
import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.ObjectWriter;
import dev.segue.objectstore.WriteOptions;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;

/**
 * Writes a request's body into an object, from the memory that it was received in, but for small
 * pieces. What does not come whole is never visible.
 */
final class ObjectUpload {
  /**
   * A piece below this is copied: one that is lent costs heap until its part is full, and a client
   * may send a byte at a time.
   */
  private static final int COPIED_BYTE_SIZE = 4096;

  private final GatewayExchange call;
  private final SendingPace pace = new SendingPace();

  private ObjectUpload(GatewayExchange call) {
    this.call = call;
  }

  /** With {@code options} on which condition it becomes visible. */
  static ObjectInfo receive(GatewayExchange call, ObjectRoots.Found found, WriteOptions options)
      throws HttpException, ObjectStoreException, InterruptedException {
    return new ObjectUpload(call).receive(found, options);
  }

  private ObjectInfo receive(ObjectRoots.Found found, WriteOptions options)
      throws HttpException, ObjectStoreException, InterruptedException {
    boolean finished = false;
    try (ObjectWriter writer = found.store().write(found.key(), options)) {
      for (Optional<BodyPiece> next = read(); next.isPresent(); next = read()) {
        try (BodyPiece piece = next.get()) {
          write(writer, piece.bytes());
        }
      }
      call.checkStillAllowed();
      ObjectInfo info = writer.finish();
      finished = true;
      return info;
    } finally {
      if (!finished) {
        call.exchange().body().cancel();
      }
    }
  }

  /** Waits while enough is in flight. */
  private static void write(ObjectWriter writer, SegmentedBytes bytes) throws ObjectStoreException {
    if (bytes.byteSize() >= COPIED_BYTE_SIZE) {
      writer.writeOwned(bytes);
      return;
    }
    for (int i = 0; i < bytes.segmentCount(); i++) {
      writer.writeChunk(Lend.segment(bytes, i)); // The piece holds it meanwhile.
    }
  }

  /** Only the time that the client takes counts, not the store's. */
  private Optional<BodyPiece> read() throws HttpException, InterruptedException {
    long start = call.nanoTime();
    CompletableFuture<Optional<BodyPiece>> next =
        call.exchange().body().read().toCompletableFuture();
    boolean taken = false;
    try {
      Optional<BodyPiece> piece = call.await(next, pace.leftNanos());
      long byteSize = piece.map(each -> each.bytes().byteSize()).orElse(0L);
      if (!pace.came(call.nanoTime() - start, byteSize)) {
        throw new TimeoutException();
      }
      taken = true;
      return piece;
    } catch (TimeoutException e) {
      throw new HttpException(408, "the body arrives too slowly");
    } catch (ExecutionException e) {
      throw new HttpException(400, "the body is incomplete");
    } finally {
      if (!taken) {
        drop(next);
      }
    }
  }

  /** A piece that comes, or just came, for a read that nobody waits for any more is given back. */
  private static void drop(CompletableFuture<Optional<BodyPiece>> read) {
    if (!read.cancel(false) && !read.isCompletedExceptionally()) {
      read.join().ifPresent(BodyPiece::close);
    }
  }
}
