package dev.segue.bytes.spi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import org.junit.jupiter.api.Test;

/** Time limits that a caller may give. */
class NanosTest {
  private static final Duration LONGEST = ChronoUnit.FOREVER.getDuration();

  @Test
  void aTimeIsItsNanoseconds() {
    assertEquals(0, Nanos.of(Duration.ZERO));
    assertEquals(1_500_000_000, Nanos.of(Duration.ofMillis(1500)));
  }

  @Test
  void aTimeThatIsTooLongOrNegativeIsTheNearestLimit() {
    assertEquals(Long.MAX_VALUE, Nanos.of(LONGEST));
    assertEquals(0, Nanos.of(Duration.ofNanos(-1)));
    assertEquals(0, Nanos.of(Duration.ofSeconds(Long.MIN_VALUE)));
  }

  @Test
  void aDeadlineOfNoTimeHasEndedAndOneOfAllTimeHasNot() {
    assertTrue(Nanos.deadline(Duration.ofSeconds(Long.MIN_VALUE)) - System.nanoTime() <= 0);
    assertTrue(Nanos.deadline(LONGEST) - System.nanoTime() > 1L << 62);
  }
}
