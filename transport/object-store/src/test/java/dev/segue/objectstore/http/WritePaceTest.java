package dev.segue.objectstore.http;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** How much of a body is written at a time. */
class WritePaceTest {
  private final WritePace pace = new WritePace();

  private int after(long bodyByteSize, Duration elapsed) {
    pace.answered(bodyByteSize, elapsed.toNanos());
    return pace.byteSize();
  }

  @Test
  void theFirstBodyGoesOutInTheSmallestSteps() {
    assertEquals(WritePace.LEAST_BYTE_SIZE, pace.byteSize());
  }

  @Test
  void aStepIsWhatMovesInFiftyMilliseconds() {
    assertEquals(500_000, after(10_000_000, Duration.ofSeconds(1)));
    assertEquals(1_000_000, after(10_000_000, Duration.ofMillis(500)));
  }

  @Test
  void aStepHasLimits() {
    assertEquals(WritePace.MOST_BYTE_SIZE, after(1L << 30, Duration.ofMillis(200)));
    assertEquals(WritePace.LEAST_BYTE_SIZE, after(1L << 20, Duration.ofMinutes(1)));
    assertEquals(WritePace.MOST_BYTE_SIZE, after(1L << 20, Duration.ZERO));
  }

  @Test
  void aSmallBodyTellsNothingOfTheRate() {
    assertEquals(1_000_000, after(10_000_000, Duration.ofMillis(500)));
    assertEquals(1_000_000, after(1000, Duration.ofMillis(500)));
    assertEquals(1_000_000, after(0, Duration.ofNanos(1)));
  }
}
