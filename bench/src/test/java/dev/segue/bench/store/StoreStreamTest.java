package dev.segue.bench.store;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bench.harness.Child;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class StoreStreamTest {
  @Test
  @Timeout(30)
  void aProcessThatHangsIsAnErrorAndNoEndlessWait() throws Exception {
    try (Child child = Child.start("a sleeper", List.of("sleep", "100"))) {
      IOException error =
          assertThrows(
              IOException.class,
              () ->
                  StoreStream.sampleUntilTheEnd(
                      child, child.pid(), Duration.ofMillis(200), sample -> {}));
      assertTrue(String.valueOf(error.getMessage()).contains("did not end"), error::toString);
    }
  }
}
