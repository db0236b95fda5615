package dev.segue.mcap;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.CopyLedger;
import dev.segue.bytes.SegmentedBytes;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;

/** What a writer takes and refuses, and what it says of the file that it writes. */
@Timeout(120)
class McapWriterUseTest {
  private static final MemorySegment NO_HEAD = MemorySegment.ofArray(new byte[0]);

  private static SegmentedBytes zeros(int byteSize) {
    return SegmentedBytes.copyOf(new byte[byteSize]);
  }

  private static McapSummary summaryOf(byte[] file) throws McapFormatException {
    SegmentedBytes whole = SegmentedBytes.copyOf(file);
    SegmentedBytes end = whole.slice(whole.byteSize() - McapSummary.END_BYTE_SIZE);
    return McapSummary.of(whole.slice(McapSummary.byteOffset(end).orElseThrow()));
  }

  private static List<Long> sequencesOf(byte[] file) throws IOException {
    List<Long> all = new ArrayList<>();
    try (McapReader reader = McapReader.open(Layouts.whole(file))) {
      for (var next = reader.next(); next.isPresent(); next = reader.next()) {
        try (McapMessage message = next.get()) {
          all.add(message.sequence());
        }
      }
      assertTrue(reader.truncation().isEmpty());
    }
    return all;
  }

  @Test
  void whatIsNotThereIsRefusedAndTheFileStaysWhole() throws Exception {
    Layouts.Memory memory = new Layouts.Memory();
    try (McapWriter writer = McapWriter.to(memory, "", "test")) {
      assertThrows(IllegalArgumentException.class, () -> writer.addChannel(1, "t", "", Map.of()));
      assertThrows(IllegalArgumentException.class, () -> writer.addChannel(-1, "t", "", Map.of()));
      assertThrows(IllegalArgumentException.class, () -> writer.write(0, 0, 0, 0, zeros(1)));
      assertEquals(1, writer.addSchema("s", "", SegmentedBytes.empty()));
      assertEquals(0, writer.addChannel(1, "t", "", Map.of()));
      assertThrows(IllegalArgumentException.class, () -> writer.addChannel(2, "t", "", Map.of()));
      assertThrows(IllegalArgumentException.class, () -> writer.write(1, 0, 0, 0, zeros(1)));
      assertThrows(IllegalArgumentException.class, () -> writer.write(-1, 0, 0, 0, zeros(1)));
      for (int opcode : new int[] {-1, 0x7F, 0x100}) {
        assertThrows(
            IllegalArgumentException.class, () -> writer.writePrivate(opcode, NO_HEAD, zeros(1)));
      }
      writer.writePrivate(0x80, NO_HEAD, zeros(1));
      writer.writePrivate(0xFF, NO_HEAD, zeros(1));
      writer.write(0, 7, 0, 0, zeros(1));
      writer.finish();
    }
    assertEquals(List.of(7L), sequencesOf(memory.file()));
  }

  @Test
  void anEndedWriterTakesNothing() throws Exception {
    for (boolean isFinished : new boolean[] {true, false}) {
      Layouts.Memory memory = new Layouts.Memory();
      McapWriter writer = McapWriter.to(memory, "", "test", McapWriterOptions.indexed());
      int channel = writer.addChannel(0, "t", "", Map.of());
      if (isFinished) {
        writer.finish();
      } else {
        writer.close();
      }
      int byteSize = memory.file().length;
      List<Executable> uses =
          List.of(
              () -> writer.addSchema("s", "", SegmentedBytes.empty()),
              () -> writer.addChannel(0, "u", "", Map.of()),
              () -> writer.write(channel, 0, 0, 0, zeros(1)),
              () -> writer.writePrivate(0x80, NO_HEAD, zeros(1)),
              () -> writer.writeAttachment("a", "", 0, 0, zeros(1)),
              () -> writer.writeMetadata("m", Map.of()),
              writer::flush,
              writer::endChunk,
              writer::finish);
      for (Executable use : uses) {
        assertThrows(IllegalStateException.class, use);
      }
      writer.close();
      assertEquals(byteSize, memory.file().length);
      assertEquals(1, writer.channelCount());
      assertEquals(0, writer.statistics().messageCount());
    }
  }

