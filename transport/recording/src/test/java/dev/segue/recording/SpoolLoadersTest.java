package dev.segue.recording;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.testkit.OtherLoader;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Recordings under way, in a server that has the library once for each of its applications. */
class SpoolLoadersTest {
  @TempDir private Path directory;

  /** What another application does. */
  static final class Looking {
    private Looking() {}

    /** Returns whether a recording is nobody's. */
    static Boolean isLeft(String data) throws Exception {
      var left = SpoolFile.reopen(Path.of(data));
      if (left.isPresent()) {
        left.get().close();
      }
      return left.isPresent();
    }
  }

  @Test
  void whoLooksInAnotherClassLoaderLeavesARecordingItsLock() throws Exception {
    try (OtherLoader other = new OtherLoader()) {
      Path data;
      try (SpoolFile file = SpoolFile.create(directory, "1", "s3://b", "drive.mcap")) {
        data = file.data();
        assertTrue(OtherLoader.isLockedForOthers(data));
        assertEquals(false, other.call(Looking.class, "isLeft", data.toString()));
        assertTrue(OtherLoader.isLockedForOthers(data));
      }
      assertEquals(true, other.call(Looking.class, "isLeft", data.toString()));
    }
  }
}
