package dev.segue.cli.terminal;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Lets a command clear away what it began when its process is told to end (Ctrl-C, a signal): the
 * thread is interrupted and has some time, then the process ends.
 *
 * <p>Owner: the command's thread. Lifetime: until {@link #close()}, behind everything that it has
 * to close. Threads: that one.
 */
public final class Interruption implements AutoCloseable {
  private static final long GRACE_SECONDS = 20;

  private final CountDownLatch cleared = new CountDownLatch(1);
  private final Thread hook;
  private volatile boolean requested;

  /** Of the calling thread. */
  public Interruption() {
    Thread worker = Thread.currentThread();
    hook = Thread.ofPlatform().unstarted(() -> interrupt(worker));
    Runtime.getRuntime().addShutdownHook(hook);
  }

  private void interrupt(Thread worker) {
    if (cleared.getCount() == 0) {
      return;
    }
    requested = true;
    worker.interrupt();
    try {
      cleared.await(GRACE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Returns whether the process is ending. */
  public boolean isRequested() {
    return requested;
  }

  @Override
  public void close() {
    cleared.countDown();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException _) {
      return; // the process is ending already
    }
  }
}
