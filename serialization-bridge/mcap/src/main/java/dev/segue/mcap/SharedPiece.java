package dev.segue.mcap;

import dev.segue.bytes.BytesSource;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Every;
import dev.segue.bytes.spi.HoldCount;
import dev.segue.bytes.spi.Lend;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/** A piece that is read in parts: it is closed when its reader and all who have a part are done. */
final class SharedPiece extends HoldCount {
  private final BytesSource.Piece piece;

  /** Held once: by its reader. */
  SharedPiece(BytesSource.Piece piece) {
    super(1);
    this.piece = piece;
  }

  SegmentedBytes bytes() {
    return piece.bytes();
  }

  @Override
  protected void ended() {
    piece.close();
  }

  /** Bytes of pieces that are {@linkplain #acquire() held} already, as one piece. */
  static BytesSource.Piece view(SegmentedBytes bytes, List<SharedPiece> held) {
    return new View(bytes, held);
  }

  /** Releases each of them, once. */
  static void releaseAll(List<SharedPiece> held) {
    Every.forEach(held, SharedPiece::release);
  }

  @Override
  public String toString() {
    return "a piece that is read in parts";
  }

  private static final class View implements BytesSource.Piece {
    private final SegmentedBytes bytes;
    private final List<SharedPiece> held;
    private final AtomicBoolean closed = new AtomicBoolean();

    View(SegmentedBytes bytes, List<SharedPiece> held) {
      this.bytes = bytes;
      this.held = held;
    }

    @Override
    public SegmentedBytes bytes() {
      return bytes;
    }

    @Override
    public void close() {
      if (!closed.compareAndSet(false, true)) {
        return;
      }
      if (bytes.isLent()) {
        // The pieces know nothing of what these bytes, a part of theirs, were lent to.
        Lend.whenReleased(bytes, this::release);
      } else {
        release();
      }
    }

    private void release() {
      releaseAll(held);
    }
  }
}
