package dev.segue.capnproto.dynamic;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** A message of one segment that grows. Places are words from the segment's start. */
final class WordBuilder {
  private static final int MAX_WORD_COUNT = 1 << 24;

  private ByteBuffer words = ofWords(64);
  private int wordCount;

  private static ByteBuffer ofWords(int count) {
    return ByteBuffer.allocate(count * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Appends words of zeros and returns the first one's place. */
  int allocate(long count) {
    if (count > MAX_WORD_COUNT - wordCount) {
      throw new IllegalArgumentException(
          "a message is too large: words="
              + (wordCount + count)
              + " limit="
              + MAX_WORD_COUNT
              + "; build it with a generated class");
    }
    int at = wordCount;
    wordCount += (int) count;
    if (wordCount > words.capacity() / Long.BYTES) {
      int capacity = Math.max(wordCount, Math.min(wordCount * 2, MAX_WORD_COUNT));
      words = ofWords(capacity).put(0, words, 0, at * Long.BYTES);
    }
    return at;
  }

  /**
   * Writes a number of {@code width} bits (1, 8, 16, 32 or 64).
   *
   * @param offset from {@code at}, in units of the width
   */
  void bits(int at, long offset, int width, long value) {
    int start = at * Long.BYTES;
    int index = (int) offset;
    switch (width) {
      case 0 -> {}
      case 1 -> {
        int place = start + index / 8;
        int mask = 1 << (index % 8);
        int old = words.get(place);
        words.put(place, (byte) ((value & 1) == 0 ? old & ~mask : old | mask));
      }
      case 8 -> words.put(start + index, (byte) value);
      case 16 -> words.putShort(start + index * 2, (short) value);
      case 32 -> words.putInt(start + index * 4, (int) value);
      default -> words.putLong(start + index * 8, value);
    }
  }

  void bytes(int at, byte[] bytes) {
    words.put(at * Long.BYTES, bytes);
  }

  private void pointer(int at, int target, long kind, long high) {
    long offset = (long) (target - at - 1) << 2 & 0xFFFF_FFFFL;
    words.putLong(at * Long.BYTES, offset | kind | high);
  }

  void structPointer(int at, int target, int dataWordCount, int pointerCount) {
    // A struct without words lies at its own pointer: an offset of zero would be a null pointer.
    int place = dataWordCount + pointerCount == 0 ? at : target;
    pointer(at, place, Words.STRUCT, sizes(dataWordCount, pointerCount));
  }

  void listPointer(int at, int target, int elementSize, int count) {
    pointer(at, target, Words.LIST, (long) elementSize << 32 | (long) count << 35);
  }

  /** Writes the word before a list of structs. */
  void tag(int at, int count, int dataWordCount, int pointerCount) {
    words.putLong(at * Long.BYTES, (long) count << 2 | sizes(dataWordCount, pointerCount));
  }

  private static long sizes(int dataWordCount, int pointerCount) {
    return (long) dataWordCount << 32 | (long) pointerCount << 48;
  }

  /** The message in the stream framing. */
  byte[] framed() {
    byte[] message = new byte[Long.BYTES + wordCount * Long.BYTES];
    ByteBuffer.wrap(message).order(ByteOrder.LITTLE_ENDIAN).putInt(Integer.BYTES, wordCount);
    words.get(0, message, Long.BYTES, wordCount * Long.BYTES);
    return message;
  }
}
