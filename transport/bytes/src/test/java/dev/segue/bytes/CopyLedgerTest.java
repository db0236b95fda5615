package dev.segue.bytes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class CopyLedgerTest {

  @Test
  void aSiteCountsWhatIsRecorded() {
    CopyLedger.Site site = CopyLedger.site("test.site", "a test");
    assertEquals("test.site", site.name());
    assertEquals("a test", site.reason());
    assertSame(site, CopyLedger.site("test.site", "another reason"));
    CopyLedger.Snapshot copies =
        Copies.during(
            () -> {
              site.record(3);
              site.record(1L << 40);
            });
    assertEquals(3 + (1L << 40), copies.byteCount("test.site"));
    assertEquals(3 + (1L << 40), copies.totalByteCount());
    assertEquals("a test", CopyLedger.reasons().get("test.site"));
  }

  @Test
  void aSnapshotDoesNotChange() {
    CopyLedger.Site site = CopyLedger.site("test.fixed", "a test");
    CopyLedger.Snapshot before = CopyLedger.snapshot();
    long count = before.byteCount("test.fixed");
    site.record(5);
    assertEquals(count, before.byteCount("test.fixed"));
    assertThrows(
        UnsupportedOperationException.class, () -> before.byteCounts().put("test.fixed", 1L));
  }

  @Test
  void aSnapshotOfGivenCountsKeepsItsOwn() {
    Map<String, Long> counts = new HashMap<>(Map.of("a", 1L));
    CopyLedger.Snapshot snapshot = new CopyLedger.Snapshot(counts);
    counts.put("a", 2L);
    assertEquals(1, snapshot.byteCount("a"));
  }

  @Test
  void theDifferenceOfSnapshotsCountsNewSitesFromZero() {
    CopyLedger.Snapshot before = new CopyLedger.Snapshot(Map.of("a", 5L));
    CopyLedger.Snapshot after = new CopyLedger.Snapshot(Map.of("a", 7L, "b", 2L));
    CopyLedger.Snapshot since = after.since(before);
    assertEquals(Map.of("a", 2L, "b", 2L), since.byteCounts());
    assertEquals(0, since.byteCount("c"));
  }

  @Test
  void gaugesOfOneNameAddUpToTheSite() {
    CopyLedger.Snapshot before = CopyLedger.snapshot();
    AtomicLong count = new AtomicLong(10);
    try (CopyLedger.Gauge first = CopyLedger.gauge("test.gauge", "a test", count::get);
        CopyLedger.Gauge second = CopyLedger.gauge("test.gauge", "a test", () -> 1)) {
      assertTrue(first != second);
      CopyLedger.site("test.gauge", "a test").record(100);
      assertEquals(111, CopyLedger.snapshot().since(before).byteCount("test.gauge"));
      count.set(20);
      assertEquals(121, CopyLedger.snapshot().since(before).byteCount("test.gauge"));
    }
    count.set(1_000);
    assertEquals(121, CopyLedger.snapshot().since(before).byteCount("test.gauge"));
  }

  @Test
  void aTotalThatFallsTakesNothingBackAndGrowsFromThere() {
    CopyLedger.Snapshot before = CopyLedger.snapshot();
    AtomicLong total = new AtomicLong(10_000);
    try (CopyLedger.Gauge gauge = CopyLedger.gauge("test.fall", "a test", total::get)) {
      assertEquals(10_000, CopyLedger.snapshot().since(before).byteCount("test.fall"));
      total.set(100); // a link is gone, with what it counted
      assertEquals(10_000, CopyLedger.snapshot().since(before).byteCount("test.fall"));
      total.set(250);
      assertEquals(10_150, CopyLedger.snapshot().since(before).byteCount("test.fall"));
      total.set(300);
      assertTrue(gauge != null);
    }
    assertEquals(10_200, CopyLedger.snapshot().since(before).byteCount("test.fall"));
  }

  @Test
  void aCountNeverFalls() {
    CopyLedger.Site site = CopyLedger.site("test.negative", "a test");
    IllegalArgumentException refusal =
        assertThrows(IllegalArgumentException.class, () -> site.record(-1));
    assertEquals(
        "record of byteSize=-1 at test.negative: a count never falls", refusal.getMessage());
    site.record(0);
    assertEquals(0, CopyLedger.snapshot().byteCount("test.negative"));
  }

  @Test
  void aGaugeIsClosedOnceAndNotReadAfterwards() {
    CopyLedger.Snapshot before = CopyLedger.snapshot();
    AtomicLong readCount = new AtomicLong();
    CopyLedger.Gauge gauge =
        CopyLedger.gauge(
            "test.close",
            "a test",
            () -> {
              readCount.incrementAndGet();
              return 7;
            });
    gauge.close();
    gauge.close();
    assertEquals(7, CopyLedger.snapshot().since(before).byteCount("test.close"));
    assertEquals(1, readCount.get());
  }

  @Test
  void aSnapshotCountsAGaugeThatClosesNeitherTwiceNorNotAtAll() throws InterruptedException {
    long before = CopyLedger.snapshot().byteCount("test.race");
    List<CopyLedger.Gauge> gauges = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      gauges.add(CopyLedger.gauge("test.race", "a test", CopyLedgerTest::sevenSlowly));
    }
    Threads.race(
        20,
        round -> gauges.subList(round * 10, (round + 1) * 10).forEach(CopyLedger.Gauge::close),
        _ -> {
          for (int i = 0; i < 10; i++) {
            assertEquals(1400, CopyLedger.snapshot().byteCount("test.race") - before);
          }
        });
    assertEquals(1400, CopyLedger.snapshot().byteCount("test.race") - before);
  }

  private static long sevenSlowly() {
    for (int i = 0; i < 100; i++) {
      Thread.onSpinWait();
    }
    return 7;
  }

  @Test
  void aGaugeIsNotReadAfterItsEndByASnapshotThatIsBeingTaken() throws InterruptedException {
    AtomicLong lateCount = new AtomicLong();
    Threads.race(
        200,
        _ -> {
          for (int i = 0; i < 100; i++) {
            AtomicBoolean ended = new AtomicBoolean();
            CopyLedger.Gauge gauge =
                CopyLedger.gauge(
                    "test.end",
                    "a test",
                    () -> {
                      if (ended.get()) {
                        lateCount.incrementAndGet();
                      }
                      return 1;
                    });
            gauge.close();
            ended.set(true);
          }
        },
        _ -> {
          for (int i = 0; i < 100; i++) {
            assertTrue(CopyLedger.snapshot().totalByteCount() >= 0);
          }
        });
    assertEquals(0, lateCount.get());
  }
}
