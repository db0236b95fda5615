package dev.segue.zenoh;

import dev.segue.bytes.BytesSource;
import dev.segue.bytes.spi.Nanos;
import java.time.Duration;
import java.util.Iterator;
import java.util.Optional;
import java.util.Set;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongFunction;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.agrona.concurrent.IdleStrategy;
import org.jspecify.annotations.Nullable;

/**
 * Receives the samples of one key expression: by polling, by pulling, or by a handler on a thread
 * of the library.
 *
 * <pre>
 *   native threads ──► bounded queue (Backlog) ──► poll(handler, limit)   a batch in one downcall
 *                                              ──► receive(timeout)       one, yours until closed
 *                                              ──► for (Sample sample : …) each until the next one
 *                                              ──► asPublisher()          as many as requested
 *                                              ──► handler                a thread of the library
 * </pre>
 *
 * {@snippet class="dev.segue.zenoh.JavadocTest" region="receive"}
 *
 * <p>Native threads only fill the queue: neither a slow handler nor a pause of the garbage
 * collector stops the reception, until the backlog is full.
 *
 * <p>Owner: the caller; its session closes it at the latest. Lifetime: until {@link #close()}; then
 * {@link IllegalStateException}. Threads: {@code receive} any; {@code poll} one at a time.
 */
