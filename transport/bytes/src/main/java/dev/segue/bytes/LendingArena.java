package dev.segue.bytes;

import dev.segue.bytes.spi.Leaks;
import dev.segue.bytes.spi.MemoryOwner;
import dev.segue.bytes.spi.Nanos;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * An arena whose memory is freed only when all leases have ended: as long as {@link SegmentedBytes}
 * made of its segments are lent, it can't be freed, whenever {@link #close()} is called.
 *
 * <p>Any {@link SegmentedBytes#fromSegments} over its memory is protected, with no further call.
 *
 * <p>Owner: the caller. Lifetime: {@link #close()} frees it at once if nothing is lent, else the
 * end of the last lease does. Threads: any, as {@link Arena#ofShared()}; freeing is a handshake
 * with all threads, so use one arena for many messages.
 */
public final class LendingArena implements Arena {
  private final Arena arena = Arena.ofShared();
  private final Memory memory = new Memory(arena);
  private final Leaks.@Nullable Leak leak = Leaks.track(this, "LendingArena");

  /** Whoever has the scope may allocate in it, or map a file into it. */
  private volatile boolean isScopeKnown;

  private static final class Memory extends MemoryOwner {
    final CountDownLatch freed = new CountDownLatch(1);

    Memory(Arena arena) {
      super(arena);
    }

    void known() {
      found();
    }

    @Override
    protected void free() {
      freed.countDown();
    }

    @Override
    public String toString() {
      return "LendingArena";
    }
  }

  /** A new arena. */
  public LendingArena() {}

  /**
   * Zeroed memory.
   *
   * @throws IllegalStateException if the arena is closed
   */
  @Override
  public MemorySegment allocate(long byteSize, long byteAlignment) {
    if (memory.isClosed()) {
      throw new IllegalStateException(
          "allocation of byteSize=" + byteSize + " from a LendingArena: it is closed");
    }
    var _ = scope();
    return arena.allocate(byteSize, byteAlignment);
  }

  @Override
  public MemorySegment.Scope scope() {
    if (!isScopeKnown) {
      memory.known();
      isScopeKnown = true;
    }
    return arena.scope();
  }

  /**
   * Ends the arena: frees its memory if nothing is lent, else leaves that to the end of the last
   * lease. Idempotent.
   *
   * <p>Memory that a channel of the JDK is just writing from, without a lease, is freed soon after
   * that ends.
   */
  @Override
  public void close() {
    Leaks.close(leak);
    memory.close();
  }

  /**
   * {@link #close()}, then waits until all leases have ended.
   *
   * @return whether the memory is freed now
   * @throws InterruptedException if the thread is interrupted while it waits
   */
  public boolean close(Duration timeout) throws InterruptedException {
    close();
    return memory.freed.await(Nanos.of(timeout), TimeUnit.NANOSECONDS);
  }

  /** Returns whether the memory is freed: closed, and nothing lent any more. */
  public boolean isFreed() {
    return memory.freed.getCount() == 0;
  }
}
