package dev.segue.mcap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Files that ask for much memory or time, or break off where something is held. */
@Timeout(60)
class HostileMcapTest {
  /** A recorder is told its channels by whoever publishes. */
  @Test
  void whatNoReaderTakesIsNotWritten() throws IOException {
    String longName = "x".repeat((1 << 20) + 8192);
    try (McapWriter writer = McapWriter.to(bytes -> {}, "", "test")) {
      for (int i = 0; i < 127; i++) {
        writer.addChannel(0, longName + i, "", Map.of());
      }
      IllegalStateException refusal =
          assertThrows(
              IllegalStateException.class,
              () -> writer.addChannel(0, longName + 127, "", Map.of()));
      assertTrue(String.valueOf(refusal.getMessage()).contains("all of a file at most 134217728"));
      assertEquals(127, writer.channelCount());
    }
  }

  @TempDir Path directory;

  /** A file of chunks as a test wants them. */
  private static final class ByHand extends Layouts.Begun {
    ByHand() throws IOException {}

    ByHand chunk(MemorySegment records, McapCompression compression) throws IOException {
      CRC32 crc = new CRC32();
      crc.update(records.asByteBuffer());
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment stored = compression.compress(records, arena);
        buffer
            .begin(Opcode.CHUNK)
            .uint64(0)
            .uint64(0)
            .uint64(records.byteSize())
            .uint32(crc.getValue())
            .string(compression.format())
            .uint64(stored.byteSize());
        out.copyFrom(buffer.end(stored.byteSize()));
        out.copyFrom(stored);
      }
      return this;
    }

