package dev.segue.mcap;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A file that a repair takes for whole is one that a reader takes. */
@Timeout(60)
class McapRepairTest {
  private static final int MESSAGE_COUNT = 4;

  @TempDir Path directory;

  /** A file of two messages with something before, between or behind. */
  private static final class ByHand extends Layouts.Begun {
    ByHand() throws IOException {
      out.copyFrom(channel(0));
    }

    MemorySegment channel(int id) {
      return buffer.channel(new McapChannel(id, 0, "t" + id, "", Map.of())).end();
    }

    ByHand record(MemorySegment record) throws IOException {
      out.copyFrom(record);
      return this;
    }

    ByHand message() throws IOException {
      return record(message(0, 1));
    }

    MemorySegment message(int channel, long time) {
      return buffer.begin(Opcode.MESSAGE).uint16(channel).uint32(0).uint64(time).uint64(time).end();
    }

    MemorySegment shortMessage() {
      return buffer.begin(Opcode.MESSAGE).uint16(0).uint32(0).uint64(1).end();
    }

    MemorySegment metadata(int mapByteSize) {
      return buffer.begin(Opcode.METADATA).string("m").uint32(mapByteSize).end();
    }

    /** A chunk of copies of records, without a checksum as foreign files may have it. */
    ByHand chunk(MemorySegment... records) throws IOException {
      long byteSize = 0;
      for (MemorySegment record : records) {
        byteSize += record.byteSize();
      }
      out.copyFrom(
          buffer
              .begin(Opcode.CHUNK)
              .uint64(1)
              .uint64(1)
              .uint64(byteSize)
              .uint32(0)
              .string("")
              .uint64(byteSize)
              .end(byteSize));
      for (MemorySegment record : records) {
        out.copyFrom(record);
      }
      return this;
    }

    /** Its end; what is said of the data and of the summary is wrong by so much. */
    byte[] file(int dataCrcFault, int summaryCrcFault, int startFault, int extraByteSize)
        throws IOException {
      out.seal();
      int crc = dataCrcFault == 0 ? 0 : crc(memory.file()) + dataCrcFault;
      out.copyFrom(buffer.begin(Opcode.DATA_END).uint32(crc).end());
      out.resetCrc();
      long start = out.byteOffset();
      out.copyFrom(channel(0));
      out.copyFrom(
          buffer
              .begin(Opcode.STATISTICS)
              .uint64(2)
              .uint16(0)
              .uint32(1)
              .uint32(0)
              .uint32(0)
              .uint32(0)
              .uint64(1)
              .uint64(1)
              .countMap(Map.of(0, 2L))
              .end());
      buffer.begin(Opcode.FOOTER).uint64(start + startFault).uint64(0);
      out.copyFrom(buffer.end(Integer.BYTES));
      long summaryCrc = out.crc() + summaryCrcFault;
      out.copyFrom(buffer.empty().uint32(summaryCrc).uint64(Opcode.MAGIC).written());
      out.copyFrom(MemorySegment.ofArray(new byte[extraByteSize]));
      out.seal();
      out.close();
      return memory.file();
    }

    byte[] file() throws IOException {
      return file(0, 0, 0, 0);
    }
  }

  private static int crc(byte[] bytes) {
    CRC32 crc = new CRC32();
    crc.update(bytes);
    return (int) crc.getValue();
  }

  /** A copy, as the next record is put together where this one is. */
  private static MemorySegment copy(MemorySegment record) {
    return MemorySegment.ofArray(record.toArray(java.lang.foreign.ValueLayout.JAVA_BYTE));
  }

  private static int read(byte[] file) throws IOException {
    int count = 0;
    try (McapReader reader = McapReader.open(Layouts.whole(file))) {
      for (var next = reader.next(); next.isPresent(); next = reader.next()) {
        next.get().close();
        count++;
      }
      assertTrue(reader.truncation().isEmpty(), () -> reader.truncation().toString());
    }
    return count;
  }

  private void assertDamaged(byte[] file, long messageCount) throws IOException {
    assertThrows(McapFormatException.class, () -> read(file));
    Path path = Files.write(directory.resolve("file"), file);
    try (FileChannel channel =
        FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      McapRepair scanned = McapRepair.scan(channel).orElseThrow();
      assertFalse(scanned.isWhole());
      assertTrue(scanned.damage().isPresent());
      assertEquals(messageCount, scanned.messageCount());
      assertEquals(messageCount, scanned.finish().statistics().messageCount());
    }
    assertEquals(messageCount, read(Files.readAllBytes(path)));
  }

  @Test
  void dataThatNoReaderTakesIsDamaged() throws Exception {
    ByHand made = new ByHand();
    assertDamaged(made.message().record(made.metadata(100)).message().file(), 1);
    made = new ByHand();
    byte[] twoHeaders =
        made.message()
            .record(made.buffer.begin(Opcode.HEADER).string("").string("").end())
            .message()
            .file();
    assertDamaged(twoHeaders, 1);
    assertDamaged(new ByHand().message().message().file(1, 0, 0, 0), 2);
  }

