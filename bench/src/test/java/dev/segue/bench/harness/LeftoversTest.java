package dev.segue.bench.harness;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LeftoversTest {
  // A process whose own one does not care for being asked to end.
  private static final List<String> STUBBORN =
      List.of(
          "sh",
          "-c",
          "sh -c 'trap \"\" TERM; echo stubborn pid=$$; while :; do sleep 1; done' & wait");

  private static long pidIn(Child child) {
    return (long) Rounds.field(child.lines("pid=").getFirst().text(), "pid");
  }

  private static boolean isRunning(long pid) throws IOException {
    Path stat = Path.of("/proc/" + pid + "/stat");
    try {
      String text = Files.readString(stat);
      return !text.substring(text.lastIndexOf(')')).startsWith(") Z");
    } catch (java.nio.file.NoSuchFileException e) {
      return false;
    }
  }

  private static void awaitGone(long pid) throws Exception {
    while (isRunning(pid)) {
      TimeUnit.MILLISECONDS.sleep(20);
    }
  }

  @Test
  void theProcessesOfAChildEndWithItByForceIfTheyMust() throws Exception {
    long pid;
    try (Child child = Child.start("a parent", STUBBORN)) {
      child.awaitLines(line -> line.contains("pid="), 1, java.time.Duration.ofSeconds(10));
      pid = pidIn(child);
      assertTrue(isRunning(pid));
    }
    assertFalse(isRunning(pid), "the child's own process outlived it");
  }

  @Test
  void whatAProcessUsedCountsForThisRunAsSoonAsItHasBeenEnded() throws Exception {
    for (int i = 0; i < 3; i++) {
      Child child = Child.start("a worker", Contender.javaCommand(Worker.class, "-Xmx64m"));
      child.awaitLines("worked"::equals, 1, java.time.Duration.ofSeconds(30));
      double used = child.cpuSeconds();
      double before = CpuClock.secondsOfThisRun();
      child.close();
      double counted = CpuClock.secondsOfThisRun() - before;
      // The kernel's times of ended processes are rounded to microseconds, and no finer.
      assertTrue(counted > 0.9 * used, "counted=" + counted + " used=" + used);
    }
  }

  /** Works for a moment, and takes a while to give its memory back. */
  static final class Worker {
    private static final long MEMORY = 256L << 20;

    private Worker() {}

    public static void main(String[] args) throws Exception {
      java.lang.foreign.Arena.global().allocate(MEMORY, 4096).fill((byte) 1);
      System.out.println("worked");
      Thread.sleep(60_000);
    }
  }

  @Test
  void aRunThatIsEndedByASignalLeavesNeitherProcessesNorFiles() throws Exception {
    try (Child run = Child.start("a run", Contender.javaCommand(Run.class))) {
      run.awaitLines(line -> line.contains("pid="), 1, java.time.Duration.ofSeconds(30));
      long pid = pidIn(run);
      Path directory = Path.of(run.lines("directory ").getFirst().text().substring(10));
      assertTrue(isRunning(pid));
      assertTrue(Files.exists(directory.resolve("file")));
      assertTrue(ProcessHandle.of(run.pid()).orElseThrow().destroy());
      awaitGone(run.pid());
      awaitGone(pid);
      awaitGone((long) Rounds.field(run.lines("other=").getFirst().text(), "other"));
      assertFalse(Files.exists(directory), directory.toString());
    }
  }

  /** A run of benches that is in the middle of one. */
  static final class Run {
    private Run() {}

    public static void main(String[] args) throws Exception {
      Path directory = Leftovers.temporary(Files.createTempDirectory("segue-bench"));
      Files.createFile(directory.resolve("file"));
      Child child = Child.start("a parent", STUBBORN);
      child.awaitLines(line -> line.contains("pid="), 1, java.time.Duration.ofSeconds(10));
      System.out.println("directory " + directory);
      // As JMH starts its forks.
      System.out.println("other=" + new ProcessBuilder("sleep", "100").start().pid());
      System.out.println(child.lines("pid=").getFirst().text());
      Thread.sleep(60_000);
    }
  }
}
