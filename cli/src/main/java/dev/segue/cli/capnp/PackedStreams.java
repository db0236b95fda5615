package dev.segue.cli.capnp;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/**
 * Cap'n Proto's packing: each word of 8 bytes as a tag byte, whose bits say which bytes aren't
 * zero, and those bytes. A tag of 0x00 is followed by a number of further words that are zero, a
 * tag of 0xFF by its word and a number of words that follow as they are.
 *
 * @see <a href="https://capnproto.org/encoding.html#packing">the encoding</a>
 */
final class PackedStreams {
  private static final int WORD = 8;
  private static final int MOST_IN_A_RUN = 255;

  private PackedStreams() {}

  /**
   * Unpacks while it is read.
   *
   * @param packed is read byte by byte, and should be buffered; reading ends in an {@link
   *     EOFException} where it ends within a word or a run
   */
  static InputStream unpacked(InputStream packed) {
    return new Unpacked(packed);
  }

  private static final class Unpacked extends InputStream {
    private final InputStream in;
    private final byte[] word = new byte[WORD];
    private int at = WORD;
    private int zeroWordCount;
    private int plainByteCount;

    Unpacked(InputStream in) {
      this.in = in;
    }

    @Override
    public int read() throws IOException {
      if (at < WORD) {
        return word[at++] & 0xFF;
      }
      if (plainByteCount > 0) {
        plainByteCount--;
        return next();
      }
      if (!nextWord()) {
        return -1;
      }
      return word[at++] & 0xFF;
    }

    /** Reads as much as there is without waiting for more than one byte. */
    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      if (length == 0) {
        return 0;
      }
      for (int i = 0; i < length; i++) {
        int value = read();
        if (value < 0) {
          return i == 0 ? -1 : i;
        }
        bytes[offset + i] = (byte) value;
      }
      return length;
    }

    private boolean nextWord() throws IOException {
      if (zeroWordCount > 0) {
        zeroWordCount--;
        at = 0; // The word before was zero as well.
        return true;
      }
      int tag = in.read();
      if (tag < 0) {
        return false;
      }
      for (int i = 0; i < WORD; i++) {
        word[i] = (tag >> i & 1) == 0 ? 0 : (byte) next();
      }
      if (tag == 0) {
        zeroWordCount = next();
      } else if (tag == 0xFF) {
        plainByteCount = WORD * next();
      }
      at = 0;
      return true;
    }

    private int next() throws IOException {
      int value = in.read();
      if (value < 0) {
        throw new EOFException("the packed messages are cut off");
      }
      return value;
    }

    @Override
    public void close() throws IOException {
      in.close();
    }
  }

  /** Packs whole words. */
  static void pack(byte[] words, OutputStream out) throws IOException {
    byte[] rest = new byte[WORD];
    int at = 0;
    while (at < words.length) {
      int tag = 0;
      int count = 0;
      for (int i = 0; i < WORD; i++) {
        byte value = words[at + i];
        if (value != 0) {
          tag |= 1 << i;
          rest[count++] = value;
        }
      }
      at += WORD;
      out.write(tag);
      out.write(rest, 0, count);
      if (tag == 0 || tag == 0xFF) {
        int end = endOfRun(words, at, tag == 0 ? WORD : 1);
        out.write((end - at) / WORD);
        if (tag == 0xFF) {
          out.write(words, at, end - at);
        }
        at = end;
      }
    }
  }

  /** Finds the end of the words that have so many zeros at least, or, of 1, no more than that. */
  private static int endOfRun(byte[] words, int from, int zeroCount) {
    int at = from;
    while (at < words.length && at - from < MOST_IN_A_RUN * WORD) {
      int zeros = 0;
      for (int i = 0; i < WORD; i++) {
        zeros += words[at + i] == 0 ? 1 : 0;
      }
      boolean isInRun = zeroCount == WORD ? zeros == WORD : zeros <= zeroCount;
      if (!isInRun) {
        break;
      }
      at += WORD;
    }
    return at;
  }
}