  @Test
  void chunksThatNoReaderTakesAreDamagedAndNothingOfThemCounts() throws Exception {
    ByHand made = new ByHand();
    MemorySegment good = copy(made.message(0, 5));
    MemorySegment ghost = copy(made.channel(3));
    assertDamaged(made.message().chunk(good, ghost, copy(made.shortMessage())).file(), 1);
    made = new ByHand();
    assertDamaged(made.message().chunk(good, copy(made.metadata(0))).file(), 1);
    made = new ByHand();
    assertDamaged(made.message().chunk(good, ghost, copy(made.message(7, 6))).file(), 1);
    Path path = directory.resolve("file");
    try (McapReader reader = McapReader.open(Layouts.whole(Files.readAllBytes(path)))) {
      while (reader.next().isPresent()) {}
      McapStatistics statistics = reader.statistics().orElseThrow();
      assertEquals(1, statistics.channelCount());
      assertEquals(1, statistics.messageEndTimeNanos());
    }
  }

  @Test
  void endsThatNoReaderTakesAreDamagedAndTheMessagesStay() throws Exception {
    assertDamaged(new ByHand().message().message().file(0, 1, 0, 0), 2);
    assertDamaged(new ByHand().message().message().file(0, 0, 3, 0), 2);
    assertDamaged(new ByHand().message().message().file(0, 0, 0, 5), 2);
  }

  @Test
  void recordsOfLaterVersionsArePassedInChunksAsOutside() throws Exception {
    ByHand made = new ByHand();
    MemorySegment later = copy(made.buffer.begin(0x70).string("new").end());
    byte[] file = made.record(later).message().chunk(later, copy(made.message(0, 2))).file();
    assertEquals(2, read(file));
    Path path = Files.write(directory.resolve("file"), file);
    try (FileChannel channel =
        FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      assertTrue(McapRepair.repair(channel).orElseThrow().wasWhole());
    }
    assertArrayEquals(file, Files.readAllBytes(path));
  }

  @Test
  void aWholeFileWithoutStatisticsGetsThem() throws Exception {
    ByHand made = new ByHand().message();
    made.record(made.buffer.begin(Opcode.DATA_END).uint32(0).end());
    made.record(made.buffer.begin(Opcode.FOOTER).uint64(0).uint64(0).uint32(0).end());
    made.record(made.buffer.empty().uint64(Opcode.MAGIC).written());
    made.out.seal();
    byte[] file = made.memory.file();
    assertEquals(1, read(file));
    Path path = Files.write(directory.resolve("file"), file);
    try (FileChannel channel =
        FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      McapRepair scanned = McapRepair.scan(channel).orElseThrow();
      assertTrue(scanned.damage().isEmpty());
      assertFalse(scanned.finish().wasWhole());
    }
    byte[] now = Files.readAllBytes(path);
    assertEquals(1, read(now));
    SegmentedBytes bytes = SegmentedBytes.copyOf(now);
    SegmentedBytes end = bytes.slice(now.length - McapSummary.END_BYTE_SIZE);
    McapSummary summary = McapSummary.of(bytes.slice(McapSummary.byteOffset(end).orElseThrow()));
    assertEquals(1, summary.statistics().orElseThrow().messageCount());
    assertEquals(1, summary.channels().size());
  }

  private static SegmentedBytes text(String text) {
    return SegmentedBytes.copyOfUtf8(text);
  }

  private static byte[] written(McapWriterOptions layout) throws IOException {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    try (McapWriter writer =
        McapWriter.to(piece -> file.writeBytes(piece.copyToByteArray()), "", "test", layout)) {
      int channel = writer.addChannel(0, "t", "", Map.of());
      for (int i = 0; i < MESSAGE_COUNT; i++) {
        writer.write(channel, i, i, i, text("message " + i));
        writer.writeMetadata("m" + i, Map.of("k", "v"));
      }
      writer.finish();
    }
    return layout.hasChunks() ? withoutDataCrc(file.toByteArray()) : file.toByteArray();
  }

  /** As many writers leave it: what hides a chunk is told by the statistics alone. */
  private static byte[] withoutDataCrc(byte[] file) {
    ByteBuffer records = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    int at = Opcode.MAGIC_BYTE_SIZE;
    while (file[at] != Opcode.DATA_END) {
      at += Opcode.RECORD_HEAD_BYTE_SIZE + (int) records.getLong(at + 1);
    }
    assertNotEquals(0, records.getInt(at + Opcode.RECORD_HEAD_BYTE_SIZE));
    records.putInt(at + Opcode.RECORD_HEAD_BYTE_SIZE, 0);
    return file;
  }

  private static int countIn(byte[] file) throws IOException {
    int count = 0;
    try (McapReader reader = McapReader.open(Layouts.whole(file))) {
      for (var next = reader.next(); next.isPresent(); next = reader.next()) {
        next.get().close();
        count++;
      }
    }
    return count;
  }

