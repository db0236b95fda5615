package dev.segue.bench.peer;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.ThreadMXBean;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * A process that does a work for each line that it gets, and says what it took: {@code done
 * wall=SECONDS cpu=SECONDS heap=BYTES}, {@code unsupported}, or {@code failed}. The first line that
 * it prints is {@code ready}.
 */
public final class Worker {
  private Worker() {}

  /** Does the works of one contender. */
  @FunctionalInterface
  public interface Works {
    /**
     * Does a work once.
     *
     * @throws UnsupportedOperationException if this contender can't
     */
    void run(String work) throws Exception;
  }

  /** Serves until there are no more lines. */
  public static void serve(Works works) throws IOException {
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    System.out.println("ready");
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      System.out.println(measured(works, line.strip()));
    }
  }

  private static String measured(Works works, String work) {
    var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    var system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    long allocated = threads.getTotalThreadAllocatedBytes();
    long cpu = system.getProcessCpuTime();
    long start = System.nanoTime();
    try {
      works.run(work);
    } catch (UnsupportedOperationException e) {
      return "unsupported";
    } catch (Exception e) {
      e.printStackTrace(System.out);
      return "failed " + e;
    }
    double wall = (System.nanoTime() - start) / 1e9;
    double used = (system.getProcessCpuTime() - cpu) / 1e9;
    long heap = threads.getTotalThreadAllocatedBytes() - allocated;
    return String.format(Locale.ROOT, "done wall=%.6f cpu=%.6f heap=%d", wall, used, heap);
  }
}
