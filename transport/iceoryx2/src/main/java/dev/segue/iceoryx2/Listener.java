package dev.segue.iceoryx2;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Waits for the events of an {@link EventService} in the kernel, without using the processor.
 *
 * <p>Owner: the caller; its node closes it at the latest. Lifetime: until {@link #close()}; then
 * {@link IllegalStateException}. Threads: any, one waits at a time; a virtual one keeps its carrier
 * meanwhile.
 */
public final class Listener implements Child {
  /** How long a wait takes to see a close or an interrupt. */
  private static final long SLICE_NANOS = Duration.ofMillis(20).toNanos();

  private static final int PAIR = 2;

  private final Children siblings;
  private final String name;
  private final int largestEvent;
  private final Handle handle;
  private final ReentrantLock waiting = new ReentrantLock();

  /**
   * An event that was notified.
   *
   * @param event its number
   * @param count how often, since the last wait
   */
  public record Heard(int event, long count) {}

  Listener(Children siblings, String name, int largestEvent, long address) {
    this.siblings = siblings;
    this.name = name;
    this.largestEvent = largestEvent;
    this.handle = new Handle("the listener of " + name, address, NativeEvents::freeListener);
  }

  /**
   * The events that were notified since the last wait, waiting for one.
   *
   * @return none if there was none for as long as {@code timeout}
   * @throws IllegalStateException if the listener is closed, before or meanwhile
   * @throws InterruptedException if the thread is interrupted while it waits
   */
  public List<Heard> await(Duration timeout) throws IceoryxException, InterruptedException {
    long start = System.nanoTime();
    long nanos = Math.max(0, TimeUnit.NANOSECONDS.convert(timeout));
    long listener = handle.enter();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment pairs = arena.allocate(JAVA_LONG, PAIR * (largestEvent + 1L));
      while (true) {
        long left = nanos - (System.nanoTime() - start);
        long count = await(listener, Math.clamp(left, 0, SLICE_NANOS), pairs);
        if (count > 0 || left <= 0) {
          return heard(pairs, count);
        }
        if (handle.isClosed()) {
          throw new IllegalStateException("wait of " + this + ": it is closed");
        }
      }
    } finally {
      handle.release();
    }
  }

  private long await(long listener, long nanos, MemorySegment pairs)
      throws IceoryxException, InterruptedException {
    if (!waiting.tryLock(nanos, TimeUnit.NANOSECONDS)) {
      return 0;
    }
    try {
      if (Thread.interrupted()) {
        throw new InterruptedException("wait of " + this);
      }
      return handle.isClosed() ? 0 : NativeEvents.await(listener, name, nanos, pairs);
    } finally {
      waiting.unlock();
    }
  }

  private static List<Heard> heard(MemorySegment pairs, long count) {
    List<Heard> heard = new ArrayList<>((int) count);
    for (long i = 0; i < count; i++) {
      heard.add(
          new Heard(
              (int) pairs.getAtIndex(JAVA_LONG, PAIR * i),
              pairs.getAtIndex(JAVA_LONG, PAIR * i + 1)));
    }
    return List.copyOf(heard);
  }

  /** Ends it: who waits gets an {@link IllegalStateException}; this waits for that. Idempotent. */
  @Override
  public void close() {
    handle.close(_ -> {});
    handle.awaitFreed();
    siblings.forget(this);
  }

  @Override
  public String toString() {
    return "Listener[" + name + "]";
  }
}
