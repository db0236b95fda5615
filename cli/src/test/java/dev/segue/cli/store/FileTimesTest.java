package dev.segue.cli.store;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.segue.objectstore.ObjectMetadata;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FileTimesTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "2026-01-01T00:00:00.000000001Z",
        "1970-01-01T00:00:00Z",
        "1969-12-31T23:59:59.5Z",
        "1901-02-03T04:05:06.123456789Z"
      })
  void aTimeComesBackAsItWasNoted(String text) {
    Instant time = Instant.parse(text);
    assertEquals(Optional.of(time), FileTimes.of(FileTimes.with(ObjectMetadata.NONE, time)));
  }
}
