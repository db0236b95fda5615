package dev.segue.lanes;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.UUID;

/**
 * Names what processes share that can read each other by iceoryx2: the running kernel, the user,
 * and the file systems of shared memory, which containers have their own of.
 *
 * <p>It is a hint that saves attempts in vain: a subscriber leaves Zenoh only when messages came.
 */
final class HostId {
  private static final String TEXT = compute();

  private HostId() {}

  static String text() {
    return TEXT;
  }

  private static String compute() {
    String known =
        readBootId()
            + unix(Path.of("/proc/self"), "uid")
            + unix(Path.of("/dev/shm"), "dev")
            + unix(Path.of("/dev/shm"), "ino");
    return UUID.nameUUIDFromBytes(known.getBytes(StandardCharsets.UTF_8)).toString();
  }

  private static String readBootId() {
    try {
      return Files.readString(Path.of("/proc/sys/kernel/random/boot_id"));
    } catch (IOException _) {
      return "";
    }
  }

  private static String unix(Path path, String attribute) {
    try {
      Map<String, Object> found = Files.readAttributes(path, "unix:" + attribute);
      return ":" + found.get(attribute);
    } catch (IOException | UnsupportedOperationException | IllegalArgumentException _) {
      return ":";
    }
  }
}
