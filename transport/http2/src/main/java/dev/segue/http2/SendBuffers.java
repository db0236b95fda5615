package dev.segue.http2;

import io.netty.buffer.ByteBufAllocator;
import io.netty.util.concurrent.FastThreadLocal;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;

/**
 * The buffers that one event loop reuses for sending: views of lent memory, and blocks for headers.
 * So a response makes no more garbage when it is larger.
 *
 * <p>Owner: the event loop. Lifetime: that of its thread. Threads: the loop's.
 */
final class SendBuffers {
  private static final int MAX_FREE_VIEWS = 4096;
  private static final int MAX_FREE_BLOCKS = 64;

  private static final FastThreadLocal<SendBuffers> OF_THREAD =
      new FastThreadLocal<>() {
        @Override
        protected SendBuffers initialValue() {
          return new SendBuffers();
        }
      };

  private final Thread loop = Thread.currentThread();
  private final ArrayDeque<LentBuf> views = new ArrayDeque<>();
  private final ArrayDeque<StagingBlock> blocks = new ArrayDeque<>();
  private StagingBlock current = new StagingBlock(this);

  private SendBuffers() {}

  static SendBuffers ofThisLoop() {
    return OF_THREAD.get();
  }

  /** A view of {@code byteSize} bytes that holds {@code owner} until it is released. */
  LentBuf view(
      MemorySegment segment,
      long byteOffset,
      int byteSize,
      MemoryHold owner,
      ByteBufAllocator alloc) {
    LentBuf view = views.poll();
    return (view == null ? new LentBuf(this) : view)
        .show(segment, byteOffset, byteSize, owner, alloc);
  }

  /** The block to fill: what is left of the one before, if that is enough. */
  StagingBlock block(int byteSize) {
    if (!current.hasRoom(byteSize)) {
      StagingBlock full = current;
      StagingBlock free = blocks.poll();
      current = free == null ? new StagingBlock(this) : free;
      full.release();
    }
    return current;
  }

  /** The block to fill next, from its start if nothing of it is on its way. */
  StagingBlock firstBlock() {
    current.reuse();
    return current;
  }

  void recycle(LentBuf view) {
    if (views.size() < MAX_FREE_VIEWS && loop.equals(Thread.currentThread())) {
      views.push(view);
    }
  }

  void recycle(StagingBlock block) {
    if (blocks.size() < MAX_FREE_BLOCKS && loop.equals(Thread.currentThread())) {
      blocks.push(block);
    }
  }
}
