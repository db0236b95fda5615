package dev.segue.gateway;

import java.net.InetAddress;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/**
 * A few platform threads for work that takes long, and that clients' addresses get in turn: one
 * that asks for much waits for its own work, and not the others for it.
 *
 * <p>Owner: who made it. Lifetime: until {@link #close()}, then nothing is taken. Threads: any.
 */
final class FairThreads implements AutoCloseable {
  private final ExecutorService threads;

  /** What waits, by address; the one whose turn is next comes first. Guarded by itself. */
  private final LinkedHashMap<InetAddress, ArrayDeque<Runnable>> waiting = new LinkedHashMap<>();

  FairThreads(int count, String name) {
    threads =
        Executors.newFixedThreadPool(
            count, task -> Thread.ofPlatform().daemon().name(name).unstarted(task));
  }

  /** Runs the work of one client; rejects it once these threads are closed. */
  Executor of(InetAddress client) {
    return work -> {
      synchronized (waiting) {
        waiting.computeIfAbsent(client, _ -> new ArrayDeque<>()).add(work);
      }
      threads.execute(this::runNext);
    };
  }

  private void runNext() {
    Runnable next = next();
    if (next != null) {
      next.run();
    }
  }

  private @Nullable Runnable next() {
    synchronized (waiting) {
      Map.Entry<InetAddress, ArrayDeque<Runnable>> first = waiting.pollFirstEntry();
      if (first == null) {
        return null;
      }
      Runnable work = first.getValue().poll();
      if (!first.getValue().isEmpty()) {
        waiting.put(first.getKey(), first.getValue());
      }
      return work;
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
    var _ = threads.shutdownNow();
    threads.close();
    for (Runnable next = next(); next != null; next = next()) {
      next.run();
    }
  }
}
