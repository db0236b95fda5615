package dev.segue.capnproto.dynamic;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** The place of a struct in a message. What lies beyond its end reads as zero and null. */
final class StructAt {
  private final Words words;
  private final ByteBuffer buffer;
  private final int segment;
  private final int data;
  private final int dataBits;
  private final int pointers;
  private final int pointerCount;
  private final int depth;

  StructAt(
      Words words, int segment, int data, int dataBits, int pointers, int pointerCount, int depth) {
    this.words = words;
    this.buffer = words.segment(segment);
    this.segment = segment;
    this.data = data;
    this.dataBits = dataBits;
    this.pointers = pointers;
    this.pointerCount = pointerCount;
    this.depth = depth;
  }

  Words words() {
    return words;
  }

  int dataWordCount() {
    return dataBits / Long.SIZE;
  }

  int pointerCount() {
    return pointerCount;
  }

  /** The same place, its pointers followed at the expense of another reading. */
  StructAt in(Words other) {
    return new StructAt(other, segment, data, dataBits, pointers, pointerCount, depth);
  }

  /**
   * A number of {@code width} bits (1, 8, 16, 32 or 64), not extended by its sign.
   *
   * @param offset in units of the width
   */
  long bits(long offset, int width) {
    if ((offset + 1) * width > dataBits) {
      return 0;
    }
    int index = (int) offset;
    return switch (width) {
      case 1 -> buffer.get(data + index / 8) >> (index % 8) & 1;
      case 8 -> buffer.get(data + index) & 0xFF;
      case 16 -> buffer.getShort(data + index * 2) & 0xFFFF;
      case 32 -> buffer.getInt(data + index * 4) & 0xFFFF_FFFFL;
      default -> buffer.getLong(data + index * 8);
    };
  }

  int unsigned16(int byteOffset) {
    return (int) bits(byteOffset / 2, 16);
  }

  long unsigned32(int byteOffset) {
    return bits(byteOffset / 4, 32);
  }

  long int64(int byteOffset) {
    return bits(byteOffset / 8, 64);
  }

  boolean bool(int bitOffset) {
    return bits(bitOffset, 1) != 0;
  }

  private int pointer(long index) {
    return pointers + (int) index * Long.BYTES;
  }

  boolean isNull(long index) {
    return index >= pointerCount || buffer.getLong(pointer(index)) == 0;
  }

  /** {@link Words#kind} of a pointer. */
  int kind(long index) {
    return index >= pointerCount ? -1 : words.kind(segment, pointer(index));
  }

  @Nullable StructAt struct(long index) {
    return index >= pointerCount ? null : words.struct(segment, pointer(index), depth);
  }

  @Nullable ListAt list(long index) {
    return index >= pointerCount ? null : words.list(segment, pointer(index), depth);
  }

  /** A text, empty where the pointer is null. */
  String text(int index) {
    String text = textOrNull(index);
    return text == null ? "" : text;
  }

  @Nullable String textOrNull(int index) {
    ListAt list = list(index);
    return list == null ? null : new String(list.textBytes(), StandardCharsets.UTF_8);
  }

  /** A list of structs, empty where the pointer is null. */
  ListAt structs(int index) {
    ListAt list = list(index);
    return list == null ? ListAt.empty(words) : list.ofStructs();
  }

  /** A struct, without words where the pointer is null. */
  StructAt structOrEmpty(int index) {
    StructAt struct = struct(index);
    return struct == null ? words.empty() : struct;
  }
}
