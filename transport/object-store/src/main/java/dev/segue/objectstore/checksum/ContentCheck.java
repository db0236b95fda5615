package dev.segue.objectstore.checksum;

import dev.segue.objectstore.ObjectStoreException;
import java.util.OptionalLong;
import java.util.zip.Checksum;
import org.jspecify.annotations.Nullable;

/**
 * Checks an object's bytes from the first to the last against the checksum that it was stored with,
 * in memory that does not grow with it. A seek ends the check, and a seek to the start restarts it;
 * what the boundaries of parts and pieces leave undecided stays unchecked.
 *
 * <p>Threads: one at a time.
 */
public final class ContentCheck {
  private final StoredChecksum stored;
  private final long byteSize;
  private final Pieces pieces;
  private long at;
  private long partFrom;
  private int partIndex;
  private long part;
  private Checksum ofParts;
  private boolean lost;
  private @Nullable String mismatch;

  public ContentCheck(StoredChecksum stored, long byteSize, Pieces pieces) {
    this.stored = stored;
    this.byteSize = byteSize;
    this.pieces = pieces;
    this.ofParts = stored.crc().begin();
    this.lost = !stored.fits(byteSize);
  }

  /** Returns where the threads that read ranges note what arrives. */
  public Pieces pieces() {
    return pieces;
  }

  /**
   * Passes bytes that have arrived.
   *
   * @throws ObjectStoreException with reason {@code CORRUPT} at the object's end, or behind it, if
   *     the bytes are not those that were stored
   */
  public void pass(long from, long to) throws ObjectStoreException {
    if (from == 0) {
      restart();
    }
    String known = mismatch;
    if (known == null && from == at && !lost) {
      known = advance(to);
    } else {
      lost = true;
    }
    pieces.forget(from, to);
    if (known != null) {
      mismatch = known;
      throw stored.mismatch(known, byteSize);
    }
  }

  private void restart() {
    at = 0;
    partFrom = 0;
    partIndex = 0;
    part = 0;
    ofParts.reset();
    lost = !stored.fits(byteSize);
    mismatch = null;
  }

  private @Nullable String advance(long to) {
    while (at < to) {
      long partEnd =
          stored.isComposite() ? partFrom + stored.partByteSizes().get(partIndex) : byteSize;
      long end = Math.min(to, partEnd);
      OptionalLong value = pieces.over(at, end);
      if (value.isEmpty()) {
        lost = true;
        return null;
      }
      long next = value.getAsLong();
      part = at == partFrom ? next : stored.crc().combined(part, next, end - at);
      at = end;
      if (stored.isComposite() && (at == partEnd || at == byteSize)) {
        ofParts.update(stored.crc().bytes(part));
        partFrom = at;
        partIndex++;
      }
    }
    if (at < byteSize) {
      return null;
    }
    String computed = stored.crc().base64(stored.isComposite() ? ofParts.getValue() : part);
    return computed.equals(stored.base64()) ? null : computed;
  }
}
