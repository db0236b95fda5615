package dev.segue.recording;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.zenoh.Parameters;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The times of a selector. */
class TimeRangeTest {
  private static final Instant NOW = Instant.ofEpochSecond(1000);
  private static final long SECOND = 1_000_000_000L;

  @ParameterizedTest
  @CsvSource(
      delimiter = ' ',
      value = {
        "_time=[..] -9223372036854775808 9223372036854775807",
        "_time=[1970-01-01T00:00:03Z..1970-01-01T00:00:04.5Z] 3000000000 4500000000",
        "_time=]1970-01-01T00:00:03..1970-01-01T00:00:04[ 3000000001 3999999999",
        "_time=[now()..] 1000000000000 9223372036854775807",
        "_time=[now(-1m)..now(2s)[ 940000000000 1001999999999",
        "_time=[now(-1.5h);1d] -4400000000000 82000000000000",
        "_time=[now();250ms[ 1000000000000 1000249999999",
        "_time=[now(-7)..] 993000000000 9223372036854775807",
        "_time=[now();5u] 1000000000000 1000000005000",
        "_time=[now()..now(99999999999999w)] 1000000000000 9223372036854775807",
        "a=1;_time=[now();1s];b=2 1000000000000 1001000000000",
      })
  void rangesAreThoseOfZenohsStorages(String parameters, long from, long to) {
    assertEquals(
        Optional.of(new TimeRange(from, to)), TimeRange.of(Parameters.of(parameters), NOW));
  }

  @Test
  void whatAsksForNoTimeHasNone() {
    for (String text : new String[] {"", "a=1", "_timetrick=[..]", "a=_time=[..]"}) {
      assertEquals(Optional.empty(), TimeRange.of(Parameters.of(text), NOW), text);
    }
  }

  @Test
  void aRangeThatEndsBeforeItBeginsIsEmpty() {
    TimeRange range = TimeRange.of(Parameters.of("_time=]now()..now()["), NOW).orElseThrow();
    assertEquals(1000 * SECOND + 1, range.fromNanos());
    assertTrue(range.fromNanos() > range.toNanos());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "_time",
        "_time=",
        "_time=5",
        "_time=[",
        "_time=[]",
        "_time=[now()]",
        "_time=[..",
        "_time=[x..]",
        "_time=[;5s]",
        "_time=[now();]",
        "_time=[now();5y]",
        "_time=[now();-5s]",
        "_time=[now(-1h]",
      })
  void whatIsNoRangeIsRefusedWithAnExample(String parameters) {
    String message =
        assertThrows(
                IllegalArgumentException.class, () -> TimeRange.of(Parameters.of(parameters), NOW))
            .getMessage();
    assertTrue(message != null && message.contains("[now(-1h);5m]"), message);
  }
}
