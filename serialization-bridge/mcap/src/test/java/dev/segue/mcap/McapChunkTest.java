package dev.segue.mcap;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.testkit.Seeds;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Files in chunks: compressed or not, indexed, cut short, repaired, read from within. */
class McapChunkTest {
  private record Seen(String topic, long sequence, long log, SegmentedBytes data) {}

  @TempDir Path directory;

  private static SegmentedBytes data(int i) {
    byte[] bytes = new byte[i % 7 == 3 ? 70_000 : i * 13 % 1_500];
    SplittableRandom random = new SplittableRandom(i);
    for (int at = 0; at < bytes.length; at++) {
      bytes[at] = (byte) random.nextInt(i % 2 == 0 ? 3 : 256);
    }
    return SegmentedBytes.copyOf(bytes);
  }

  private static List<Seen> expected(int count) {
    List<Seen> all = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      all.add(new Seen(i % 3 == 0 ? "a" : "b", i, 1_000 + i, data(i)));
    }
    return all;
  }

  private static byte[] file(McapCompression compression, int count, boolean finish)
      throws IOException {
    Layouts.Memory memory = new Layouts.Memory();
    McapWriterOptions options =
        McapWriterOptions.indexed().chunkByteSize(5_000).compression(compression);
    try (McapWriter writer = McapWriter.to(memory, "p", "test", options)) {
      int schema = writer.addSchema("S", "jsonschema", SegmentedBytes.copyOfUtf8("{}"));
      int a = writer.addChannel(schema, "a", "json", Map.of("k", "v"));
      writer.writeMetadata("about", Map.of("robot", "seven"));
      writer.writeAttachment("calibration", "text/plain", 1, 2, data(10));
      int b = writer.addChannel(0, "b", "", Map.of());
      for (int i = 0; i < count; i++) {
        writer.write(i % 3 == 0 ? a : b, i, 1_000 + i, 900, data(i));
      }
      writer.flush();
      if (finish) {
        McapStatistics statistics = writer.finish();
        assertEquals(count, statistics.messageCount());
        assertTrue(statistics.chunkCount() > count / 7, statistics::toString);
      }
    }
    return memory.file();
  }

  private static List<Seen> read(McapReader reader) throws IOException {
    List<Seen> all = new ArrayList<>();
    for (var next = reader.next(); next.isPresent(); next = reader.next()) {
      try (McapMessage message = next.get()) {
        all.add(
            new Seen(
                message.channel().topic(),
                message.sequence(),
                message.logTimeNanos(),
                SegmentedBytes.copyOf(message.data().copyToByteArray())));
      }
    }
    return all;
  }

  private static final class Others implements McapHandler {
    private final List<String> names = new ArrayList<>();

    @Override
    public void attachment(McapAttachment attachment) {
      try (attachment) {
        assertEquals(data(10), attachment.data());
        names.add(attachment.name() + " " + attachment.mediaType());
      }
    }

    @Override
    public void metadata(String name, Map<String, String> metadata) {
      names.add(name + " " + metadata);
    }
  }

  @ParameterizedTest
  @EnumSource(McapCompression.class)
  void whatIsWrittenInChunksIsReadHoweverItComes(McapCompression compression) throws Exception {
    byte[] file = file(compression, 100, true);
    for (Layouts.Pieces pieces : Layouts.all(file, 1)) {
      Others others = new Others();
      try (McapReader reader = McapReader.open(SourceInput.of(pieces), others)) {
        assertEquals(expected(100), read(reader));
        assertEquals(Optional.empty(), reader.truncation());
        assertEquals(100, reader.statistics().orElseThrow().messageCount());
      }
      assertEquals(List.of("about {robot=seven}", "calibration text/plain"), others.names);
      assertEquals(0, pieces.openCount);
    }
  }

  private static int indexOf(byte[] file, byte[] what, int from) {
    for (int at = from; at <= file.length - what.length; at++) {
      if (Arrays.equals(file, at, at + what.length, what, 0, what.length)) {
        return at;
      }
    }
    return -1;
  }

  /** It has no checksum of its own: that of all data covers it. */
  @ParameterizedTest
  @EnumSource(McapCompression.class)
  void eachBitOfWhatLiesBetweenChunksIsChecked(McapCompression compression) throws Exception {
    Layouts.Memory memory = new Layouts.Memory();
    byte[] own = "of an application".getBytes(java.nio.charset.StandardCharsets.UTF_8);
    McapWriterOptions options =
        McapWriterOptions.indexed().chunkByteSize(500).compression(compression);
    try (McapWriter writer = McapWriter.to(memory, "", "", options)) {
      int a = writer.addChannel(0, "a", "", Map.of());
      for (int i = 0; i < 6; i++) {
        writer.writePrivate(0x80, MemorySegment.ofArray(new byte[1]), SegmentedBytes.copyOf(own));
        writer.write(a, i, 1_000 + i, 900, data(i));
      }
      writer.finish();
    }
    byte[] file = memory.file();
    try (McapReader reader = McapReader.open(Layouts.whole(file))) {
      assertEquals(6, read(reader).size());
    }
    int found = 0;
    for (int at = indexOf(file, own, 0); at >= 0; at = indexOf(file, own, at + 1)) {
      found++;
      for (int bit = -80; bit < Byte.SIZE * own.length; bit++) {
        byte[] damaged = file.clone();
        damaged[at + Math.floorDiv(bit, Byte.SIZE)] ^= (byte) (1 << Math.floorMod(bit, Byte.SIZE));
        try (McapReader reader = McapReader.open(Layouts.whole(damaged))) {
          assertThrows(McapFormatException.class, () -> read(reader), at + " bit " + bit);
        }
      }
    }
    assertEquals(6, found);
  }

  @Test
  void smallMessagesAreCompressedAndLargeOnesBorrowed() throws Exception {
    assertTrue(
        file(McapCompression.ZSTD, 100, true).length
            < file(McapCompression.NONE, 100, true).length);
    MemorySegment frame = Arena.ofAuto().allocate(1 << 20).asReadOnly();
    List<SegmentedBytes> pieces = new ArrayList<>();
    McapWriterOptions options = McapWriterOptions.indexed().compression(McapCompression.ZSTD);
    try (McapWriter writer = McapWriter.to(pieces::add, "", "", options)) {
      int channel = writer.addChannel(0, "t", "", Map.of());
      writer.write(channel, 0, 5, 5, SegmentedBytes.fromSegments(List.of(frame), false));
    }
    assertTrue(pieces.stream().anyMatch(piece -> piece.segment(0).address() == frame.address()));
  }

  private static McapSummary summary(SegmentedBytes file) throws McapFormatException {
    SegmentedBytes end = file.slice(file.byteSize() - McapSummary.END_BYTE_SIZE);
    return McapSummary.of(file.slice(McapSummary.byteOffset(end).orElseThrow()));
  }

  @Test
  void theIndexLeadsToEachChunk() throws Exception {
    byte[] file = file(McapCompression.LZ4, 100, true);
    McapSummary summary = summary(SegmentedBytes.copyOf(file));
    List<Seen> all = expected(100);
    int count = 0;
    for (McapChunkIndex chunk : summary.chunks()) {
      byte[] rest = Arrays.copyOfRange(file, (int) chunk.byteOffset(), file.length);
      try (McapReader reader =
          McapReader.resume(
              SourceInput.of(Layouts.whole(rest)), McapHandler.NONE, summary, chunk.byteOffset())) {
        List<Seen> read = read(reader);
        assertEquals(all.subList(100 - read.size(), 100), read);
        assertEquals(chunk.messageStartTimeNanos(), read.getFirst().log());
        assertEquals(Optional.empty(), reader.truncation());
      }
      count += chunk.messageIndexByteOffsets().size();
    }
    assertTrue(count >= summary.chunks().size());
  }

  /** Who reads a part never comes to the statistics, which count what is missing. */
  @Test
  void aChunkOfTheIndexThatIsNoneIsMissedWhereOneReads() throws Exception {
    byte[] file = file(McapCompression.NONE, 100, true);
    McapSummary summary = summary(SegmentedBytes.copyOf(file));
    McapChunkIndex first = summary.chunks().get(2);
    McapChunkIndex lost = summary.chunks().get(5);
    file[(int) lost.byteOffset()] = 0x26;
    byte[] rest = Arrays.copyOfRange(file, (int) first.byteOffset(), file.length);
    try (McapReader within =
            McapReader.resume(
                SourceInput.of(Layouts.whole(rest)),
                McapHandler.NONE,
                summary,
                first.byteOffset());
        McapReader whole = McapReader.open(Layouts.whole(file))) {
      whole.expect(summary);
      for (McapReader reader : List.of(within, whole)) {
        McapFormatException refused = assertThrows(McapFormatException.class, () -> read(reader));
        assertTrue(
            refused.toString().contains("byteOffset=" + lost.byteOffset()), refused::toString);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(McapCompression.class)
  void channelsThatAreNotSelectedAreLeftOut(McapCompression compression) throws Exception {
    byte[] file = file(compression, 50, true);
    try (McapReader reader = McapReader.open(Layouts.whole(file))) {
      reader.select(channel -> channel.topic().equals("a"));
      assertEquals(
          expected(50).stream().filter(seen -> seen.topic().equals("a")).toList(), read(reader));
      assertEquals(Optional.empty(), reader.truncation());
    }
  }

  @Test
  void aChunkThatChangedGivesNoMessage() throws Exception {
    byte[] file = file(McapCompression.NONE, 40, true);
    McapSummary summary = summary(SegmentedBytes.copyOf(file));
    for (McapChunkIndex chunk : summary.chunks()) {
      byte[] spoilt = file.clone();
      spoilt[(int) (chunk.byteOffset() + chunk.byteSize() - 1)] ^= 1;
      try (McapReader reader = McapReader.open(Layouts.whole(spoilt))) {
        McapFormatException refused = assertThrows(McapFormatException.class, () -> read(reader));
        assertTrue(String.valueOf(refused.getMessage()).contains("crc="), refused::toString);
      }
    }
  }

  private static Optional<McapRepair.Repaired> repair(Path file) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      return McapRepair.repair(channel);
    }
  }

  @Test
  void aFileThatWasCutAnywhereIsRepairedInPlace() throws Exception {
    byte[] whole = file(McapCompression.LZ4, 40, false);
    List<Seen> all = expected(40);
    SplittableRandom random = new SplittableRandom(4);
    int last = 0;
    for (int length = 0; length <= whole.length; length += 1 + random.nextInt(3_000)) {
      Path file = Files.write(directory.resolve("cut"), Arrays.copyOf(whole, length));
      Optional<McapRepair.Repaired> repaired = repair(file);
      if (repaired.isEmpty()) {
        assertTrue(length < 60);
        continue;
      }
      byte[] now = Files.readAllBytes(file);
      try (McapReader reader = McapReader.open(Layouts.whole(now))) {
        List<Seen> read = read(reader);
        assertEquals(all.subList(0, read.size()), read);
        assertTrue(read.size() >= last);
        last = read.size();
        assertEquals(Optional.empty(), reader.truncation());
        assertEquals(
            read.size(), reader.statistics().orElseThrow().messageCount(), "length=" + length);
      }
      assertFalse(repaired.get().wasWhole());
      assertTrue(repair(file).orElseThrow().wasWhole());
      assertTrue(Arrays.equals(now, Files.readAllBytes(file)));
      McapSummary summary = summary(SegmentedBytes.copyOf(now));
      assertEquals(summary.statistics().orElseThrow().chunkCount(), summary.chunks().size());
    }
    assertTrue(last >= 35, "read=" + last);
  }

  /** Its statistics, and the indexes of chunks, attachments and metadata, to the byte. */
  @ParameterizedTest
  @EnumSource
  void aRepairedFileHasTheSummaryThatItsWriterWouldHaveWritten(McapCompression compression)
      throws Exception {
    byte[] whole = file(compression, 40, true);
    SegmentedBytes end =
        SegmentedBytes.copyOf(whole).slice(whole.length - McapSummary.END_BYTE_SIZE);
    int summary = (int) McapSummary.byteOffset(end).orElseThrow();
    int dataEnd = summary - Opcode.RECORD_HEAD_BYTE_SIZE - Integer.BYTES;
    for (int more : new int[] {0, 1, Opcode.RECORD_HEAD_BYTE_SIZE, 12}) {
      Path file = Files.write(directory.resolve("cut"), Arrays.copyOf(whole, dataEnd + more));
      McapRepair.Repaired repaired = repair(file).orElseThrow();
      assertEquals(more, repaired.cutByteSize());
      assertFalse(repaired.wasWhole());
      assertEquals(40, repaired.statistics().messageCount());
      byte[] now = Files.readAllBytes(file);
      assertArrayEquals(
          Arrays.copyOfRange(whole, summary, whole.length),
          Arrays.copyOfRange(now, summary, now.length));
      assertArrayEquals(Arrays.copyOf(whole, dataEnd), Arrays.copyOf(now, dataEnd));
    }
  }

  @Test
  void aChunkWhoseIndexWasCutShortHasNone() throws Exception {
    byte[] whole = file(McapCompression.NONE, 40, true);
    McapChunkIndex chunk =
        summary(SegmentedBytes.copyOf(whole)).chunks().stream()
            .filter(each -> each.messageIndexByteOffsets().size() == 2)
            .findFirst()
            .orElseThrow();
    long second = Collections.max(chunk.messageIndexByteOffsets().values());
    Path file = Files.write(directory.resolve("cut"), Arrays.copyOf(whole, (int) second));
    McapRepair.Repaired repaired = repair(file).orElseThrow();
    McapChunkIndex last =
        summary(SegmentedBytes.copyOf(Files.readAllBytes(file))).chunks().getLast();
    assertEquals(chunk.byteOffset(), last.byteOffset());
    assertEquals(Map.of(), last.messageIndexByteOffsets());
    assertEquals(0, last.messageIndexByteSize());
    try (McapReader reader = McapReader.open(Layouts.whole(Files.readAllBytes(file)))) {
      List<Seen> read = read(reader);
      assertEquals(expected(read.size()), read);
      assertEquals(repaired.statistics().messageCount(), read.size());
      assertEquals(chunk.messageEndTimeNanos(), read.getLast().log());
    }
  }

  @Test
  void whatPowerLossLeftIsCutOff() throws Exception {
    byte[] whole = file(McapCompression.NONE, 40, false);
    byte[] zeroed = whole.clone();
    Arrays.fill(zeroed, whole.length / 2, whole.length, (byte) 0);
    Path file = Files.write(directory.resolve("zeroed"), zeroed);
    McapRepair.Repaired repaired = repair(file).orElseThrow();
    assertTrue(repaired.cutByteSize() >= whole.length / 2, repaired::toString);
    try (McapReader reader = McapReader.open(Layouts.whole(Files.readAllBytes(file)))) {
      List<Seen> read = read(reader);
      assertEquals(expected(40).subList(0, read.size()), read);
      assertTrue(read.size() > 5);
    }
  }

  @Test
  void rubbishInChunksIsRefusedAndNeverMore() throws Exception {
    long seed = Seeds.of("McapChunkTest.rubbish");
    SplittableRandom random = new SplittableRandom(seed);
    byte[][] files = {
      file(McapCompression.NONE, 20, true),
      file(McapCompression.LZ4, 20, true),
      file(McapCompression.ZSTD, 20, true)
    };
    for (int round = 0; round < 1_500; round++) {
      byte[] spoilt = files[round % 3].clone();
      for (int i = 1 + random.nextInt(4); i > 0; i--) {
        spoilt[random.nextInt(spoilt.length)] =
            (byte) (random.nextInt(3) == 0 ? 0xFF : random.nextInt(256));
      }
      try (McapReader reader = McapReader.open(Layouts.whole(spoilt))) {
        read(reader);
      } catch (McapFormatException e) {
        assertTrue(e.getMessage() != null);
      }
      if (round % 10 == 0) {
        Path file = Files.write(directory.resolve("spoilt"), spoilt);
        repair(file);
      }
    }
  }

  @Test
  void aSummaryNeedNotRepeatSchemas() throws Exception {
    Layouts.Memory memory = new Layouts.Memory();
    RecordBlock out = new RecordBlock(memory);
    RecordBuffer buffer = new RecordBuffer();
    out.copyFrom(buffer.channel(new McapChannel(0, 7, "topic", "json", Map.of())).end());
    out.copyFrom(buffer.begin(Opcode.FOOTER).uint64(1).uint64(0).uint32(0).end());
    out.copyFrom(buffer.empty().uint64(Opcode.MAGIC).written());
    out.seal();
    out.close();
    McapSummary summary = McapSummary.of(SegmentedBytes.copyOf(memory.file()));
    assertEquals("topic", summary.channels().getFirst().topic());
    assertEquals(Map.of(), summary.schemas());
  }
}
