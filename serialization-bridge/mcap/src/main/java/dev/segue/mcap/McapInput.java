package dev.segue.mcap;

import dev.segue.bytes.BytesSource;
import java.io.IOException;

/**
 * A reader's source of a file's bytes, front to back.
 *
 * <p>Owner: the reader. Lifetime: until {@link #close()}; pieces live on. Threads: one at a time.
 */
public interface McapInput extends AutoCloseable {
  /**
   * The next {@code byteSize} bytes, or those that are left when the file ends before; empty at its
   * end.
   */
  BytesSource.Piece read(long byteSize) throws IOException;

  /**
   * Like {@link #read}, but for a message's data, which an input may place in better memory: one
   * that can be published as it is.
   */
  default BytesSource.Piece readData(long byteSize) throws IOException {
    return read(byteSize);
  }

  /**
   * Skips {@code byteSize} bytes, or to the file's end; an input that can seek does not read them.
   *
   * @return how many bytes it skipped
   */
  default long skip(long byteSize) throws IOException {
    long left = byteSize;
    while (left > 0) {
      try (BytesSource.Piece skipped = read(Math.min(left, 1L << 20))) {
        if (skipped.bytes().isEmpty()) {
          break;
        }
        left -= skipped.bytes().byteSize();
      }
    }
    return byteSize - left;
  }

  /**
   * Returns how many bytes are left; {@link Long#MAX_VALUE} if that is not known. An input that
   * skips unread data knows it, so that a damaged file can be distinguished from a truncated one.
   */
  default long remainingByteSize() {
    return Long.MAX_VALUE;
  }

  @Override
  void close() throws IOException;
}
