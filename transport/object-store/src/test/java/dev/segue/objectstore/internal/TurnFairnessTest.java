package dev.segue.objectstore.internal;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Threads of one process that have turns without end, and another process. */
@Timeout(60)
class TurnFairnessTest {
  private static final int THREAD_COUNT = 4;
  private static final int TURN_COUNT = 120;

  /** So many of them that each lock of the process lasts as long as one may. */
  private static final long TURN_MILLIS = 20;

  /** So long that it doesn't find the same end twice. */
  private static final long PAUSE_MILLIS = 50;

  @TempDir private Path directory;

  /** Has turns until there were enough of them. */
  private Void haveTurns(AtomicInteger turns) throws Exception {
    while (turns.incrementAndGet() <= TURN_COUNT) {
      try (DirectoryTurn _ = DirectoryTurn.take(directory)) {
        Thread.sleep(TURN_MILLIS);
      }
    }
    return null;
  }

  /** Another process's lock, which looks now and then whether it is free. */
  private int haveLocks(AtomicInteger turns) throws Exception {
    TurnLock lock = new TurnLock(directory.toRealPath());
    int lockCount = 0;
    while (turns.get() <= TURN_COUNT) {
      if (lock.tryLock()) {
        lockCount++;
        lock.unlock();
        Thread.sleep(PAUSE_MILLIS);
      }
      Thread.sleep(1);
    }
    return lockCount;
  }

  @Test
  void anotherProcessFindsTheLockFreeNowAndThen() throws Exception {
    AtomicInteger turns = new AtomicInteger();
    List<Future<Void>> all = new ArrayList<>();
    for (int i = 0; i < THREAD_COUNT; i++) {
      FutureTask<Void> having = new FutureTask<>(() -> haveTurns(turns));
      Thread.ofPlatform().start(having);
      all.add(having);
    }
    while (turns.get() <= THREAD_COUNT) {
      Thread.sleep(1);
    }
    int lockCount = haveLocks(turns);
    for (Future<Void> each : all) {
      each.get();
    }
    // Some 24 locks of 100 ms have ended; without a pause behind them it would find a few.
    assertTrue(lockCount >= 10, () -> "lockCount=" + lockCount);
  }
}
