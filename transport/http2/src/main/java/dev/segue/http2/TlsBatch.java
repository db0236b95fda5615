package dev.segue.http2;

import io.netty.util.concurrent.FastThreadLocal;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/**
 * The plaintext of a batch in its order: what was staged (frame headers, small pieces) and regions
 * as they lie, for one call of the engine.
 *
 * <p>Nothing stays in it between two batches, so each event loop has one. Owner: the event loop.
 * Lifetime: that of its thread. Threads: the loop's.
 */
final class TlsBatch {
  /** As many regions as fit into one call, each with what is staged before it. */
  static final int MAX_REGION_COUNT = 16;

  /** Each second frame of a batch is copied, {@link ConnectionBuilder#BATCH_BYTE_SIZE}. */
  private static final int STAGE_BYTE_SIZE = 9 * 16_384;

  /** One before each region, one behind the last, and those that were closed as they were full. */
  private static final int MAX_STAGED_COUNT =
      MAX_REGION_COUNT + 1 + 2 * STAGE_BYTE_SIZE / TlsSink.RECORD_BYTE_SIZE;

  private static final FastThreadLocal<TlsBatch> OF_THREAD =
      new FastThreadLocal<>() {
        @Override
        protected TlsBatch initialValue() {
          return new TlsBatch();
        }
      };

  private final ByteBuffer stage = ByteBuffer.allocateDirect(STAGE_BYTE_SIZE);
  private final MemorySegment stageMemory = MemorySegment.ofBuffer(stage);
  private final ByteBuffer[] staged = new ByteBuffer[MAX_STAGED_COUNT];
  private final ByteBuffer[] sources = new ByteBuffer[MAX_REGION_COUNT + MAX_STAGED_COUNT];
  private int sourceCount;
  private int regionCount;
  private int stagedCount;
  private int stagedByteOffset;
  private long byteSize;

  private TlsBatch() {
    for (int i = 0; i < staged.length; i++) {
      staged[i] = stage.duplicate();
    }
  }

  static TlsBatch ofThisLoop() {
    return OF_THREAD.get();
  }

  /** Returns what is staged behind the last region. */
  int stagedByteSize() {
    return stage.position() - stagedByteOffset;
  }

  /** Returns where to stage; {@link #hasRoom} says how much. */
  ByteBuffer stage() {
    return stage;
  }

  /** Returns whether that many bytes can be staged, and a region added behind them. */
  boolean hasRoom(int stagedByteSize) {
    return stage.remaining() >= stagedByteSize && regionCount < MAX_REGION_COUNT;
  }

  /** Copies; the caller counts it. */
  void stageCopyOf(MemorySegment source, long byteOffset, int byteSize) {
    MemorySegment.copy(source, byteOffset, stageMemory, stage.position(), byteSize);
    stage.position(stage.position() + byteSize);
  }

  void add(ByteBuffer region) {
    closeStaged();
    byteSize += region.remaining();
    sources[sourceCount++] = region;
    regionCount++;
  }

  /**
   * Ends the source that is being staged. None may be larger than a record: BoringSSL writes one
   * record of it, and Netty's engine goes on with the next source.
   */
  void closeStaged() {
    int end = stage.position();
    if (end > stagedByteOffset) {
      assert end - stagedByteOffset <= TlsSink.RECORD_BYTE_SIZE : "source beyond a record";
      byteSize += end - stagedByteOffset;
      sources[sourceCount++] = staged[stagedCount++].limit(end).position(stagedByteOffset);
      stagedByteOffset = end;
    }
  }

  /** All of it, to be consumed from the first on; {@link #clear()} ends that. */
  ByteBuffer[] sources() {
    closeStaged();
    return sources;
  }

  int sourceCount() {
    return sourceCount;
  }

  long byteSize() {
    return byteSize;
  }

  void consumed(int count) {
    byteSize -= count;
  }

  void clear() {
    for (int i = 0; i < sourceCount; i++) {
      sources[i] = stage; // Whatever a region was part of need not stay reachable.
    }
    sourceCount = 0;
    regionCount = 0;
    stagedCount = 0;
    stagedByteOffset = 0;
    byteSize = 0;
    stage.clear();
  }
}
