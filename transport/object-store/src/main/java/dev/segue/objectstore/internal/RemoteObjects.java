package dev.segue.objectstore.internal;

import dev.segue.bytes.LoanPool;
import dev.segue.objectstore.ObjectBytes;
import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.ObjectStoreException.Reason;
import dev.segue.objectstore.StoreSettings;
import dev.segue.objectstore.checksum.Pieces;
import dev.segue.objectstore.checksum.StoredChecksum;
import dev.segue.objectstore.http.HttpExchange;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Reads objects of a store that is asked over HTTP: each request is tried again on its own. */
public abstract class RemoteObjects implements CheckedSource {
  private final RemoteStore store;
  private final StoreSettings settings;
  private final InFlight inFlight;

  public RemoteObjects(RemoteStore store) {
    this.store = store;
    this.settings = store.settings;
    this.inFlight = new InFlight(settings.rangeInflightCount());
  }

  /**
   * The range that one request asks for.
   *
   * @param byteSize of the range, or -1 for the whole object
   * @param etag the version that is wanted, null for any
   */
  public record Wanted(String key, long byteOffset, long byteSize, @Nullable String etag) {
    public boolean isWhole() {
      return byteSize < 0;
    }

    /** As HTTP writes it, null for the whole. */
    public @Nullable String range() {
      return isWhole() ? null : "bytes=" + byteOffset + "-" + (byteOffset + byteSize - 1);
    }
  }

  /** Chooses the region for a body when its head is known, and refuses it by throwing. */
  @FunctionalInterface
  public interface Chooser {
    MemorySegment regionFor(GetAnswer answer) throws IOException;
  }

  /**
   * Asks once; tells how many bytes are in the region when all are there. Done, well or not, only
   * when nothing is inside the region.
   *
   * @param arrived sees the bytes in their order as they enter the region
   */
  public abstract CompletableFuture<Long> fetch(
      Transfer transfer, Wanted wanted, Chooser chooser, Consumer<ByteBuffer> arrived);

  /** The same with the size of the object's first part, where that matters. */
  public CompletableFuture<StoredChecksum> withParts(ObjectInfo info, StoredChecksum stored) {
    return CompletableFuture.completedFuture(stored);
  }

  @Override
  public ObjectInfo head(String key) throws ObjectStoreException {
    return store.head(key);
  }

  @Override
  public CompletableFuture<ObjectInfo> range(Transfer transfer, RangeRead read) {
    return range(transfer, read, null);
  }

  @Override
  public RangeSource noting(Pieces pieces, Consumer<ObjectInfo> seen) {
    return new Noting(this, pieces, seen);
  }

  private record Noting(RemoteObjects objects, Pieces pieces, Consumer<ObjectInfo> seen)
      implements RangeSource {
    @Override
    public CompletableFuture<ObjectInfo> range(Transfer transfer, RangeRead read) {
      return objects.range(transfer, read.telling(seen), pieces);
    }

    @Override
    public ObjectInfo head(String key) throws ObjectStoreException {
      return objects.head(key);
    }
  }

  private CompletableFuture<ObjectInfo> range(
      Transfer transfer, RangeRead read, @Nullable Pieces pieces) {
    AtomicReference<@Nullable ObjectInfo> known = new AtomicReference<>();
    AtomicBoolean told = new AtomicBoolean();
    return tried(
        transfer,
        () -> {
          ObjectInfo pinned = known.get();
          ObjectInfo version = pinned == null ? read.pinned() : pinned;
          Pieces.Recorder recorder = pieces == null ? null : pieces.from(read.byteOffset());
          return fetch(
                  transfer,
                  new Wanted(
                      read.key(),
                      read.byteOffset(),
                      read.byteSize(),
                      version == null ? null : version.etag()),
                  answer -> {
                    ObjectInfo info =
                        answer.checkRange(read.key(), read.byteOffset(), read.byteSize(), version);
                    known.set(info);
                    if (told.compareAndSet(false, true)) {
                      read.headKnown().accept(info);
                    }
                    return read.region();
                  },
                  recorder == null ? bytes -> {} : recorder)
              .thenApply(
                  filled -> {
                    ObjectInfo info =
                        checkFilled(filled, read.byteOffset(), read.byteSize(), known.get());
                    if (recorder != null) {
                      recorder.end();
                    }
                    return info;
                  });
        });
  }

