package dev.segue.iceoryx2;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import org.agrona.concurrent.IdleStrategy;
import org.jspecify.annotations.Nullable;

/**
 * Receives the messages of one service: by polling, by pulling, or waiting.
 *
 * <pre>
 *   poll(handler, limit)    what is there, in place, closed after the handler
 *   tryReceive()            one, yours until closed
 *   receive(timeout)        one, waiting for it: spins for some microseconds, then sleeps
 * </pre>
 *
 * <p>Messages wait in its buffer, which the service's {@link Qos} bounds. With safe overflow, the
 * newest replaces the oldest, which nobody counts; without, publishers wait and learn who missed
 * what.
 *
 * <p>Owner: the caller; its node closes it at the latest. Lifetime: until {@link #close()}; samples
 * that are open then stay valid, and keep it in the service until the last of them is closed.
 * Threads: any; {@code poll} one at a time.
 */
public final class Subscriber implements Child, Attachable {
  private final Children siblings;
  private final String name;
  private final Handle handle;
  private final Received.Origin origin;
  private final Waits<Sample> waits;
  private final Signal signal;
  private final AtomicReference<@Nullable Thread> polling = new AtomicReference<>();

  /** Of the thread that polled last; touched by the one that polls. */
  private @Nullable Confinement handlers;

  Subscriber(Children siblings, String name, int headerByteSize, long address) {
    this.origin =
        new Received.Origin("a sample of " + name, headerByteSize, NativeSubscriber::freeSample);
    this.siblings = siblings;
    this.name = name;
    this.handle = new Handle("the subscriber of " + name, address, NativeSubscriber::free);
    this.waits = new Waits<>(handle, new ReentrantLock(), new Source());
    this.signal =
        new Signal(
            this,
            handle,
            subscriber -> NativeSubscriber.descriptor(subscriber, name),
            subscriber -> {
              boolean heard;
              do {
                heard = NativeSubscriber.await(subscriber, name, 0);
              } while (heard); // only then the descriptor can be read for all that comes
              return NativeSubscriber.isReady(subscriber, name);
            },
            subscriber -> !NativeSubscriber.hasSilent(subscriber, name));
  }

  private final class Source implements Waits.Source<Sample> {
    @Override
    public @Nullable Sample take(long subscriber) throws IceoryxException {
      return Subscriber.this.take(subscriber, null);
    }

    @Override
    public void await(long subscriber, long nanos) throws IceoryxException {
      NativeSubscriber.await(subscriber, name, nanos);
    }

    @Override
    public boolean isAlwaysWoken(long subscriber) {
      return !NativeSubscriber.hasSilent(subscriber, name);
    }
  }

  /**
   * Gives the messages that wait to a handler, on this thread, without waiting for more. What the
   * handler throws comes out of here; the messages after it wait for the next poll.
   *
   * @return how many the handler took, at most {@code limit}
   * @throws IllegalStateException if the subscriber is closed, another thread or the handler itself
   *     is polling, or as many samples are open as the service allows
   */
  public int poll(SampleHandler handler, int limit) throws IceoryxException {
    long subscriber = handle.enter();
    try {
      if (!polling.compareAndSet(null, Thread.currentThread())) {
        throw new IllegalStateException(
            "poll of " + this + ": another thread, or the handler itself, is polling");
      }
      try {
        return poll(subscriber, handler, limit);
      } finally {
        polling.setRelease(null);
      }
    } finally {
      handle.release();
    }
  }

  private int poll(long subscriber, SampleHandler handler, int limit) throws IceoryxException {
    Confinement confinement = handlers;
    if (confinement == null || !confinement.isFree()) {
      confinement = new Confinement();
      handlers = confinement;
    }
    int count = 0;
    try {
      while (count < limit && !handle.isClosed()) {
        long address = next(subscriber);
        if (address == 0) {
          break;
        }
        count++;
        try (Sample sample = Received.sample(origin, confinement, address)) {
          handler.onSample(sample);
          origin.keepNext(); // which is this one's, unless somebody else holds it
        }
      }
    } finally {
      long last = origin.kept();
      if (last != 0) {
        NativeSubscriber.freeSample(last);
      }
    }
    return count;
  }

  /** The address of the next sample, after the one before has gone back; 0 if there is none. */
  private long next(long subscriber) throws IceoryxException {
    long last = origin.kept();
    return last == 0
        ? NativeSubscriber.take(subscriber, name)
        : NativeSubscriber.next(subscriber, last, name);
  }

  /**
   * Polls with an idle strategy in between until the subscriber is closed or the thread is
   * interrupted.
   *
   * @throws IllegalStateException if another thread is polling, or as many samples are open as the
   *     service allows
   */
  public void pollUntilClosed(SampleHandler handler, int limit, IdleStrategy idle)
      throws IceoryxException {
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

  /**
   * The next message if one waits.
   *
   * @throws IllegalStateException if the subscriber is closed, or as many samples are open as the
   *     service allows
   */
  public Optional<Sample> tryReceive() throws IceoryxException {
    long subscriber = handle.enter();
    try {
      return Optional.ofNullable(take(subscriber, null));
    } finally {
      handle.release();
    }
  }

  /**
   * Waits for the next message in the kernel, where a virtual thread keeps its carrier.
   *
   * @return empty if none came within {@code timeout}
   * @throws IllegalStateException if the subscriber is closed, before or during the call, or as
   *     many samples are open as the service allows
   * @throws InterruptedException if the thread is interrupted while it waits
   */
  public Optional<Sample> receive(Duration timeout) throws IceoryxException, InterruptedException {
    return waits.receive(timeout);
  }

  private @Nullable Sample take(long subscriber, @Nullable Confinement confinement)
      throws IceoryxException {
    long sample = NativeSubscriber.take(subscriber, name);
    return sample == 0 ? null : Received.sample(origin, confinement, sample);
  }

  /** Returns what a wait set looks at. */
  Signal signal() {
    return signal;
  }

  /** Returns whether it is closed. */
  public boolean isClosed() {
    return handle.isClosed();
  }

  /**
   * Closes it: waiting calls throw an {@link IllegalStateException}, and a handler that is running
   * on another thread finishes its sample; this waits for both, at most 10 s. Idempotent, from any
   * thread.
   */
  @Override
  public void close() {
    handle.close(NativeSubscriber::end);
    if (!Thread.currentThread().equals(polling.get())) {
      handle.awaitFreed();
    }
    siblings.forget(this);
  }

  @Override
  public String toString() {
    return "Subscriber[" + name + "]";
  }
}
