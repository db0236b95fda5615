package dev.segue.cli.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class ReportTest {
  private static final int FRAME = 1920 * 1536 * 4;

  private final List<LaneResult> lanes =
      List.of(
          new LaneResult(
              Lane.BORROW,
              90,
              10,
              3_000_000_000L,
              FRAME,
              new Quantiles(10_712_000, 14_251_000, 122_200_000),
              8_840_000,
              Map.of("zenoh.network", 100L * (FRAME + 700), "zenoh.rounds.to.zero", 3L),
              Map.of("capnproto.gather", 90L * FRAME)),
          new LaneResult(
              Lane.SHM, 0, 0, 0, FRAME, new Quantiles(0, 0, 0), 99_960, Map.of(), Map.of()));

  @Test
  void theTableFitsATerminal() {
    String table = Report.table(lanes);
    assertEquals(
        """
                                      latency,  capture  → recvd       put    copied per frame
        lane     frames    fps   MB/s      p50      p90      p99       p50 publisher   subscr.  lost
        borrow       90   30.0    354  10.7 ms  14.3 ms   122 ms    8.8 ms   11.8 MB   11.8 MB    10
        shm           0    0.0    0.0   0.0 µs   0.0 µs   0.0 µs    100 µs       0 B       0 B     0

        Copied per frame, from the copy ledger:
          borrow    publisher   zenoh.network 11.8 MB
          borrow    subscriber  capnproto.gather 11.8 MB
          shm       publisher   nothing
          shm       subscriber  nothing""",
        table);
    assertTrue(table.lines().allMatch(line -> line.length() <= 94), table);
  }

  @Test
  void theJsonHasTheNamesThatProgramsReadAndOneLine() {
    assertEquals(
        "{\"lanes\":[{\"lane\":\"borrow\",\"frames\":90,\"framesLost\":10,"
            + "\"latencyMicros\":{\"p50\":10712.0,\"p90\":14251.0,\"p99\":122200.0},"
            + "\"putMicros\":{\"p50\":8840.0},"
            + "\"bytesCopiedPerFrame\":{\"publisher\":11797180,\"subscriber\":11796480}},"
            + "{\"lane\":\"shm\",\"frames\":0,\"framesLost\":0,"
            + "\"latencyMicros\":{\"p50\":0.0,\"p90\":0.0,\"p99\":0.0},"
            + "\"putMicros\":{\"p50\":100.0},"
            + "\"bytesCopiedPerFrame\":{\"publisher\":0,\"subscriber\":0}}]}",
        Report.json(lanes));
  }

  @Test
  void unitsChangeWhereTheNumberWouldGrowAFourthDigit() {
    assertEquals("99.9 µs", Report.duration(99_900));
    assertEquals("100 µs", Report.duration(99_960));
    assertEquals("1.0 ms", Report.duration(1_000_000));
    assertEquals("100 ms", Report.duration(99_960_000));
    assertEquals("999 B", Report.byteSize(999));
    assertEquals("1.0 kB", Report.byteSize(1000));
    assertEquals("1.0 MB", Report.byteSize(999_950));
  }

  @Test
  void progressShowsWhereTheLaneIs() {
    assertEquals("shm       warming up", Report.progress(Lane.SHM, 0, 0, 90));
    assertEquals(
        "copy      ████████░░░░░░░░░░░░░░░░  frame 30 of 90, latency 12.0 ms",
        Report.progress(Lane.COPY, 30, 12_000_000, 90));
    assertEquals(
        "copy      frame 30, latency 12.0 ms",
        Report.progress(Lane.COPY, 30, 12_000_000, Long.MAX_VALUE));
  }
}
