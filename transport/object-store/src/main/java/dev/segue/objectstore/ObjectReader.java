package dev.segue.objectstore;

import dev.segue.bytes.BytesSource;
import dev.segue.bytes.LoanPool;
import dev.segue.bytes.OffHeapPool;
import dev.segue.objectstore.checksum.ContentCheck;
import dev.segue.objectstore.internal.Attempt;
import dev.segue.objectstore.internal.Destination;
import dev.segue.objectstore.internal.Failures;
import dev.segue.objectstore.internal.RangeRead;
import dev.segue.objectstore.internal.RangeSource;
import dev.segue.objectstore.internal.RangedGet;
import dev.segue.objectstore.internal.Slot;
import dev.segue.objectstore.internal.Transfer;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.channels.SeekableByteChannel;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Reads an object, or a range of it, from front to back as chunks that are fetched ahead: of at
 * most 4 MiB in 16 MiB of memory whatever the object's size, or of any size in memory of the
 * caller's pool. After a {@link #seek}, it fetches 64 KiB at first, and twice as much each time the
 * reading continues from there: scattered reads don't pay for what is between.
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
 * <p>All ranges are of the version that existed when the reader was opened; a change is an error.
 *
 * <p>Owner: the caller. Lifetime: until {@link #close()}; chunks live on until they are closed, and
 * the next one waits for room. Threads: one at a time.
 */
public final class ObjectReader implements BytesSource {
  private static final int REREAD_LIMIT = 2;
  private static final long FIRST_BEHIND_A_SEEK = 64L << 10;

  private record Ahead(
      long byteOffset, long byteSize, Slot slot, CompletableFuture<ObjectInfo> arrival) {}

  private final RangeSource source;
  private final ObjectInfo info;
  private final Attempt what;
  private final StoreSettings settings;
  private final long endByteOffset;
  private final long chunkByteSize;
  private final int slotCount;
  private final LoanPool pool;
  private final boolean ownsPool;
  private final ArrayDeque<Ahead> ahead = new ArrayDeque<>();
  private Transfer transfer = new Transfer();
  private long nextByteOffset;
  private final @Nullable ContentCheck check;
  private int rereadCount;

  /**
   * The number of chunks asked for since the last seek; reading from the start is in full swing.
   */
  private int askedCount = Integer.MAX_VALUE;

  /** The number of chunks whose fetch began since the last seek. */
  private int fetchedCount = Integer.MAX_VALUE;

  private boolean closed;

  /**
   * For stores: reads an object from the first byte to the last.
   *
   * @param check of what is read, to which the source notes the checksums; null for none
   */
  @SuppressWarnings("exports") // for stores, which see these types
  public ObjectReader(
      RangeSource source,
      ObjectInfo info,
      Attempt what,
      StoreSettings settings,
      @Nullable ContentCheck check) {
    this.check = check;
    this.source = source;
    this.info = info;
    this.what = what;
    this.settings = settings;
    this.endByteOffset = info.byteSize();
    this.chunkByteSize =
        Math.clamp(
            info.byteSize(),
            1,
            Math.min(settings.rangeByteSize(), settings.readAheadByteSize() / 4));
    this.slotCount =
        Math.clamp(
            settings.readAheadByteSize() / chunkByteSize,
            2,
            Math.max(2, settings.rangeInflightCount()));
    this.pool = new OffHeapPool(Math.max(4096, slotCount * roundedUp(chunkByteSize)));
    this.ownsPool = true;
  }

  private ObjectReader(
      ObjectReader whole, LoanPool pool, long byteOffset, long byteSize, long chunkByteSize) {
    this.check = byteOffset == 0 && byteSize == whole.info.byteSize() ? whole.check : null;
    this.source = whole.source;
    this.info = whole.info;
    this.what = whole.what;
    this.settings = whole.settings;
    this.nextByteOffset = byteOffset;
    this.endByteOffset = byteOffset + byteSize;
    this.chunkByteSize = chunkByteSize;
    this.slotCount =
        (int)
            Math.max(
                1,
                Math.min(settings.rangeInflightCount(), pool.capacityByteSize() / chunkByteSize));
    this.pool = pool;
    this.ownsPool = false;
  }

  /** A reader of a range of the same version, into loans of another pool. */
  ObjectReader into(LoanPool other, long byteOffset, long byteSize, long otherChunkByteSize)
      throws ObjectStoreException {
    if (otherChunkByteSize <= 0 || otherChunkByteSize > other.capacityByteSize()) {
      throw new IllegalArgumentException(
          what
              + ": chunkByteSize="
              + otherChunkByteSize
              + ": positive, at most the pool's capacityByteSize="
              + other.capacityByteSize());
    }
    checkRange(byteOffset, byteSize);
    return new ObjectReader(this, other, byteOffset, byteSize, otherChunkByteSize);
  }

  private void checkRange(long byteOffset, long byteSize) throws ObjectStoreException {
    if (byteOffset < 0 || byteSize < 0) {
      throw new IllegalArgumentException(
          what + ": byteOffset=" + byteOffset + " byteSize=" + byteSize + ": not negative");
    }
    if (byteSize > info.byteSize() - byteOffset) {
      throw what.failure(
          ObjectStoreException.Reason.RANGE,
          "byteOffset="
              + byteOffset
              + " byteSize="
              + byteSize
              + " is beyond the object's end, it has byteSize="
              + info.byteSize());
    }
  }

  /** The pool's blocks are powers of two. */
  private static long roundedUp(long byteSize) {
    return byteSize == Long.highestOneBit(byteSize) ? byteSize : Long.highestOneBit(byteSize) << 1;
  }

  /** The version that is read. */
  public ObjectInfo info() {
    return info;
  }

  /** Returns where what is read ends: a range of it may end before the object. */
  long endByteOffset() {
    return endByteOffset;
  }

  /** Returns where the next chunk begins. */
  public long positionByteOffset() {
    return ahead.isEmpty() ? nextByteOffset : ahead.peekFirst().byteOffset();
  }

  /**
   * Continues from another offset; data fetched ahead of the old one is dropped. Back at the start,
   * it reads ahead at full size.
   *
   * @throws IndexOutOfBoundsException if {@code byteOffset} is beyond the end of what is read
   */
  public void seek(long byteOffset) {
    jump(byteOffset);
    if (byteOffset == 0 && ahead.isEmpty()) {
      askedCount = Integer.MAX_VALUE;
      fetchedCount = Integer.MAX_VALUE;
    }
  }

  /** The same; nothing tells that more than a little is wanted there. */
  void jump(long byteOffset) {
    checkOpen();
    Objects.checkFromToIndex(byteOffset, endByteOffset, endByteOffset);
    if (byteOffset != positionByteOffset()) {
      drop();
      nextByteOffset = byteOffset;
      expectJumps();
    }
  }

  /** Nothing tells yet that the reading will go on for long. */
  private void expectJumps() {
    if (ahead.isEmpty()) {
      askedCount = 0;
      fetchedCount = 0;
    }
  }

  /**
   * The next chunk, when it has arrived; empty at the end. Close it to make room. Each chunk is a
   * whole loan of exactly its size, so that one in shared memory is published as a descriptor.
   *
   * <p>An object of S3 that is read from its first byte to its last is checked against the checksum
   * that it was stored with: instead of the last chunk an exception with reason {@code CORRUPT}
   * comes if a byte of it, or of those before it, is another.
   *
   * @throws IllegalStateException if the reader is closed
   */
  @Override
  public Optional<ObjectBytes> next() throws ObjectStoreException {
    checkOpen();
    askedCount = oneMore(askedCount);
    fetchAhead(true);
    Ahead first = ahead.pollFirst();
    if (first == null) {
      return Optional.empty();
    }
    try {
      transfer.await(first.arrival(), what);
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
    // Where there is room for one chunk alone, the caller must close this one first.
    fetchAhead(false);
    return Optional.of(
        new ObjectBytes(info, first.byteOffset(), first.slot().bytes(), first.slot()::close));
  }

  private void back(Ahead to) {
    to.slot().close();
    drop();
    nextByteOffset = to.byteOffset();
  }

  private void fetchAhead(boolean needed) throws ObjectStoreException {
    // Of the first chunk behind a seek nothing is fetched beyond what is needed, then more each
    // time.
    int most = Math.clamp(askedCount - 1L, needed ? 1 : 0, slotCount);
    while (ahead.size() < most && nextByteOffset < endByteOffset) {
      long byteSize = Math.min(nextChunkByteSize(), endByteOffset - nextByteOffset);
      Optional<Slot> room = Slot.tryTake(pool, byteSize);
      if (room.isEmpty() && !(needed && ahead.isEmpty())) {
        return;
      }
      Slot slot = room.isPresent() ? room.get() : Slot.take(pool, byteSize, what);
      CompletableFuture<ObjectInfo> arrival =
          source.range(transfer, new RangeRead(info.key(), nextByteOffset, slot.writable(), info));
      ahead.add(new Ahead(nextByteOffset, byteSize, slot, arrival));
      nextByteOffset += byteSize;
      fetchedCount = oneMore(fetchedCount);
    }
  }

  private static int oneMore(int count) {
    return count == Integer.MAX_VALUE ? count : count + 1;
  }

  /** The size of chunks in the caller's pool is the caller's choice. */
  private long nextChunkByteSize() {
    return ownsPool
        ? Math.min(chunkByteSize, FIRST_BEHIND_A_SEEK << Math.min(fetchedCount, Integer.SIZE))
        : chunkByteSize;
  }

  /**
   * Reads one range of the same version into a loan of exactly its size, large ones as concurrent
   * parts, independent of what is read ahead.
   *
   * @param byteSize positive
   * @throws IllegalStateException if the reader is closed
   */
  public ObjectBytes range(long byteOffset, long byteSize, LoanPool into)
      throws ObjectStoreException {
    checkOpen();
    checkRange(byteOffset, byteSize);
    Slot slot = Slot.take(into, byteSize, what);
    try {
      readRange(byteOffset, slot.writable());
    } catch (ObjectStoreException | RuntimeException e) {
      slot.close();
      throw e;
    }
    return new ObjectBytes(info, byteOffset, slot.bytes(), slot::close);
  }

  /**
   * Reads exactly {@code region.byteSize()} bytes of the same version into a region, large ones as
   * concurrent parts, independent of what is read ahead.
   *
   * @throws IllegalStateException if the reader is closed
   */
  public void range(long byteOffset, MemorySegment region) throws ObjectStoreException {
    checkOpen();
    MemorySegment to = Destination.of(what, region);
    checkRange(byteOffset, region.byteSize());
    if (region.byteSize() > 0) {
      readRange(byteOffset, to);
    }
  }

  private void readRange(long byteOffset, MemorySegment to) throws ObjectStoreException {
    Transfer parts = new Transfer();
    try {
      RangedGet get =
          new RangedGet(
              source,
              parts,
              new RangeRead(info.key(), byteOffset, to, info),
              settings.rangeByteSize());
      parts.await(get.exactly(), what);
    } catch (ObjectStoreException | RuntimeException e) {
      parts.cancel();
      throw e;
    }
  }

  /** Returns what the memory has room for, but for one chunk that a sink may hold a rest of. */
  @Override
  public long lendableByteSize() {
    long chunkCount = Math.min(slotCount, pool.capacityByteSize() / roundedUp(chunkByteSize));
    return Math.max(0, chunkCount - 1) * chunkByteSize;
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
    return new ReaderInputStream(new ReaderChannel(this));
  }

  /** The bytes as a read-only channel, which copies (site {@code objectstore.stream}). */
  public SeekableByteChannel asChannel() {
    expectJumps();
    return new ReaderChannel(this);
  }

  @Override
  public String toString() {
    return what.text();
  }

  /** Drops what was fetched ahead. Idempotent. */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      drop();
      if (ownsPool) {
        pool.close();
      }
    }
  }
}
