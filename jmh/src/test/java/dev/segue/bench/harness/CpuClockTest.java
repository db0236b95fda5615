package dev.segue.bench.harness;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class CpuClockTest {
  @Test
  void ourOwnClockGoesOnInStepsFarBelowATick() {
    long pid = ProcessHandle.current().pid();
    double before = CpuClock.secondsOf(pid);
    double after = before;
    while (after == before) {
      after = CpuClock.secondsOf(pid);
    }
    assertTrue(after - before < 0.005, "step=" + (after - before));
  }

  @Test
  @Timeout(30)
  void anotherProcessIsReadAndOneThatIsGoneIsNaN() throws Exception {
    long pid;
    try (Child busy = Child.start("busy", List.of("sh", "-c", "echo ready; while :; do :; done"))) {
      busy.awaitReady();
      double before = busy.cpuSeconds();
      while (busy.cpuSeconds() - before < 0.05) {
        TimeUnit.MILLISECONDS.sleep(10);
      }
      pid = busy.pid();
    }
    assertEquals(Double.NaN, CpuClock.secondsOf(pid));
  }
}