  /** A number of 16 bits each: another one would be that of the first again. */
  @Test
  void asManySchemasAndChannelsAsHaveANumberAreTaken() throws Exception {
    Layouts.Memory memory = new Layouts.Memory();
    try (McapWriter writer = McapWriter.to(memory, "", "test")) {
      for (int id = 1; id <= 0xFFFF; id++) {
        assertEquals(id, writer.addSchema("s", "", SegmentedBytes.empty()));
      }
      for (int id = 0; id < McapWriter.CHANNEL_COUNT_LIMIT; id++) {
        assertEquals(id, writer.addChannel(0xFFFF, "t", "", Map.of()));
      }
      assertThrows(
          IllegalStateException.class, () -> writer.addSchema("s", "", SegmentedBytes.empty()));
      assertThrows(IllegalStateException.class, () -> writer.addChannel(0, "t", "", Map.of()));
      writer.write(0xFFFF, 3, 0, 0, zeros(1));
      writer.finish();
    }
    assertEquals(List.of(3L), sequencesOf(memory.file()));
    McapSummary summary = summaryOf(memory.file());
    assertEquals(0xFFFF, summary.schemas().size());
    assertEquals(0x10000, summary.channels().size());
  }

  @Test
  void theSizeOfAFileCountsTheChunkThatIsBeingFilled() throws Exception {
    Layouts.Memory memory = new Layouts.Memory();
    try (McapWriter writer = McapWriter.to(memory, "", "test", McapWriterOptions.indexed())) {
      int channel = writer.addChannel(0, "t", "", Map.of());
      long before = writer.byteSize();
      for (int i = 1; i <= 100; i++) {
        writer.write(channel, i, i, i, zeros(1000));
        assertEquals(before + 1031L * i, writer.byteSize());
        assertEquals(i, writer.statistics().messageCount());
      }
      assertEquals(0, memory.file().length);
      assertEquals(0, writer.indexByteSize());
      writer.flush();
      assertEquals(memory.file().length, writer.byteSize());
      long indexByteSize = writer.indexByteSize();
      // Its head, eight numbers, one entry, the name of no compression.
      assertEquals(9 + 7 * 8 + 4 + 10 + 4, indexByteSize);
      writer.write(channel, 101, 101, 101, zeros(1000));
      writer.endChunk();
      assertEquals(2 * indexByteSize, writer.indexByteSize());
      writer.finish();
      assertEquals(memory.file().length, writer.byteSize());
    }
  }

  @Test
  void aMessageIsHandedOverWhenTheSinkHasAllOfIt() throws Exception {
    for (McapWriterOptions layout :
        List.of(McapWriterOptions.plain(), McapWriterOptions.indexed())) {
      Layouts.Memory memory = new Layouts.Memory();
      try (McapWriter writer = McapWriter.to(memory, "", "test", layout)) {
        int channel = writer.addChannel(0, "t", "", Map.of());
        assertEquals(0, writer.handedOverCount());
        writer.write(channel, 0, 0, 0, zeros(100));
        writer.write(channel, 1, 0, 0, zeros(100));
        assertEquals(0, writer.handedOverCount());
        writer.flush();
        assertEquals(2, writer.handedOverCount());
        writer.write(channel, 2, 0, 0, zeros(100));
        assertEquals(2, writer.handedOverCount());
        // What is borrowed is written at once, and all before it.
        writer.write(channel, 3, 0, 0, zeros(100_000));
        assertEquals(4, writer.handedOverCount());
        assertEquals(4, writer.finish().messageCount());
      }
      assertEquals(List.of(0L, 1L, 2L, 3L), sequencesOf(memory.file()));
    }
  }

