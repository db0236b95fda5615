package dev.segue.gateway;

import dev.segue.bytes.spi.Nanos;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Runs short tasks later, on one thread.
 *
 * <p>Owner: the gateway. Lifetime: until {@link #close()}, then nothing runs. Threads: any.
 */
final class Timers implements AutoCloseable {
  private static final long LEAST_REST_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private final ScheduledThreadPoolExecutor executor;

  Timers() {
    this.executor =
        new ScheduledThreadPoolExecutor(
            1, task -> Thread.ofPlatform().daemon().name("segue-gateway-timers").unstarted(task));
    executor.setRemoveOnCancelPolicy(true);
    executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
  }

  /**
   * Returns when to look again at a client that has had all but {@code leftNanos} of its time: not
   * at once, since that time stands as long as the client's event loop does.
   */
  static long restNanos(long leftNanos) {
    return Math.max(leftNanos, LEAST_REST_NANOS);
  }

  /** Something that is to run. */
  interface Task {
    /** Not any more. Idempotent. */
    void cancel();
  }

  Task after(Duration delay, Runnable action) {
    return task(() -> executor.schedule(action, Nanos.of(delay), TimeUnit.NANOSECONDS));
  }

  /**
   * The same once a client has had the delay by {@code clock}, {@link GatewayExchange#nanoTime}.
   */
  Task after(Duration delay, LongSupplier clock, Runnable action) {
    long until = clock.getAsLong() + Nanos.of(delay);
    return whenUsedUp(() -> until - clock.getAsLong(), action);
  }

  /**
   * Runs an action once a client has used up its time.
   *
   * @param leftNanos says how much of it is left
   */
  Task whenUsedUp(LongSupplier leftNanos, Runnable action) {
    Deadline deadline = new Deadline(leftNanos, action);
    deadline.await(leftNanos.getAsLong());
    return deadline;
  }

  private final class Deadline implements Task {
    private final LongSupplier leftNanos;
    private final Runnable action;
    private @Nullable Task next;
    private boolean cancelled;

    Deadline(LongSupplier leftNanos, Runnable action) {
      this.leftNanos = leftNanos;
      this.action = action;
    }

    synchronized void await(long nanos) {
      if (!cancelled) {
        next = after(Duration.ofNanos(nanos), this::look);
      }
    }

    private void look() {
      long left = leftNanos.getAsLong();
      if (left > 0) {
        await(restNanos(left));
      } else {
        action.run();
      }
    }

    @Override
    public synchronized void cancel() {
      cancelled = true;
      if (next != null) {
        next.cancel();
      }
    }
  }

  Task every(Duration period, Runnable action) {
    long nanos = Nanos.of(period);
    return task(
        () ->
            executor.scheduleWithFixedDelay(
                () -> guarded(action), nanos, nanos, TimeUnit.NANOSECONDS));
  }

  /**
   * Hands an action to an executor each period, unless the one before has not ended: where there is
   * not enough time for it, the actions that wait must not become more and more.
   */
  Task every(Duration period, Executor where, Runnable action) {
    AtomicBoolean isUnderWay = new AtomicBoolean();
    Runnable once =
        () -> {
          try {
            action.run();
          } finally {
            isUnderWay.set(false);
          }
        };
    return every(
        period,
        () -> {
          if (isUnderWay.compareAndSet(false, true)) {
            hand(where, once, isUnderWay);
          }
        });
  }

  private static void hand(Executor where, Runnable once, AtomicBoolean isUnderWay) {
    boolean given = false;
    try {
      where.execute(once);
      given = true;
    } finally {
      if (!given) {
        isUnderWay.set(false);
      }
    }
  }

  /** Once they are closed nothing runs, but what was to begin with it goes on to its end. */
  private static Task task(Supplier<Future<?>> schedule) {
    Future<?> scheduled;
    try {
      scheduled = schedule.get();
    } catch (RejectedExecutionException e) {
      return () -> {};
    }
    return () -> {
      scheduled.cancel(false);
    };
  }

  /** The executor would never run it again. */
  private static void guarded(Runnable action) {
    try {
      action.run();
    } catch (Throwable e) { // An Error, too: what beats must go on beating.
      Work.warn("timer", e);
    }
  }

  @Override
  public void close() {
    executor.shutdownNow();
  }
}
