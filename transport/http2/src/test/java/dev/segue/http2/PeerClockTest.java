package dev.segue.http2;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** The time of a peer, which doesn't pass while nobody is here to see it. */
class PeerClockTest {
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  private final AtomicLong now = new AtomicLong(-7 * SECOND);

  private long after(PeerClock clock, long nanos) {
    now.addAndGet(nanos);
    return clock.nanoTime();
  }

  @Test
  void aGapOfMoreThanTwoPeriodsIsNoTimeOfThePeer() {
    PeerClock clock = new PeerClock(5 * SECOND, now::get);
    long begin = clock.nanoTime();
    assertEquals(5 * SECOND, after(clock, 5 * SECOND) - begin);
    assertEquals(15 * SECOND, after(clock, 10 * SECOND) - begin); // Late, but not away.
    assertEquals(15 * SECOND, after(clock, 3600 * SECOND) - begin);
    assertEquals(16 * SECOND, after(clock, SECOND) - begin);
    assertEquals(16 * SECOND, after(clock, 11 * SECOND) - begin);
  }

  @Test
  void aPeriodOfMillisecondsIsMissedByABusyMachineAndCounts() {
    PeerClock clock = new PeerClock(SECOND / 50, now::get);
    long begin = clock.nanoTime();
    assertEquals(SECOND, after(clock, SECOND) - begin);
    assertEquals(SECOND, after(clock, SECOND + 1) - begin);
  }
}
