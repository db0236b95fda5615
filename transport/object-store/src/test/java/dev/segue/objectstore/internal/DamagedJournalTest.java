package dev.segue.objectstore.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.objectstore.ObjectStore;
import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.ObjectWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Journals that nobody can read keep nobody from uploading, and are not lost. */
@Timeout(60)
class DamagedJournalTest {
  private static final SegmentedBytes PART = SegmentedBytes.copyOf(new byte[8 << 20]);
  private static final byte[] NO_TEXT = {(byte) 0xC3, (byte) 0x28, '\n'};

  @TempDir Path folder = Path.of("");

  /** Leaves an upload that has one part, and damages its journal. */
  private Path interrupted(ObjectStore store, byte[] damage) throws Exception {
    Path journal = folder.resolve("k.journal");
    try (ObjectWriter writer = store.write("k", journal)) {
      writer.writeOwned(PART);
    }
    byte[] good = Files.readAllBytes(journal);
    byte[] bad = new byte[good.length + damage.length];
    System.arraycopy(good, 0, bad, 0, good.length);
    System.arraycopy(damage, 0, bad, good.length, damage.length);
    return Files.write(journal, bad);
  }

  private static List<byte[]> damages() {
    List<byte[]> damages = new ArrayList<>();
    damages.add(NO_TEXT);
    for (String part :
        List.of(
            "part 2 x y z\npart 3\n",
            "part 0 8388608 0 part-0\n",
            "part 2 0 0 part-2\n",
            "part 2 -5 0 part-2\n",
            "part 2 8388609 0 part-2\n",
            "part 2 9223372036854775807 0 part-2\n")) {
      damages.add(part.getBytes(StandardCharsets.UTF_8));
    }
    return damages;
  }

  @Test
  void aDamagedJournalIsPutAsideAndTheUploadBeginsAgain() throws Exception {
    for (byte[] damage : damages()) {
      Path directory = Files.createTempDirectory(folder, "store");
      try (ObjectStore store = ObjectStore.open(directory.toUri().toString())) {
        Path journal = interrupted(store, damage);
        byte[] damaged = Files.readAllBytes(journal);
        try (ObjectWriter writer = store.write("k", journal)) {
          assertEquals(0, writer.resumeByteOffset());
          writer.writeOwned(PART);
          writer.finish();
        }
        assertArrayEquals(damaged, Files.readAllBytes(journal.resolveSibling("k.journal.damaged")));
        assertTrue(Files.notExists(journal));
        try (Stream<Path> names = Files.list(directory)) {
          // Nothing of the upload that nobody can go on with.
          assertEquals(1, names.count());
        }
      }
    }
  }

  @Test
  void aFileThatIsNoJournalIsLeftAsItIs() throws Exception {
    Path file = folder.resolve("notes");
    try (ObjectStore store = ObjectStore.open(folder.resolve("store").toUri().toString())) {
      for (byte[] content :
          new byte[][] {
            "one line".getBytes(StandardCharsets.UTF_8),
            "lines\n".getBytes(StandardCharsets.UTF_8),
            NO_TEXT
          }) {
        Files.write(file, content);
        assertThrows(ObjectStoreException.class, () -> store.write("k", file).close());
        assertArrayEquals(content, Files.readAllBytes(file));
        assertThrows(ObjectStoreException.class, () -> store.discard("k", file));
        assertArrayEquals(content, Files.readAllBytes(file));
      }
    }
  }

  @Test
  void whatACrashLeftOfABeginIsNoUpload() throws Exception {
    Path file = folder.resolve("torn");
    try (ObjectStore store = ObjectStore.open(folder.resolve("store").toUri().toString())) {
      for (byte[] content :
          new byte[][] {{}, "segue-up".getBytes(StandardCharsets.UTF_8), new byte[100]}) {
        Files.write(file, content);
        try (ObjectWriter writer = store.write("k", file)) {
          assertEquals(0, writer.resumeByteOffset());
          writer.writeOwned(PART);
          writer.finish();
        }
        Files.write(file, content);
        store.discard("k", file);
        assertTrue(Files.notExists(file));
      }
    }
  }
}
