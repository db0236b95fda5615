package dev.segue.bench.harness;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * What the machine does besides the benches, by Linux's account.
 *
 * @param loadAverage of the last minute
 * @param busyTicks of all processors since boot that were spent on work
 * @param stolenTicks that the hypervisor gave to others
 * @param allTicks of all processors
 */
public record MachineLoad(double loadAverage, double busyTicks, long stolenTicks, long allTicks) {
  /** Above this share of all processors the machine is not quiet. */
  public static final double MOST_BUSY = 0.15;

  /** Above this share the hypervisor takes too much. */
  public static final double MOST_STOLEN = 0.03;

  private static final int STEAL = 7;
  private static final int IDLE = 3;
  private static final int IO_WAIT = 4;

  /** That of now; empty where there is no {@code /proc}. */
  public static Optional<MachineLoad> now() {
    try {
      String average = Files.readString(Path.of("/proc/loadavg")).split(" ", 2)[0];
      String[] ticks = Files.readAllLines(Path.of("/proc/stat")).getFirst().trim().split(" +", -1);
      long[] counts =
          Arrays.stream(ticks).skip(1).limit(STEAL + 1).mapToLong(Long::parseLong).toArray();
      long all = Arrays.stream(counts).sum();
      double busy = all - counts[IDLE] - counts[IO_WAIT];
      return Optional.of(new MachineLoad(Double.parseDouble(average), busy, counts[STEAL], all));
    } catch (IOException | RuntimeException e) {
      return Optional.empty();
    }
  }

  /** The share of all processors' time since {@code earlier} that was spent on work. */
  public double busyShareSince(MachineLoad earlier) {
    return (busyTicks - earlier.busyTicks) / Math.max(1, allTicks - earlier.allTicks);
  }

  /** The share of all processors' time since {@code earlier} that the hypervisor took. */
  public double stolenShareSince(MachineLoad earlier) {
    return (double) (stolenTicks - earlier.stolenTicks) / Math.max(1, allTicks - earlier.allTicks);
  }

  /** Looks for three seconds; why the machine is not quiet, or empty if it is. */
  public static Optional<String> unquiet() throws InterruptedException {
    Optional<MachineLoad> before = now();
    Thread.sleep(3000);
    Optional<MachineLoad> after = now();
    if (before.isEmpty() || after.isEmpty()) {
      return Optional.empty();
    }
    double busy = after.get().busyShareSince(before.get());
    double stolen = after.get().stolenShareSince(before.get());
    if (busy <= MOST_BUSY && stolen <= MOST_STOLEN) {
      return Optional.empty();
    }
    return Optional.of(
        String.format(
            Locale.ROOT,
            "the machine is not quiet: busyShare=%.2f (at most %.2f) stolenShare=%.3f (at most"
                + " %.3f) loadAverage=%.2f; wait until it is, or measure all the same with --force",
            busy,
            MOST_BUSY,
            stolen,
            MOST_STOLEN,
            after.get().loadAverage));
  }

  /** A sentence about the time since {@code earlier}. */
  public String since(MachineLoad earlier) {
    double stolen = stolenShareSince(earlier);
    return String.format(
        Locale.ROOT,
        "load average %.2f before, %.2f after; %.1f %% of the processors' time stolen%s",
        earlier.loadAverage,
        loadAverage,
        100 * stolen,
        stolen > MOST_STOLEN ? ", NOT QUIET" : "");
  }
}
