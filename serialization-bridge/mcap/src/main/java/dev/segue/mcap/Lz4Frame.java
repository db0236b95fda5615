package dev.segue.mcap;

import io.airlift.compress.v3.lz4.Lz4Compressor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * LZ4's frame format, which MCAP asks for: independent or linked blocks of at most 4 MiB.
 *
 * @see <a href="https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md">its description</a>
 */
final class Lz4Frame {
  private static final int MAGIC = 0x184D2204;
  private static final int BLOCK_BYTE_SIZE = 4 << 20;
  private static final int STORED = 0x8000_0000;
  private static final int INDEPENDENT = 0x20;
  private static final int BLOCK_CHECKSUM = 0x10;
  private static final int CONTENT_SIZE = 0x08;
  private static final int CONTENT_CHECKSUM = 0x04;
  private static final int DICTIONARY = 0x01;
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final String what;
  private final MemorySegment from;
  private final MemorySegment to;
  private long read;
  private long written;

  private Lz4Frame(String what, MemorySegment from, MemorySegment to) {
    this.what = what;
    this.from = from;
    this.to = to;
  }

  /** The largest frame of so many bytes. */
  static long largest(long byteSize) {
    return 7L + 4 + byteSize + byteSize / 255 + Math.ceilDiv(byteSize, BLOCK_BYTE_SIZE) * 68;
  }

  /** Returns how many bytes of {@code to} the frame takes. */
  static long compress(MemorySegment from, MemorySegment to) {
    byte[] descriptor = {INDEPENDENT | 0x40, 0x70};
    to.set(INT, 0, MAGIC);
    to.set(ValueLayout.JAVA_BYTE, 4, descriptor[0]);
    to.set(ValueLayout.JAVA_BYTE, 5, descriptor[1]);
    to.set(ValueLayout.JAVA_BYTE, 6, (byte) (Xxh32.ofFew(descriptor, 0, 2) >> 8));
    long at = 7;
    Lz4Compressor compressor = Lz4Compressor.create();
    for (long begin = 0; begin < from.byteSize(); begin += BLOCK_BYTE_SIZE) {
      MemorySegment block = from.asSlice(begin, Math.min(BLOCK_BYTE_SIZE, from.byteSize() - begin));
      int count = compressor.compress(block, to.asSlice(at + 4));
      if (count < block.byteSize()) {
        to.set(INT, at, count);
        at += 4 + count;
      } else {
        to.set(INT, at, (int) block.byteSize() | STORED);
        MemorySegment.copy(block, 0, to, at + 4, block.byteSize());
        at += 4 + block.byteSize();
      }
    }
    to.set(INT, at, 0);
    return at + 4;
  }

  /**
   * Fills {@code to} exactly.
   *
   * @throws McapFormatException if the frame is not right, or gives another number of bytes
   */
  static void decompress(String what, MemorySegment from, MemorySegment to)
      throws McapFormatException {
    try {
      new Lz4Frame(what, from, to).decompress();
    } catch (IndexOutOfBoundsException e) {
      throw bad(what, "it ends too early", e);
    }
  }

  private static McapFormatException bad(String what, String why, Throwable cause) {
    McapFormatException bad = new McapFormatException(what + ": LZ4 frame: " + why);
    bad.initCause(cause);
    return bad;
  }

  private void decompress() throws McapFormatException {
    if (takeInt() != MAGIC) {
      throw new McapFormatException(what + ": LZ4 frame: it does not begin with LZ4's magic");
    }
    int flags = takeByte();
    takeByte();
    if ((flags & 0xC0) != 0x40 || (flags & DICTIONARY) != 0) {
      throw new McapFormatException(
          what + ": LZ4 frame: flags=" + flags + ", only version 1 without a dictionary");
    }
    read += (flags & CONTENT_SIZE) != 0 ? 9 : 1;
    for (int head = takeInt(); head != 0; head = takeInt()) {
      MemorySegment block = from.asSlice(read, head & ~STORED);
      if ((head & STORED) != 0) {
        MemorySegment.copy(block, 0, to, written, block.byteSize());
        written += block.byteSize();
      } else {
        block(block);
      }
      read += block.byteSize() + ((flags & BLOCK_CHECKSUM) != 0 ? Integer.BYTES : 0);
    }
    read += (flags & CONTENT_CHECKSUM) != 0 ? Integer.BYTES : 0;
    if (written != to.byteSize() || read > from.byteSize()) {
      throw new McapFormatException(
          what + ": LZ4 frame: it has byteSize=" + written + ", the chunk says " + to.byteSize());
    }
  }

  /** Decodes one block; a match may lie in the blocks before it. */
  private void block(MemorySegment block) throws McapFormatException {
    long at = 0;
    while (true) {
      long token = Byte.toUnsignedLong(block.get(ValueLayout.JAVA_BYTE, at++));
      long literals = token >>> 4;
      if (literals == 15) {
        for (int more = 255; more == 255; ) {
          more = Byte.toUnsignedInt(block.get(ValueLayout.JAVA_BYTE, at++));
          literals += more;
        }
      }
      MemorySegment.copy(block, at, to, written, literals);
      at += literals;
      written += literals;
      if (at == block.byteSize()) {
        return;
      }
      int distance = Short.toUnsignedInt(block.get(SHORT, at));
      at += Short.BYTES;
      long count = token & 15;
      if (count == 15) {
        for (int more = 255; more == 255; ) {
          more = Byte.toUnsignedInt(block.get(ValueLayout.JAVA_BYTE, at++));
          count += more;
        }
      }
      match(distance, count + 4);
    }
  }

  private void match(int distance, long count) throws McapFormatException {
    if (distance == 0 || distance > written) {
      throw new McapFormatException(
          what + ": LZ4 frame: distance=" + distance + " at byteOffset=" + written);
    }
    // What overlaps itself is repeated; each round doubles what there is of it.
    for (long left = count; left > 0; ) {
      long run = Math.min(left, count - left + distance);
      MemorySegment.copy(to, written - (count - left) - distance, to, written, run);
      written += run;
      left -= run;
    }
  }

  private int takeInt() {
    int value = from.get(INT, read);
    read += Integer.BYTES;
    return value;
  }

  private int takeByte() {
    return Byte.toUnsignedInt(from.get(ValueLayout.JAVA_BYTE, read++));
  }
}
