package dev.segue.objectstore;

import dev.segue.bytes.OffHeapPool;
import java.io.InputStream;
import java.nio.channels.SeekableByteChannel;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Reads an object from front to back as chunks of at most 4 MiB that are fetched ahead, in 16 MiB
 * of memory whatever the object's size.
 *
 * <pre>{@code
 * try (ObjectReader reader = store.read("recording.mcap")) {
 *   for (var chunk = reader.next(); chunk.isPresent(); chunk = reader.next()) {
 *     try (ObjectBytes bytes = chunk.get()) {
 *       sink.write(bytes.bytes());           // a region that was read straight from the socket
 *     }
 *   }
 * }
 * }</pre>
 *
 * <p>All ranges are of the version that was there when the reader was opened; a change is an error.
 *
 * <p>Owner: the caller. Lifetime: until {@link #close()}; chunks live on until they are closed, and
 * the next one waits for room. Threads: one at a time.
 */
public final class ObjectReader implements AutoCloseable {
  private static final long RING_BYTE_SIZE = 16L << 20;
  private static final long LARGEST_CHUNK = 4L << 20;
  private static final int REREAD_LIMIT = 2;
  private static final Duration POOL_TIMEOUT = Duration.ofMinutes(10);

  private record Ahead(
      long byteOffset, long byteSize, Slot slot, CompletableFuture<ObjectInfo> arrival) {}

  private final RangeSource source;
  private final ObjectInfo info;
  private final String what;
  private final long chunkByteSize;
  private final int slotCount;
  private final OffHeapPool pool;
  private final ArrayDeque<Ahead> ahead = new ArrayDeque<>();
  private Transfer transfer = new Transfer();
  private long nextByteOffset;
  private final @Nullable ContentCheck check;
  private int rereadCount;
  private boolean closed;

  ObjectReader(RangeSource source, ObjectInfo info, String uri, StoreSettings settings) {
    this(source, info, uri, settings, null);
  }

  /** Checks what is read from the first byte to the last; the source notes it in the check. */
  ObjectReader(
      RangeSource source,
      ObjectInfo info,
      String uri,
      StoreSettings settings,
      @Nullable ContentCheck check) {
    this.check = check;
    this.source = source;
    this.info = info;
    this.what = "read of " + uri;
    this.chunkByteSize =
        Math.clamp(info.byteSize(), 1, Math.min(source.partByteSize(), LARGEST_CHUNK));
    this.slotCount =
        (int) Math.max(2, Math.min(settings.getInflightCount, RING_BYTE_SIZE / chunkByteSize));
    this.pool = new OffHeapPool(Math.max(4096, slotCount * roundedUp(chunkByteSize)));
  }

  /** The pool's blocks are powers of two. */
  private static long roundedUp(long byteSize) {
    return byteSize == Long.highestOneBit(byteSize) ? byteSize : Long.highestOneBit(byteSize) << 1;
  }

  /** The version that is read. */
  public ObjectInfo info() {
    return info;
  }

  /** Where the next chunk begins. */
  public long positionByteOffset() {
    return ahead.isEmpty() ? nextByteOffset : ahead.peekFirst().byteOffset();
  }

  /**
   * Goes on from another offset; what was fetched ahead of the old one is dropped.
   *
   * @throws IndexOutOfBoundsException if {@code byteOffset} is beyond the object's end
   */
  public void seek(long byteOffset) {
    checkOpen();
    Objects.checkFromToIndex(byteOffset, info.byteSize(), info.byteSize());
    if (byteOffset != positionByteOffset()) {
      drop();
      nextByteOffset = byteOffset;
    }
  }

  /**
   * The next chunk, when it has arrived; empty at the object's end. Close it to make room.
   *
   * <p>An object of S3 that is read from its first byte to its last is checked against the checksum
   * that it was stored with: instead of the last chunk an exception with reason {@code CORRUPT}
   * comes if a byte of it, or of those before it, is another.
   *
   * @throws IllegalStateException if the reader is closed
   */
  public Optional<ObjectBytes> next() throws ObjectStoreException {
    checkOpen();
    fetchAhead();
    Ahead first = ahead.pollFirst();
    if (first == null) {
      return Optional.empty();
    }
    try {
      ObjectInfo _ = transfer.await(first.arrival(), what);
    } catch (ObjectStoreException | RuntimeException e) {
      back(first);
      throw e;
    }
    if (check != null) {
      try {
        check.pass(first.byteOffset(), first.byteOffset() + first.byteSize());
      } catch (ObjectStoreException e) {
        back(first);
        // Of an object that is one chunk nothing was given out before its checksum was known.
        if (first.byteSize() == info.byteSize() && rereadCount++ < REREAD_LIMIT) {
          return next();
        }
        throw Failures.of(what, e);
      }
    }
    fetchAhead();
    return Optional.of(
        new ObjectBytes(
            info,
            first.byteOffset(),
            first.slot().bytes().slice(0, first.byteSize()),
            first.slot()));
  }

  private void back(Ahead to) {
    to.slot().close();
    drop();
    nextByteOffset = to.byteOffset();
  }

  private void fetchAhead() throws ObjectStoreException {
    while (ahead.size() < slotCount && nextByteOffset < info.byteSize()) {
      if (!ahead.isEmpty() && pool.availableByteSize() < chunkByteSize) {
        return;
      }
      long byteSize = Math.min(chunkByteSize, info.byteSize() - nextByteOffset);
      Slot slot = Slot.take(pool, chunkByteSize, POOL_TIMEOUT, what);
      CompletableFuture<ObjectInfo> arrival =
          source.range(
              transfer,
              info.key(),
              nextByteOffset,
              slot.writable().asSlice(0, byteSize),
              info.etag(),
              head -> {});
      ahead.add(new Ahead(nextByteOffset, byteSize, slot, arrival));
      nextByteOffset += byteSize;
    }
  }

  private void drop() {
    transfer.cancel();
    ahead.forEach(each -> each.slot().close());
    ahead.clear();
    if (check != null) {
      check.pieces().clear();
    }
    transfer = new Transfer();
  }

  private void checkOpen() {
    if (closed) {
      throw new IllegalStateException(what + ": the reader is closed");
    }
  }

  /** The bytes from here on as a stream, which copies (site {@code objectstore.stream}). */
  public InputStream asInputStream() {
    return new ReaderInputStream(asChannel());
  }

  /** The bytes as a read-only channel, which copies (site {@code objectstore.stream}). */
  public SeekableByteChannel asChannel() {
    return new ReaderChannel(this);
  }

  /** Drops what was fetched ahead. Idempotent. */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      drop();
      pool.close();
    }
  }
}
