package dev.segue.iceoryx2;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/** Nodes that see only those of their own test. */
final class Nodes {
  static final Duration LONG = Duration.ofSeconds(60);

  private static final AtomicInteger NUMBER = new AtomicInteger();

  private Nodes() {}

  static String newPrefix() {
    return "segue_test_"
        + ProcessHandle.current().pid()
        + "_"
        + System.nanoTime()
        + "_"
        + NUMBER.incrementAndGet()
        + "_";
  }

  static Node create(String prefix) throws IceoryxException {
    return Node.create(NodeOptions.defaults().withPrefix(prefix));
  }

  /**
   * Checks that all nodes of a prefix took their shared memory with them; what the core keeps of
   * each prefix for good is removed here.
   */
  static void assertNothingLeft(String prefix) throws IOException {
    List<Path> left = new ArrayList<>();
    try (Stream<Path> files = Files.list(Path.of("/dev/shm"))) {
      for (Path file : files.toList()) {
        String name = file.getFileName().toString();
        if (name.startsWith(prefix) && name.endsWith(".global_mgmt")) {
          Files.delete(file);
        } else if (name.startsWith(prefix)) {
          left.add(file);
        }
      }
    }
    assertEquals(List.of(), left);
  }
}
