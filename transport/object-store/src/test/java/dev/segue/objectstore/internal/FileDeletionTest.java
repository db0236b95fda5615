package dev.segue.objectstore.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.ObjectStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Deletions of one version of a file. */
@Timeout(60)
class FileDeletionTest {
  @TempDir private Path directory;

  /** Who is killed in between leaves what may be another one's file, of whatever age it is. */
  @Test
  void whatAKilledDeletionPutAsideIsNotSweptAway() throws Exception {
    String name = HiddenFiles.PREFIX + HiddenFiles.newAsideId();
    Path aside = Files.writeString(directory.resolve(name), "another's");
    Path _ =
        Files.setLastModifiedTime(aside, FileTime.from(Instant.now().minus(Duration.ofDays(99))));
    try (ObjectStore store = ObjectStore.open("file://" + directory)) {
      ObjectInfo _ = store.put("other", SegmentedBytes.copyOfUtf8("y"));
    }
    assertEquals("another's", Files.readString(aside));
  }
}
