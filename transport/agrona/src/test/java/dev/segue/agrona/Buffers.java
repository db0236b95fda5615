package dev.segue.agrona;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/** Buffers for tests in a JVM without the flag that Agrona's own ones ask for. */
final class Buffers {
  private Buffers() {}

  static MemorySegment nativeOf(byte... content) {
    return Arena.ofAuto().allocate(content.length, 8).copyFrom(MemorySegment.ofArray(content));
  }

  static ByteBuffer directOf(byte... content) {
    return ByteBuffer.allocateDirect(content.length).put(content).flip();
  }

  /**
   * A foreign {@link DirectBuffer} over a part of a {@link ByteBuffer}, as UnsafeBuffer wraps it.
   */
  static DirectBuffer over(ByteBuffer whole, int adjustment, int capacity) {
    return foreign(whole, adjustment, capacity, false);
  }

  /** A foreign {@link DirectBuffer} that tells an address alone. */
  static DirectBuffer addressOnly(ByteBuffer whole) {
    return foreign(whole, 0, whole.capacity(), true);
  }

  private static DirectBuffer foreign(
      ByteBuffer whole, int adjustment, int capacity, boolean addressOnly) {
    ByteBuffer part = whole.slice(adjustment, capacity).order(ByteOrder.nativeOrder());
    return (DirectBuffer)
        Proxy.newProxyInstance(
            Buffers.class.getClassLoader(),
            new Class<?>[] {DirectBuffer.class},
            (_, method, arguments) -> {
              Object[] given = arguments == null ? new Object[0] : arguments;
              return switch (method.getName()) {
                case "capacity" -> capacity;
                case "byteBuffer" -> addressOnly ? null : whole;
                case "byteArray" -> whole.hasArray() && !addressOnly ? new byte[0] : null;
                case "wrapAdjustment" -> adjustment;
                case "getByte" -> part.get((int) given[0]);
                case "getLong" -> part.getLong((int) given[0]);
                case "getBytes" -> {
                  ((ByteBuffer) given[1]).put((int) given[2], part, (int) given[0], (int) given[3]);
                  yield null;
                }
                default -> throw new UnsupportedOperationException(method.toString());
              };
            });
  }

  /** A foreign target that takes {@code putBytes} of a {@link ByteBuffer}. */
  static MutableDirectBuffer targetOver(ByteBuffer target) {
    return (MutableDirectBuffer)
        Proxy.newProxyInstance(
            Buffers.class.getClassLoader(),
            new Class<?>[] {MutableDirectBuffer.class},
            (_, method, given) -> {
              if (!method.getName().equals("putBytes")) {
                throw new UnsupportedOperationException(method.toString());
              }
              target.put((int) given[0], (ByteBuffer) given[1], (int) given[2], (int) given[3]);
              return null;
            });
  }

  static byte[] bytesOf(MemorySegment segment) {
    return segment.toArray(ValueLayout.JAVA_BYTE);
  }
}
