package dev.segue.objectstore.internal;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * When the directories that are written in were swept: each is again after a while, as processes
 * are killed at any time, and not with each write, as a sweep reads the whole directory.
 *
 * <p>Owner: a store. Lifetime: the store's. Threads: any.
 */
final class SweepTimes {
  static final Duration PAUSE = Duration.ofMinutes(10);

  /** More of them within a pause wait for a later one. */
  static final int COUNT_LIMIT = 10_000;

  private final LongSupplier nanoTime;

  /** The earliest first. */
  private final Map<Path, Long> swept = new LinkedHashMap<>();

  SweepTimes(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  /** Returns whether a directory is to be swept; then it counts as swept. */
  synchronized boolean isDue(Path directory) {
    long now = nanoTime.getAsLong();
    Iterator<Long> earliest = swept.values().iterator();
    while (earliest.hasNext() && now - earliest.next() >= PAUSE.toNanos()) {
      earliest.remove();
    }
    return swept.size() < COUNT_LIMIT && swept.putIfAbsent(directory, now) == null;
  }
}
