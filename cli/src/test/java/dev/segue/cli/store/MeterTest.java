package dev.segue.cli.store;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

final class MeterTest {
  private static final long MIB = 1L << 20;

  @Test
  void theLineTellsBytesShareRateAndTimeLeft() {
    assertEquals(
        "put  ██████░░░░░░░░░░░░░░░░░░  25 %  25.0 MiB of 100 MiB  50.0 MiB/s  ETA 2 s",
        Meter.text("put", 25 * MIB, 100 * MIB, 50.0 * MIB, 100));
    assertEquals(
        "put   25 %  25.0 MiB of 100 MiB  50.0 MiB/s  ETA 2 s",
        Meter.text("put", 25 * MIB, 100 * MIB, 50.0 * MIB, 60));
  }

  @Test
  void whatHasNoSizeHasNoBar() {
    assertEquals(
        "put-streaming  1.0 MiB  512 KiB/s", Meter.text("put-streaming", MIB, 0, 512 * 1024.0, 80));
  }

  @Test
  void whatDoesNotMoveHasNoTimeLeft() {
    assertEquals("get    0 %  0 B of 1.0 MiB  0 B/s", Meter.text("get", 0, MIB, 0, 60));
  }

  @Test
  void whenAllBytesAreUnderWayItIsFinishing() {
    assertEquals(
        "put  100 %  1.0 MiB of 1.0 MiB  1.0 MiB/s  finishing",
        Meter.text("put", MIB, MIB, MIB, 60));
  }

  @Test
  void aHundredPercentIsNotTheRoundingOfLess() {
    assertEquals("get   99 %  1023 B of 1.0 KiB  0 B/s", Meter.text("get", 1023, 1024, 0, 60));
  }
}
