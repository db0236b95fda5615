package dev.segue.objectstore;

import static dev.segue.objectstore.ObjectStoreContract.MIB;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A process that uploads is killed by a signal that it can't catch. */
@Timeout(120)
public abstract class KilledUploadContract {
  @TempDir public Path directory;
  public final Arena arena = Arena.ofShared();
  public final MemorySegment data = UploadChild.data(arena);

  /** What the child finds its credentials in. */
  public Map<String, String> environment() {
    return Map.of();
  }

  @AfterEach
  void end() {
    arena.close();
  }

  private static String sha256(MemorySegment bytes) throws Exception {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    digest.update(bytes.asByteBuffer());
    return HexFormat.of().formatHex(digest.digest());
  }

  public static void kill(Process process) throws InterruptedException {
    assertEquals(137, process.destroyForcibly().waitFor());
  }

  public void killAndResume(String uri, ObjectStore store) throws Exception {
    Path journal = directory.resolve("journal");
    Process child = UploadChild.start(uri, "k", journal, environment());
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
    store.get("k", back);
    assertEquals(sha256(data), sha256(back));
    assertFalse(Files.exists(journal));
  }
}
