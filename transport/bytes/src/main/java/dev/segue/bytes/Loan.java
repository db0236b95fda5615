package dev.segue.bytes;

import dev.segue.bytes.spi.Leaks;
import dev.segue.bytes.spi.LoanMemory;
import dev.segue.bytes.spi.Pending;
import dev.segue.bytes.spi.ScopeOwners;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Memory that a {@link LoanPool} gives out to be filled, then handed over or given back.
 *
 * <pre>
 *   try (Loan loan = pool.loan(byteSize)) {
 *     camera.readInto(loan.segment());          // fill: writable, this thread alone
 *     publisher.put(loan.handOver());           // hand over: read-only from here on
 *   }                                           // back to the pool when the last lease ends
 * </pre>
 *
 * <p>Owner: its pool. Lifetime: the memory returns to the pool when the loan is closed and its last
 * lease has ended, whichever comes last; after that, every access to it, through any view, throws
 * an {@link IllegalStateException}. Threads: any, but only the thread that called {@link
 * #segment()} may fill through it, hand over, and close a loan that wasn't handed over; once that
 * thread has ended, any thread may do the latter two.
 */
public final class Loan implements AutoCloseable {
  private final LoanMemory memory;
  private final Leaks.@Nullable Leak leak;
  private @Nullable Arena confined;
  private @Nullable Thread filler;
  private @Nullable MemorySegment writable;
  private @Nullable Shared shared;
  private volatile @Nullable SegmentedBytes handedOver;
  private volatile boolean filled;
  private boolean closed;

  /** The arena of those who fill it together, the memory in it, and the loan's end after theirs. */
  private final class Shared extends Pending {
    final Arena arena;
    final MemorySegment writable;

    Shared(Arena arena) {
      this.arena = arena;
      this.writable = writable(arena);
    }

    @Override
    protected boolean attempt() {
      // A channel may still be reading into it: the memory must not go back before.
      if (!tryEndShared()) {
        return false;
      }
      memory.close();
      return true;
    }
  }

  Loan(LoanMemory memory) {
    this.memory = memory;
    // Not even the text that says what it is, else: it is a third of what a put allocates.
    this.leak = Leaks.ENABLED ? Leaks.track(this, memory.toString()) : null;
  }

  /** The size that was asked for. */
  public long byteSize() {
    return memory.byteSize();
  }

  /**
   * The memory to fill, for the first thread that calls this alone. Its content is whatever was
   * there before. After {@link #handOver()} and {@link #close()} it can't be accessed any more.
   *
   * @throws IllegalStateException if the loan is handed over or closed
   */
  public synchronized MemorySegment segment() {
    checkFilling();
    MemorySegment known = writable;
    if (known == null) {
      Arena arena = Arena.ofConfined();
      known = writable(arena);
      ScopeOwners.addConfined(arena.scope(), memory);
      confined = arena;
      filler = Thread.currentThread();
      writable = known;
    }
    return known;
  }

  /**
   * The memory to fill, for any number of threads. It costs a handshake with all threads when the
   * filling ends, which {@link #segment()} does not; otherwise it is the same.
   *
   * @throws IllegalStateException if the loan is handed over or closed
   */
  public synchronized MemorySegment sharedSegment() {
    checkFilling();
    Shared known = shared;
    if (known == null) {
      known = new Shared(Arena.ofShared());
      ScopeOwners.add(known.arena.scope(), memory);
      shared = known;
    }
    return known.writable;
  }

  @SuppressWarnings("restricted") // the same memory, whose end is the end of the filling
  private MemorySegment writable(Arena arena) {
    return memory.memory().reinterpret(arena, null);
  }

  private void checkFilling() {
    if (closed) {
      throw new IllegalStateException("filling of " + this + ": it is closed");
    }
    if (filled) {
      throw new IllegalStateException("filling of " + this + ": it is handed over");
    }
  }

  /** Hands over all of it: {@link #handOver(long)} of {@link #byteSize()}. */
  public SegmentedBytes handOver() {
    return handOver(byteSize());
  }

  /**
   * Ends the filling and gives the first {@code byteSize} bytes as read-only bytes, without a copy.
   * They are valid while the loan is open or they are lent.
   *
   * @throws IllegalStateException if the loan was handed over with another size, or is closed, or a
   *     channel of the JDK is reading into it
   * @throws IndexOutOfBoundsException if {@code byteSize} is not within the loan
   * @throws WrongThreadException if another thread called {@link #segment()}, and has not ended
   */
  public synchronized SegmentedBytes handOver(long byteSize) {
    Objects.checkFromIndexSize(0, byteSize, byteSize());
    if (closed) {
      throw new IllegalStateException("hand-over of " + this + ": it is closed");
    }
    SegmentedBytes known = handedOver;
    if (filled) {
      checkHandedOver(byteSize, known == null ? byteSize() : known.byteSize());
    } else {
      endFilling(byteSize);
    }
    if (known == null) {
      known = SegmentedBytes.ofOwned(memory.readOnly(byteSize), memory);
      handedOver = known;
    }
    return known;
  }

  /** {@link #handOver()}, for who needs the memory and no bytes. */
  synchronized LoanMemory handOverMemory() {
    if (closed) {
      throw new IllegalStateException("hand-over of " + this + ": it is closed");
    }
    SegmentedBytes known = handedOver;
    if (known != null) {
      checkHandedOver(byteSize(), known.byteSize());
    } else if (!filled) {
      endFilling(byteSize());
    }
    return memory;
  }

  private void checkHandedOver(long byteSize, long before) {
    if (before != byteSize) {
      throw new IllegalStateException(
          "hand-over of "
              + this
              + ": byteSize="
              + byteSize
              + ", handed over before with byteSize="
              + before);
    }
  }

  private void endFilling(long byteSize) {
    endConfined();
    if (!tryEndShared()) {
      throw new IllegalStateException(
          "hand-over of " + this + ": a channel is reading into it; wait for that first");
    }
    memory.handOver(byteSize);
    filled = true;
  }

  /** Returns whether {@link #handOver()} was called. */
  public boolean isHandedOver() {
    return filled;
  }

  /**
   * Releases the memory; it returns to the pool at once, or when the last lease ends. Idempotent.
   *
   * @throws WrongThreadException if another thread called {@link #segment()}, which has not ended,
   *     and the loan was not handed over
   */
  @Override
  public void close() {
    Shared filling;
    synchronized (this) {
      if (closed) {
        return;
      }
      endConfined();
      closed = true;
      filling = shared;
      Leaks.close(leak);
    }
    if (filling == null) {
      memory.close();
    } else {
      filling.settle();
    }
  }

  private void endConfined() {
    Arena arena = confined;
    if (arena != null) {
      // Of a thread that has ended nobody can write by it, nor end its arena.
      if (filler == null || filler.isAlive()) {
        arena.close();
      }
      ScopeOwners.remove(arena.scope());
      confined = null;
      filler = null;
      writable = null;
    }
  }

  private synchronized boolean tryEndShared() {
    Shared known = shared;
    if (known == null) {
      return true;
    }
    if (!Pending.tryClose(known.arena)) {
      return false;
    }
    ScopeOwners.remove(known.arena.scope());
    shared = null;
    return true;
  }

  @Override
  public String toString() {
    return memory.toString();
  }
}
