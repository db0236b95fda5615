package dev.segue.capnproto.compiler;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Decodes a framed message into a tree. A tree holds at most as many words as the message has, so
 * that pointers which share a target can't multiply it, and is at most 128 pointers deep.
 */
final class WireReader {
  private static final int MAX_DEPTH = 128;
  private static final int MAX_SEGMENT_COUNT = 512;

  private final ByteBuffer message;
  private final int[] starts;
  private final int[] wordCounts;
  private long budget;

  private WireReader(ByteBuffer message, int[] starts, int[] wordCounts) {
    this.message = message;
    this.starts = starts;
    this.wordCounts = wordCounts;
    budget = Arrays.stream(wordCounts).asLongStream().sum();
  }

  /** Reads the root, which must be a struct. */
  static Wire.Struct readRoot(byte[] bytes) throws WireException {
    ByteBuffer message = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    if (bytes.length < 8) {
      throw new WireException("a message ends in its segment table: byteSize=" + bytes.length);
    }
    long segmentCount = Integer.toUnsignedLong(message.getInt(0)) + 1;
    if (segmentCount > MAX_SEGMENT_COUNT) {
      throw new WireException(
          "a message has too many segments: count=" + segmentCount + " limit=" + MAX_SEGMENT_COUNT);
    }
    int tableByteSize = (int) (segmentCount / 2 + 1) * 8;
    if (bytes.length < tableByteSize) {
      throw new WireException("a message ends in its segment table: byteSize=" + bytes.length);
    }
    int[] starts = new int[(int) segmentCount];
    int[] wordCounts = new int[(int) segmentCount];
    long at = tableByteSize;
    for (int i = 0; i < segmentCount; i++) {
      long wordCount = Integer.toUnsignedLong(message.getInt(4 + 4 * i));
      starts[i] = (int) at;
      wordCounts[i] = (int) wordCount;
      at += wordCount * 8;
      if (at > bytes.length) {
        throw new WireException(
            "a message ends in segment " + i + ": expected=" + at + " byteSize=" + bytes.length);
      }
    }
    WireReader reader = new WireReader(message, starts, wordCounts);
    if (wordCounts[0] == 0) {
      throw new WireException("a message's first segment is empty");
    }
    reader.spend(1);
    Wire root = reader.pointer(0, 0, 0);
    if (root == null) {
      return new Wire.Struct(0, 0);
    }
    if (root instanceof Wire.Struct struct) {
      return struct;
    }
    throw new WireException("a message's root isn't a struct");
  }

  private void spend(long wordCount) throws WireException {
    budget -= wordCount;
    if (budget < 0) {
      throw new WireException("a message's pointers lead to more words than it has");
    }
  }

  private long word(int segment, long word) {
    return message.getLong(starts[segment] + (int) word * 8);
  }

  private void check(int segment, long word, long count) throws WireException {
    if (word < 0 || count < 0 || word + count > wordCounts[segment]) {
      throw new WireException(
          "a pointer leads out of a segment: segment="
              + segment
              + " word="
              + word
              + " count="
              + count
              + " wordCount="
              + wordCounts[segment]);
    }
  }

  private @Nullable Wire pointer(int segment, long at, int depth) throws WireException {
    if (depth > MAX_DEPTH) {
      throw new WireException("a message is nested too deep: limit=" + MAX_DEPTH);
    }
    long pointer = word(segment, at);
    if (pointer == 0) {
      return null;
    }
    return switch ((int) (pointer & 3)) {
      case 0, 1 -> target(segment, at + 1 + offset(pointer), pointer, depth);
      case 2 -> far(pointer, depth);
      default -> {
        if ((int) pointer != 3) {
          throw new WireException(
              "a pointer is of an unknown kind: bits=" + Long.toHexString(pointer));
        }
        yield new Wire.Capability(pointer >>> 32);
      }
    };
  }

  private static long offset(long pointer) {
    return (int) pointer >> 2;
  }

