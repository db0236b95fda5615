package dev.segue.iceoryx2;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
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

  static Node create() throws IceoryxException {
    return create(newPrefix());
  }

  /** The files in shared memory of all nodes of a prefix. */
  static List<Path> sharedMemory(String prefix) throws IOException {
    try (Stream<Path> files = Files.list(Path.of("/dev/shm"))) {
      return files.filter(file -> file.getFileName().toString().startsWith(prefix)).toList();
    }
  }
}