  /** A player keeps them until their messages come. */
  @Test
  void privateRecordsBeforeAChunkAreBounded() throws Exception {
    McapWriterOptions layout = McapWriterOptions.indexed().chunkByteSize(10_000);
    try (McapWriter writer = McapWriter.to(bytes -> {}, "", "test", layout)) {
      int channel = writer.addChannel(0, "t", "", Map.of());
      for (int round = 1; round <= 2; round++) {
        writer.writePrivate(0x80, MemorySegment.ofArray(new byte[99]), zeros(9_900));
        writer.write(channel, 0, 0, 0, zeros(1));
        assertEquals(round - 1, writer.statistics().chunkCount());
        writer.writePrivate(0x80, MemorySegment.ofArray(new byte[1]), SegmentedBytes.empty());
        writer.write(channel, 0, 0, 0, zeros(1));
        assertEquals(round, writer.statistics().chunkCount());
      }
      for (int i = 0; i < 49_999; i++) {
        writer.writePrivate(0x80, NO_HEAD, SegmentedBytes.empty());
      }
      writer.write(channel, 0, 0, 0, zeros(1));
      assertEquals(2, writer.statistics().chunkCount());
      writer.writePrivate(0x80, NO_HEAD, SegmentedBytes.empty());
      writer.write(channel, 0, 0, 0, zeros(1));
      assertEquals(3, writer.statistics().chunkCount());
      writer.writePrivate(0x80, NO_HEAD, SegmentedBytes.empty());
      writer.write(channel, 0, 0, 0, zeros(1));
      assertEquals(3, writer.statistics().chunkCount());
    }
  }

  @Test
  void aChunkEndsWithTheMessageThatFillsItAndALargeMessageHasItsOwn() throws Exception {
    Layouts.Memory memory = new Layouts.Memory();
    McapWriterOptions layout = McapWriterOptions.indexed().chunkByteSize(2 * 131);
    try (McapWriter writer = McapWriter.to(memory, "", "test", layout)) {
      int a = writer.addChannel(0, "a", "", Map.of());
      int b = writer.addChannel(0, "b", "", Map.of());
      writer.write(a, 0, 30, 0, zeros(100));
      assertEquals(0, writer.statistics().chunkCount());
      writer.write(b, 1, 20, 0, zeros(100));
      assertEquals(1, writer.statistics().chunkCount());
      writer.write(a, 2, 40, 0, zeros(99));
      writer.write(a, 3, 50, 0, zeros(McapWriterOptions.LARGE_MESSAGE_BYTE_SIZE));
      assertEquals(3, writer.statistics().chunkCount());
      writer.finish();
    }
    List<McapChunkIndex> chunks = summaryOf(memory.file()).chunks();
    assertEquals(3, chunks.size());
    assertEquals(20, chunks.get(0).messageStartTimeNanos());
    assertEquals(30, chunks.get(0).messageEndTimeNanos());
    assertEquals(2 * 131, chunks.get(0).uncompressedByteSize());
    assertEquals(130, chunks.get(1).uncompressedByteSize());
    assertEquals(
        McapWriterOptions.LARGE_MESSAGE_BYTE_SIZE + 31, chunks.get(2).compressedByteSize());
    // Behind each chunk its index, behind that the next chunk.
    assertEquals(chunks.get(1).byteOffset(), chunks.get(0).endByteOffset());
    assertEquals(chunks.get(2).byteOffset(), chunks.get(1).endByteOffset());
  }

