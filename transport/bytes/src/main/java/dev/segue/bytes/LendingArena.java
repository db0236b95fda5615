package dev.segue.bytes;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * An arena with an explicit end that waits for the lent: what {@link SegmentedBytes} made of its
 * segments is lent can't be freed, whenever {@link #close()} is called.
 *
 * <p>Any {@link SegmentedBytes#fromSegments} over its memory is protected, with no further call.
 *
 * <p>Owner: the caller. Lifetime: {@link #close()} frees at once when nothing is lent, else the end
 * of the last lease does. Threads: any, as {@link Arena#ofShared()}; freeing is a handshake with
 * all threads, so use one arena for many messages.
 */
public final class LendingArena implements Arena {
  private static final ConcurrentHashMap<MemorySegment.Scope, Memory> OPEN =
      new ConcurrentHashMap<>();

  private final Memory memory = new Memory();
  private volatile boolean closed;

  private static final class Memory extends MemoryOwner {
    final Arena arena = Arena.ofShared();
    final CountDownLatch freed = new CountDownLatch(1);

    @Override
    protected synchronized void free() {
      if (freed.getCount() == 0) {
        return;
      }
      try {
        arena.close();
      } catch (IllegalStateException _) {
        return; // a channel of the JDK reads it now: on a releasing thread nobody could help that
      }
      // Last, so that whoever finds no owner for a segment of ours also finds it dead.
      OPEN.remove(arena.scope());
      freed.countDown();
    }

    void freeIfUnheld() {
      if (holderCount() == 0) {
        free();
      }
    }

    @Override
    public String toString() {
      return "LendingArena";
    }
  }

  /** A new arena. */
  public LendingArena() {
    OPEN.put(memory.arena.scope(), memory);
  }

  static @Nullable MemoryOwner ownerOf(MemorySegment segment) {
    return OPEN.isEmpty() ? null : OPEN.get(segment.scope());
  }

  /**
   * Zeroed memory.
   *
   * @throws IllegalStateException if the arena is closed
   */
  @Override
  public MemorySegment allocate(long byteSize, long byteAlignment) {
    if (closed) {
      throw new IllegalStateException(
          "allocation of byteSize=" + byteSize + " from a LendingArena: it is closed");
    }
    return memory.arena.allocate(byteSize, byteAlignment);
  }

  @Override
  public MemorySegment.Scope scope() {
    return memory.arena.scope();
  }

  /**
   * Ends the arena: frees its memory if nothing is lent, else leaves that to the end of the last
   * lease. Idempotent.
   *
   * <p>Memory that a channel of the JDK is just writing from, without a lease, stays: {@link
   * #isFreed()} tells, and closing again frees it then.
   */
  @Override
  public void close() {
    boolean first;
    synchronized (this) {
      first = !closed;
      closed = true;
    }
    if (first) {
      memory.release();
    } else {
      memory.freeIfUnheld();
    }
  }

  /**
   * {@link #close()}, then waits for the lent.
   *
   * @return whether the memory is freed now
   * @throws InterruptedException if the thread is interrupted while it waits
   */
  public boolean close(Duration timeout) throws InterruptedException {
    close();
    if (memory.freed.await(TimeUnit.NANOSECONDS.convert(timeout), TimeUnit.NANOSECONDS)) {
      return true;
    }
    memory.freeIfUnheld();
    return isFreed();
  }

  /** Whether the memory is freed: closed, and nothing lent any more. */
  public boolean isFreed() {
    return memory.freed.getCount() == 0;
  }
}
