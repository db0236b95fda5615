package dev.segue.bench.harness;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class CpuClockTest {
  @Test
  @Timeout(30)
  void ourOwnClockGoesOnInStepsFarBelowATick() {
    long pid = ProcessHandle.current().pid();
    double before = CpuClock.secondsOf(pid);
    double step;
    // A single step is as long as other threads of this JVM ran meanwhile; a clock of ticks has
    // none
    // that is shorter than a tick of 10 ms, and this loop would not end.
    do {
      double after = CpuClock.secondsOf(pid);
      step = after - before;
      before = after;
    } while (step == 0 || step >= 0.001);
    assertTrue(step > 0, "step=" + step);
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