    byte[] file() throws IOException {
      out.seal();
      out.close();
      return memory.file();
    }
  }

  private static void readAll(McapReader reader) throws IOException {
    for (var next = reader.next(); next.isPresent(); next = reader.next()) {
      next.get().close();
    }
  }

  @Test
  void schemasThatUnpackToMuchAreRefused() throws Exception {
    ByHand made = new ByHand();
    try (Arena arena = Arena.ofConfined()) {
      for (int id = 1; id <= 4; id++) {
        SegmentedBytes zeros = SegmentedBytes.copyOf(new byte[50 << 20]);
        MemorySegment schema = new RecordBuffer().schema(new McapSchema(id, "s", "e", zeros)).end();
        MemorySegment records = arena.allocate(schema.byteSize());
        records.copyFrom(schema);
        made.chunk(records, McapCompression.ZSTD);
      }
    }
    byte[] file = made.file();
    assertTrue(file.length < 100_000, "byteSize=" + file.length);
    try (McapReader reader = McapReader.open(Layouts.whole(file))) {
      McapFormatException refused = assertThrows(McapFormatException.class, () -> readAll(reader));
      assertTrue(String.valueOf(refused.getMessage()).contains("at most"), refused::toString);
    }
  }

  @Test
  void aSchemaIsAsLargeInAChunkAsOutsideAtMost() throws Exception {
    ByHand made = new ByHand();
    try (Arena arena = Arena.ofConfined()) {
      SegmentedBytes zeros = SegmentedBytes.copyOf(new byte[65 << 20]);
      MemorySegment schema = new RecordBuffer().schema(new McapSchema(1, "s", "e", zeros)).end();
      MemorySegment records = arena.allocate(schema.byteSize());
      records.copyFrom(schema);
      made.chunk(records, McapCompression.NONE);
    }
    try (McapReader reader = McapReader.open(Layouts.whole(made.file()))) {
      assertThrows(McapFormatException.class, () -> readAll(reader));
    }
  }

  @Test
  void aLargeChunkThatBeginsWithRubbishHoldsNothing() throws Exception {
    try (Arena arena = Arena.ofConfined()) {
      byte[] file = new ByHand().chunk(arena.allocate(100_000), McapCompression.NONE).file();
      Layouts.Pieces pieces = new Layouts.Pieces(file, List.of(1000L), Long.MAX_VALUE);
      try (McapReader reader = McapReader.open(pieces)) {
        assertThrows(McapFormatException.class, () -> readAll(reader));
      }
      assertEquals(0, pieces.openCount);
    }
  }

  @Test
  void aChunkOfManyChannelsIsRepairedInNoLongTime() throws Exception {
    int count = 60_000;
    Layouts.Memory memory = new Layouts.Memory();
    McapWriterOptions options = McapWriterOptions.indexed().chunkByteSize(64 << 20);
    try (McapWriter writer = McapWriter.to(memory, "", "test", options)) {
      for (int i = 0; i < count; i++) {
        writer.addChannel(0, "t" + i, "", Map.of());
        writer.write(i, 0, i, i, SegmentedBytes.empty());
      }
      writer.flush();
    }
    Path file = Files.write(directory.resolve("many"), memory.file());
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      McapRepair.Repaired repaired = McapRepair.repair(channel).orElseThrow();
      assertEquals(count, repaired.statistics().messageCount());
      assertEquals(1, repaired.statistics().chunkCount());
    }
    SegmentedBytes whole = SegmentedBytes.copyOf(Files.readAllBytes(file));
    SegmentedBytes end = whole.slice(whole.byteSize() - McapSummary.END_BYTE_SIZE);
    McapChunkIndex chunk =
        McapSummary.of(whole.slice(McapSummary.byteOffset(end).orElseThrow())).chunks().getFirst();
    assertEquals(count, chunk.messageIndexByteOffsets().size());
    assertEquals(
        chunk.byteOffset() + chunk.byteSize(),
        chunk.messageIndexByteOffsets().values().stream()
            .mapToLong(Long::longValue)
            .min()
            .orElse(0));
  }

  @Test
  void aSummaryThatDefinesWithoutEndIsRefused() throws Exception {
    int byteSize = 45 << 20;
    List<SegmentedBytes> records = new ArrayList<>();
    RecordBuffer buffer = new RecordBuffer();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment data = arena.allocate(byteSize);
      for (int id = 1; id <= 3; id++) {
        MemorySegment head =
            buffer
                .begin(Opcode.SCHEMA)
                .uint16(id)
                .string("name")
                .string("encoding")
                .uint32(byteSize)
                .end(byteSize);
        records.add(SegmentedBytes.copyOf(head.toArray(ValueLayout.JAVA_BYTE)));
        records.add(SegmentedBytes.fromSegments(List.of(data.asReadOnly()), false));
      }
      SegmentedBytes summary = SegmentedBytes.concat(records);
      McapFormatException failure =
          assertThrows(McapFormatException.class, () -> McapSummary.of(summary));
      assertTrue(
          String.valueOf(failure.getMessage()).contains("schemas and channels of byteSize="),
          failure::toString);
    }
  }

  /** Three chunks, which have one channel each. */
  private static byte[] threeChunks(Inventory inventory) throws IOException {
    Layouts.Memory memory = new Layouts.Memory();
    McapWriterOptions options = McapWriterOptions.indexed();
    try (McapWriter writer = McapWriter.to(memory, "", "test", options, inventory)) {
      for (int i = 0; i < 3; i++) {
        int channel = writer.addChannel(0, "t" + i, "", Map.of());
        writer.write(channel, 0, i, i, SegmentedBytes.empty());
        writer.flush();
      }
      assertEquals(3, writer.finish().chunkCount());
    }
    return memory.file();
  }

  private static SegmentedBytes summaryOf(byte[] file) throws IOException {
    SegmentedBytes whole = SegmentedBytes.copyOf(file);
    SegmentedBytes end = whole.slice(whole.byteSize() - McapSummary.END_BYTE_SIZE);
    return whole.slice(McapSummary.byteOffset(end).orElseThrow());
  }

  private static void checkHasNoIndex(McapSummary summary) {
    assertEquals(List.of(), summary.chunks());
    assertEquals(3, summary.channels().size());
    assertEquals(3, summary.statistics().orElseThrow().chunkCount());
  }

  @Test
  void ofASummaryWhoseIndexesNameWithoutEndNoneIsKept() throws Exception {
    SegmentedBytes summary = summaryOf(threeChunks(new Inventory()));
    assertEquals(3, McapSummary.of(summary, 6).chunks().size());
    for (int limit = 0; limit < 6; limit++) {
      checkHasNoIndex(McapSummary.of(summary, limit));
    }
  }

  @Test
  void aFileWithMoreChunksThanAnIndexMayNameHasNone() throws Exception {
    assertEquals(3, McapSummary.of(summaryOf(threeChunks(new Inventory(6)))).chunks().size());
    for (int limit = 0; limit < 6; limit++) {
      Inventory inventory = new Inventory(limit);
      byte[] file = threeChunks(inventory);
      assertEquals(0, inventory.chunkIndexByteSize());
      checkHasNoIndex(McapSummary.of(summaryOf(file)));
      int count = 0;
      try (McapReader reader = McapReader.open(Layouts.whole(file))) {
        for (var next = reader.next(); next.isPresent(); next = reader.next()) {
          next.get().close();
          count++;
        }
        assertTrue(reader.truncation().isEmpty());
      }
      assertEquals(3, count);
    }
  }

  @Test
  void whatIsLeftOutIsTold() throws Exception {
    Layouts.Memory memory = new Layouts.Memory();
    try (McapWriter writer =
        McapWriter.to(memory, "", "test", McapWriterOptions.indexed().chunkByteSize(300))) {
      int kept = writer.addChannel(0, "kept", "", Map.of());
      int left = writer.addChannel(0, "left", "", Map.of());
      for (int i = 0; i < 20; i++) {
        byte[] data = new byte[i % 5 == 0 ? 70_000 : 10];
        writer.write(i % 2 == 0 ? kept : left, i, i, i, SegmentedBytes.copyOf(data));
      }
      writer.finish();
    }
    List<Long> told = new ArrayList<>();
    McapHandler handler =
        new McapHandler() {
          @Override
          public void leftOut(McapChannel channel, long sequence) {
            assertEquals("left", channel.topic());
            told.add(sequence);
          }
        };
    try (McapReader reader =
        McapReader.open(SourceInput.of(Layouts.whole(memory.file())), handler)) {
      reader.select(channel -> channel.topic().equals("kept"));
      readAll(reader);
    }
    assertEquals(List.of(1L, 3L, 5L, 7L, 9L, 11L, 13L, 15L, 17L, 19L), told);
  }

  @Test
  void whatIsDamagedIsToldFromWhatIsCutOff() throws Exception {
    Layouts.Memory memory = new Layouts.Memory();
    McapWriter writer = McapWriter.to(memory, "", "test", McapWriterOptions.indexed());
    int channel = writer.addChannel(0, "t", "", Map.of());
    for (int i = 0; i < 5; i++) {
      writer.write(channel, i, i, i, SegmentedBytes.copyOf(new byte[70_000]));
    }
    writer.close();
    byte[] whole = memory.file();
    byte[] flipped = whole.clone();
    flipped[100_000] ^= 1;
    byte[] zeroed = Arrays.copyOf(whole, whole.length + 5_000);
    assertTrue(scanned(flipped).damage().orElse("").contains("crc="));
    assertTrue(scanned(zeroed).damage().isEmpty());
    assertTrue(scanned(Arrays.copyOf(whole, 200_000)).damage().isEmpty());
    assertTrue(scanned(flipped).wholeByteSize() < 100_000);
  }

  private McapRepair scanned(byte[] file) throws IOException {
    Path path = Files.write(directory.resolve("scanned"), file);
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      return McapRepair.scan(channel).orElseThrow();
    }
  }
}
