package dev.segue.objectstore;

import static dev.segue.objectstore.ObjectStoreContract.MIB;
import static dev.segue.objectstore.ObjectStoreContract.failure;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.objectstore.ObjectStoreException.Reason;
import dev.segue.testkit.Peers;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A disk of 8 MiB; only who may mount has one. */
@Timeout(60)
class FullDiskTest {
  @TempDir Path directory;
  private final Arena arena = Arena.ofShared();
  private boolean mounted;

  @BeforeEach
  void begin() throws Exception {
    Path disk = Files.createDirectory(directory.resolve("disk"));
    mounted = Peers.runs("mount", "-t", "tmpfs", "-o", "size=8m", "none", disk.toString());
    Assumptions.assumeTrue(mounted, "a small disk can't be mounted here: no right to");
  }

  @AfterEach
  void end() throws Exception {
    arena.close();
    if (mounted) {
      assertTrue(Peers.runs("umount", directory.resolve("disk").toString()));
    }
  }

  private ObjectStore open() throws IOException {
    return ObjectStore.open(
        "file://" + directory.resolve("disk"), StoreSettings.of(ObjectStoreContract.SETTINGS));
  }

  private void checkOldIsThereAlone(ObjectStore store) throws Exception {
    assertEquals(
        List.of(directory.resolve("disk/k").toString()),
        ObjectStoreContract.names(directory.resolve("disk")));
    MemorySegment back = arena.allocate(3);
    store.get("k", back);
    assertEquals('o', back.get(java.lang.foreign.ValueLayout.JAVA_BYTE, 0));
  }

  @Test
  void whatDoesNotFitIsSaidToLackSpaceAndLeavesTheOldObject() throws Exception {
    try (ObjectStore store = open()) {
      store.put("k", SegmentedBytes.copyOfUtf8("old"));
      SegmentedBytes large = Data.regions(Data.random(arena, 12 * MIB), MIB);
      ObjectStoreException failure = failure(Reason.NO_SPACE, () -> store.put("k", large));
      assertTrue(failure.getMessage().contains("/k"), failure::getMessage);
      assertFalse(large.isLent());
      checkOldIsThereAlone(store);
      failure(
          Reason.NO_SPACE,
          () -> {
            try (ObjectWriter writer = store.write("k")) {
              writer.writeOwned(large);
              writer.finish();
            }
          });
      assertFalse(large.isLent());
      checkOldIsThereAlone(store);
      failure(
          Reason.NO_SPACE,
          () -> {
            store.put("half", Data.regions(Data.random(arena, 5 * MIB), MIB));
            store.copy("half", "again");
          });
      store.delete("half");
      checkOldIsThereAlone(store);
    }
  }

  @Test
  void anUploadWithAJournalGoesOnWhenThereIsRoomAgain() throws Exception {
    MemorySegment data = Data.random(arena, 7 * MIB);
    Path journal = directory.resolve("journal");
    try (ObjectStore store = open()) {
      store.put("filler", Data.regions(Data.random(arena, 2 * MIB), MIB));
      failure(
          Reason.NO_SPACE,
          () -> {
            try (ObjectWriter writer = store.write("k", journal)) {
              writer.writeOwned(Data.regions(data, MIB));
              writer.finish();
            }
          });
      assertFalse(store.exists("k"));
      store.delete("filler");
      try (ObjectWriter writer = store.write("k", journal)) {
        assertEquals(5 * MIB, writer.resumeByteOffset());
        writer.writeOwned(Data.regions(data.asSlice(5 * MIB), MIB));
        writer.finish();
      }
      MemorySegment back = arena.allocate(7 * MIB);
      store.get("k", back);
      assertTrue(Data.same(back, data));
    }
  }
}
