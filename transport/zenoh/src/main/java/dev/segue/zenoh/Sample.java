package dev.segue.zenoh;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Leaks;
import dev.segue.bytes.spi.ScopeOwners;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One received sample, read where the core put it.
 *
 * <p>Owner: the library. Lifetime: a handler's sample ends when the handler returns, and the object
 * may then be reused for the next sample; its payload ends at the latest when the poll that
 * delivered it returns. A received or retained sample ends with {@link #close()}. After that every
 * access, also to its payload, throws {@link IllegalStateException}. Threads: only the thread that
 * drained it; any for a {@linkplain #retain() retained} one.
 */
public final class Sample implements ReceivedSample, AutoCloseable {
  private static final int DELETE = 1;
  private static final int EXPRESS = 2;
  private static final int RELIABLE = 4;
  private static final int SHARED_MEMORY = 8;
  private static final int HAS_TIMESTAMP = 16;
  private static final int HAS_ATTACHMENT = 32;
  private static final int HAS_SOURCE = 64;
  private static final int HAS_TIMESTAMP_STACK = 128;

  private enum Kind {
    /** A handler's: the batch is the poll's, and the object goes on to the next sample. */
    BORROWED("borrowed"),
    /** Received: of one thread, owns its batch. */
    OWNED("received"),
    /** Retained: of any thread, owns its batch. */
    RETAINED("retained");

    final String what;

    Kind(String what) {
      this.what = what;
    }
  }

  private final KeyCache keys;
  private final Kind kind;
  private volatile @Nullable Batch batch;
  private @Nullable Arena arena;
  private @Nullable MemorySegment memory;
  private @Nullable Thread reader;
  private int index;
  private @Nullable SegmentedBytes payload;
  private @Nullable SegmentedBytes attachment;
  private Leaks.@Nullable Leak leak;

  private Sample(KeyCache keys, Kind kind, @Nullable Batch batch) {
    this.keys = keys;
    this.kind = kind;
    this.batch = batch;
    this.reader = kind == Kind.RETAINED ? null : Thread.currentThread();
  }

  /** Looks whether it is closed, from here on. */
  void track() {
    Batch known = batch;
    if (Leaks.ENABLED && known != null) {
      leak = Leaks.track(this, kind.what + " sample of " + readKeyExpr(known));
    }
  }

  /** A sample that {@link #moveTo} places and {@link #leave} ends. */
  static Sample borrowed(KeyCache keys) {
    return new Sample(keys, Kind.BORROWED, null);
  }

  /** The one sample of a batch, whose memory goes with it. */
  static Sample owned(KeyCache keys, Batch batch) {
    return new Sample(keys, Kind.OWNED, batch);
  }

  /** The one sample of a batch, for any thread, whose memory goes with it. */
  static Sample retained(KeyCache keys, Batch batch) {
    return new Sample(keys, Kind.RETAINED, batch);
  }

  /** Stands for another sample, of the calling thread from here on. */
  void moveTo(Batch newBatch, int newIndex) {
    index = newIndex;
    payload = null;
    attachment = null;
    if (newBatch != batch) {
      reader = Thread.currentThread();
      // Last, and volatile: another thread that sees it sees whose it is.
      batch = newBatch;
    }
  }

  /** Ends the views; the batch is the caller's to free. */
  void leave() {
    Arena views = arena;
    if (views != null) {
      // Of a thread that has ended nobody can access them, nor end their arena.
      if (!isAbandoned()) {
        views.close();
      }
      ScopeOwners.remove(views.scope());
      arena = null;
      memory = null;
    }
    batch = null;
    payload = null;
    attachment = null;
  }

  private Batch batch() {
    Batch known = batch;
    if (known == null) {
      throw new IllegalStateException(
          "use of a sample: it has ended; retain() keeps one for longer than its handler");
    }
    checkReader();
    return known;
  }

  /** Returns whether the one thread that may read it has ended. */
  private boolean isAbandoned() {
    Thread of = reader;
    return of != null && !of.isAlive();
  }

  private void checkReader() {
    Thread of = reader;
    if (of != null && !of.equals(Thread.currentThread())) {
      throw new WrongThreadException(
          "use of a sample of "
              + of
              + " by "
              + Thread.currentThread()
              + "; retain() gives one for any thread");
    }
  }

  /**
   * Checks that the calling thread may end it, unless it has ended.
   *
   * @throws WrongThreadException if it was received by another thread, which has not ended
   */
  void checkThread() {
    if (batch != null && !isAbandoned()) {
      checkReader();
    }
  }

  private interface Field<T> {
    T of(Sample sample, Batch batch);
  }

  /** Reads native memory that another thread's {@link #close()} can't free meanwhile. */
  private <T> T read(Field<T> field) {
    Batch from = batch();
    if (kind != Kind.RETAINED) {
      return field.of(this, from);
    }
    from.acquire();
    try {
      return field.of(this, from);
    } finally {
      from.release();
    }
  }

  private SegmentedBytes view(long run) {
    if (kind == Kind.RETAINED) {
      synchronized (this) {
        return viewIn(run, Arena::ofShared);
      }
    }
    return viewIn(run, Arena::ofConfined);
  }

  private SegmentedBytes viewIn(long run, Supplier<Arena> arenas) {
    Batch from = batch();
    MemorySegment views = memory;
    if (views == null) {
      Arena ending = arenas.get();
      views = Native.memory(ending);
      // Whoever borrows a segment, slice or buffer of it holds the samples with it.
      ScopeOwners.add(ending.scope(), from);
      arena = ending;
      memory = views;
    }
    return from.bytes(index, run, views);
  }

  private int flags() {
    return read((sample, from) -> from.intAt(sample.index, Batch.FLAGS));
  }

  private boolean has(int flag) {
    return (flags() & flag) != 0;
  }

  /** The key that it was published under. */
  @Override
  public KeyExpr keyExpr() {
    return read(Sample::readKeyExpr);
  }

  private KeyExpr readKeyExpr(Batch from) {
    return keys.get(from.longAt(index, Batch.KEY), from.longAt(index, Batch.KEY_LENGTH));
  }

  /**
   * The payload in place: one segment, or several when it came in several network batches.
   *
   * <p>It can be lent on while the sample is open, and so can its segments, slices, and buffers: to
   * a publisher of this process, or to an upload that runs on the thread that may read it; that of
   * a {@linkplain #retain() retained} sample by any thread. A borrower keeps the memory valid even
   * after the sample is closed; its views still end with the sample.
   */
  @Override
  public SegmentedBytes payload() {
    batch();
    SegmentedBytes known = payload;
    if (known == null) {
      known = view(Batch.PAYLOAD);
      payload = known;
    }
    return known;
  }

  /** Returns the payload's size in bytes. */
  @Override
  public long payloadByteSize() {
    return read((sample, from) -> from.runByteSize(sample.index, Batch.PAYLOAD));
  }

  /** Whether it is a new value or a deletion. */
  @Override
  public SampleKind kind() {
    return has(DELETE) ? SampleKind.DELETE : SampleKind.PUT;
  }

  /** Returns the encoding of the payload. */
  @Override
  public Encoding encoding() {
    return read(Sample::readEncoding);
  }

  private Encoding readEncoding(Batch from) {
    long schema = from.longAt(index, Batch.SCHEMA);
    return Encoding.of(
        from.shortAt(index, Batch.ENCODING),
        schema == 0 ? null : Native.text(schema, from.longAt(index, Batch.SCHEMA_LENGTH)));
  }

  /** Returns when it was published, if it says so. */
  @Override
  public Optional<Timestamp> timestamp() {
    return has(HAS_TIMESTAMP)
        ? Optional.of(
            read((sample, from) -> Timestamp.read(from.records, sample.at(Batch.TIMESTAMP))))
        : Optional.empty();
  }

  /** The bytes beside the payload, in place. */
  @Override
  public Optional<SegmentedBytes> attachment() {
    if (!has(HAS_ATTACHMENT)) {
      return Optional.empty();
    }
    SegmentedBytes known = attachment;
    if (known == null) {
      known = view(Batch.ATTACHMENT);
      attachment = known;
    }
    return Optional.of(known);
  }

  /** Its order among messages. */
  @Override
  public Priority priority() {
    return Priority.of(read((sample, from) -> from.byteAt(sample.index, Batch.PRIORITY)));
  }

  /** Returns what its publisher does when the network can't keep up. */
  @Override
  public CongestionControl congestionControl() {
    return CongestionControl.of(
        read((sample, from) -> from.byteAt(sample.index, Batch.CONGESTION_CONTROL)));
  }

  /** Returns whether it was sent without being batched. */
  @Override
  public boolean isExpress() {
    return has(EXPRESS);
  }

  /** Which kind of link it took. */
  @Override
  public Reliability reliability() {
    return has(RELIABLE) ? Reliability.RELIABLE : Reliability.BEST_EFFORT;
  }

  /** Returns the publisher's id and the sample's number, if the sample carries them. */
  @Override
  public Optional<SourceInfo> sourceInfo() {
    return has(HAS_SOURCE) ? Optional.of(read(Sample::readSourceInfo)) : Optional.empty();
  }

  private SourceInfo readSourceInfo(Batch from) {
    return new SourceInfo(
        ZenohId.read(from.records, at(Batch.SOURCE_ZID)),
        from.intAt(index, Batch.SOURCE_EID),
        from.intAt(index, Batch.SOURCE_SN));
  }

  /**
   * Returns where it was when on its way here, in that order; empty unless it was put with {@link
   * PutOptions#timestampStack}. The clocks of two nodes may differ; timestamps of a clock that
   * isn't Zenoh's are left out.
   */
  public List<TimestampStackRecord> timestampStack() {
    return has(HAS_TIMESTAMP_STACK)
        ? read((sample, from) -> TimestampStackRecord.read(from.address, sample.index))
        : List.of();
  }

  private long at(long field) {
    return index * Batch.RECORD_BYTE_SIZE + field;
  }

  /** Returns whether its payload, or a part of it, is in shared memory. */
  @Override
  public boolean isSharedMemory() {
    return has(SHARED_MEMORY);
  }

  @Override
  public Optional<Sample> asZenohSample() {
    return Optional.of(this);
  }

  /**
   * A sample with the same payload that lives until it is closed, for any thread. No byte is
   * copied, but memory of the core or of a publisher's pool is held until then, and closing it is a
   * handshake with all threads. Nothing else frees it: close it.
   */
  public Sample retain() {
    Sample retained = new Sample(keys, Kind.RETAINED, null);
    retained.batch = read((sample, from) -> from.retain(sample.index));
    retained.track();
    return retained;
  }

  /**
   * Ends it and gives its memory back, unless it is lent. Idempotent; no effect in a handler.
   *
   * @throws WrongThreadException if it was received by another thread, which has not ended
   * @throws IllegalStateException if it is retained, and another thread is inside a put of its
   *     payload at this moment
   */
  @Override
  public void close() {
    if (kind == Kind.BORROWED) {
      return;
    }
    synchronized (this) {
      Batch owned = batch;
      if (owned == null) {
        return;
      }
      checkThread();
      leave();
      Leaks.close(leak);
      owned.close();
    }
  }

  @Override
  public String toString() {
    if (batch == null) {
      return "Sample[ended]";
    }
    return reader != null && !reader.equals(Thread.currentThread())
        ? "Sample[of " + reader + "]"
        : "Sample[" + keyExpr() + ", " + kind() + ", byteSize=" + payloadByteSize() + "]";
  }
}