  /** It would only take longer to read. */
  @Test
  void aChunkThatDoesNotShrinkIsNotCompressed() throws Exception {
    byte[] noise = new byte[1000];
    new SplittableRandom(1).nextBytes(noise);
    for (McapCompression compression : List.of(McapCompression.LZ4, McapCompression.ZSTD)) {
      Layouts.Memory memory = new Layouts.Memory();
      McapWriterOptions layout = McapWriterOptions.indexed().compression(compression);
      try (McapWriter writer = McapWriter.to(memory, "", "test", layout)) {
        int channel = writer.addChannel(0, "t", "", Map.of());
        writer.write(channel, 5, 0, 0, SegmentedBytes.copyOf(noise));
        writer.endChunk();
        writer.write(channel, 6, 0, 0, zeros(1000));
        writer.finish();
      }
      List<McapChunkIndex> chunks = summaryOf(memory.file()).chunks();
      assertEquals("", chunks.get(0).compression());
      assertEquals(1031, chunks.get(0).compressedByteSize());
      assertNotEquals("", chunks.get(1).compression());
      assertTrue(chunks.get(1).compressedByteSize() < 200);
      assertEquals(List.of(5L, 6L), sequencesOf(memory.file()));
    }
  }

  @Test
  void onlySmallDataIsCopiedAndThatIsCounted() throws Exception {
    CopyLedger.Snapshot before = CopyLedger.snapshot();
    try (McapWriter writer = McapWriter.to(bytes -> {}, "", "test")) {
      int channel = writer.addChannel(0, "t", "", Map.of());
      writer.write(channel, 0, 0, 0, zeros(McapWriter.COPIED_BYTE_SIZE));
      writer.write(channel, 1, 0, 0, zeros(McapWriter.COPIED_BYTE_SIZE + 1));
    }
    assertEquals(
        McapWriter.COPIED_BYTE_SIZE, CopyLedger.snapshot().since(before).byteCount("mcap.small"));
  }

  @Test
  void layoutsThatNoReaderTakesAreRefused() {
    McapWriterOptions largest = McapWriterOptions.indexed().chunkByteSize(64 << 20);
    assertEquals(64 << 20, largest.chunkByteSize());
    assertThrows(IllegalArgumentException.class, () -> largest.chunkByteSize((64 << 20) + 1));
    assertThrows(IllegalArgumentException.class, () -> largest.chunkByteSize(-1));
    assertDoesNotThrow(() -> largest.chunkByteSize(0));
    for (McapCompression compression : List.of(McapCompression.LZ4, McapCompression.ZSTD)) {
      assertThrows(
          IllegalArgumentException.class, () -> McapWriterOptions.plain().compression(compression));
      assertEquals(compression, largest.compression(compression).compression());
    }
  }

  /** A large recording has more heads than one block of memory takes. */
  @Test
  void headsThatFillMoreThanTheirMemoryAreWrittenWhole() throws Exception {
    Layouts.Memory memory = new Layouts.Memory();
    byte[] data = new byte[500];
    SplittableRandom random = new SplittableRandom(2);
    int count = 2_000;
    try (McapWriter writer = McapWriter.to(memory, "", "test")) {
      int channel = writer.addChannel(0, "t", "", Map.of("k", "v".repeat(300_000)));
      for (int i = 0; i < count; i++) {
        random.nextBytes(data);
        writer.write(channel, i, i, i, SegmentedBytes.copyOf(data));
      }
      writer.finish();
    }
    random = new SplittableRandom(2);
    try (McapReader reader = McapReader.open(Layouts.whole(memory.file()))) {
      for (int i = 0; i < count; i++) {
        random.nextBytes(data);
        try (McapMessage message = reader.next().orElseThrow()) {
          assertEquals(SegmentedBytes.copyOf(data), message.data());
        }
      }
      assertTrue(reader.next().isEmpty());
      assertEquals(count, reader.statistics().orElseThrow().messageCount());
    }
  }

  /** A sink that refuses the header leaves nothing that would have to be closed. */
  @Test
  void aSinkThatRefusesTheHeadOfAFileIsReported() {
    assertThrows(
        IOException.class,
        () -> {
          try (McapWriter writer =
              McapWriter.to(
                  bytes -> {
                    throw new IOException("disk");
                  },
                  "p".repeat(300_000),
                  "test")) {
            writer.flush();
          }
        });
  }
}
