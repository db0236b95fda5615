package dev.segue.zenoh;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Lend;
import dev.segue.bytes.spi.MemoryOwner;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Native memory of samples that were drained together, with a record of where their parts lie.
 *
 * <p>Owns the samples. One of several is lent on its own: what a payload is forwarded to keeps that
 * sample and not those that were drained with it.
 */
final class Batch extends MemoryOwner {
  // struct Record of sample.rs
  static final long RECORD_BYTE_SIZE = 152;
  static final long PAYLOAD = 0;
  static final long ATTACHMENT = 32;
  static final long KEY = 64;
  static final long KEY_LENGTH = 72;
  static final long SCHEMA = 80;
  static final long SCHEMA_LENGTH = 88;
  static final long FLAGS = 96;
  static final long PRIORITY = 100;
  static final long CONGESTION_CONTROL = 101;
  static final long ENCODING = 102;
  static final long TIMESTAMP = 104;
  static final long SOURCE_ZID = 128;
  static final long SOURCE_EID = 144;
  static final long SOURCE_SN = 148;

  // struct Run of sample.rs
  private static final long RUN_FIRST_LENGTH = 8;
  private static final long RUN_LENGTH = 16;
  private static final long RUN_COUNT = 24;

  final long address;
  final MemorySegment records;
  private final @Nullable Part @Nullable [] parts;
  private int sampleCount;

  /** The memory of one of several samples, from the first look at it. */
  private static final class Part extends MemoryOwner {
    /** The batch of its own that it was moved to. */
    private long own;

    Part() {
      super(true); // as the batch
    }

    /** Keeps the sample for those who hold it, and for nobody else. */
    void moveTo(long batch) {
      own = batch;
      close();
    }

    @Override
    protected void free() {
      NativeSubscriber.freeBatch(own);
    }

    @Override
    public String toString() {
      return "a received sample";
    }
  }

  private Batch(long address, int limit) {
    super(true); // its views end with the sample's arena, before the batch is cleared or freed
    this.address = address;
    this.records = Native.view(NativeSubscriber.recordsOf(address), limit * RECORD_BYTE_SIZE);
    this.parts = limit == 1 ? null : new Part[limit];
  }

  /** Room for {@code limit} samples. */
  static Batch create(int limit) {
    return owned(NativeSubscriber.newBatch(limit), limit);
  }

  /** {@link Handle#owned} without an object for it. */
  private static Batch owned(long address, int limit) {
    boolean isOwned = false;
    try {
      Batch batch = new Batch(address, limit);
      isOwned = true;
      return batch;
    } finally {
      if (!isOwned) {
        NativeSubscriber.freeBatch(address);
      }
    }
  }

  /** A batch of its own with one sample of this one, sharing the payload. */
  Batch retain(int index) {
    Batch own = owned(NativeSubscriber.retain(address, index), 1);
    own.sampleCount = 1;
    return own;
  }

  /**
   * Moves up to {@code limit} samples here; returns how many, or {@link NativeSubscriber#ENDED}.
   */
  long drain(long subscriber, int limit, long waitNanos) {
    long drained = NativeSubscriber.drain(subscriber, address, limit, waitNanos);
    sampleCount = (int) Math.max(0, drained);
    return drained;
  }

  /** Moves what is lent out, so that the rest can be freed. */
  void moveLentOut() {
    if (parts == null) {
      return;
    }
    for (int i = 0; i < sampleCount; i++) {
      Part part = parts[i];
      if (part != null && part.holderCount() > 1) {
        part.moveTo(NativeSubscriber.retain(address, i));
        parts[i] = null;
      }
    }
  }

  /** Frees the samples, to fill the batch again. */
  void clear() {
    sampleCount = 0;
    NativeSubscriber.clear(address);
  }

  /** Returns the holder of one sample. */
  private MemoryOwner ownerAt(int index) {
    if (parts == null) {
      return this;
    }
    Part known = parts[index];
    if (known == null) {
      known = new Part();
      parts[index] = known;
    }
    return known;
  }

