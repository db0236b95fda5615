package dev.segue.capnproto.compiler;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The target of a pointer of a message, decoded without a schema. A null pointer is {@code null}.
 */
sealed interface Wire {
  /** The codes of a list pointer's element sizes. */
  int VOID = 0;

  int BIT = 1;
  int BYTE = 2;
  int TWO_BYTES = 3;
  int FOUR_BYTES = 4;
  int EIGHT_BYTES = 5;
  int POINTER = 6;
  int COMPOSITE = 7;

  /** Returns the bits of an element of a list whose elements hold no pointer. */
  static int elementBits(int elementSize) {
    return switch (elementSize) {
      case VOID -> 0;
      case BIT -> 1;
      case BYTE -> 8;
      case TWO_BYTES -> 16;
      case FOUR_BYTES -> 32;
      case EIGHT_BYTES -> 64;
      default -> throw new IllegalArgumentException("elementSize=" + elementSize);
    };
  }

  /** A struct: whole words of data, then pointers. Reads beyond its end give zero. */
  final class Struct implements Wire {
    private final byte[] data;
    private final @Nullable Wire[] pointers;

    Struct(int dataWordCount, int pointerCount) {
      data = new byte[dataWordCount * 8];
      pointers = new Wire[pointerCount];
    }

    int dataWordCount() {
      return data.length / 8;
    }

    int pointerCount() {
      return pointers.length;
    }

    byte[] data() {
      return data;
    }

    @Nullable Wire pointer(int index) {
      return index < pointers.length ? pointers[index] : null;
    }

    void setPointer(int index, @Nullable Wire target) {
      pointers[index] = target;
    }

    /** Returns {@code width} (1, 8, 16, 32 or 64) bits as an unsigned number. */
    long bits(long bitOffset, int width) {
      if (bitOffset + width > data.length * 8L) {
        return 0;
      }
      int at = (int) (bitOffset / 8);
      if (width == 1) {
        return data[at] >> (bitOffset % 8) & 1;
      }
      long value = 0;
      for (int i = width / 8 - 1; i >= 0; i--) {
        value = value << 8 | (data[at + i] & 0xff);
      }
      return value;
    }

    /** Writes the low {@code width} (1, 8, 16, 32 or 64) bits of a number. */
    void setBits(long bitOffset, int width, long value) {
      int at = (int) (bitOffset / 8);
      if (width == 1) {
        int mask = 1 << (bitOffset % 8);
        data[at] = (byte) ((value & 1) == 0 ? data[at] & ~mask : data[at] | mask);
        return;
      }
      for (int i = 0; i < width / 8; i++) {
        data[at + i] = (byte) (value >> (8 * i));
      }
    }

    boolean bool(int bitOffset) {
      return bits(bitOffset, 1) != 0;
    }

    int unsigned16(int byteOffset) {
      return (int) bits(byteOffset * 8L, 16);
    }

    long unsigned32(int byteOffset) {
      return bits(byteOffset * 8L, 32);
    }

    long int64(int byteOffset) {
      return bits(byteOffset * 8L, 64);
    }

    Struct bool(int bitOffset, boolean value) {
      setBits(bitOffset, 1, value ? 1 : 0);
      return this;
    }

    Struct int16(int byteOffset, int value) {
      setBits(byteOffset * 8L, 16, value);
      return this;
    }

    Struct int32(int byteOffset, long value) {
      setBits(byteOffset * 8L, 32, value);
      return this;
    }

    Struct int64(int byteOffset, long value) {
      setBits(byteOffset * 8L, 64, value);
      return this;
    }

    Struct pointer(int index, @Nullable Wire target) {
      setPointer(index, target);
      return this;
    }

    Struct text(int index, @Nullable String value) {
      setPointer(index, value == null ? null : Blobs.text(value));
      return this;
    }
  }

  /** A list whose elements hold no pointer; bits and bytes from the lowest on. */
  final class Scalars implements Wire {
    private final int elementSize;
    private final int count;
    private final byte[] data;

    Scalars(int elementSize, int count, byte[] data) {
      this.elementSize = elementSize;
      this.count = count;
      this.data = data;
    }

    int elementSize() {
      return elementSize;
    }

    int count() {
      return count;
    }

    byte[] data() {
      return data;
    }

    /** Makes a list of zeros. */
    static Scalars zeros(int elementSize, int count) {
      long bits = (long) elementBits(elementSize) * count;
      return new Scalars(elementSize, count, new byte[(int) ((bits + 7) / 8)]);
    }

    long bits(int index) {
      int width = elementBits(elementSize);
      if (width <= 1) {
        return width == 0 ? 0 : data[index / 8] >> (index % 8) & 1;
      }
      long value = 0;
      for (int i = width / 8 - 1; i >= 0; i--) {
        value = value << 8 | (data[index * (width / 8) + i] & 0xff);
      }
      return value;
    }

    void set(int index, long value) {
      int width = elementBits(elementSize);
      if (width == 1) {
        data[index / 8] |= (byte) ((value & 1) << (index % 8));
      }
      for (int i = 0; i < width / 8; i++) {
        data[index * (width / 8) + i] = (byte) (value >> (8 * i));
      }
    }
  }

  /** A list of pointers. */
  final class Pointers implements Wire {
    private final @Nullable Wire[] elements;

    Pointers(int count) {
      elements = new Wire[count];
    }

    int count() {
      return elements.length;
    }

    @Nullable Wire element(int index) {
      return elements[index];
    }

    void set(int index, @Nullable Wire target) {
      elements[index] = target;
    }
  }

  /** A list of structs; each has the sizes that the list's tag names. */
  record Structs(List<Struct> elements) implements Wire {}

  /** A capability, by its index in a table that isn't part of the message. */
  record Capability(long index) implements Wire {}
}
