package dev.segue.bench.harness;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * Processor time of any process of this machine, all threads, to the nanosecond: its CPU clock,
 * read by {@code clock_gettime}. {@code /proc/PID/stat}, which {@link ProcessHandle} reads, counts
 * ticks of 10 ms.
 */
public final class CpuClock {
  // clockid_t of a process: the complement of its number, then CPUCLOCK_SCHED.
  private static final int SCHEDULER = 2;

  @SuppressWarnings("restricted") // a function of the C library that reads a clock
  private static final MethodHandle CLOCK_GETTIME =
      Linker.nativeLinker()
          .downcallHandle(
              Linker.nativeLinker().defaultLookup().findOrThrow("clock_gettime"),
              FunctionDescriptor.of(
                  ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.ADDRESS));

  private static final int CHILDREN = -1;
  private static final long USAGE_BYTE_SIZE = 144;

  @SuppressWarnings("restricted") // likewise
  private static final MethodHandle GETRUSAGE =
      Linker.nativeLinker()
          .downcallHandle(
              Linker.nativeLinker().defaultLookup().findOrThrow("getrusage"),
              FunctionDescriptor.of(
                  ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.ADDRESS));

  private CpuClock() {}

  /** Returns what a process has used so far, in seconds; NaN if it is gone. */
  public static double secondsOf(long pid) {
    int clock = ((int) ~pid << 3) | SCHEDULER;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment time = arena.allocate(2 * Long.BYTES, Long.BYTES);
      int result = (int) CLOCK_GETTIME.invokeExact(clock, time);
      return result == 0
          ? time.get(ValueLayout.JAVA_LONG, 0) + time.get(ValueLayout.JAVA_LONG, 8) / 1e9
          : Double.NaN;
    } catch (Throwable e) {
      throw new IllegalStateException("clock_gettime of pid=" + pid, e);
    }
  }

  /**
   * Returns what this process and all that it started and that have ended have used so far, in
   * seconds; those that are alive count when they have ended.
   */
  static double secondsOfThisRun() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment usage = arena.allocate(USAGE_BYTE_SIZE, Long.BYTES);
      int result = (int) GETRUSAGE.invokeExact(CHILDREN, usage);
      double children = 0;
      // Two times of seconds and microseconds: of the user and of the system.
      for (int at = 0; result == 0 && at < 4 * Long.BYTES; at += 2 * Long.BYTES) {
        children += usage.get(ValueLayout.JAVA_LONG, at);
        children += usage.get(ValueLayout.JAVA_LONG, at + Long.BYTES) / 1e6;
      }
      return secondsOf(ProcessHandle.current().pid()) + children;
    } catch (Throwable e) {
      throw new IllegalStateException("getrusage of this run", e);
    }
  }

  /**
   * Returns what a process and those that it started and are alive have used so far, in seconds.
   */
  public static double secondsOfTree(ProcessHandle root) {
    double sum = secondsOf(root.pid());
    for (ProcessHandle each : root.descendants().toList()) {
      double seconds = secondsOf(each.pid());
      sum += Double.isNaN(seconds) ? 0 : seconds;
    }
    return sum;
  }
}
