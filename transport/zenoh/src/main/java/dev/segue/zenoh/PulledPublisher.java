package dev.segue.zenoh;

import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Adapts a source that is pulled to subscribers that request items: each subscription has a virtual
 * thread that pulls while there is demand.
 */
final class PulledPublisher<T> implements Flow.Publisher<T> {
  private static final Duration WAIT = Duration.ofMillis(500);

  /** The source of items. */
  interface Source<T> {
    /** The next one, waiting for it. */
    Optional<T> next(Duration timeout) throws InterruptedException;

    /** Returns whether none will come. */
    boolean hasEnded();

    /** Ends an item that was given. */
    void end(T item);

    /** Nobody wants any more. */
    void cancelled();
  }

  private final Source<T> source;
  private final String name;

  PulledPublisher(String name, Source<T> source) {
    this.name = name;
    this.source = source;
  }

  @Override
  public void subscribe(Flow.Subscriber<? super T> subscriber) {
    Subscription subscription = new Subscription(Objects.requireNonNull(subscriber));
    subscriber.onSubscribe(subscription);
    subscription.start();
  }

  private final class Subscription implements Flow.Subscription {
    private final Flow.Subscriber<? super T> subscriber;
    private final Thread thread = Thread.ofVirtual().name(name).unstarted(this::run);
    private final AtomicLong demand = new AtomicLong();
    private volatile boolean cancelled;
    private volatile boolean misused;

    Subscription(Flow.Subscriber<? super T> subscriber) {
      this.subscriber = subscriber;
    }

    @Override
    public void request(long count) {
      if (count <= 0) {
        misused = true;
      } else {
        demand.accumulateAndGet(
            count, (known, more) -> known + more < 0 ? Long.MAX_VALUE : known + more);
      }
      LockSupport.unpark(thread);
    }

    @Override
    public void cancel() {
      cancelled = true;
      LockSupport.unpark(thread);
    }

    /** Whoever subscribed learns of all that fails from here on by {@code onError}. */
    void start() {
      try {
        thread.start();
      } catch (OutOfMemoryError e) {
        source.cancelled();
        fail(e);
      }
    }

    private void run() {
      try {
        while (!cancelled) {
          if (misused) {
            fail(new IllegalArgumentException("a request of no item"));
          } else if (demand.get() > 0) {
            pull();
          } else if (source.hasEnded()) {
            complete();
          } else {
            LockSupport.parkNanos(this, WAIT.toNanos());
          }
        }
      } finally {
        source.cancelled();
      }
    }

    private void complete() {
      cancelled = true;
      subscriber.onComplete();
    }

    private void fail(Throwable failure) {
      if (!cancelled) {
        cancelled = true;
        subscriber.onError(failure);
      }
    }

    private void pull() {
      Optional<T> next;
      try {
        next = source.next(WAIT);
      } catch (OutOfMemoryError _) {
        NumberDrain.pause(); // the heap is full for a moment
        return;
      } catch (InterruptedException | RuntimeException | Error e) {
        if (cancelled) {
          return;
        }
        if (source.hasEnded()) {
          complete();
        } else {
          fail(e);
        }
        return;
      }
      if (next.isPresent()) {
        give(next.get());
      } else if (source.hasEnded() && !cancelled) {
        complete();
      }
    }

    private void give(T item) {
      demand.getAndUpdate(known -> known == Long.MAX_VALUE ? known : known - 1);
      boolean isTaken = false;
      try {
        subscriber.onNext(item);
        isTaken = true;
      } finally {
        // What onNext threw ends the subscription without a signal (rule 2.13).
        cancelled |= !isTaken;
        end(item);
      }
    }

    private void end(T item) {
      try {
        source.end(item);
      } catch (RuntimeException | Error e) {
        fail(e);
      }
    }
  }
}
