package dev.segue.bytes.spi;

import java.time.Duration;

/** Memory that nobody holds, but that a channel of the JDK is still using: not to be reused yet. */
final class Quarantine {
  private static final Duration FIRST_WAIT = Duration.ofMillis(1);
  private static final Duration LONGEST_WAIT = Duration.ofMillis(64);

  private Quarantine() {}

  /** Tries again, at growing intervals, until the memory has gone back. */
  static void add(MemoryOwner owner) {
    Thread.ofVirtual().name("segue-quarantine").start(() -> retry(owner));
  }

  private static void retry(MemoryOwner owner) {
    Duration wait = FIRST_WAIT;
    do {
      try {
        Thread.sleep(wait);
      } catch (InterruptedException _) {
        // Nobody has this thread to interrupt it; the memory must go back all the same.
      }
      if (wait.compareTo(LONGEST_WAIT) < 0) {
        wait = wait.multipliedBy(2);
      }
    } while (!owner.tryEnd());
  }
}
