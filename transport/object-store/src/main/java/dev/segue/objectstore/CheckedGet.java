package dev.segue.objectstore;

import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Reads a whole object by ranges and checks it when the last one has arrived: S3 has checksums of
 * objects, none of ranges. Which range was spoilt can't be told, so all are read again.
 *
 * <p>What the object was stored with is asked for while its ranges arrive. Meanwhile the checksum
 * of the settings is computed; if it is another, the memory is gone through a second time.
 */
final class CheckedGet {
  /** The retries of ranges are not multiplied by these. */
  private static final int PASS_LIMIT = 3;

  private final CheckedSource objects;
  private final String key;
  private final String what;
  private final MemorySegment region;
  private final long part;
  private final Retry retry;
  private Crc crc;

  /**
   * Reads an object into a region.
   *
   * @param part the range of one request. Where it is of whole {@link Pieces#GRAIN}s, what can be
   *     checked does not depend on it
   */
  CheckedGet(
      CheckedSource objects,
      String key,
      String what,
      MemorySegment region,
      long part,
      Retry retry,
      Crc crc) {
    this.objects = objects;
    this.key = key;
    this.what = what;
    this.region = region;
    this.part = part;
    this.retry = retry;
    this.crc = crc;
  }

  /**
   * Reads the object into the start of the region.
   *
   * @param etag the version that has exactly the region's size, null for any that fits
   */
  ObjectInfo run(@Nullable String etag) throws ObjectStoreException {
    for (int pass = 1; ; pass++) {
      try {
        return pass(etag);
      } catch (ObjectStoreException e) {
        if (e.reason() != ObjectStoreException.Reason.CORRUPT
            || pass == PASS_LIMIT
            || !retry.again()) {
          throw e;
        }
      }
    }
  }

  private ObjectInfo pass(@Nullable String etag) throws ObjectStoreException {
    AtomicBoolean asked = new AtomicBoolean();
    CompletableFuture<Optional<StoredChecksum>> answer = new CompletableFuture<>();
    Pieces pieces = new Pieces(crc);
    RangeSource noting =
        objects.noting(
            pieces,
            info -> {
              if (asked.compareAndSet(false, true)) {
                ask(info.etag(), answer);
              }
            });
    Transfer transfer = new Transfer();
    RangedGet get = new RangedGet(noting, transfer, key, 0, region, part);
    ObjectInfo info = transfer.await(etag == null ? get.toTheEnd(null) : get.exactly(etag), what);
    if (asked.get()) {
      StoredChecksum stored = transfer.await(answer, what).orElse(null);
      if (stored != null) {
        check(stored, info.byteSize(), pieces);
      }
    }
    return info;
  }

  private void ask(String etag, CompletableFuture<Optional<StoredChecksum>> answer) {
    var _ =
        objects
            .stored(key, etag)
            .whenComplete(
                (stored, failure) -> {
                  if (failure == null) {
                    answer.complete(stored);
                  } else {
                    answer.completeExceptionally(failure);
                  }
                });
  }

  private void check(StoredChecksum stored, long byteSize, Pieces arrived)
      throws ObjectStoreException {
    Pieces pieces = arrived;
    if (stored.crc() != arrived.crc()) {
      crc = stored.crc();
      pieces = new Pieces(crc);
      Pieces.Recorder again = pieces.from(0);
      for (long at = 0; at < byteSize; at += Pieces.GRAIN) {
        again.accept(region.asSlice(at, Math.min(Pieces.GRAIN, byteSize - at)).asByteBuffer());
      }
      again.end();
    }
    try {
      new ContentCheck(stored, byteSize, pieces).pass(0, byteSize);
    } catch (ObjectStoreException e) {
      throw Failures.of(what, e);
    }
  }
}
