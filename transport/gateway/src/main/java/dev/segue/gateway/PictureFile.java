package dev.segue.gateway;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.stream.ImageOutputStreamImpl;

/**
 * An image file that is being written, in pieces on the heap: it is there once, and in no temporary
 * folder, where ImageIO's own streams put it.
 *
 * <p>Threads: one at a time.
 */
final class PictureFile extends ImageOutputStreamImpl {
  private static final int PIECE_BYTE_SIZE = 64 * 1024;

  private final List<byte[]> pieces = new ArrayList<>();
  private long byteSize;

  long byteSize() {
    return byteSize;
  }

  /** Copies the file to the beginning of {@code target}. */
  void copyTo(MemorySegment target) {
    for (long at = 0; at < byteSize; at += PIECE_BYTE_SIZE) {
      MemorySegment.copy(
          MemorySegment.ofArray(pieces.get((int) (at / PIECE_BYTE_SIZE))),
          0,
          target,
          at,
          Math.min(PIECE_BYTE_SIZE, byteSize - at));
    }
  }

  @Override
  public long length() {
    return byteSize;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
  }

  @Override
  public int read(byte[] bytes, int offset, int count) throws IOException {
    checkClosed();
    bitOffset = 0;
    if (count > 0 && streamPos >= byteSize) {
      return -1;
    }
    int within = (int) (streamPos % PIECE_BYTE_SIZE);
    int part = (int) Math.min(Math.min(count, PIECE_BYTE_SIZE - within), byteSize - streamPos);
    if (part > 0) {
      byte[] piece = pieces.get((int) (streamPos / PIECE_BYTE_SIZE));
      System.arraycopy(piece, within, bytes, offset, part);
      streamPos += part;
    }
    return part;
  }

  @Override
  public void write(int value) throws IOException {
    write(new byte[] {(byte) value}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int count) throws IOException {
    flushBits();
    int from = offset;
    int left = count;
    while (left > 0) {
      while (streamPos >= (long) pieces.size() * PIECE_BYTE_SIZE) {
        pieces.add(new byte[PIECE_BYTE_SIZE]);
      }
      int within = (int) (streamPos % PIECE_BYTE_SIZE);
      int part = Math.min(left, PIECE_BYTE_SIZE - within);
      byte[] piece = pieces.get((int) (streamPos / PIECE_BYTE_SIZE));
      System.arraycopy(bytes, from, piece, within, part);
      from += part;
      left -= part;
      streamPos += part;
      byteSize = Math.max(byteSize, streamPos);
    }
  }
}