  private @Nullable Wire far(long pointer, int depth) throws WireException {
    int segment = (int) (pointer >>> 32);
    if (segment < 0 || segment >= starts.length) {
      throw new WireException(
          "a pointer names a segment that doesn't exist: segment="
              + Integer.toUnsignedString(segment));
    }
    long pad = pointer >>> 3 & 0x1fff_ffff;
    boolean two = (pointer & 4) != 0;
    check(segment, pad, two ? 2 : 1);
    spend(two ? 2 : 1);
    long landing = word(segment, pad);
    if (!two) {
      if ((landing & 3) == 2) {
        throw new WireException("a far pointer leads to another far pointer");
      }
      return pointer(segment, pad, depth + 1);
    }
    if ((landing & 7) != 2) {
      throw new WireException("a two-word landing pad doesn't begin with a far pointer");
    }
    int second = (int) (landing >>> 32);
    if (second < 0 || second >= starts.length) {
      throw new WireException(
          "a pointer names a segment that doesn't exist: segment="
              + Integer.toUnsignedString(second));
    }
    long tag = word(segment, pad + 1);
    if ((tag & 3) > 1) {
      throw new WireException("a two-word landing pad's tag is neither a struct nor a list");
    }
    return target(second, landing >>> 3 & 0x1fff_ffff, tag, depth);
  }

  private Wire target(int segment, long at, long pointer, int depth) throws WireException {
    if ((pointer & 3) == 0) {
      int dataWordCount = (int) (pointer >>> 32 & 0xffff);
      int pointerCount = (int) (pointer >>> 48);
      check(segment, dataWordCount + pointerCount == 0 ? 0 : at, dataWordCount + pointerCount);
      spend(dataWordCount + (long) pointerCount);
      return struct(segment, at, dataWordCount, pointerCount, depth);
    }
    int elementSize = (int) (pointer >>> 32 & 7);
    int count = (int) (pointer >>> 35);
    return switch (elementSize) {
      case Wire.POINTER -> pointers(segment, at, count, depth);
      case Wire.COMPOSITE -> structs(segment, at, count, depth);
      default -> scalars(segment, at, elementSize, count);
    };
  }

  private Wire.Struct struct(int segment, long at, int dataWordCount, int pointerCount, int depth)
      throws WireException {
    Wire.Struct struct = new Wire.Struct(dataWordCount, pointerCount);
    if (dataWordCount > 0) {
      message.get(starts[segment] + (int) at * 8, struct.data(), 0, dataWordCount * 8);
    }
    for (int i = 0; i < pointerCount; i++) {
      struct.setPointer(i, pointer(segment, at + dataWordCount + i, depth + 1));
    }
    return struct;
  }

  private Wire.Scalars scalars(int segment, long at, int elementSize, int count)
      throws WireException {
    long bits = (long) Wire.elementBits(elementSize) * count;
    long wordCount = (bits + 63) / 64;
    check(segment, wordCount == 0 ? 0 : at, wordCount);
    spend(wordCount);
    byte[] data = new byte[(int) ((bits + 7) / 8)];
    if (data.length > 0) {
      message.get(starts[segment] + (int) at * 8, data, 0, data.length);
    }
    return new Wire.Scalars(elementSize, count, data);
  }

  private Wire.Pointers pointers(int segment, long at, int count, int depth) throws WireException {
    check(segment, count == 0 ? 0 : at, count);
    spend(count);
    Wire.Pointers list = new Wire.Pointers(count);
    for (int i = 0; i < count; i++) {
      list.set(i, pointer(segment, at + i, depth + 1));
    }
    return list;
  }

  private Wire.Structs structs(int segment, long at, int wordCount, int depth)
      throws WireException {
    check(segment, at, wordCount + 1L);
    spend(wordCount + 1L);
    long tag = word(segment, at);
    int count = (int) tag >> 2;
    int dataWordCount = (int) (tag >>> 32 & 0xffff);
    int pointerCount = (int) (tag >>> 48);
    long elementWordCount = dataWordCount + (long) pointerCount;
    if ((tag & 3) != 0 || count < 0 || elementWordCount * count > wordCount) {
      throw new WireException(
          "a list of structs is longer than its pointer says: wordCount=" + wordCount);
    }
    if (elementWordCount == 0) {
      spend(count);
    }
    List<Wire.Struct> elements = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      elements.add(
          struct(segment, at + 1 + elementWordCount * i, dataWordCount, pointerCount, depth + 1));
    }
    return new Wire.Structs(elements);
  }
}
