package dev.segue.bytes.spi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** The time of a peer, of which hardly any passes while nobody is here to see it. */
class PeerClockTest {
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  private final AtomicLong now = new AtomicLong(-7 * SECOND);

  private long after(PeerClock clock, long nanos) {
    now.addAndGet(nanos);
    return clock.nanoTime();
  }

  @Test
  void aGapOfMoreThanTwoPeriodsIsOnePeriodOfThePeer() {
    PeerClock clock = new PeerClock(5 * SECOND, now::get);
    long begin = clock.nanoTime();
    assertEquals(5 * SECOND, after(clock, 5 * SECOND) - begin);
    assertEquals(15 * SECOND, after(clock, 10 * SECOND) - begin); // Late, but not away.
    assertEquals(20 * SECOND, after(clock, 3600 * SECOND) - begin);
    assertEquals(21 * SECOND, after(clock, SECOND) - begin);
    assertEquals(26 * SECOND, after(clock, 11 * SECOND) - begin);
  }

  @Test
  void gapAfterGapDoesNotHoldTheTimeOfThePeer() {
    PeerClock clock = new PeerClock(5 * SECOND, now::get);
    long begin = clock.nanoTime();
    for (long gap = 1; gap <= 100; gap++) {
      assertEquals(gap * 5 * SECOND, after(clock, 60 * SECOND) - begin);
    }
  }

  @Test
  void aReaderDoesNotStandForTheLoop() {
    PeerClock clock = new PeerClock(5 * SECOND, now::get);
    long begin = clock.nanoTime();
    for (int second = 1; second <= 60; second++) {
      now.addAndGet(SECOND);
      assertEquals(Math.min(second, 5) * SECOND, clock.peek() - begin);
    }
    assertEquals(5 * SECOND, clock.nanoTime() - begin);
    assertEquals(5 * SECOND, clock.peek() - begin);
  }

  @Test
  void neitherLooksNorReadersSeeTheTimeGoBack() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    PeerClock clock = new PeerClock(5 * SECOND, now::get);
    long last = clock.nanoTime();
    for (int i = 0; i < 100_000; i++) {
      now.addAndGet(random.nextLong(random.nextInt(10) == 0 ? 30 * SECOND : SECOND));
      long read = random.nextBoolean() ? clock.peek() : clock.nanoTime();
      assertTrue(read >= last, "seed=" + seed);
      last = read;
    }
  }

  @Test
  void aPeriodOfMillisecondsIsMissedByABusyMachineAndCounts() {
    PeerClock clock = new PeerClock(SECOND / 50, now::get);
    long begin = clock.nanoTime();
    assertEquals(SECOND, after(clock, SECOND) - begin);
    assertEquals(SECOND + SECOND / 50, after(clock, SECOND + 1) - begin);
  }
}
