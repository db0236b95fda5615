package dev.segue.cli.recording;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import picocli.CommandLine.Model.CommandSpec;

class TopicsTest {
  private static final long START = 1_700_000_000_000_000_000L;

  private static long nanos(String text) {
    return Topics.nanos(CommandSpec.create(), "--to", text, START);
  }

  @Test
  void aTimeBeyondAllTimesIsRefusedRatherThanOneInThePast() {
    assertEquals(START + 90_000_000_000L, nanos("90s"));
    assertThrows(IllegalArgumentException.class, () -> nanos("100000d"));
    assertThrows(IllegalArgumentException.class, () -> nanos("200000d"));
  }
}
