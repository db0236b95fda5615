package dev.segue.recording;

import dev.segue.bytes.BytesSource;
import dev.segue.bytes.Loan;
import dev.segue.bytes.LoanPool;
import dev.segue.mcap.McapInput;
import dev.segue.mcap.SourceInput;
import dev.segue.objectstore.ObjectReader;
import java.io.IOException;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * An object as a reader of MCAP wants it: heads and small messages out of windows, the data of a
 * large message read straight into a loan of its own, which is published as it is.
 */
final class ObjectInput implements McapInput {
  /** From here on a request of its own is worth it. */
  static final long LARGE = 128 << 10;

  private final ObjectReader reader;
  private final long endByteOffset;
  private final WindowSource windows;
  private final SourceInput input;
  private final @Nullable LoanPool loans;
  private final BooleanSupplier isIdle;

  /**
   * Of an object, whose reader it closes.
   *
   * @param loans where large messages go; null for memory that is not shared
   * @param isIdle whether nothing that was read is still to be published: who holds all loans or
   *     windows then may hold them for ever
   * @param relief of the windows that small messages are read in
   */
  ObjectInput(
      ObjectReader reader,
      @Nullable LoanPool loans,
      BooleanSupplier isIdle,
      WindowSource.Relief relief) {
    this(reader, reader.info().byteSize(), loans, isIdle, relief);
  }

  /**
   * Of an object as if it ended earlier.
   *
   * @param endByteOffset where; at most the object's size
   */
  ObjectInput(
      ObjectReader reader,
      long endByteOffset,
      @Nullable LoanPool loans,
      BooleanSupplier isIdle,
      WindowSource.Relief relief) {
    this.reader = reader;
    this.endByteOffset = endByteOffset;
    this.windows = new WindowSource(reader, endByteOffset, relief, isIdle);
    this.input = SourceInput.of(windows);
    this.loans = loans;
    this.isIdle = isIdle;
  }

  @Override
  public BytesSource.Piece read(long byteSize) throws IOException {
    return input.read(byteSize);
  }

  @Override
  public BytesSource.Piece readData(long byteSize) throws IOException {
    long at = byteOffset();
    if (byteSize < LARGE || byteSize > endByteOffset - at) {
      return input.read(byteSize);
    }
    BytesSource.Piece data = readInto(at, byteSize);
    input.discard();
    windows.seek(at + byteSize);
    return data;
  }

  /** Goes on from another place of the object. */
  void seek(long byteOffset) {
    input.discard();
    windows.seek(byteOffset);
  }

  @Override
  public long remainingByteSize() {
    return endByteOffset - byteOffset();
  }

  private long byteOffset() {
    return windows.nextByteOffset() - input.unreadByteSize();
  }

  @Override
  public long skip(long byteSize) throws IOException {
    long at = byteOffset();
    if (byteSize <= input.unreadByteSize()) {
      try (BytesSource.Piece skipped = input.read(byteSize)) {
        return skipped.bytes().byteSize();
      }
    }
    long passed = Math.min(byteSize, endByteOffset - at);
    seek(at + passed);
    return passed;
  }

  private BytesSource.Piece readInto(long byteOffset, long byteSize) throws IOException {
    LoanPool shared = loans;
    Optional<Loan> room =
        shared != null && byteSize <= shared.capacityByteSize()
            ? Room.await(shared, byteSize, isIdle)
            : Optional.empty();
    return Room.read(reader, byteOffset, byteSize, room);
  }

  @Override
  public void close() throws IOException {
    input.close();
  }
}
