package dev.segue.objectstore.internal;

import static dev.segue.objectstore.ObjectStoreContract.MIB;
import static dev.segue.objectstore.ObjectStoreContract.failure;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.objectstore.ObjectStoreException.Reason;
import dev.segue.objectstore.StoreSettings;
import dev.segue.objectstore.WriteOptions;
import dev.segue.objectstore.spi.StoreUri;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Hidden files that a journal wants to go on with. */
class ResumedFileTest {
  private static final StoreSettings SETTINGS =
      StoreSettings.of(Map.of("SEGUE_PUT_PART_SIZE", "5MiB"));

  @TempDir private Path directory;

  private FilePartSink sink(FileStore store) {
    return new FilePartSink(store, "k", directory.resolve("k"), SETTINGS, true, WriteOptions.NONE);
  }

  /** What is stored is read for that, which takes long for a large file. */
  @Test
  void whoIsInterruptedWhileAFileIsResumedResumesItTheNextTime() throws Exception {
    try (FileStore store = FileStore.open(StoreUri.parse("file://" + directory), SETTINGS)) {
      FilePartSink first = sink(store);
      String id = first.begin();
      SegmentedBytes bytes = SegmentedBytes.copyOf(new byte[(int) (5 * MIB)]);
      assertEquals(1, first.part(1, bytes, 0, new Transfer()).get().number());
      first.detach();
      Thread.currentThread().interrupt();
      failure(Reason.CANCELLED, () -> sink(store).resume(id));
      assertTrue(Thread.interrupted());
      FilePartSink last = sink(store);
      assertEquals(1, Objects.requireNonNull(last.resume(id)).size());
      last.abort();
    }
  }
}
