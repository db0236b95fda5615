package dev.segue.objectstore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * What writes a stream may not tell that a write failed; half an object must not become visible.
 */
@Timeout(60)
class StreamedWriteTest {
  private static final int PART = 5 << 20;

  @TempDir Path directory;

  private interface Writing {
    void to(ObjectWriter writer) throws IOException;
  }

  private void assertNothingIsStored(Writing writing) throws IOException {
    StoreSettings settings = StoreSettings.defaults().putPartByteSize(PART);
    try (ObjectStore store = ObjectStore.open("file://" + directory, settings)) {
      try (ObjectWriter writer = store.write("k")) {
        Thread.currentThread().interrupt();
        writing.to(writer);
        // Whoever wrote took care of the interrupt, and not of the failure.
        assertTrue(Thread.interrupted());
        assertThrows(IOException.class, writer::finish);
      }
      assertFalse(Files.exists(directory.resolve("k")));
    }
  }

  @Test
  void aPrintStreamTellsNothing() throws Exception {
    assertNothingIsStored(
        writer -> {
          PrintStream out = new PrintStream(writer.asOutputStream(), false, StandardCharsets.UTF_8);
          out.print("x".repeat(PART + 1000));
          out.println("the end");
          assertTrue(out.checkError());
        });
  }

  @Test
  void aBufferIsWrittenAgain() throws Exception {
    assertNothingIsStored(
        writer -> {
          OutputStream out = new BufferedOutputStream(writer.asOutputStream(), PART + 1000);
          out.write(new byte[PART + 999]);
          assertThrows(IOException.class, out::flush);
        });
  }

  @Test
  void aChannelWroteAPart() throws Exception {
    assertNothingIsStored(
        writer -> {
          WritableByteChannel out = writer.asChannel();
          ByteBuffer bytes = ByteBuffer.allocate(PART + 1000);
          assertThrows(IOException.class, () -> out.write(bytes));
        });
  }

  /** Who writes chunks can tell how far that went, and go on. */
  @Test
  void chunksAreGoneOnWith() throws Exception {
    StoreSettings settings = StoreSettings.defaults().putPartByteSize(PART);
    try (ObjectStore store = ObjectStore.open("file://" + directory, settings);
        ObjectWriter writer = store.write("k")) {
      MemorySegment chunk = MemorySegment.ofArray(new byte[PART + 1000]);
      Thread.currentThread().interrupt();
      assertThrows(ObjectStoreException.class, () -> writer.writeChunk(chunk));
      assertTrue(Thread.interrupted());
      writer.writeChunk(chunk.asSlice(writer.byteSize()));
      assertEquals(PART + 1000, writer.finish().byteSize());
    }
  }
}
