package dev.segue.zenoh;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Lend;
import dev.segue.bytes.spi.MemoryOwner;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * Native memory of samples that were drained together, with a record of where their parts lie.
 *
 * <p>Owns the samples: a payload that is lent again (forwarded) keeps the whole batch.
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

  private Batch(long address, long records, long limit) {
    super(true); // its views end with the sample's arena, before the batch is cleared or freed
    this.address = address;
    this.records = Native.view(records, limit * RECORD_BYTE_SIZE);
  }

  /** Room for {@code limit} samples. */
  static Batch create(int limit) {
    NativeSubscriber.NewBatch made = NativeSubscriber.newBatch(limit);
    return new Batch(made.address(), made.records(), limit);
  }

  /** A batch of its own with one sample of this one, sharing the payload. */
  Batch retain(int index) {
    NativeSubscriber.NewBatch made = NativeSubscriber.retain(address, index);
    return new Batch(made.address(), made.records(), 1);
  }

  /**
   * Moves up to {@code limit} samples here; returns how many, or {@link NativeSubscriber#ENDED}.
   */
  long drain(long subscriber, int limit, long waitNanos) {
    return NativeSubscriber.drain(subscriber, address, limit, waitNanos);
  }

  /** Frees the samples, to fill the batch again. */
  void clear() {
    NativeSubscriber.clear(address);
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

  /** How many bytes the payload or the attachment has. */
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
          memory.asSlice(longAt(index, run), longAt(index, run + RUN_FIRST_LENGTH)), this);
    }
    return gather(index, run, count, memory);
  }

  private SegmentedBytes gather(int index, long run, long count, MemorySegment memory) {
    try (Arena scratch = Arena.ofConfined()) {
      MemorySegment pairs = scratch.allocate(ValueLayout.JAVA_LONG, 2 * count);
      long written = NativeSubscriber.slices(address, index, run == ATTACHMENT, pairs, count);
      List<SegmentedBytes> parts = new ArrayList<>((int) written);
      for (long i = 0; i < written; i++) {
        long at = pairs.getAtIndex(ValueLayout.JAVA_LONG, 2 * i);
        long length = pairs.getAtIndex(ValueLayout.JAVA_LONG, 2 * i + 1);
        parts.add(Lend.ofOwned(memory.asSlice(at, length), this));
      }
      return SegmentedBytes.concat(parts);
    }
  }

  @Override
  public String toString() {
    return "received samples";
  }
}
