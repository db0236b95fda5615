package dev.segue.zenoh;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** The downcalls on key expressions; what the core doesn't take is an argument. */
final class NativeKeyExpr {
  private static final MethodHandle CANONIZE =
      Native.handle("segue_keyexpr_canonize", ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG);
  private static final MethodHandle RELATION =
      Native.handle("segue_keyexpr_relation", ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG);
  private static final MethodHandle JOIN =
      Native.handle(
          "segue_keyexpr_join",
          ADDRESS,
          JAVA_LONG,
          ADDRESS,
          JAVA_LONG,
          JAVA_INT,
          ADDRESS,
          JAVA_LONG);

  private NativeKeyExpr() {}

  static String canonize(String text, String attempted) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment utf8 = Native.utf8(arena, text);
      return Native.readText(
              (buffer, capacity) ->
                  (long) CANONIZE.invokeExact(utf8, utf8.byteSize(), buffer, capacity))
          .orArgued(attempted);
    }
  }

  /** 0 disjoint, 1 intersecting, 2 the first includes the second, 3 equal. */
  static int relation(String left, String right) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment one = Native.utf8(arena, left);
      MemorySegment other = Native.utf8(arena, right);
      long relation =
          Native.call(
              () -> (long) RELATION.invokeExact(one, one.byteSize(), other, other.byteSize()));
      if (relation < 0) {
        Native.argued(
            "relation of key expression " + KeyExpr.quote(left) + " to " + KeyExpr.quote(right),
            relation);
      }
      return (int) relation;
    }
  }

  static String join(String left, String right, boolean withSlash, String attempted) {
    int slash = withSlash ? 1 : 0;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment one = Native.utf8(arena, left);
      MemorySegment other = Native.utf8(arena, right);
      return Native.readText(
              (buffer, capacity) ->
                  (long)
                      JOIN.invokeExact(
                          one, one.byteSize(), other, other.byteSize(), slash, buffer, capacity))
          .orArgued(attempted);
    }
  }
}
