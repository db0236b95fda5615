package dev.segue.mcap;

import dev.segue.bytes.BytesSource;
import dev.segue.bytes.CopyLedger;
import dev.segue.bytes.LendingArena;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Lend;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A file that comes in pieces, read as views of them. A record larger than what the source can lend
 * is copied (ledger: {@code mcap.gather}).
 */
public final class SourceInput implements McapInput {
  private static final CopyLedger.Site COPY =
      CopyLedger.site("mcap.gather", "a record larger than what its source can lend at once");

  private final BytesSource source;
  private @Nullable SharedPiece current;
  private long used;

  private SourceInput(BytesSource source) {
    this.source = source;
  }

  /** Of a source, which it closes. */
  public static SourceInput of(BytesSource source) {
    return new SourceInput(source);
  }

  /** Returns how many bytes of the piece that is being read are left. */
  public long unreadByteSize() {
    SharedPiece known = current;
    return known == null ? 0 : known.bytes().byteSize() - used;
  }

  /** Drops them: the next byte is the first of the source's next piece. */
  public void discard() {
    SharedPiece known = current;
    current = null;
    if (known != null) {
      known.release();
    }
  }

  @Override
  public BytesSource.Piece read(long byteSize) throws IOException {
    return byteSize > source.lendableByteSize() ? copyOf(byteSize) : viewOf(byteSize);
  }

  private BytesSource.Piece viewOf(long byteSize) throws IOException {
    List<SegmentedBytes> parts = new ArrayList<>(1);
    List<SharedPiece> held = new ArrayList<>(1);
    boolean read = false;
    try {
      long left = byteSize;
      while (left > 0) {
        SharedPiece piece = piece();
        if (piece == null) {
          break;
        }
        SegmentedBytes part = take(piece, left);
        piece.acquire();
        held.add(piece);
        parts.add(part);
        left -= part.byteSize();
      }
      read = true;
    } finally {
      if (!read) {
        SharedPiece.releaseAll(held);
      }
    }
    return SharedPiece.view(
        parts.size() == 1 ? parts.getFirst() : SegmentedBytes.concat(parts), held);
  }

  /** Block by block, so that no more memory is taken than bytes have come. */
  private BytesSource.Piece copyOf(long byteSize) throws IOException {
    LendingArena arena = new LendingArena();
    List<MemorySegment> blocks = new ArrayList<>();
    boolean read = false;
    try {
      long left = byteSize;
      while (left > 0) {
        SharedPiece piece = piece();
        if (piece == null) {
          break;
        }
        SegmentedBytes part = take(piece, left);
        MemorySegment block = arena.allocate(part.byteSize(), Long.BYTES);
        Lend.copyTo(COPY, part, 0, block, 0, part.byteSize());
        blocks.add(block.asReadOnly());
        left -= part.byteSize();
      }
      read = true;
    } finally {
      if (!read) {
        arena.close();
      }
    }
    return new Copied(arena, SegmentedBytes.fromSegments(blocks, false));
  }

  private record Copied(LendingArena arena, SegmentedBytes bytes) implements BytesSource.Piece {
    @Override
    public void close() {
      arena.close();
    }
  }

  /** Returns how much memory of its own a piece has that was read here; 0 for a view. */
  static long copiedByteSize(BytesSource.Piece piece) {
    return piece instanceof Copied copied ? copied.bytes().byteSize() : 0;
  }

  private SegmentedBytes take(SharedPiece piece, long atMost) {
    long count = Math.min(atMost, piece.bytes().byteSize() - used);
    SegmentedBytes part = piece.bytes().slice(used, count);
    used += count;
    return part;
  }

  /** Returns what is being read, with a byte left at least; null at the end. */
  private @Nullable SharedPiece piece() throws IOException {
    SharedPiece known = current;
    while (known == null || used == known.bytes().byteSize()) {
      if (known != null) {
        current = null;
        known.release();
      }
      Optional<? extends BytesSource.Piece> next = source.next();
      if (next.isEmpty()) {
        return null;
      }
      known = new SharedPiece(next.get());
      current = known;
      used = 0;
    }
    return known;
  }

  @Override
  public void close() throws IOException {
    discard();
    source.close();
  }
}
