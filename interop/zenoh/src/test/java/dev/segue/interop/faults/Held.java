package dev.segue.interop.faults;

import dev.segue.zenoh.Config;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.ShmPool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What this process holds of the system: sockets, and files of shared memory. Linux alone. */
final class Held {
  private static final Path OPEN = Path.of("/proc/self/fd");
  private static final Path MAPPED = Path.of("/proc/self/maps");
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final long sockets;

  /** Counts, after what the core opens once was opened. */
  Held(Config config) throws Exception {
    try (Session first = Session.open(config.listen("tcp/127.0.0.1:0"));
        Session second = Session.open(config.connect(first.locators().getFirst()));
        ShmPool _ = ShmPool.create(4096)) {
      awaitThat(() -> first.peers().contains(second.zid()));
    }
    // The other ends of the links are closed by threads of the core.
    long last = sockets();
    for (int same = 0; same < 10; ) {
      Thread.sleep(20);
      long now = sockets();
      same = now == last ? same + 1 : 0;
      last = now;
    }
    this.sockets = last;
  }

  private interface Condition {
    boolean holds() throws Exception;
  }

  private static boolean awaitThat(Condition condition) throws Exception {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.holds()) {
      if (System.nanoTime() - deadline > 0) {
        return false;
      }
      Thread.sleep(5);
    }
    return true;
  }

  private static long sockets() throws IOException {
    if (!Files.isDirectory(OPEN)) {
      return 0;
    }
    try (Stream<Path> files = Files.list(OPEN)) {
      return files.filter(Held::isSocket).count();
    }
  }

  private static boolean isSocket(Path descriptor) {
    try {
      return Files.readSymbolicLink(descriptor).toString().startsWith("socket:");
    } catch (IOException _) {
      return false; // closed meanwhile
    }
  }

  /**
   * How many sockets are open that were not before, once those have ended that end by themselves.
   */
  long left() throws Exception {
    awaitThat(() -> sockets() <= sockets);
    return Math.max(0, sockets() - sockets);
  }

  /** The files of shared memory that it has mapped, none of which may outlive all who have them. */
  static String sharedMemory() throws IOException {
    if (!Files.isReadable(MAPPED)) {
      return "";
    }
    return Files.readAllLines(MAPPED).stream()
        .filter(line -> line.contains(" /dev/shm/"))
        .map(line -> line.substring(line.indexOf("/dev/shm/")))
        .distinct()
        .collect(Collectors.joining(","));
  }

  /** Those of {@link #sharedMemory()} that are still there. */
  static List<String> remaining(String files) throws Exception {
    List<String> all = files.isEmpty() ? List.of() : List.of(files.split(",", -1));
    awaitThat(() -> all.stream().noneMatch(file -> Files.exists(Path.of(file))));
    return all.stream().filter(file -> Files.exists(Path.of(file))).toList();
  }
}
