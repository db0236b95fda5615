package dev.segue.objectstore.internal;

import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.checksum.ContentCheck;
import dev.segue.objectstore.checksum.Crc;
import dev.segue.objectstore.checksum.Pieces;
import dev.segue.objectstore.checksum.StoredChecksum;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;

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
  private final Attempt what;
  private final RangeRead read;
  private final long part;
  private final Retry retry;
  private Crc crc;

  /**
   * Reads an object into the start of a region.
   *
   * @param read the whole object: of a version that has exactly the region's size, or of any that
   *     fits
   * @param part the range of one request. Where it is of whole {@link Pieces#GRAIN}s, what can be
   *     checked does not depend on it
   */
  CheckedGet(CheckedSource objects, Attempt what, RangeRead read, long part, Retry retry, Crc crc) {
    this.objects = objects;
    this.what = what;
    this.read = read;
    this.part = part;
    this.retry = retry;
    this.crc = crc;
  }

  ObjectInfo run() throws ObjectStoreException {
    for (int pass = 1; ; pass++) {
      try {
        return pass();
      } catch (ObjectStoreException e) {
        if (e.reason() != ObjectStoreException.Reason.CORRUPT
            || pass == PASS_LIMIT
            || !retry.again()) {
          throw e;
        }
      }
    }
  }

  private ObjectInfo pass() throws ObjectStoreException {
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
    RangedGet get = new RangedGet(noting, transfer, read, part);
    ObjectInfo info = transfer.await(read.pinned() == null ? get.toTheEnd() : get.exactly(), what);
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
            .stored(read.key(), etag)
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
        again.accept(
            read.region().asSlice(at, Math.min(Pieces.GRAIN, byteSize - at)).asByteBuffer());
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
