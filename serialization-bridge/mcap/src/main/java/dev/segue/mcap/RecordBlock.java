package dev.segue.mcap;

import dev.segue.bytes.BytesSink;
import dev.segue.bytes.CopyLedger;
import dev.segue.bytes.LendingArena;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Lend;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * The memory for a writer's record heads and small data until they are stored.
 *
 * <p>A block's memory ends when it is full and the sink has let go of the last piece of it.
 */
final class RecordBlock implements AutoCloseable {
  private static final long BLOCK_BYTE_SIZE = 256 << 10;

  private final BytesSink sink;
  private final RunningCrc crc = new RunningCrc();
  private LendingArena arena = new LendingArena();
  private MemorySegment block = arena.allocate(BLOCK_BYTE_SIZE, 1);
  private long from;
  private long used;
  private long byteOffset;
  private boolean checks = true;
  private long notedCount;
  private long handedOverCount;

  RecordBlock(BytesSink sink) {
    this(sink, 0);
  }

  /** Of a file that has so many bytes already. */
  RecordBlock(BytesSink sink, long byteOffset) {
    this.sink = sink;
    this.byteOffset = byteOffset;
  }

  /** Returns how many bytes came so far. */
  long byteOffset() {
    return byteOffset;
  }

  /** So many messages have come whole. */
  void note(long messageCount) {
    notedCount = messageCount;
    if (used == from) {
      handedOverCount = messageCount;
    }
  }

  /** Returns how many of them the sink has whole. */
  long handedOverCount() {
    return handedOverCount;
  }

  /** Saves the reading of what comes until {@link #resetCrc()}. */
  void stopCrc() {
    checks = false;
  }

  /** The checksum of all that came since it was reset. */
  long crc() throws IOException {
    seal();
    return crc.value();
  }

  void resetCrc() throws IOException {
    seal();
    crc.reset();
    checks = true;
  }

  void copyFrom(MemorySegment bytes) throws IOException {
    for (long at = 0; at < bytes.byteSize(); ) {
      long count = room(bytes.byteSize() - at);
      MemorySegment.copy(bytes, at, block, used, count);
      used += count;
      at += count;
    }
    byteOffset += bytes.byteSize();
  }

  /** Copies, and counts that in the copy ledger. */
  void copyFrom(SegmentedBytes bytes, CopyLedger.Site why) throws IOException {
    for (long at = 0; at < bytes.byteSize(); ) {
      long count = room(bytes.byteSize() - at);
      Lend.copyTo(why, bytes, at, block, used, count);
      used += count;
      at += count;
    }
    byteOffset += bytes.byteSize();
  }

  /** Writes bytes where they lie, behind all that came before. */
  void borrow(SegmentedBytes bytes) throws IOException {
    seal();
    if (checks) {
      crc.update(bytes);
    }
    sink.write(bytes);
    byteOffset += bytes.byteSize();
  }

  /** The same of bytes whose checksum is known: they are not read for it once more. */
  void borrow(SegmentedBytes bytes, long knownCrc) throws IOException {
    seal();
    if (checks) {
      crc.add(knownCrc, bytes.byteSize());
    }
    sink.write(bytes);
    byteOffset += bytes.byteSize();
  }

  private long room(long wanted) throws IOException {
    if (used == BLOCK_BYTE_SIZE) {
      seal();
      arena.close();
      arena = new LendingArena();
      block = arena.allocate(BLOCK_BYTE_SIZE, 1);
      from = 0;
      used = 0;
    }
    return Math.min(wanted, BLOCK_BYTE_SIZE - used);
  }

  /** Writes what was copied here since the last time. */
  void seal() throws IOException {
    if (used > from) {
      MemorySegment piece = block.asSlice(from, used - from).asReadOnly();
      if (checks) {
        crc.update(piece.asByteBuffer());
      }
      from = used;
      sink.write(SegmentedBytes.fromSegments(List.of(piece), false));
    }
    handedOverCount = notedCount;
  }

  @Override
  public void close() {
    arena.close();
  }
}
