package dev.segue.objectstore;

import dev.segue.bytes.LoanPool;
import dev.segue.objectstore.ObjectStoreException.Reason;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Reads objects of a store that is asked over HTTP: each request is tried again on its own. */
abstract class RemoteObjects implements RangeSource {
  private static final Duration POOL_TIMEOUT = Duration.ofMinutes(10);

  final StoreSettings settings;
  private final Retry retry;
  private final InFlight inFlight;

  RemoteObjects(StoreSettings settings, Retry retry) {
    this.settings = settings;
    this.retry = retry;
    this.inFlight = new InFlight(settings.getInflightCount);
  }

  /**
   * What one request asks for.
   *
   * @param byteSize of the range, or -1 for the whole object
   * @param etag the version that is wanted, null for any
   */
  record Wanted(String key, long byteOffset, long byteSize, @Nullable String etag) {
    boolean isWhole() {
      return byteSize < 0;
    }
  }

  /** Chooses the region for a body when its head is known, and refuses it by throwing. */
  @FunctionalInterface
  interface Chooser {
    MemorySegment regionFor(GetAnswer answer) throws IOException;
  }

  /**
   * Asks once; tells how many bytes are in the region when all are there. Done, well or not, only
   * when nothing is inside the region.
   */
  abstract CompletableFuture<Long> fetch(Transfer transfer, Wanted wanted, Chooser chooser);

  @Override
  public long partByteSize() {
    return settings.getPartByteSize;
  }

  @Override
  public CompletableFuture<ObjectInfo> range(
      Transfer transfer,
      String key,
      long byteOffset,
      MemorySegment region,
      @Nullable String etag,
      Consumer<ObjectInfo> headKnown) {
    long byteSize = region.byteSize();
    AtomicReference<@Nullable ObjectInfo> known = new AtomicReference<>();
    AtomicBoolean told = new AtomicBoolean();
    return tried(
        transfer,
        () -> {
          ObjectInfo pinned = known.get();
          Wanted wanted =
              new Wanted(key, byteOffset, byteSize, pinned == null ? etag : pinned.etag());
          return fetch(
                  transfer,
                  wanted,
                  answer -> {
                    ObjectInfo info = answer.checkRange(key, byteOffset, byteSize, wanted.etag());
                    known.set(info);
                    if (told.compareAndSet(false, true)) {
                      headKnown.accept(info);
                    }
                    return region;
                  })
              .thenApply(filled -> checkFilled(filled, byteOffset, byteSize, known.get()));
        });
  }

  private <T> CompletableFuture<T> tried(
      Transfer transfer, java.util.function.Supplier<CompletableFuture<T>> attempt) {
    return inFlight.run(() -> retry.run(transfer, attempt));
  }

  private static ObjectInfo checkFilled(
      long filled, long byteOffset, long byteSize, @Nullable ObjectInfo info) {
    long wanted = info == null ? -1 : Math.min(byteSize, info.byteSize() - byteOffset);
    if (info == null || filled != wanted) {
      throw new CompletionException(
          new ObjectStoreException(
              Reason.UNTRUSTWORTHY,
              "the body has byteSize=" + filled + ", wanted byteSize=" + wanted));
    }
    return info;
  }

  /** Reads a whole object by one request into a region. */
  CompletableFuture<ObjectInfo> whole(Transfer transfer, String key, MemorySegment region) {
    return tried(
        transfer,
        () -> {
          AtomicReference<@Nullable ObjectInfo> known = new AtomicReference<>();
          return fetch(
                  transfer,
                  new Wanted(key, 0, -1, null),
                  answer -> {
                    known.set(answer.checkWhole(key));
                    return region;
                  })
              .thenApply(filled -> checkFilled(filled, 0, Long.MAX_VALUE, known.get()));
        });
  }

  /**
   * Reads a whole object by one request into memory of a pool, of the size that the response's head
   * tells; fails with {@link S3Objects.TooLargeForOneRequest} before the body if ranges would be
   * better.
   */
  CompletableFuture<ObjectBytes> whole(Transfer transfer, String key, LoanPool pool) {
    return tried(transfer, () -> new IntoPool(key, pool).fetch(transfer));
  }

  /** One attempt, whose memory is taken when the size is known, and given back if it fails. */
  private final class IntoPool {
    private final String key;
    private final LoanPool pool;
    private volatile @Nullable ObjectInfo info;
    private volatile @Nullable Slot slot;

    IntoPool(String key, LoanPool pool) {
      this.key = key;
      this.pool = pool;
    }

    CompletableFuture<ObjectBytes> fetch(Transfer transfer) {
      return RemoteObjects.this
          .fetch(transfer, new Wanted(key, 0, -1, null), this::regionFor)
          .thenApply(this::filled)
          .whenComplete(
              (bytes, failure) -> {
                Slot taken = slot;
                if (failure != null && taken != null) {
                  taken.close();
                }
              });
    }

    private MemorySegment regionFor(GetAnswer answer) throws IOException {
      ObjectInfo known = answer.checkWhole(key);
      info = known;
      if (known.byteSize() > settings.getThresholdByteSize) {
        throw new S3Objects.TooLargeForOneRequest(known);
      }
      // The socket waits with its body until there is memory for it.
      Slot taken = Slot.take(pool, Math.max(1, known.byteSize()), POOL_TIMEOUT, key);
      slot = taken;
      return taken.writable().asSlice(0, known.byteSize());
    }

    private ObjectBytes filled(long byteSize) {
      ObjectInfo known = checkFilled(byteSize, 0, Long.MAX_VALUE, info);
      Slot taken = slot;
      if (taken == null) {
        throw new CompletionException(new ObjectStoreException(Reason.OTHER, "no response"));
      }
      return new ObjectBytes(known, 0, taken.bytes().slice(0, known.byteSize()), taken);
    }
  }
}