  /** Not as one that was cut off: all that is behind it would be given up without a word. */
  @Test
  void aLengthThatLeadsBeyondTheEndIsDamage() throws Exception {
    for (McapWriterOptions layout :
        List.of(McapWriterOptions.plain(), McapWriterOptions.indexed())) {
      byte[] whole = written(layout);
      assertEquals(MESSAGE_COUNT, countIn(whole));
      ByteBuffer records = ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN);
      for (int at = Opcode.MAGIC_BYTE_SIZE;
          whole[at] != Opcode.DATA_END;
          at += Opcode.RECORD_HEAD_BYTE_SIZE + (int) records.getLong(at + 1)) {
        for (int bit = 0; bit < Long.SIZE; bit++) {
          long byteSize = records.getLong(at + 1) ^ (1L << bit);
          if (byteSize < 0 || byteSize > whole.length - at - Opcode.RECORD_HEAD_BYTE_SIZE) {
            byte[] damaged = whole.clone();
            ByteBuffer.wrap(damaged).order(ByteOrder.LITTLE_ENDIAN).putLong(at + 1, byteSize);
            assertDamaged(damaged, layout + " at=" + at + " bit=" + bit);
          }
        }
      }
    }
  }

  /** What is in it is in no record that anybody reads, and the data of chunks has no checksum. */
  @Test
  void aChunkThatLooksLikeAnotherRecordIsDamage() throws Exception {
    byte[] whole = written(McapWriterOptions.indexed().chunkByteSize(1));
    List<Integer> chunks = recordsOf(whole, Opcode.CHUNK);
    assertEquals(MESSAGE_COUNT, chunks.size());
    for (int at : chunks) {
      for (int bit = 0; bit < Byte.SIZE; bit++) {
        byte[] damaged = whole.clone();
        damaged[at] ^= (byte) (1 << bit);
        assertDamaged(damaged, "at=" + at + " bit=" + bit);
      }
    }
  }

  @Test
  void whatElseLooksLikeAnotherRecordIsDamageAsWell() throws Exception {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    try (McapWriter writer =
        McapWriter.to(
            piece -> file.writeBytes(piece.copyToByteArray()),
            "",
            "test",
            McapWriterOptions.indexed())) {
      writer.writeAttachment("calibration", "text/plain", 1, 2, text("a"));
      writer.writeMetadata("m", Map.of("k", "v"));
      writer.finish();
    }
    byte[] whole = file.toByteArray();
    for (int opcode : List.of(Opcode.ATTACHMENT, Opcode.METADATA)) {
      byte[] damaged = whole.clone();
      damaged[recordsOf(whole, opcode).getFirst()] |= 0x20;
      assertDamaged(damaged, "opcode=" + opcode);
    }
    assertEquals(0, countIn(whole));
  }

  /** That of an index, which nobody who reads from front to back needs. */
  @Test
  void aLengthThatLeadsBeyondAChunkIsDamage() throws Exception {
    byte[] whole = written(McapWriterOptions.indexed().chunkByteSize(1));
    List<Integer> chunks = recordsOf(whole, Opcode.CHUNK);
    List<Integer> indexes = recordsOf(whole, Opcode.MESSAGE_INDEX);
    for (int i = 0; i + 1 < chunks.size(); i++) {
      byte[] damaged = whole.clone();
      int at = indexes.get(i);
      int byteSize = indexes.get(i + 1) - at - Opcode.RECORD_HEAD_BYTE_SIZE;
      ByteBuffer.wrap(damaged).order(ByteOrder.LITTLE_ENDIAN).putLong(at + 1, byteSize);
      assertDamaged(damaged, "at=" + at);
    }
  }

  /** Where the records of the data are that have an opcode. */
  private static List<Integer> recordsOf(byte[] file, int opcode) {
    ByteBuffer records = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    List<Integer> found = new ArrayList<>();
    for (int at = Opcode.MAGIC_BYTE_SIZE;
        file[at] != Opcode.DATA_END;
        at += Opcode.RECORD_HEAD_BYTE_SIZE + (int) records.getLong(at + 1)) {
      if (file[at] == opcode) {
        found.add(at);
      }
    }
    return found;
  }

  /** All but the end of it is kept, and what is written there counts what can be read. */
  @Test
  void whatCanBeReadBesideADamagedChunkIsKept() throws Exception {
    byte[] damaged = written(McapWriterOptions.indexed().chunkByteSize(1));
    damaged[recordsOf(damaged, Opcode.CHUNK).get(1)] = 0x26;
    Path file = Files.write(directory.resolve("damaged.mcap"), damaged);
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      McapRepair scanned = McapRepair.scan(channel).orElseThrow();
      assertTrue(scanned.damage().orElseThrow().contains("message_count=" + MESSAGE_COUNT));
      assertEquals(MESSAGE_COUNT - 1, scanned.finish().statistics().messageCount());
    }
    assertEquals(MESSAGE_COUNT - 1, countIn(Files.readAllBytes(file)));
  }

  private void assertDamaged(byte[] damaged, String where) throws IOException {
    Path file = Files.write(directory.resolve("damaged.mcap"), damaged);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      Optional<McapRepair> scanned = McapRepair.scan(channel);
      assertTrue(scanned.isEmpty() || scanned.get().damage().isPresent(), where);
    }
    assertThrows(McapFormatException.class, () -> countIn(damaged), where);
  }
}