  /** The sample that the view is of; all of them for another thread, which can't look. */
  @Override
  public MemoryOwner ownerOf(MemorySegment view) {
    if (parts != null && view.isAccessibleBy(Thread.currentThread()) && view.scope().isAlive()) {
      for (int i = 0; i < sampleCount; i++) {
        if (isIn(i, PAYLOAD, view.address()) || isIn(i, ATTACHMENT, view.address())) {
          return ownerAt(i);
        }
      }
    }
    return this;
  }

  private boolean isIn(int index, long run, long wanted) {
    long count = longAt(index, run + RUN_COUNT);
    if (count <= 1) {
      return count == 1 && contains(longAt(index, run), firstLength(index, run), wanted);
    }
    try (Arena scratch = Arena.ofConfined()) {
      MemorySegment pairs = scratch.allocate(ValueLayout.JAVA_LONG, 2 * count);
      long written = NativeSubscriber.slices(address, index, run == ATTACHMENT, pairs, count);
      for (long i = 0; i < written; i++) {
        if (contains(
            pairs.getAtIndex(ValueLayout.JAVA_LONG, 2 * i),
            pairs.getAtIndex(ValueLayout.JAVA_LONG, 2 * i + 1),
            wanted)) {
          return true;
        }
      }
      return false;
    }
  }

  private static boolean contains(long start, long byteSize, long wanted) {
    return wanted - start >= 0 && wanted - start < byteSize;
  }

  @Override
  protected void free() {
    NativeSubscriber.freeBatch(address);
  }

  int intAt(int index, long field) {
    return records.get(ValueLayout.JAVA_INT, index * RECORD_BYTE_SIZE + field);
  }

  long longAt(int index, long field) {
    return records.get(ValueLayout.JAVA_LONG, index * RECORD_BYTE_SIZE + field);
  }

  int byteAt(int index, long field) {
    return records.get(ValueLayout.JAVA_BYTE, index * RECORD_BYTE_SIZE + field);
  }

  int shortAt(int index, long field) {
    return Short.toUnsignedInt(
        records.get(ValueLayout.JAVA_SHORT, index * RECORD_BYTE_SIZE + field));
  }

  private long firstLength(int index, long run) {
    return longAt(index, run + RUN_FIRST_LENGTH);
  }

  /** Returns how many bytes the payload or the attachment has. */
  long runByteSize(int index, long run) {
    return longAt(index, run + RUN_LENGTH);
  }

  /** Views of the payload or the attachment, slices of {@link Native#memory}. */
  SegmentedBytes bytes(int index, long run, MemorySegment memory) {
    long count = longAt(index, run + RUN_COUNT);
    if (count == 0) {
      return SegmentedBytes.empty();
    }
    if (count == 1) {
      return Lend.ofOwned(
          memory.asSlice(longAt(index, run), firstLength(index, run)), ownerAt(index));
    }
    return gather(index, run, count, memory);
  }

  private SegmentedBytes gather(int index, long run, long count, MemorySegment memory) {
    try (Arena scratch = Arena.ofConfined()) {
      MemorySegment pairs = scratch.allocate(ValueLayout.JAVA_LONG, 2 * count);
      long written = NativeSubscriber.slices(address, index, run == ATTACHMENT, pairs, count);
      MemoryOwner owner = ownerAt(index);
      List<SegmentedBytes> slices = new ArrayList<>((int) written);
      for (long i = 0; i < written; i++) {
        long at = pairs.getAtIndex(ValueLayout.JAVA_LONG, 2 * i);
        long length = pairs.getAtIndex(ValueLayout.JAVA_LONG, 2 * i + 1);
        slices.add(Lend.ofOwned(memory.asSlice(at, length), owner));
      }
      return SegmentedBytes.concat(slices);
    }
  }

  @Override
  public String toString() {
    return "received samples";
  }
}
