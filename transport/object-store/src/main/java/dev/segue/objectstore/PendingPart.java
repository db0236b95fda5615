package dev.segue.objectstore;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Lend;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.ListIterator;
import java.util.function.Consumer;
import java.util.zip.Checksum;
import org.jspecify.annotations.Nullable;

/** The regions of the part that is being filled; each is lent until the part is stored. */
final class PendingPart {
  /**
   * A region of a part.
   *
   * @param lent all that it was cut from: the caller waits for the release of that
   * @param borrowed whether the memory is not the writer's own
   */
  private record Piece(SegmentedBytes bytes, SegmentedBytes lent, boolean borrowed) {}

  private final long byteSizeLimit;
  private final @Nullable Checksum crc;
  private final List<Piece> pieces = new ArrayList<>();
  private long byteSize;
  private int borrowedCount;
  private long borrowedNanos;

  PendingPart(long byteSizeLimit, @Nullable Checksum crc) {
    this.byteSizeLimit = byteSizeLimit;
    this.crc = crc;
  }

  long byteSize() {
    return byteSize;
  }

  long room() {
    return byteSizeLimit - byteSize;
  }

  /** Returns whether some of it was borrowed that long ago. */
  boolean hasBorrowed(Duration age) {
    return borrowedCount > 0 && System.nanoTime() - borrowedNanos >= age.toNanos();
  }

  /** Borrows a region of the caller's memory; {@code whole} is what it was cut from. */
  void borrow(SegmentedBytes piece, SegmentedBytes whole) {
    lend(new Piece(piece, whole, true));
    borrowedNanos = borrowedCount == 0 ? System.nanoTime() : borrowedNanos;
    borrowedCount++;
  }

  /** Adds a region of the writer's own memory. */
  void own(SegmentedBytes piece) {
    lend(new Piece(piece, piece, false));
  }

  private void lend(Piece piece) {
    Lend.begin(piece.lent());
    pieces.add(piece);
  }

  /** Copies bytes into the writer's own memory. */
  interface Copying {
    /** Tells each region that holds a copy before its memory may be let go of. */
    void copy(SegmentedBytes bytes, Consumer<SegmentedBytes> to) throws ObjectStoreException;
  }

  /** Copies what was borrowed and gives it back. */
  void replaceBorrowed(Copying copying) throws ObjectStoreException {
    for (ListIterator<Piece> at = pieces.listIterator(); at.hasNext(); ) {
      Piece piece = at.next();
      if (piece.borrowed()) {
        List<Piece> copies = new ArrayList<>(1);
        copying.copy(
            piece.bytes(),
            copy -> {
              Lend.begin(copy);
              copies.add(new Piece(copy, copy, false));
            });
        at.remove();
        copies.forEach(at::add);
        Lend.end(piece.lent());
      }
    }
    borrowedCount = 0;
  }

  /** Adds bytes to the size and the checksum, while they are still in the processor's cache. */
  void count(SegmentedBytes piece) {
    byteSize += piece.byteSize();
    if (crc != null) {
      Lend.update(crc, piece);
    }
  }

  SegmentedBytes bytes() {
    return SegmentedBytes.concat(pieces.stream().map(Piece::bytes).toList());
  }

  long crc() {
    return crc == null ? 0 : crc.getValue();
  }

  void release() {
    List<Piece> ended = List.copyOf(pieces);
    pieces.clear();
    ended.forEach(piece -> Lend.end(piece.lent()));
  }
}
