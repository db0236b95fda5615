package dev.segue.iceoryx2;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.segue.iceoryx2.IceoryxException.Kind;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** The downcalls on nodes. */
final class NativeNode {
  private static final MethodHandle NEW =
      Native.handle("segue_ice_node_new", ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG);
  private static final MethodHandle CLEAN = Native.handle("segue_ice_node_clean", JAVA_LONG);
  private static final MethodHandle FREE = Native.freeing("segue_ice_node_free");

  private NativeNode() {}

  static long create(NodeOptions options) throws IceoryxException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment name = Native.utf8(arena, options.name());
      MemorySegment prefix = Native.utf8(arena, options.prefix());
      return Native.checked(
          Kind.NODE,
          "node name=" + options.name() + " prefix=" + options.prefix(),
          Native.call(
              () -> (long) NEW.invokeExact(name, name.byteSize(), prefix, prefix.byteSize())));
    }
  }

  /** {@code removed | failed << 32}. */
  static long clean(long node) throws IceoryxException {
    return Native.checked(
        Kind.NODE, "clean-up of dead nodes", Native.call(() -> (long) CLEAN.invokeExact(node)));
  }

  static void free(long node) {
    Native.free(FREE, node);
  }
}
