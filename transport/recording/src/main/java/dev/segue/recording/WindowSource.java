package dev.segue.recording;

import dev.segue.bytes.BytesSource;
import dev.segue.bytes.Loan;
import dev.segue.bytes.OffHeapPool;
import dev.segue.objectstore.ObjectBytes;
import dev.segue.objectstore.ObjectReader;
import java.io.IOException;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * An object in windows that become larger as long as they follow each other: a seek, which a large
 * message makes, costs little, and small messages need few requests.
 */
final class WindowSource implements BytesSource {
  static final long SMALLEST = 64 << 10;
  private static final long LARGEST = 4L << 20;
  private static final long LENDABLE = 2 * LARGEST;

  /**
   * Twice what one record may hold and a window before and behind it: what belongs to a message is
   * held while the message itself is read.
   */
  private static final long POOL = 2 * (LENDABLE + 2 * LARGEST);

  /** Makes those let go of windows that would hold them for as long as no more is read. */
  interface Relief {
    /** Nobody does. */
    Relief NONE = () -> {};

    /** Is asked for where there is no room; it may come later. */
    void giveBack() throws IOException;
  }

  private final ObjectReader reader;
  private final long endByteOffset;
  private final Relief relief;
  private final BooleanSupplier isIdle;
  private final OffHeapPool pool = new OffHeapPool(POOL);
  private long nextByteOffset;
  private long window = SMALLEST;

  /**
   * Of an object from its beginning.
   *
   * @param isIdle whether nothing that was read is still to be taken: who holds all windows then
   *     may hold them for ever, and the next one is of memory of its own
   */
  WindowSource(ObjectReader reader, long endByteOffset, Relief relief, BooleanSupplier isIdle) {
    this.reader = reader;
    this.endByteOffset = endByteOffset;
    this.relief = relief;
    this.isIdle = isIdle;
  }

  /** Returns where the next window begins. */
  long nextByteOffset() {
    return nextByteOffset;
  }

  void seek(long byteOffset) {
    nextByteOffset = byteOffset;
    window = SMALLEST;
  }

  @Override
  public Optional<ObjectBytes> next() throws IOException {
    long byteSize = Math.min(window, endByteOffset - nextByteOffset);
    if (byteSize <= 0) {
      return Optional.empty();
    }
    Optional<Loan> room = Room.await(pool, byteSize, () -> true);
    if (room.isEmpty()) {
      relief.giveBack();
      room = Room.await(pool, byteSize, isIdle);
    }
    ObjectBytes bytes = Room.read(reader, nextByteOffset, byteSize, room);
    nextByteOffset += byteSize;
    window = Math.min(2 * window, LARGEST);
    return Optional.of(bytes);
  }

  @Override
  public long lendableByteSize() {
    return LENDABLE;
  }

  @Override
  public void close() {
    reader.close();
    pool.close();
  }
}
