package dev.segue.objectstore.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.LockedFiles;
import dev.segue.objectstore.ObjectStore;
import dev.segue.testkit.OtherLoader;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that are being written, in a server that has the library once for each application. */
class HiddenLoadersTest {
  @TempDir private Path directory;

  /** What another application does. */
  static final class Putting {
    private Putting() {}

    /** Writes a file of the directory. */
    static void put(String directory, String key) throws Exception {
      try (ObjectStore store = ObjectStore.open("file://" + directory)) {
        store.put(key, SegmentedBytes.copyOfUtf8(key));
      }
    }
  }

  @Test
  void whoWritesInAnotherClassLoaderLeavesAWriterThatPausesItsLock() throws Exception {
    Path file = directory.toRealPath().resolve(HiddenFiles.PREFIX + HiddenFiles.newId(false));
    Files.createFile(file);
    Files.setLastModifiedTime(file, FileTime.from(Instant.now().minus(Duration.ofMinutes(2))));
    HiddenFiles hidden = new HiddenFiles(new SweepTimes(System::nanoTime));
    try (OtherLoader other = new OtherLoader();
        FileChannel channel = hidden.open(file, StandardOpenOption.WRITE, false)) {
      assertTrue(OtherLoader.isLockedForOthers(file));
      other.call(Putting.class, "put", directory.toString(), "k");
      assertTrue(channel.isOpen() && OtherLoader.isLockedForOthers(file));
    }
    LockedFiles.leave(file);
    try (OtherLoader other = new OtherLoader()) {
      other.call(Putting.class, "put", directory.toString(), "k");
    }
    // Whom nobody has any more it has removed.
    try (Stream<Path> files = Files.list(directory)) {
      assertEquals(List.of(directory.resolve("k")), files.toList());
    }
  }
}
