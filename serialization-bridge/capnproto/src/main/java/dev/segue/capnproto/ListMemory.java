package dev.segue.capnproto;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import org.capnproto.EnumList;
import org.capnproto.ListBuilder;
import org.capnproto.ListReader;
import org.capnproto.PrimitiveList;
import org.capnproto.SegmentBuilder;
import org.capnproto.SegmentReader;

/**
 * The memory of a list's elements. The runtime gives them out one by one alone, so this looks into
 * its fields.
 *
 * @param buffer the message's segment that they are in
 * @param byteOffset of the first element
 * @param byteSize of all elements
 */
record ListMemory(ByteBuffer buffer, long byteOffset, long byteSize) {
  private static final ByteBuffer EMPTY = ByteBuffer.allocate(0);
  private static final Fields READER = new Fields(ListReader.class, SegmentReader.class);
  private static final Fields BUILDER = new Fields(ListBuilder.class, SegmentBuilder.class);

  /** The fields of a list's reader or builder. */
  private static final class Fields {
    private final VarHandle segment;
    private final VarHandle ptr;
    private final VarHandle step;

    Fields(Class<?> list, Class<?> segmentType) {
      try {
        MethodHandles.Lookup lookup = MethodHandles.privateLookupIn(list, MethodHandles.lookup());
        segment = lookup.findVarHandle(list, "segment", segmentType);
        ptr = lookup.findVarHandle(list, "ptr", int.class);
        step = lookup.findVarHandle(list, "step", int.class);
      } catch (ReflectiveOperationException e) {
        throw new IllegalStateException(
            "org.capnproto:runtime of another version than 0.1.16: " + e.getMessage(), e);
      }
    }
  }

  /**
   * Returns where a reader's elements lie.
   *
   * @throws IllegalArgumentException if it is not a list of numbers, of {@code Bool} or of an enum
   * @throws CapnProtoException if other bytes lie between them: a newer schema made structs of them
   */
  static ListMemory of(ListReader list) throws CapnProtoException {
    int bits = elementBitCount(list);
    int step = (int) READER.step.get(list);
    if (step != bits && list.size() > 0) {
      throw new CapnProtoException(
          "view of a list of size="
              + list.size()
              + ": its elements don't lie side by side: elementBitCount="
              + bits
              + " stepBitCount="
              + step);
    }
    ByteBuffer buffer =
        list.size() == 0 ? EMPTY : ((SegmentReader) READER.segment.get(list)).buffer;
    return new ListMemory(buffer, (int) READER.ptr.get(list), byteSize(list.size(), bits));
  }

  /**
   * Returns where a builder's elements lie.
   *
   * @throws IllegalArgumentException if it is not a list of numbers, of {@code Bool} or of an enum,
   *     or if other bytes lie between them
   */
  static ListMemory of(ListBuilder list) {
    int bits = elementBitCount(list);
    int step = (int) BUILDER.step.get(list);
    if (step != bits && list.size() > 0) {
      throw new IllegalArgumentException(
          "view of a list of size="
              + list.size()
              + ": its elements don't lie side by side: elementBitCount="
              + bits
              + " stepBitCount="
              + step);
    }
    ByteBuffer buffer =
        list.size() == 0 ? EMPTY : ((SegmentBuilder) BUILDER.segment.get(list)).buffer;
    return new ListMemory(buffer, (int) BUILDER.ptr.get(list), byteSize(list.size(), bits));
  }

  private static long byteSize(int size, int bits) {
    return ((long) size * bits + Byte.SIZE - 1) / Byte.SIZE;
  }

  private static int elementBitCount(Object list) {
    return switch (list) {
      case PrimitiveList.Boolean.Reader _, PrimitiveList.Boolean.Builder _ -> 1;
      case PrimitiveList.Byte.Reader _, PrimitiveList.Byte.Builder _ -> Byte.SIZE;
      case PrimitiveList.Short.Reader _, PrimitiveList.Short.Builder _ -> Short.SIZE;
      case EnumList.Reader<?> _, EnumList.Builder<?> _ -> Short.SIZE;
      case PrimitiveList.Int.Reader _, PrimitiveList.Int.Builder _ -> Integer.SIZE;
      case PrimitiveList.Float.Reader _, PrimitiveList.Float.Builder _ -> Float.SIZE;
      case PrimitiveList.Long.Reader _, PrimitiveList.Long.Builder _ -> Long.SIZE;
      case PrimitiveList.Double.Reader _, PrimitiveList.Double.Builder _ -> Double.SIZE;
      default ->
          throw new IllegalArgumentException(
              "view of a list: not one of numbers, Bool or an enum: " + list.getClass().getName());
    };
  }
}
