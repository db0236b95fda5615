package dev.segue.gateway;

import java.net.InetAddress;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A few platform threads for work that takes long, and that clients' addresses get in turn: one
 * that asks for much waits for its own work, and not the others for it.
 *
 * <p>Owner: who made it. Lifetime: until {@link #close()}, then nothing is taken. Threads: any.
 */
final class FairThreads implements AutoCloseable {
  private final String name;
  private final ThreadPoolExecutor threads;

  /** The waiting work, by address; the one whose turn is next comes first. Guarded by itself. */
  private final LinkedHashMap<InetAddress, ArrayDeque<Runnable>> waiting = new LinkedHashMap<>();

  FairThreads(int count, String name) {
    this.name = name;
    threads =
        new ThreadPoolExecutor(
            count,
            count,
            0,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            task -> Thread.ofPlatform().daemon().name(name).unstarted(task));
    threads.prestartAllCoreThreads(); // Later there may be none for them.
  }

  /** Runs the work of one client; rejects it once these threads are closed. */
  Executor of(InetAddress client) {
    return work -> {
      synchronized (waiting) {
        waiting.computeIfAbsent(client, _ -> new ArrayDeque<>()).add(work);
      }
      try {
        threads.execute(this::runNext);
      } catch (RejectedExecutionException | OutOfMemoryError e) {
        if (withdraw(client, work)) {
          throw e; // Whoever gave it lets go of what it needs, so it must not run any more.
        }
      }
    };
  }

  /** False if the work runs, or has run. */
  private boolean withdraw(InetAddress client, Runnable work) {
    synchronized (waiting) {
      ArrayDeque<Runnable> ofClient = waiting.get(client);
      if (ofClient == null || !ofClient.removeLastOccurrence(work)) {
        return false;
      }
      if (ofClient.isEmpty()) {
        waiting.remove(client);
      }
      return true;
    }
  }

  private void runNext() {
    Runnable next = next();
    if (next != null) {
      try {
        next.run();
      } catch (Throwable e) { // The thread goes on: there may be none in place of it.
        Work.warn(name, e);
      }
    }
  }

  private @Nullable Runnable next() {
    synchronized (waiting) {
      Map.Entry<InetAddress, ArrayDeque<Runnable>> first = waiting.firstEntry();
      if (first == null) {
        return null;
      }
      Runnable work = first.getValue().poll();
      if (first.getValue().isEmpty()) {
        waiting.remove(first.getKey());
      } else {
        waiting.putLast(first.getKey(), first.getValue());
      }
      return work;
    }
  }

  /** Goes on with what waits where a full heap has ended a thread, or taken a turn from it. */
  void revive() {
    boolean waits;
    synchronized (waiting) {
      waits = !waiting.isEmpty();
    }
    if (waits && threads.getQueue().isEmpty()) {
      Work.isTakenBy(threads, this::runNext);
    }
    try {
      threads.prestartCoreThread();
    } catch (OutOfMemoryError e) {
      Work.warn(name, e);
    }
  }

  boolean isClosed() {
    return threads.isShutdown();
  }

  /**
   * Interrupts what runs and waits for its end. What still waits runs here: it finds out that
   * nobody wants it any more, and lets go of what it holds.
   */
  @Override
  public void close() {
    threads.shutdownNow();
    threads.close();
    for (Runnable next = next(); next != null; next = next()) {
      next.run();
    }
  }
}
