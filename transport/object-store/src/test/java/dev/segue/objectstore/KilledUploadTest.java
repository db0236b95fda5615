package dev.segue.objectstore;

import static dev.segue.objectstore.ObjectStoreContract.MIB;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A process that uploads is killed by a signal that it can't catch. */
@Timeout(120)
class KilledUploadTest {
  @TempDir Path directory;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment data = UploadChild.data(arena);

  @AfterEach
  void end() {
    arena.close();
  }

  private static String sha256(MemorySegment bytes) throws Exception {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    digest.update(bytes.asByteBuffer());
    return HexFormat.of().formatHex(digest.digest());
  }

  private static void kill(Process process) throws InterruptedException {
    assertEquals(137, process.destroyForcibly().waitFor());
  }

  private void killAndResume(String uri, ObjectStore store) throws Exception {
    Path journal = directory.resolve("journal");
    Process child = UploadChild.start(uri, "k", journal);
    try {
      while (!Files.exists(journal) || Files.readAllLines(journal).size() < 6) {
        assertTrue(child.isAlive());
        Thread.sleep(1);
      }
    } finally {
      kill(child);
    }
    assertFalse(store.exists("k"));
    assertTrue(store.list("", "", Optional.empty()).objects().isEmpty());
    try (ObjectWriter writer = store.write("k", journal)) {
      long from = writer.resumeByteOffset();
      assertEquals(0, from % (5 * MIB));
      assertTrue(from <= 30 * MIB, () -> "resumeByteOffset=" + from);
      writer.writeOwned(Data.regions(data.asSlice(from), MIB));
      assertEquals(data.byteSize(), writer.finish().byteSize());
    }
    MemorySegment back = arena.allocate(data.byteSize());
    ObjectInfo _ = store.get("k", back);
    assertEquals(sha256(data), sha256(back));
    assertFalse(Files.exists(journal));
  }

  @Test
  void anUploadToABucketIsResumed() throws Exception {
    try (S3Server server = new S3Server();
        S3Store store = server.open(ObjectStoreContract.SETTINGS)) {
      String uri = "s3://" + S3Server.BUCKET + "/some/where?endpoint=" + server.endpoint();
      killAndResume(uri, store);
    }
  }

  @Test
  void anUploadToAContainerIsResumed() throws Exception {
    try (Azurite server = Azurite.start();
        AzureStore store = server.open(ObjectStoreContract.SETTINGS)) {
      String uri = "az://" + Azurite.CONTAINER + "/some/where?endpoint=" + server.endpoint();
      killAndResume(uri, store);
    }
  }

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
        int _ = file.write(java.nio.ByteBuffer.allocate(1000), 12 * MIB);
      }
      try (ObjectWriter writer = store.write("k", journal)) {
        assertEquals(10 * MIB, writer.resumeByteOffset());
        // Shorter than what is there already.
        writer.writeOwned(Data.regions(data.asSlice(10 * MIB, MIB), MIB));
        assertEquals(11 * MIB, writer.finish().byteSize());
      }
      MemorySegment back = arena.allocate(11 * MIB);
      ObjectInfo _ = store.get("k", back);
      assertTrue(Data.same(back, data.asSlice(0, 11 * MIB)));
    }
  }

  @Test
  void whatAKilledProcessLeftIsRemovedByTheNextWriterButNotBeforeItIsDead() throws Exception {
    Path root = directory.resolve("store");
    String uri = "file://" + root;
    Process child = UploadChild.start(uri, "k", null);
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
      Path _ =
          Files.setLastModifiedTime(
              Path.of(name), FileTime.from(Instant.now().minus(Duration.ofHours(1))));
    }
    try (ObjectStore store = ObjectStore.open(uri)) {
      ObjectInfo _ = store.put("other", dev.segue.bytes.SegmentedBytes.copyOfUtf8("x"));
    }
  }
}
