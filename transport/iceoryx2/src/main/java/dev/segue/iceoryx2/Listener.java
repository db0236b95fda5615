package dev.segue.iceoryx2;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.segue.bytes.spi.Nanos;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Waits for the events of an {@link EventService} in the kernel, without using the processor.
 *
 * <p>Owner: the caller; its node closes it at the latest. Lifetime: until {@link #close()}; then
 * {@link IllegalStateException}. Threads: any, one waits at a time; a virtual one keeps its carrier
 * while it waits.
 */
public final class Listener implements Child, Attachable {
  /** The longest time until a wait sees a close or an interrupt. */
  private static final long SLICE_NANOS = Duration.ofMillis(20).toNanos();

  private static final int PAIR = 2;

  private final Children siblings;
  private final String name;
  private final int largestEvent;
  private final Handle handle;
  private final ReentrantLock waiting = new ReentrantLock();

  /** Events that were taken out of the core and not returned, with their counts; by the lock. */
  private final SortedMap<Integer, Long> early = new TreeMap<>();

  private final Signal signal;

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
    this.signal = new Signal(this, handle, NativeEvents::descriptor, this::hasEvents, _ -> true);
  }

  /**
   * Waits for events, and returns those that were notified since the last wait.
   *
   * @return an empty list if there was none within {@code timeout}
   * @throws IllegalStateException if the listener is closed, before or during the call
   * @throws InterruptedException if the thread is interrupted while it waits
   */
  public List<Heard> await(Duration timeout) throws IceoryxException, InterruptedException {
    long start = System.nanoTime();
    long nanos = Nanos.of(timeout);
    long listener = handle.enter();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment pairs = pairs(arena);
      while (true) {
        long left = nanos - (System.nanoTime() - start);
        List<Heard> heard = await(listener, Math.clamp(left, 0, SLICE_NANOS), pairs);
        if (!heard.isEmpty() || left <= 0) {
          return heard;
        }
        if (handle.isClosed()) {
          throw new IllegalStateException("wait of " + this + ": it is closed");
        }
      }
    } finally {
      handle.release();
    }
  }

  private MemorySegment pairs(Arena arena) {
    return arena.allocate(JAVA_LONG, PAIR * (largestEvent + 1L));
  }

  private List<Heard> await(long listener, long nanos, MemorySegment pairs)
      throws IceoryxException, InterruptedException {
    if (!waiting.tryLock(nanos, TimeUnit.NANOSECONDS)) {
      return List.of();
    }
    try {
      if (Thread.interrupted()) {
        throw new InterruptedException("wait of " + this);
      }
      if (handle.isClosed()) {
        return List.of();
      }
      long known = early.isEmpty() ? nanos : 0;
      collect(pairs, NativeEvents.await(listener, name, known, pairs));
      List<Heard> heard = new ArrayList<>(early.size());
      early.forEach((event, count) -> heard.add(new Heard(event, count)));
      early.clear();
      return List.copyOf(heard);
    } finally {
      waiting.unlock();
    }
  }

  /**
   * Returns whether there are events, for a wait set: it takes them out of the core, which makes no
   * descriptor readable for events that come while others are taken.
   */
  private boolean hasEvents(long listener) throws IceoryxException {
    if (!waiting.tryLock()) {
      return false; // another thread takes them
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment pairs = pairs(arena);
      collect(pairs, NativeEvents.await(listener, name, 0, pairs));
      return !early.isEmpty();
    } finally {
      waiting.unlock();
    }
  }

  private void collect(MemorySegment pairs, long count) {
    for (long i = 0; i < count; i++) {
      int event = (int) pairs.getAtIndex(JAVA_LONG, PAIR * i);
      early.merge(event, pairs.getAtIndex(JAVA_LONG, PAIR * i + 1), Math::addExact);
    }
  }

  /** Returns what a wait set looks at. */
  Signal signal() {
    return signal;
  }

  /**
   * Closes it: waiting calls throw an {@link IllegalStateException}, and this waits for them to
   * return. Idempotent.
   */
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
