package dev.segue.gateway;

import dev.segue.http2.BodyPiece;
import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.ObjectWriter;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Writes a request's body into an object, from the memory that it was received in. What does not
 * come whole is never visible.
 */
final class ObjectUpload {
  private static final long LEAST_BYTES_PER_SECOND = 16 * 1024;

  private ObjectUpload() {}

  static ObjectInfo receive(Call call, ObjectRoots.Found found)
      throws HttpException, ObjectStoreException, InterruptedException {
    boolean finished = false;
    long byteSize = 0;
    try (ObjectWriter writer = found.store().write(found.key())) {
      for (Optional<BodyPiece> next = read(call); next.isPresent(); next = read(call)) {
        try (BodyPiece piece = next.get()) {
          writer.writeOwned(piece.bytes()); // waits while enough is in flight
          byteSize += piece.bytes().byteSize();
        }
        long seconds = (System.nanoTime() - call.startNanos()) / 1_000_000_000L;
        if (seconds > ReadingPace.PATIENCE.toSeconds() + byteSize / LEAST_BYTES_PER_SECOND) {
          throw new HttpException(408, "the body comes too slowly");
        }
      }
      ObjectInfo info = writer.finish();
      finished = true;
      return info;
    } finally {
      if (!finished) {
        call.exchange().body().cancel();
      }
    }
  }

  private static Optional<BodyPiece> read(Call call) throws HttpException, InterruptedException {
    try {
      return call.exchange()
          .body()
          .read()
          .toCompletableFuture()
          .get(ReadingPace.PATIENCE.toSeconds(), TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new HttpException(408, "the body comes too slowly");
    } catch (ExecutionException e) {
      throw new HttpException(400, "the body did not come whole");
    }
  }
}