public sealed class Subscriber extends Declared implements AutoCloseable, Iterable<Sample>
    permits AdvancedSubscriber {
  private static final int DISPATCH_LIMIT = 64;
  private static final long DISPATCH_WAIT_NANOS = Duration.ofSeconds(1).toNanos();
  private static final long RECEIVE_SLICE_NANOS = Duration.ofMillis(50).toNanos();

  private final Session session;
  private final KeyExpr keyExpr;
  private final SubscriberOptions options;
  private final Runnable onFree;
  private final Handle handle;
  private final KeyCache keys = new KeyCache();
  private final PollRound round;
  private final AtomicReference<@Nullable Thread> polling = new AtomicReference<>();
  private final Bell bell = new Bell();
  private final Set<SampleIterator> iterations = ConcurrentHashMap.newKeySet();
  private volatile @Nullable LateThread dispatcher;

  /**
   * The counts of samples since the declaration.
   *
   * @param received all of them
   * @param dropped those that the backlog had no room for
   * @param waiting those that Java has not taken yet
   * @param refused those whose key exceeds the limits of a {@link KeyExpr}; nobody receives them
   */
  public record Counts(long received, long dropped, long waiting, long refused) {}

  Subscriber(Session session, KeyExpr keyExpr, SubscriberOptions options, long address) {
    this(session, keyExpr, options, address, () -> {});
  }

  /** What {@code onFree} ends goes with it, after the last call. */
  Subscriber(
      Session session, KeyExpr keyExpr, SubscriberOptions options, long address, Runnable onFree) {
    this.session = session;
    this.onFree = onFree;
    this.keyExpr = keyExpr;
    this.options = options;
    this.handle = new Handle("the subscriber of " + keyExpr, address, () -> free(address));
    this.round = new PollRound(handle, keys);
  }

  private void free(long address) {
    onFree.run();
    NativeSubscriber.free(address);
    round.end();
    LateThread thread = dispatcher;
    if (thread == null || !thread.hasStarted()) {
      session.forget(this);
    }
  }

  Session session() {
    return session;
  }

  /** Makes a downcall with its address. */
  <T> T call(LongFunction<T> downcall) {
    long address = handle.enter();
    try {
      return downcall.apply(address);
    } finally {
      handle.release();
    }
  }

  /** Returns the key expression that it subscribes to. */
  public KeyExpr keyExpr() {
    return keyExpr;
  }

  /**
   * Gives the samples that wait to a handler, on this thread, without waiting for more.
   *
   * <p>What the handler throws comes out of here; the samples after it wait for the next poll.
   *
   * @return how many samples the handler took, at most {@code limit}
   * @throws IllegalStateException if the subscriber is closed, or another thread or the handler
   *     itself is polling
   */
  public int poll(SampleHandler handler, int limit) {
    return (int) Math.max(0, poll(handler, limit, 0));
  }

  /**
   * Polls with an idle strategy in between until the subscriber is closed or the thread is
   * interrupted.
   *
   * @throws IllegalStateException if another thread is polling
   */
  public void pollUntilClosed(SampleHandler handler, int limit, IdleStrategy idle) {
    while (!handle.isClosed() && !Thread.currentThread().isInterrupted()) {
      int count;
      try {
        count = poll(handler, limit);
      } catch (IllegalStateException e) {
        if (handle.isClosed()) {
          return;
        }
        throw e;
      }
      idle.idle(count);
    }
  }

  private long poll(SampleHandler handler, int limit, long waitNanos) {
    long address = handle.enter();
    try {
      if (!polling.compareAndSet(null, Thread.currentThread())) {
        throw new IllegalStateException(
            "poll of " + this + ": another thread, or the handler itself, is polling");
      }
      try {
        return round.poll(address, handler, limit, waitNanos);
      } finally {
        polling.set(null);
      }
    } finally {
      handle.release();
    }
  }

  /** The next sample if one waits; it is the calling thread's until closed. */
  public Optional<Sample> tryReceive() {
    long address = handle.enter();
    try {
      return receiveOne(address, 0);
    } finally {
      handle.release();
    }
  }

  /**
   * Waits for the next sample, which belongs to the calling thread until it is closed.
   *
   * @return empty if none came within {@code timeout}
   * @throws IllegalStateException if the subscriber is closed, before or during the call
   * @throws InterruptedException if the thread is interrupted while it waits
   */
  public Optional<Sample> receive(Duration timeout) throws InterruptedException {
    long deadline = Nanos.deadline(timeout);
    long address = handle.enter();
    try {
      return Thread.currentThread().isVirtual()
          ? receiveParked(address, deadline)
          : receiveInCore(address, deadline);
    } finally {
      handle.release();
    }
  }

  /** Waits in the core, which wakes a thread fastest. */
  private Optional<Sample> receiveInCore(long address, long deadline) throws InterruptedException {
    while (true) {
      checkInterrupt();
      long left = Math.max(0, deadline - System.nanoTime());
      Optional<Sample> sample = receiveOne(address, Math.min(left, RECEIVE_SLICE_NANOS));
      if (sample.isPresent() || left == 0) {
        return sample;
      }
    }
  }

  /** Waits in Java: a virtual thread that waits in the core would keep its carrier from others. */
  private Optional<Sample> receiveParked(long address, long deadline) throws InterruptedException {
    try (Bell.Waiter _ = bell.newWaiter()) {
      while (true) {
        checkInterrupt();
        Optional<Sample> sample = receiveOne(address, 0);
        long left = deadline - System.nanoTime();
        if (sample.isPresent() || left <= 0) {
          return sample;
        }
        if (!NativeSubscriber.arm(address, bell.number())) {
          LockSupport.parkNanos(this, left);
        }
      }
    }
  }

  /**
   * Tells when samples wait, without taking them.
   *
   * @param action runs on a thread of the library that serves all, so it neither blocks nor throws
   */
  public Arrivals newArrivals(Runnable action) {
    return new Arrivals(this, bell, action);
  }

  /**
   * Returns whether its bell rings once something waits; false if something does, or it has ended.
   */
  boolean arm() {
    long address = handle.tryEnter();
    if (address == 0) {
      return false;
    }
    try {
      return !NativeSubscriber.arm(address, bell.number());
    } finally {
      handle.release();
    }
  }

  private void checkInterrupt() throws InterruptedException {
    if (Thread.interrupted()) {
      throw new InterruptedException("receive of " + this);
    }
  }

  private Optional<Sample> receiveOne(long address, long waitNanos) {
    Batch own = Batch.create(1);
    boolean received = false;
    try {
      // Before there is one: no sample is lost to a heap that has no room for this.
      Optional<Sample> sample = Optional.of(Sample.owned(keys, own));
      long drained = own.drain(address, 1, waitNanos);
      if (drained == NativeSubscriber.ENDED || handle.isClosed()) {
        throw new IllegalStateException("receive of " + this + ": it is closed");
      }
      if (drained != 1) {
        return Optional.empty();
      }
      sample.get().track();
      received = true;
      return sample;
    } finally {
      if (!received) {
        own.close();
      }
    }
  }

  /**
   * The payloads that come from here on as pieces, where the core put them: for an object that is
   * written or a body that is sent. Keys, encodings, attachments and the bounds of the samples are
   * not in it; a recording keeps them.
   *
   * <p>The source ends when this subscriber is closed; closing the source leaves the subscriber
   * open. When its sink is slow, the backlog does what it was declared to do. A sink that gathers
   * parts holds payloads, and the shared memory of their publishers, until a part is full.
   */
  public BytesSource asSource() {
    return new SampleSource(this);
  }

  /**
   * Iterates over the samples until this is closed. Each is valid until its thread takes the next
   * one, from this or another iterator or stream, or closes this; {@link Sample#retain()} keeps
   * one. If the thread has ended, its last sample is freed when any thread does that.
   *
   * <p>For one thread. Waiting for the next sample throws {@link
   * java.util.concurrent.CancellationException} when the thread is interrupted, and the thread
   * stays interrupted.
   */
  @Override
  public Iterator<Sample> iterator() {
    return new SampleIterator(this, iterations);
  }

  /**
   * {@link #iterator()} as a sequential stream: each sample is valid inside the operations on it,
   * so map it to what it says. Closing the stream closes this.
   */
  public Stream<Sample> stream() {
    int traits = Spliterator.ORDERED | Spliterator.NONNULL;
    return StreamSupport.stream(Spliterators.spliteratorUnknownSize(iterator(), traits), false)
        .onClose(this::close);
  }

  /**
   * The samples for reactive streams: each is valid until {@code onNext} returns, and the backlog
   * does what it was declared to do while nothing is requested. It completes when this is closed.
   *
   * <p>Each subscription has a virtual thread that calls it; several share the samples. Cancelling
   * leaves this open; one sample may come after it. What {@code onNext} throws ends the
   * subscription and goes to the thread's uncaught-exception handler.
   */
  public Flow.Publisher<Sample> asPublisher() {
    return new PulledPublisher<>(
        "segue-samples-" + keyExpr,
        new PulledPublisher.Source<>() {
          @Override
          public Optional<Sample> next(Duration timeout) throws InterruptedException {
            return receive(timeout);
          }

          @Override
          public boolean hasEnded() {
            return isClosed();
          }

          @Override
          public void end(Sample sample) {
            sample.close();
          }

          @Override
          public void cancelled() {}
        });
  }

  void dispatchTo(SampleHandler handler) {
    LateThread thread =
        new LateThread(
            Thread.ofPlatform()
                .daemon()
                .name("segue-subscriber-" + keyExpr)
                .unstarted(() -> dispatch(handler)),
            bell);
    dispatcher = thread;
    thread.startWhenNeeded(this::arm);
  }

  private void dispatch(SampleHandler handler) {
    try {
      while (!dispatchUntilClosed(handler)) {
        NumberDrain.pause();
      }
    } finally {
      // Nobody may have waited for it.
      session.forget(this);
    }
  }

  /** Returns false if the heap had no room to go on, and even to say so. */
  private boolean dispatchUntilClosed(SampleHandler handler) {
    try {
      while (!handle.isClosed()) {
        try {
          if (poll(handler, DISPATCH_LIMIT, DISPATCH_WAIT_NANOS) == NativeSubscriber.ENDED) {
            return true;
          }
        } catch (Throwable e) {
          if (handle.isClosed() && e instanceof IllegalStateException) {
            return true;
          }
          HandlerErrors.tell(error -> options.onHandlerError().accept(this, error), e);
        }
      }
      return true;
    } catch (OutOfMemoryError _) {
      return false;
    }
  }

  /** Counts the samples that came, were dropped, wait, and were refused. */
  public Counts counts() {
    return call(address -> NativeSubscriber.counts(address));
  }

  /** Returns whether it is closed. */
  public boolean isClosed() {
    return handle.isClosed();
  }

  /**
   * Closes it: wakes waiting calls, lets a handler that is running on another thread finish its
   * sample, and waits for that, at most 10 s; no other sample follows. Within its own handler, it
   * doesn't wait. An interrupt ends the wait, and the thread stays interrupted. Received and
   * retained samples stay valid. Idempotent, from any thread.
   */
  @Override
  public void close() {
    beginClose();
    Closing.await(this, System.nanoTime() + Closing.PATIENCE_NANOS);
  }

  /**
   * Closes like {@link #close()}, with another time limit.
   *
   * @return whether no handler runs any more; within a handler of its own, false at once
   */
  public boolean close(Duration timeout) throws InterruptedException {
    beginClose();
    return awaitClosed(Nanos.of(timeout));
  }

  @Override
  void beginClose() {
    LateThread thread = dispatcher;
    if (thread != null) {
      thread.cancel();
    }
    handle.close(NativeSubscriber::close);
  }

  @Override
  boolean awaitClosed(long nanos) throws InterruptedException {
    iterations.forEach(SampleIterator::end);
    if (isRunHere()) {
      session.forget(this);
      return false;
    }
    long deadline = System.nanoTime() + nanos;
    LateThread thread = dispatcher;
    boolean ended =
        handle.awaitFreed(nanos)
            && (thread == null
                || thread.join(Duration.ofNanos(Math.max(0, deadline - System.nanoTime()))));
    session.forget(this);
    return ended;
  }

  @Override
  boolean isRunHere() {
    LateThread thread = dispatcher;
    return Thread.currentThread().equals(polling.get()) || (thread != null && thread.isCurrent());
  }

  @Override
  public String toString() {
    return "Subscriber[" + keyExpr + "]";
  }
}
