package dev.segue.cli.zenoh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.cli.zenoh.Finding.Level;
import dev.segue.zenoh.Timestamp;
import dev.segue.zenoh.ZenohId;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TrafficCheckTest {
  private static final ZenohId CLOCK = ZenohId.of("a1");
  private static final Instant NOW = Instant.parse("2026-11-29T12:00:00Z");

  private final TrafficCheck check = new TrafficCheck();

  private static Timestamp old(Duration age) {
    Instant time = NOW.minus(age);
    long fraction = Math.floorDiv((long) time.getNano() << 32, 1_000_000_000L);
    return new Timestamp(time.getEpochSecond() << 32 | fraction, CLOCK);
  }

  private Finding finding(String subject, long poolByteSize) {
    List<Finding> findings = check.findings(poolByteSize);
    return findings.stream()
        .filter(each -> each.subject().equals(subject))
        .findFirst()
        .orElseThrow();
  }

  private boolean has(String subject) {
    return check.findings(1 << 20).stream().anyMatch(each -> each.subject().equals(subject));
  }

  @Test
  void nothingThatComesIsNoFault() {
    assertEquals(Level.OK, finding("traffic", 0).level());
    assertFalse(has("pools"));
    assertFalse(has("clock"));
  }

  @Test
  void largePayloadsOverTheNetworkAreNotedAndSmallOnesAreNot() {
    check.see(TrafficCheck.LARGE_BYTE_SIZE - 1, false, null, NOW);
    check.see(TrafficCheck.LARGE_BYTE_SIZE, true, null, NOW);
    assertEquals(Level.OK, finding("traffic", 0).level());
    check.see(TrafficCheck.LARGE_BYTE_SIZE, false, null, NOW);
    Finding traffic = finding("traffic", 0);
    assertEquals(Level.NOTE, traffic.level());
    assertTrue(
        traffic.text().contains("of 64 KiB and more 1 in shared memory, 1 over the network"),
        traffic.text());
    assertTrue(traffic.text().startsWith("3 samples came"), traffic.text());
    assertTrue(traffic.remedy().contains("ShmPool"), traffic.remedy());
  }

  @ParameterizedTest
  @CsvSource({"4000000, OK, 4 samples", "3999999, NOTE, 3 samples", "999999, NOTE, 0 samples"})
  void poolsHaveRoomForSomeOfTheLargestThatComes(long poolByteSize, Level level, String room) {
    check.see(1_000_000, true, null, NOW);
    check.see(500, true, null, NOW);
    Finding pools = finding("pools", poolByteSize);
    assertEquals(level, pools.level());
    assertTrue(pools.text().contains("room for " + room), pools.text());
  }

  @ParameterizedTest
  @CsvSource({
    "PT-1H, PT-0.02S, WARNING, is ahead of ours by 3600000.0 ms at least",
    "PT-0.005S, PT1S, OK, youngest sample was -5.0 ms old",
    "PT5S, PT0.1S, OK, youngest sample was 100.0 ms old",
    "PT5S, PT0.3S, NOTE, youngest sample was 300.0 ms old",
  })
  void theYoungestSampleOfAClockSaysHowFarItIsOff(
      Duration one, Duration other, Level level, String text) {
    check.see(8, false, old(one), NOW);
    check.see(8, false, old(other), NOW);
    Finding clock = finding("clock", 0);
    assertEquals(level, clock.level(), clock::toString);
    assertTrue(clock.text().contains(text), clock.text());
    assertTrue(clock.text().contains(CLOCK.toString()), clock.text());
    assertEquals(level == Level.OK, clock.remedy().isEmpty());
  }
}
