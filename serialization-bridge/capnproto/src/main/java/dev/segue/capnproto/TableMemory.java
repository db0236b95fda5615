package dev.segue.capnproto;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/**
 * A few bytes of off-heap memory for a segment table that has no room in a loan.
 *
 * <p>Cut from slabs that the garbage collector frees when no table in them is reachable any more:
 * one cleaner for some thousand tables instead of one for each.
 */
final class TableMemory {
  private static final int SLAB_BYTE_SIZE = 1 << 16;

  private static MemorySegment slab = MemorySegment.NULL;
  private static long used;

  private TableMemory() {}

  /** Zeroed memory at an address that is a multiple of eight. */
  static synchronized MemorySegment allocate(long byteSize) {
    assert byteSize % Long.BYTES == 0 && byteSize <= SLAB_BYTE_SIZE;
    if (byteSize > slab.byteSize() - used) {
      slab = MemorySegment.ofBuffer(ByteBuffer.allocateDirect(SLAB_BYTE_SIZE));
      used = 0;
    }
    MemorySegment table = slab.asSlice(used, byteSize);
    used += byteSize;
    return table;
  }
}
