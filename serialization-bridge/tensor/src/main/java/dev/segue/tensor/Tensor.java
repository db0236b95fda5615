package dev.segue.tensor;

import dev.segue.bytes.CopyLedger;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Lend;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;

/**
 * Elements of one type in C order, over bytes with an owner of their own.
 *
 * <p>Owner: that of the bytes. Lifetime: a view, as long as they live. Threads: any.
 */
public final class Tensor {
  private static final CopyLedger.Site GATHER =
      CopyLedger.site("tensor.copyTo", "the elements straddle segments or lie unaligned");

  private static final int SHOWN_DIMENSION_COUNT = 16;

  private final ElementType type;
  private final long[] shape;
  private final SegmentedBytes bytes;

  private Tensor(ElementType type, long[] shape, SegmentedBytes bytes) {
    this.type = type;
    this.shape = shape;
    this.bytes = bytes;
  }

  /**
   * A tensor over bytes.
   *
   * @throws IllegalArgumentException if the number of bytes doesn't match the shape, or a dimension
   *     is negative
   * @throws ArithmeticException if the shape asks for more than {@link Long#MAX_VALUE} bits
   */
  public static Tensor of(ElementType type, long[] shape, SegmentedBytes bytes) {
    long[] own = shape.clone();
    checkByteSize(type, own, bytes.byteSize());
    return new Tensor(type, own, bytes);
  }

  static void checkByteSize(ElementType type, long[] shape, long given) {
    long wanted = byteSize(type, shape);
    if (wanted != given) {
      throw new IllegalArgumentException(
          "tensor of type="
              + type
              + " shape="
              + text(shape)
              + ": it needs byteSize="
              + wanted
              + ", given byteSize="
              + given);
    }
  }

  /** A tensor over one read-only native segment, which is borrowed. */
  public static Tensor of(ElementType type, long[] shape, MemorySegment segment) {
    return of(type, shape, SegmentedBytes.fromSegments(List.of(segment), false));
  }

  static long byteSize(ElementType type, long[] shape) {
    long bits = Math.multiplyExact(elementCount(shape), (long) type.bitSize());
    if (bits % Byte.SIZE != 0) {
      throw new IllegalArgumentException(
          "tensor of type="
              + type
              + " shape="
              + text(shape)
              + ": bitSize="
              + bits
              + " is not a whole number of bytes");
    }
    return bits / Byte.SIZE;
  }

  /** A shape as messages show it, however many dimensions a file says it has. */
  private static String text(long[] shape) {
    return shape.length <= SHOWN_DIMENSION_COUNT
        ? Arrays.toString(shape)
        : Arrays.toString(Arrays.copyOf(shape, SHOWN_DIMENSION_COUNT))
            + "… (dimensionCount="
            + shape.length
            + ")";
  }

  private static long elementCount(long[] shape) {
    long count = 1;
    boolean empty = false;
    for (long dimension : shape) {
      if (dimension < 0) {
        throw new IllegalArgumentException("dimension=" + dimension + ": not negative");
      }
      empty |= dimension == 0;
    }
    for (long dimension : empty ? new long[] {0} : shape) {
      count = Math.multiplyExact(count, dimension);
    }
    return count;
  }

  /** Returns the type of an element. */
  public ElementType type() {
    return type;
  }

  /** Returns the size of each dimension; empty for a single element without dimensions. */
  public long[] shape() {
    return shape.clone();
  }

  /** Returns the number of elements. */
  public long elementCount() {
    return elementCount(shape);
  }

  /** The elements' bytes. */
  public SegmentedBytes bytes() {
    return bytes;
  }

  /** Returns whether {@link #asMemorySegment()} works: in one segment, aligned for its elements. */
  public boolean isView() {
    return bytes.segmentCount() <= 1
        && (bytes.isEmpty() || Lend.segment(bytes, 0).address() % type.alignmentByteSize() == 0);
  }

  /**
   * The elements as one read-only segment, without a copy.
   *
   * @throws IllegalStateException if they lie in several segments or unaligned: then {@link
   *     #copyTo(Arena)}
   */
  public MemorySegment asMemorySegment() {
    if (bytes.isEmpty()) {
      return MemorySegment.NULL.asReadOnly();
    }
    if (!isView()) {
      throw new IllegalStateException(
          "view of a tensor: segmentCount="
              + bytes.segmentCount()
              + " address="
              + Lend.segment(bytes, 0).address()
              + " alignmentByteSize="
              + type.alignmentByteSize()
              + ", it needs one aligned segment; use copyTo(arena)");
    }
    return bytes.segment(0);
  }

  /** The same elements in one aligned segment of an arena; counted in the copy ledger. */
  public Tensor copyTo(Arena arena) {
    MemorySegment own = arena.allocate(Math.max(1, bytes.byteSize()), 64);
    Lend.copyTo(GATHER, bytes, 0, own, 0, bytes.byteSize());
    return of(type, shape, own.asSlice(0, bytes.byteSize()).asReadOnly());
  }

  /** Returns whether type, shape and all bytes are the same. */
  @Override
  public boolean equals(@org.jspecify.annotations.Nullable Object other) {
    return other instanceof Tensor that
        && type == that.type
        && Arrays.equals(shape, that.shape)
        && bytes.equals(that.bytes);
  }

  @Override
  public int hashCode() {
    return 31 * (31 * type.hashCode() + Arrays.hashCode(shape)) + bytes.hashCode();
  }

  @Override
  public String toString() {
    return "Tensor[type=" + type + ", shape=" + text(shape) + "]";
  }
}
