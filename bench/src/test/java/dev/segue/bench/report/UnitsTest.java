package dev.segue.bench.report;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class UnitsTest {
  @Test
  void timesHaveTheUnitThatKeepsThemShort() {
    assertEquals("0 ns", Units.time(0));
    assertEquals("320 ns", Units.time(320));
    assertEquals("1 µs", Units.time(1000));
    assertEquals("76.4 µs", Units.time(76_437));
    assertEquals("7.18 ms", Units.time(7_184_000));
    assertEquals("12 s", Units.time(12e9));
  }

  @Test
  void bytesCountInPowersOfTwo() {
    assertEquals("0.66 B", Units.bytes(0.66));
    assertEquals("11.25 MiB", Units.bytes(11_796_480));
    assertEquals("1 GiB", Units.bytes(1L << 30));
    assertEquals("3.61 KiB", Units.bytes(3_697));
    assertEquals("-2 KiB", Units.bytes(-2048));
  }

  @Test
  void ratesAndRatiosKeepWhatMatters() {
    assertEquals("1.27 M/s", Units.rate(1_270_000));
    assertEquals("21.4 k/s", Units.rate(21_400));
    assertEquals("9,876 /s", Units.rate(9_876));
    assertEquals("1.08×", Units.ratio(1.0777));
    assertEquals("29,466×", Units.ratio(29_466.2));
  }
}
