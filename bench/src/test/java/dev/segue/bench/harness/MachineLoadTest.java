package dev.segue.bench.harness;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class MachineLoadTest {
  private static final MachineLoad BEFORE = new MachineLoad(0, 1000, 100, 5000, 10);

  /** After 1,000 ticks, of which that many were spent. */
  private static MachineLoad after(double busyTicks, long stolenTicks, double ownSeconds) {
    return new MachineLoad(0, 1000 + busyTicks, 100 + stolenTicks, 6000, 10 + ownSeconds);
  }

  @Test
  void whatThisRunUsesIsNoLoadAndWhatOthersUseIs() {
    MachineLoad alone = after(900, 0, 9);
    assertEquals(0, alone.othersShareSince(BEFORE), 1e-9);
    assertEquals(Optional.empty(), alone.unquietSince(BEFORE));
    MachineLoad crowded = after(900, 0, 6);
    assertEquals(0.3, crowded.othersShareSince(BEFORE), 1e-9);
    assertTrue(crowded.unquietSince(BEFORE).isPresent());
    assertTrue(crowded.since(BEFORE).endsWith("30.0 % used by others, NOT QUIET"));
  }

  @Test
  void stolenTimeIsNobodysWorkAndHasALimitOfItsOwn() {
    MachineLoad stolen = after(900, 50, 8.5);
    assertEquals(0, stolen.othersShareSince(BEFORE), 1e-9);
    assertTrue(stolen.unquietSince(BEFORE).orElse("").contains("stolenShare=0.050"));
    assertEquals(Optional.empty(), after(20, 20, 0).unquietSince(BEFORE));
  }

  @Test
  @Timeout(60)
  void theTimeOfAProcessThatEndedIsThisRuns() throws Exception {
    double before = CpuClock.secondsOfThisRun();
    double used;
    try (Child busy = Child.start("busy", List.of("sh", "-c", "echo ready; while :; do :; done"))) {
      busy.awaitReady();
      while (busy.cpuSeconds() < 0.3) {
        Thread.sleep(10);
      }
      used = busy.cpuSeconds();
    }
    // The JDK's own thread asks for its result a moment later.
    while (CpuClock.secondsOfThisRun() - before < used) {
      Thread.sleep(10);
    }
  }
}
