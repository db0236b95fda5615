package dev.segue.http2;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** A block of memory for frame headers and small pieces, filled from its start. Loop only. */
final class StagingBlock implements MemoryHold {
  static final int BYTE_SIZE = 4096;

  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  final MemorySegment memory = Arena.ofAuto().allocate(BYTE_SIZE);
  private final SendBuffers home;
  private int holders = 1;
  private int filled;

  StagingBlock(SendBuffers home) {
    this.home = home;
  }

  int filledByteSize() {
    return filled;
  }

  boolean hasRoom(int byteSize) {
    return BYTE_SIZE - filled >= byteSize;
  }

  void put(int value) {
    memory.set(ValueLayout.JAVA_BYTE, filled++, (byte) value);
  }

  void putInt(int value) {
    memory.set(INT, filled, value);
    filled += Integer.BYTES;
  }

  void putZeros(int byteSize) {
    memory.asSlice(filled, byteSize).fill((byte) 0);
    filled += byteSize;
  }

  /** Copies; the caller counts it. */
  void putCopyOf(MemorySegment source, long byteOffset, int byteSize) {
    MemorySegment.copy(source, byteOffset, memory, filled, byteSize);
    filled += byteSize;
  }

  /** Begins again at the start, if all that was filled has left. */
  void reuse() {
    if (holders == 1) {
      filled = 0;
    }
  }

  @Override
  public void acquire() {
    holders++;
  }

  @Override
  public void release() {
    holders--;
    assert holders >= 0 : "release of a block that nobody holds";
    if (holders == 0) {
      holders = 1;
      filled = 0;
      home.recycle(this);
    }
  }
}
