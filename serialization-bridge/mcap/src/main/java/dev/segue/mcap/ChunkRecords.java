package dev.segue.mcap;

import dev.segue.bytes.BytesSource;
import dev.segue.bytes.LendingArena;
import dev.segue.bytes.SegmentedBytes;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** The records in a chunk, as they are read one after the other. */
final class ChunkRecords {
  private static final long LARGEST_UNCOMPRESSED = 1L << 30;

  /** The largest chunk that this library writes: a message may go beyond the size that ends it. */
  private static final long USUAL_UNCOMPRESSED =
      McapWriterOptions.LARGEST_CHUNK_BYTE_SIZE
          + McapWriterOptions.LARGE_MESSAGE_BYTE_SIZE
          + Opcode.RECORD_HEAD_BYTE_SIZE
          + Opcode.MESSAGE_HEAD_BYTE_SIZE;

  private static final long LARGEST_RATIO = 1024;

  private final SharedPiece chunk;
  private final SegmentedBytes records;
  private final String what;
  private long used;

  /** Of memory that was taken for it alone, and that no message has been told of yet. */
  private long untoldByteSize;

  /**
   * Takes a chunk's records over, and checks them; closes them if they are wrong.
   *
   * @param copiedByteSize how much memory of their own they have already
   */
  ChunkRecords(ChunkHead head, BytesSource.Piece stored, long copiedByteSize)
      throws McapFormatException {
    this.what = head.what();
    BytesSource.Piece whole = head.compression().isEmpty() ? stored : decompressed(head, stored);
    this.chunk = new SharedPiece(whole);
    boolean made = false;
    try {
      this.records = whole.bytes();
      this.untoldByteSize = head.compression().isEmpty() ? copiedByteSize : records.byteSize();
      head.check(records);
      made = true;
    } finally {
      if (!made) {
        this.chunk.release();
      }
    }
  }

  private record Decompressed(LendingArena arena, SegmentedBytes bytes)
      implements BytesSource.Piece {
    @Override
    public void close() {
      arena.close();
    }
  }

  private static BytesSource.Piece decompressed(ChunkHead head, BytesSource.Piece stored)
      throws McapFormatException {
    LendingArena arena = new LendingArena();
    boolean done = false;
    try (stored) {
      McapCompression compression = McapCompression.of(head.what(), head.compression());
      long byteSize = head.uncompressedByteSize();
      long largest =
          Math.min(
              LARGEST_UNCOMPRESSED,
              Math.max(USUAL_UNCOMPRESSED, LARGEST_RATIO * stored.bytes().byteSize()));
      if (byteSize < 0 || byteSize > largest) {
        throw new McapFormatException(
            head.what()
                + ": uncompressed_size="
                + Long.toUnsignedString(byteSize)
                + " of compressedByteSize="
                + stored.bytes().byteSize()
                + ", at most "
                + largest);
      }
      MemorySegment from = arena.allocate(Math.max(1, stored.bytes().byteSize()), Long.BYTES);
      stored.bytes().copyTo(from);
      MemorySegment to = arena.allocate(Math.max(1, byteSize), Long.BYTES).asSlice(0, byteSize);
      compression.decompress(head.what(), from.asSlice(0, stored.bytes().byteSize()), to);
      done = true;
      return new Decompressed(arena, SegmentedBytes.fromSegments(List.of(to.asReadOnly()), false));
    } finally {
      if (!done) {
        arena.close();
      }
    }
  }

  boolean isAtEnd() {
    return used == records.byteSize();
  }

  /** Begins again with the first record. */
  void rewind() {
    used = 0;
  }

  /** The next bytes as a view that holds the chunk. */
  BytesSource.Piece read(long byteSize) throws McapFormatException {
    if (byteSize < 0 || byteSize > records.byteSize() - used) {
      throw new McapFormatException(
          what
              + ": a record in it goes beyond its end, byteOffset="
              + used
              + " byteSize="
              + Long.toUnsignedString(byteSize)
              + " recordsByteSize="
              + records.byteSize());
    }
    SegmentedBytes part = records.slice(used, byteSize);
    used += byteSize;
    chunk.acquire();
    return SharedPiece.view(part, List.of(chunk));
  }

  /** Returns how much memory was taken for it alone, once. */
  long takeUnpackedByteSize() {
    long byteSize = untoldByteSize;
    untoldByteSize = 0;
    return byteSize;
  }

  void close() {
    chunk.release();
  }
}
