package dev.segue.bench.peers;

import dev.segue.bench.harness.Contender.Style;
import dev.segue.zenoh.Backlog;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Sample;
import dev.segue.zenoh.SampleHandler;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.Subscriber;
import dev.segue.zenoh.SubscriberOptions;
import dev.segue.zenoh.ZenohException;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.agrona.concurrent.BackoffIdleStrategy;
import org.agrona.concurrent.BusySpinIdleStrategy;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.SleepingIdleStrategy;
import org.agrona.concurrent.YieldingIdleStrategy;

/**
 * A way for Java to receive, by its name in commands: {@code handler}, {@code receive}, or {@code
 * poll:IDLE} with {@code busy}, {@code yield}, {@code backoff} or {@code sleep}.
 */
enum Receiving {
  /** A thread of the library calls. */
  HANDLER,
  /** The thread waits for one sample at a time. */
  RECEIVE,
  /** The thread polls and never leaves the processor. */
  POLL_BUSY,
  /** The thread polls and lets others go first. */
  POLL_YIELD,
  /** The thread polls, ever more seldom, down to each 100 µs. */
  POLL_BACKOFF,
  /** The thread polls each 10 µs or so. */
  POLL_SLEEP;

  private static final int LIMIT = 64;
  private static final int BACKLOG = 4096;
  private static final Duration LONG = Duration.ofSeconds(20);

  /**
   * The one of that name.
   *
   * @throws IllegalArgumentException if there is none
   */
  static Receiving of(String name) {
    for (Receiving each : values()) {
      if (each.toString().equals(name)) {
        return each;
      }
    }
    throw new IllegalArgumentException(
        "way of receiving=" + name + ": one of " + java.util.Arrays.toString(values()));
  }

  @Override
  public String toString() {
    return name().toLowerCase(java.util.Locale.ROOT).replace('_', ':');
  }

  private IdleStrategy idle() {
    return switch (this) {
      case POLL_BUSY -> new BusySpinIdleStrategy();
      case POLL_YIELD -> new YieldingIdleStrategy();
      case POLL_SLEEP -> new SleepingIdleStrategy(10_000);
      default -> new BackoffIdleStrategy(100, 10, 1_000, 100_000);
    };
  }

  /** The style of contenders that it belongs to. */
  Style style() {
    return switch (this) {
      case HANDLER -> Style.CALLED;
      case RECEIVE -> Style.BLOCKING;
      case POLL_YIELD -> Style.POLLING;
      default -> Style.OTHER;
    };
  }

  /** The system property {@code segue.last} keeps the last samples instead of holding all back. */
  private static SubscriberOptions options() {
    int last = Integer.getInteger("segue.last", 0);
    return SubscriberOptions.defaults()
        .backlog(last > 0 ? Backlog.last(last) : Backlog.hold(BACKLOG));
  }

  /**
   * Subscribes and hands the subscriber to {@code ready}, then gives all samples to the handler,
   * and never ends.
   */
  void consume(Session session, KeyExpr key, SampleHandler handler, Consumer<Subscriber> ready)
      throws ZenohException, InterruptedException {
    if (this == HANDLER) {
      Subscriber subscriber = session.declareSubscriber(key, options(), handler);
      ready.accept(subscriber);
      Thread.sleep(Duration.ofDays(1));
      return;
    }
    Subscriber subscriber = session.declareSubscriber(key, options());
    ready.accept(subscriber);
    if (this == RECEIVE) {
      while (true) {
        var received = subscriber.receive(LONG);
        if (received.isPresent()) {
          try (Sample sample = received.get()) {
            handler.onSample(sample);
          }
        }
      }
    }
    subscriber.pollUntilClosed(handler, LIMIT, idle());
  }

  /** Waits for one sample. */
  interface Waiting {
    /** Returns as soon as one came. */
    void awaitOne() throws InterruptedException;
  }

  /** Subscribes; what it returns waits for one sample at a time. */
  Waiting waiting(Session session, KeyExpr key) throws ZenohException {
    if (this == HANDLER) {
      Semaphore arrived = new Semaphore(0);
      session.declareSubscriber(key, options(), sample -> arrived.release());
      return () -> {
        if (!arrived.tryAcquire(LONG.toNanos(), TimeUnit.NANOSECONDS)) {
          throw timeout(key);
        }
      };
    }
    Subscriber subscriber = session.declareSubscriber(key, options());
    if (this == RECEIVE) {
      return () -> subscriber.receive(LONG).orElseThrow(() -> timeout(key)).close();
    }
    IdleStrategy idle = idle();
    SampleHandler ignore = sample -> {};
    return () -> {
      long deadline = System.nanoTime() + LONG.toNanos();
      while (subscriber.poll(ignore, 1) == 0) {
        idle.idle();
        if (System.nanoTime() > deadline) {
          throw timeout(key);
        }
      }
      idle.reset();
    };
  }

  private static IllegalStateException timeout(KeyExpr key) {
    return new IllegalStateException("waiting for a sample of " + key + ": none within " + LONG);
  }
}
