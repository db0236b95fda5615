package dev.segue.objectstore;

import static dev.segue.objectstore.ObjectStoreContract.MIB;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class KilledUploadTest extends KilledUploadContract {
  @Test
  void aFileIsResumed() throws Exception {
    String uri = "file://" + directory.resolve("store");
    try (ObjectStore store =
        ObjectStore.open(uri, StoreSettings.of(ObjectStoreContract.SETTINGS))) {
      killAndResume(uri, store);
      assertEquals(1, ObjectStoreContract.names(directory.resolve("store")).size());
    }
  }

  @Test
  void aNotedPartThatNeverReachedTheDiskIsWrittenAgain() throws Exception {
    String uri = "file://" + directory.resolve("store");
    Path journal = directory.resolve("journal");
    try (ObjectStore store =
        ObjectStore.open(uri, StoreSettings.of(ObjectStoreContract.SETTINGS))) {
      try (ObjectWriter writer = store.write("k", journal)) {
        writer.writeOwned(Data.regions(data.asSlice(0, 21 * MIB), MIB));
      }
      Path hidden = Path.of(ObjectStoreContract.names(directory.resolve("store")).getFirst());
      try (var file =
          java.nio.channels.FileChannel.open(hidden, java.nio.file.StandardOpenOption.WRITE)) {
        file.write(java.nio.ByteBuffer.allocate(1000), 12 * MIB);
      }
      try (ObjectWriter writer = store.write("k", journal)) {
        assertEquals(10 * MIB, writer.resumeByteOffset());
        // Shorter than what is there already.
        writer.writeOwned(Data.regions(data.asSlice(10 * MIB, MIB), MIB));
        assertEquals(11 * MIB, writer.finish().byteSize());
      }
      MemorySegment back = arena.allocate(11 * MIB);
      store.get("k", back);
      assertTrue(Data.same(back, data.asSlice(0, 11 * MIB)));
    }
  }

  @Test
  void whatAKilledProcessLeftIsRemovedByTheNextWriterButNotBeforeItIsDead() throws Exception {
    Path root = directory.resolve("store");
    String uri = "file://" + root;
    Process child = UploadChild.start(uri, "k", null, Map.of());
    try {
      while (!Files.exists(root) || size(root) < 30 * MIB) {
        assertTrue(child.isAlive());
        Thread.sleep(1);
      }
      putAfterAWhile(uri, root);
      assertEquals(2, ObjectStoreContract.names(root).size());
    } finally {
      kill(child);
    }
    putAfterAWhile(uri, root);
    assertEquals(List.of(root.resolve("other").toString()), ObjectStoreContract.names(root));
  }

  private static long size(Path root) throws Exception {
    long byteSize = 0;
    for (String name : ObjectStoreContract.names(root)) {
      byteSize += Files.size(Path.of(name));
    }
    return byteSize;
  }

  private static void putAfterAWhile(String uri, Path root) throws Exception {
    for (String name : ObjectStoreContract.names(root)) {
      Files.setLastModifiedTime(
          Path.of(name), FileTime.from(Instant.now().minus(Duration.ofHours(1))));
    }
    try (ObjectStore store = ObjectStore.open(uri)) {
      store.put("other", dev.segue.bytes.SegmentedBytes.copyOfUtf8("x"));
    }
  }
}
