package dev.segue.bench.harness;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * The load of the machine besides the benches, by Linux's account.
 *
 * @param loadAverage of the last minute
 * @param busyTicks of all processors since boot that were spent on work, stolen ones with them
 * @param stolenTicks that the hypervisor gave to others
 * @param allTicks of all processors
 * @param ownSeconds of processor time that this run has used, those of its processes that have
 *     ended with it
 */
public record MachineLoad(
    double loadAverage, double busyTicks, long stolenTicks, long allTicks, double ownSeconds) {
  /** Above this share of all processors that others use the machine is not quiet. */
  public static final double MOST_BUSY = 0.15;

  /** Above this share the hypervisor takes too much. */
  public static final double MOST_STOLEN = 0.03;

  private static final double TICKS_PER_SECOND = 100;
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
      return Optional.of(
          new MachineLoad(
              Double.parseDouble(average), busy, counts[STEAL], all, CpuClock.secondsOfThisRun()));
    } catch (IOException | RuntimeException e) {
      return Optional.empty();
    }
  }

  /**
   * The share of all processors' time since {@code earlier} that was spent on work of others: of
   * processes that this run did not start, and of the kernel on its own.
   */
  public double othersShareSince(MachineLoad earlier) {
    double worked = busyTicks - earlier.busyTicks - (stolenTicks - earlier.stolenTicks);
    double own = (ownSeconds - earlier.ownSeconds) * TICKS_PER_SECOND;
    return Math.max(0, worked - own) / Math.max(1, allTicks - earlier.allTicks);
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
    return before
        .flatMap(earlier -> after.flatMap(later -> later.unquietSince(earlier)))
        .map(why -> why + "; wait until it is, or measure all the same with --force");
  }

  /** Returns why the machine was not quiet since {@code earlier}; empty if it was. */
  public Optional<String> unquietSince(MachineLoad earlier) {
    double others = othersShareSince(earlier);
    double stolen = stolenShareSince(earlier);
    if (others <= MOST_BUSY && stolen <= MOST_STOLEN) {
      return Optional.empty();
    }
    return Optional.of(
        String.format(
            Locale.ROOT,
            "the machine is not quiet: othersShare=%.2f (at most %.2f) stolenShare=%.3f (at most"
                + " %.3f) loadAverage=%.2f",
            others,
            MOST_BUSY,
            stolen,
            MOST_STOLEN,
            loadAverage));
  }

  /** A sentence about the time since {@code earlier}. */
  public String since(MachineLoad earlier) {
    return String.format(
        Locale.ROOT,
        "load average %.2f before, %.2f after; of the processors' time %.1f %% stolen, %.1f %% used"
            + " by others%s",
        earlier.loadAverage,
        loadAverage,
        100 * stolenShareSince(earlier),
        100 * othersShareSince(earlier),
        unquietSince(earlier).isPresent() ? ", NOT QUIET" : "");
  }
}