  private <T> CompletableFuture<T> tried(
      Transfer transfer, Supplier<CompletableFuture<T>> attempt) {
    return inFlight.run(() -> store.retry.run(transfer, attempt));
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

  /** Reads a whole object by one request, checked against its checksum, into a region. */
  public CompletableFuture<ObjectInfo> whole(Transfer transfer, String key, MemorySegment region) {
    return tried(transfer, () -> new WholeGet(key, info -> region).run(transfer));
  }

  /** A large object was asked for by one request. */
  public static final class TooLargeForOneRequest extends RuntimeException {
    private static final long serialVersionUID = 1L;
    final transient ObjectInfo info;

    TooLargeForOneRequest(ObjectInfo info) {
      super("the object of byteSize=" + info.byteSize() + " is read by ranges", null, false, false);
      this.info = info;
    }
  }

  /**
   * Reads a whole object by one request into memory of a pool, of the size that the response's head
   * tells; fails with {@link TooLargeForOneRequest} before the body if ranges would be better.
   */
  public CompletableFuture<ObjectBytes> whole(Transfer transfer, String key, LoanPool pool) {
    return tried(
        transfer,
        () -> {
          AtomicReference<@Nullable Slot> taken = new AtomicReference<>();
          return new WholeGet(key, info -> place(transfer, info, pool, taken))
              .run(transfer)
              .handle((info, failure) -> object(info, taken.get(), failure));
        });
  }

  private MemorySegment place(
      Transfer transfer, ObjectInfo info, LoanPool pool, AtomicReference<@Nullable Slot> taken)
      throws IOException {
    if (info.byteSize() > settings.wholeGetByteSize()) {
      throw new TooLargeForOneRequest(info);
    }
    // The socket waits with its body until there is memory for it.
    Slot slot =
        Slot.take(
            pool,
            Math.max(1, info.byteSize()),
            store.attempt("get", info.key()),
            () -> checkWanted(transfer));
    taken.set(slot);
    return slot.writable().asSlice(0, info.byteSize());
  }

  /** Whoever gave the call up, or closed the store, waits for no memory. */
  private static void checkWanted(Transfer transfer) throws IOException {
    transfer.checkNotCancelled();
    HttpExchange carrying = HttpExchange.current();
    if (carrying != null) {
      carrying.checkNotAborted();
    }
  }

  private static ObjectBytes object(
      @Nullable ObjectInfo info, @Nullable Slot slot, @Nullable Throwable failure) {
    if (info != null && slot != null) {
      return new ObjectBytes(info, 0, slot.bytes().slice(0, info.byteSize()), slot::close);
    }
    if (slot != null) {
      slot.close();
    }
    throw new CompletionException(
        failure == null ? new ObjectStoreException(Reason.OTHER, "no response") : failure);
  }

  private interface Place {
    MemorySegment of(ObjectInfo info) throws IOException;
  }

  /** One attempt to read a whole object by one request. */
  private final class WholeGet {
    private final String key;
    private final Place place;
    private volatile @Nullable ObjectInfo info;
    private volatile @Nullable BodyCheck check;

    WholeGet(String key, Place place) {
      this.key = key;
      this.place = place;
    }

    CompletableFuture<ObjectInfo> run(Transfer transfer) {
      return fetch(transfer, new Wanted(key, 0, -1, null), this::regionFor, this::arrived)
          .thenCompose(this::end);
    }

    private MemorySegment regionFor(GetAnswer answer) throws IOException {
      ObjectInfo known = answer.checkWhole(key);
      info = known;
      if (store.crc != null) {
        check = BodyCheck.of(answer);
      }
      return place.of(known);
    }

    private void arrived(ByteBuffer bytes) {
      BodyCheck known = check;
      if (known != null) {
        known.accept(bytes);
      }
    }

    private CompletableFuture<ObjectInfo> end(long filled) {
      ObjectInfo known = checkFilled(filled, 0, Long.MAX_VALUE, info);
      BodyCheck body = check;
      return body == null
          ? CompletableFuture.completedFuture(known)
          : body.end(known, RemoteObjects.this).thenApply(nothing -> known);
    }
  }
}
