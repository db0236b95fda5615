package dev.segue.iceoryx2;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.segue.bytes.spi.Nanos;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Waits for many subscribers, listeners, servers and pending responses at once, in the kernel.
 *
 * <pre>
 *   waitSet.attach(left);
 *   waitSet.attach(right);
 *   for (Attachable ready : waitSet.await(timeout)) { … }   // look at each until it has no more
 * </pre>
 *
 * <p>A port is ready as long as something waits in it, so a port that nobody empties is reported
 * again at once. A port that is closed leaves the set. A message from a publisher in another
 * language that notifies nobody is noticed within 20 ms, the first one within 200 ms, as is an
 * interrupt.
 *
 * <p>Owner: the caller; its node closes it at the latest. Lifetime: until {@link #close()}; then
 * {@link IllegalStateException}. It doesn't own the ports. Threads: any; several may wait.
 */
public final class WaitSet implements Child {
  // struct pollfd
  private static final long POLL_BYTE_SIZE = 8;
  private static final long EVENTS = 4;
  private static final short POLLIN = 1;

  private final Children siblings;
  private final Runnable portClosed = this::lookAgain;
  private final AtomicBoolean wanted = new AtomicBoolean();
  private final CopyOnWriteArrayList<Signal> attached = new CopyOnWriteArrayList<>();

  /** Its address is a file descriptor that can be read once somebody wants the waits to end. */
  private final Handle handle;

  WaitSet(Children siblings) {
    this.siblings = siblings;
    this.handle = new Handle("the wait set", NativeEvents.newWake(), NativeEvents::freeWake);
  }

  /**
   * Adds a port, which may be of any node of this process.
   *
   * @throws IllegalArgumentException if it is attached
   * @throws IllegalStateException if the wait set is closed
   */
  public void attach(Attachable port) {
    Signal signal = Signal.of(Objects.requireNonNull(port, "port"));
    handle.enter();
    try {
      if (!attached.addIfAbsent(signal)) {
        throw new IllegalArgumentException("attach of " + port + ": it is attached");
      }
      signal.handle().whenClosed(portClosed);
    } finally {
      handle.release();
    }
  }

  /** Takes a port out; false if it wasn't in. A wait that is under way may still report it. */
  public boolean detach(Attachable port) {
    Signal signal = Signal.of(Objects.requireNonNull(port, "port"));
    signal.handle().forget(portClosed);
    return attached.remove(signal);
  }

  /** Returns how many ports are attached. */
  public int size() {
    return attached.size();
  }

  /**
   * Ends the current wait, or else the next one, as if its timeout had passed: for wake-ups that
   * don't come from a port. From any thread; no effect if this is closed.
   */
  public void wakeUp() {
    wanted.set(true);
    lookAgain();
  }

  /** So that a port that is closed is let go of at once. */
  private void lookAgain() {
    if (handle.tryAcquire()) {
      try {
        NativeEvents.ring(handle.address());
      } finally {
        handle.release();
      }
    }
  }

  /**
   * Waits until a port has something to take, and returns all that do.
   *
   * @return the ports in the order they were attached; none if none had something within {@code
   *     timeout}, or if {@link #wakeUp()} ended the wait
   * @throws IllegalStateException if the wait set is closed, before or during the call
   * @throws InterruptedException if the thread is interrupted while it waits
   * @throws IceoryxException if the core fails to check a port
   */
  public List<Attachable> await(Duration timeout) throws IceoryxException, InterruptedException {
    long start = System.nanoTime();
    long nanos = Nanos.of(timeout);
    long wake = handle.enter();
    try {
      while (true) {
        long left = nanos - (System.nanoTime() - start);
        List<Attachable> ready = look(wake, Math.max(left, 0));
        if (!ready.isEmpty() || left <= 0 || isWoken(wake)) {
          return List.copyOf(ready);
        }
        if (handle.isClosed()) {
          throw new IllegalStateException("wait of " + this + ": it is closed");
        }
      }
    } finally {
      handle.release();
    }
  }

  private boolean isWoken(long wake) {
    if (handle.isClosed()) {
      return false; // it stays rung, so that all who wait see it
    }
    NativeEvents.clear(wake); // first, so that no later wish is forgotten
    if (handle.isClosed()) {
      NativeEvents.ring(wake); // the ring of a close in between was cleared
    }
    return wanted.compareAndSet(true, false);
  }

  /** Looks at all, and waits for a slice if none is ready; their handles are held meanwhile. */
  private List<Attachable> look(long wake, long most)
      throws IceoryxException, InterruptedException {
    List<Signal> held = new ArrayList<>();
    try (Arena arena = Arena.ofConfined()) {
      for (Signal signal : attached) {
        if (signal.handle().tryAcquire()) {
          held.add(signal);
        } else {
          attached.remove(signal);
        }
      }
      int count = held.size() + 1;
      MemorySegment descriptors = arena.allocate(POLL_BYTE_SIZE * count, POLL_BYTE_SIZE);
      descriptors.set(JAVA_INT, POLL_BYTE_SIZE * (count - 1), (int) wake);
      descriptors.set(JAVA_SHORT, POLL_BYTE_SIZE * (count - 1) + EVENTS, POLLIN);
      List<Attachable> ready = new ArrayList<>();
      boolean alwaysWoken = true;
      for (int i = 0; i < held.size(); i++) {
        Signal signal = held.get(i);
        long address = signal.handle().address();
        // Before the look, so that what comes behind it makes the descriptor readable.
        descriptors.set(JAVA_INT, POLL_BYTE_SIZE * i, signal.descriptor().of(address));
        descriptors.set(JAVA_SHORT, POLL_BYTE_SIZE * i + EVENTS, POLLIN);
        if (signal.look().isReady(address)) {
          ready.add(signal.port());
        }
        alwaysWoken = alwaysWoken && signal.alwaysWakes().test(address);
      }
      long slice = Math.min(most, Waits.sliceNanos(alwaysWoken));
      if (ready.isEmpty() && slice > 0) {
        if (Thread.interrupted()) {
          throw new InterruptedException("wait of " + this);
        }
        NativeEvents.poll(descriptors, count, slice);
      }
      return ready;
    } finally {
      for (Signal signal : held) {
        signal.handle().release();
      }
    }
  }

  /**
   * Closes it: waiting calls throw an {@link IllegalStateException}, and this waits for them to
   * return. Idempotent.
   */
  @Override
  public void close() {
    handle.close(NativeEvents::ring);
    handle.awaitFreed();
    attached.forEach(signal -> signal.handle().forget(portClosed));
    attached.clear();
    siblings.forget(this);
  }

  @Override
  public String toString() {
    return "WaitSet[size=" + size() + "]";
  }
}
