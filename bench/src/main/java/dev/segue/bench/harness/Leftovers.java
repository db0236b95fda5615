package dev.segue.bench.harness;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Checks for leftovers of a run: processes with all that they started, and temporary directories.
 * The end of this JVM, by a signal too, takes away whatever is still there. Threads: any.
 */
public final class Leftovers {
  private static final Duration GRACE = Duration.ofSeconds(3);
  private static final Set<ProcessHandle> PROCESSES = ConcurrentHashMap.newKeySet();
  private static final Set<Path> DIRECTORIES = ConcurrentHashMap.newKeySet();

  static {
    Runtime.getRuntime().addShutdownHook(new Thread(Leftovers::takeAway));
  }

  private Leftovers() {}

  /** Starts a process; the caller ends it by {@link #end}. */
  public static Process start(ProcessBuilder builder) throws IOException {
    Process process = builder.start();
    PROCESSES.add(process.toHandle());
    return process;
  }

  /**
   * Asks a process and those that it started to end, forces those that don't within three seconds,
   * and waits for the end of each. What the process has used of the processor counts among the
   * ended ones of this run from then on.
   */
  public static void end(Process process) {
    ProcessHandle root = process.toHandle();
    List<ProcessHandle> tree = treeOf(root);
    tree.forEach(ProcessHandle::destroy);
    if (!awaitEnd(tree)) {
      tree.forEach(ProcessHandle::destroyForcibly);
      awaitEnd(tree);
    }
    awaitReaped(process);
    PROCESSES.remove(root);
  }

  /**
   * Its first thread looks like the whole process's end while others give their memory back, and
   * what it used counts for nobody until the JVM has asked for its result.
   */
  private static void awaitReaped(Process process) {
    try {
      process.waitFor(GRACE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Takes a directory away at the end of this JVM, if nobody has done so before. */
  public static Path temporary(Path directory) {
    DIRECTORIES.add(directory);
    return directory;
  }

  /** Deletes a directory with all that is in it. */
  public static void delete(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path each : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(each);
      }
    }
    DIRECTORIES.remove(directory);
  }

  private static List<ProcessHandle> treeOf(ProcessHandle root) {
    // Before the root ends: after that its descendants are somebody else's.
    List<ProcessHandle> tree = new ArrayList<>(root.descendants().toList());
    tree.add(root);
    return tree;
  }

  private static boolean awaitEnd(List<ProcessHandle> processes) {
    long deadline = System.nanoTime() + GRACE.toNanos();
    while (processes.stream().anyMatch(Leftovers::isRunning)) {
      if (System.nanoTime() - deadline > 0) {
        return false;
      }
      try {
        Thread.sleep(5);
      } catch (InterruptedException e) {
        processes.forEach(ProcessHandle::destroyForcibly);
        Thread.currentThread().interrupt();
        return true;
      }
    }
    return true;
  }

  /** One that has ended and that nobody has asked for its result yet holds nothing. */
  private static boolean isRunning(ProcessHandle process) {
    if (!process.isAlive()) {
      return false;
    }
    try {
      String stat = Files.readString(Path.of("/proc", Long.toString(process.pid()), "stat"));
      return !stat.substring(stat.lastIndexOf(')') + 1).startsWith(" Z");
    } catch (IOException e) {
      return process.isAlive();
    }
  }

  private static void takeAway() {
    List<ProcessHandle> all = new ArrayList<>();
    PROCESSES.forEach(each -> all.addAll(treeOf(each)));
    // JMH starts its JVMs itself.
    all.addAll(ProcessHandle.current().descendants().toList());
    all.forEach(ProcessHandle::destroyForcibly);
    awaitEnd(all);
    for (Path each : DIRECTORIES) {
      try {
        delete(each);
      } catch (IOException | java.io.UncheckedIOException e) {
        System.err.println("segue bench: " + each + " can't be deleted: " + e.getMessage());
      }
    }
  }
}
