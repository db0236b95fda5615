package dev.segue.capnproto.dynamic;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.capnproto.DecodeException;
import org.jspecify.annotations.Nullable;

/** The place of a list in a message, whatever its elements are. */
final class ListAt {
  /** The codes of a list pointer's element sizes. */
  static final int VOID = 0;

  static final int BIT = 1;
  static final int BYTE = 2;
  static final int TWO_BYTES = 3;
  static final int FOUR_BYTES = 4;
  static final int EIGHT_BYTES = 5;
  static final int POINTER = 6;
  static final int COMPOSITE = 7;

  private static final ListAt NO_BYTES =
      new ListAt(
          new Words(new ByteBuffer[] {ByteBuffer.allocate(0)}, new Words.Budget(0), 0),
          0,
          0,
          0,
          BYTE,
          8,
          8,
          0,
          0);

  private final Words words;
  private final ByteBuffer buffer;
  private final int segment;
  private final int data;
  private final int count;
  private final int elementSize;
  private final long stepBits;
  private final int dataBits;
  private final int pointerCount;
  private final int depth;

  ListAt(
      Words words,
      int segment,
      int data,
      int count,
      int elementSize,
      long stepBits,
      int dataBits,
      int pointerCount,
      int depth) {
    this.words = words;
    this.buffer = words.segment(segment);
    this.segment = segment;
    this.data = data;
    this.count = count;
    this.elementSize = elementSize;
    this.stepBits = stepBits;
    this.dataBits = dataBits;
    this.pointerCount = pointerCount;
    this.depth = depth;
  }

  static ListAt empty(Words words) {
    return new ListAt(words, 0, 0, 0, VOID, 0, 0, 0, 0);
  }

  /** No bytes, of no message. */
  static ListAt emptyBytes() {
    return NO_BYTES;
  }

  static int elementBits(int elementSize) {
    return switch (elementSize) {
      case VOID -> 0;
      case BIT -> 1;
      case BYTE -> 8;
      case TWO_BYTES -> 16;
      case FOUR_BYTES -> 32;
      default -> 64;
    };
  }

  /** The code of the element size of numbers of so many bits. */
  static int elementSize(int bits) {
    return switch (bits) {
      case 0 -> VOID;
      case 1 -> BIT;
      case 8 -> BYTE;
      case 16 -> TWO_BYTES;
      case 32 -> FOUR_BYTES;
      default -> EIGHT_BYTES;
    };
  }

  int count() {
    return count;
  }

  /**
   * Checks that the elements hold numbers of so many bits: they may be wider, or structs whose
   * first field is such a number.
   */
  ListAt ofBits(int width) {
    boolean bitsAreBits = (width == 1) == (elementSize == BIT) || width == 0;
    if (dataBits < width || !bitsAreBits) {
      throw incompatible(width + " bits");
    }
    return this;
  }

  /** Checks that the elements hold a pointer first. */
  ListAt ofPointers() {
    if (pointerCount == 0) {
      throw incompatible("pointers");
    }
    return this;
  }

  /** Checks that the elements can be structs: anything but single bits. */
  ListAt ofStructs() {
    if (elementSize == BIT) {
      throw incompatible("structs");
    }
    return this;
  }

  private DecodeException incompatible(String expected) {
    return new DecodeException(
        "a list has elements of another size than "
            + expected
            + ", which the schema says: elementSize="
            + elementSize
            + " dataBits="
            + dataBits
            + " pointerCount="
            + pointerCount);
  }

  private int at(int index) {
    return data + (int) (index * stepBits / 8);
  }

  /** An element of {@code width} bits, not extended by its sign. */
  long bits(int index, int width) {
    return switch (width) {
      case 0 -> 0;
      case 1 -> buffer.get(data + index / 8) >> (index % 8) & 1;
      case 8 -> buffer.get(at(index)) & 0xFF;
      case 16 -> buffer.getShort(at(index)) & 0xFFFF;
      case 32 -> buffer.getInt(at(index)) & 0xFFFF_FFFFL;
      default -> buffer.getLong(at(index));
    };
  }

  StructAt struct(int index) {
    int at = at(index);
    return new StructAt(words, segment, at, dataBits, at + dataBits / 8, pointerCount, depth);
  }

  List<StructAt> elements() {
    List<StructAt> elements = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      elements.add(struct(i));
    }
    return elements;
  }

  int elementSize() {
    return elementSize;
  }

  /** The struct that an element of a list of pointers leads to. */
  @Nullable StructAt structAt(int index) {
    return words.struct(segment, pointer(index), depth);
  }

  /** The bytes of a list of numbers. */
  byte[] allBytes() {
    byte[] bytes = new byte[(int) ((count * stepBits + 7) / 8)];
    buffer.get(data, bytes);
    return bytes;
  }

  private int pointer(int index) {
    return at(index) + dataBits / 8;
  }

  boolean isNull(int index) {
    return buffer.getLong(pointer(index)) == 0;
  }

  int kind(int index) {
    return words.kind(segment, pointer(index));
  }

  @Nullable ListAt list(int index) {
    return words.list(segment, pointer(index), depth);
  }

  private void expectBytes(String what) {
    if (elementSize != BYTE) {
      throw new DecodeException(
          "a pointer leads to a list of other elements than bytes where the schema says "
              + what
              + ": elementSize="
              + elementSize);
    }
  }

  /** The size of a data field. */
  int dataByteSize() {
    expectBytes("Data");
    return count;
  }

  /** The size of a text without the zero byte at its end. */
  int textByteSize() {
    expectBytes("Text");
    if (count == 0 || buffer.get(data + count - 1) != 0) {
      throw new DecodeException("a text doesn't end with a zero byte: byteSize=" + count);
    }
    return count - 1;
  }

  byte byteAt(int index) {
    return buffer.get(data + index);
  }

  byte[] textBytes() {
    return bytes(textByteSize());
  }

  /** The first bytes of a data field. */
  byte[] bytes(int byteSize) {
    byte[] bytes = new byte[byteSize];
    buffer.get(data, bytes);
    return bytes;
  }
}
