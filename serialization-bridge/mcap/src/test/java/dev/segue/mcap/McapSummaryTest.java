package dev.segue.mcap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The end of a file: where its summary is, what it says, and what is refused of it. */
@Timeout(60)
class McapSummaryTest {
  private static final int END = McapSummary.END_BYTE_SIZE;

  private static byte[] file() throws IOException {
    Layouts.Memory memory = new Layouts.Memory();
    try (McapWriter writer = McapWriter.to(memory, "", "test", McapWriterOptions.indexed())) {
      int schema = writer.addSchema("S", "e", SegmentedBytes.copyOfUtf8("{}"));
      int a = writer.addChannel(schema, "a", "", Map.of("k", "v"));
      int b = writer.addChannel(0, "b", "", Map.of());
      writer.writeAttachment("calibration", "text/plain", 3, 4, SegmentedBytes.copyOfUtf8("x"));
      writer.writeMetadata("about", Map.of("k", "v"));
      for (int i = 0; i < 6; i++) {
        writer.write(i % 3 == 0 ? a : b, i, 10 + i, 0, SegmentedBytes.copyOfUtf8("y"));
        if (i % 2 == 1) {
          writer.endChunk();
        }
      }
      writer.finish();
    }
    return memory.file();
  }

  private static ByteBuffer endOf(byte[] file) {
    return ByteBuffer.allocate(END)
        .order(ByteOrder.LITTLE_ENDIAN)
        .put(file, file.length - END, END)
        .rewind();
  }

  private static SegmentedBytes bytes(ByteBuffer buffer) {
    byte[] all = new byte[END];
    buffer.get(0, all);
    return SegmentedBytes.copyOf(all);
  }

  private static SegmentedBytes summaryOf(byte[] file) throws IOException {
    int from = (int) McapSummary.byteOffset(bytes(endOf(file))).orElseThrow();
    return SegmentedBytes.copyOf(file).slice(from);
  }

  @Test
  void onlyTheEndOfAWholeFileLeadsToASummary() throws Exception {
    byte[] file = file();
    long start = McapSummary.byteOffset(bytes(endOf(file))).orElseThrow();
    assertEquals(start, McapSummary.byteOffset(bytes(endOf(file).putLong(9, start))).orElseThrow());
    assertTrue(McapSummary.byteOffset(bytes(endOf(file).putLong(9, 0))).isEmpty());
    assertTrue(McapSummary.byteOffset(bytes(endOf(file).put(0, (byte) 1))).isEmpty());
    assertTrue(McapSummary.byteOffset(bytes(endOf(file).putLong(1, 21))).isEmpty());
    assertTrue(McapSummary.byteOffset(bytes(endOf(file).put(END - 1, (byte) 0))).isEmpty());
    assertTrue(McapSummary.byteOffset(SegmentedBytes.empty()).isEmpty());
    McapFormatException beyond =
        assertThrows(
            McapFormatException.class,
            () -> McapSummary.byteOffset(bytes(endOf(file).putLong(9, -1))));
    assertTrue(String.valueOf(beyond.getMessage()).contains("18446744073709551615"));
  }

  @Test
  void aSummaryHasWhatTheFileHas() throws Exception {
    byte[] file = file();
    McapSummary summary = McapSummary.of(summaryOf(file));
    McapStatistics statistics = summary.statistics().orElseThrow();
    assertEquals(new McapStatistics(6, 1, 2, 1, 1, 3, 10, 15, Map.of(0, 2L, 1, 4L)), statistics);
    assertEquals("{}", summary.schemas().values().iterator().next().data().copyToUtf8String());
    assertEquals(List.of("a", "b"), summary.channels().stream().map(McapChannel::topic).toList());
    assertEquals(Map.of("k", "v"), summary.channels().getFirst().metadata());
    assertEquals(3, summary.chunks().size());
    assertEquals(
        List.of(Set.of(0, 1), Set.of(0, 1), Set.of(1)),
        summary.chunks().stream().map(McapChunkIndex::channelIds).toList());
    for (McapChunkIndex chunk : summary.chunks()) {
      assertEquals(Opcode.CHUNK, file[(int) chunk.byteOffset()]);
      assertEquals(
          Set.of((byte) Opcode.MESSAGE_INDEX),
          Set.copyOf(
              chunk.messageIndexByteOffsets().values().stream()
                  .map(at -> file[at.intValue()])
                  .toList()));
    }
    assertEquals(Opcode.DATA_END, file[(int) summary.chunks().getLast().endByteOffset()]);
    assertThrows(
        UnsupportedOperationException.class, () -> statistics.channelMessageCounts().clear());
  }

  /** As some writers make it: an index of every channel of the file, most of them empty. */
  @Test
  void anEmptyIndexIsOfAChannelWithoutMessages() {
    // Records of 15 bytes are empty; those of others have 16 more for each message.
    McapChunkIndex chunk =
        new McapChunkIndex(0, 0, 100, 50, Map.of(4, 150L, 2, 165L, 9, 196L, 7, 211L), 77, "", 0, 0);
    assertEquals(227, chunk.endByteOffset());
    assertEquals(Set.of(2, 7), chunk.channelIds());
    McapChunkIndex none = new McapChunkIndex(0, 0, 100, 50, Map.of(), 0, "", 0, 0);
    assertEquals(Set.of(), none.channelIds());
    assertThrows(UnsupportedOperationException.class, () -> chunk.channelIds().clear());
  }

  @Test
  void whatIsGivenToAnIndexIsCopied() {
    Map<Integer, Long> offsets = new HashMap<>(Map.of(1, 150L));
    McapChunkIndex chunk = new McapChunkIndex(0, 0, 100, 50, offsets, 31, "", 0, 0);
    McapStatistics statistics = new McapStatistics(1, 0, 0, 0, 0, 0, 0, 0, offsets);
    offsets.clear();
    assertEquals(Map.of(1, 150L), chunk.messageIndexByteOffsets());
    assertEquals(Map.of(1, 150L), statistics.channelMessageCounts());
  }

  @Test
  void eachBitOfASummaryIsChecked() throws Exception {
    SegmentedBytes summary = summaryOf(file());
    byte[] whole = summary.copyToByteArray();
    for (int at = 0; at < whole.length - Opcode.MAGIC_BYTE_SIZE; at++) {
      byte[] damaged = whole.clone();
      damaged[at] ^= 1;
      assertThrows(
          McapFormatException.class,
          () -> McapSummary.of(SegmentedBytes.copyOf(damaged)),
          "at=" + at);
    }
  }

  /** The record of a footer is not the last one of the file by its length alone. */
  @Test
  void aSummaryWithoutAChecksumIsRead() throws Exception {
    byte[] whole = summaryOf(file()).copyToByteArray();
    int crc = whole.length - Opcode.MAGIC_BYTE_SIZE - Integer.BYTES;
    ByteBuffer.wrap(whole).putInt(crc, 0);
    assertEquals(3, McapSummary.of(SegmentedBytes.copyOf(whole)).chunks().size());
  }

  private static SegmentedBytes summary(MemorySegment... records) {
    RecordBuffer footer = new RecordBuffer();
    footer.begin(Opcode.FOOTER).uint64(1).uint64(0).uint32(0);
    List<SegmentedBytes> parts = new java.util.ArrayList<>();
    for (MemorySegment record : records) {
      parts.add(SegmentedBytes.copyOf(record.toArray(ValueLayout.JAVA_BYTE)));
    }
    parts.add(SegmentedBytes.copyOf(footer.end().toArray(ValueLayout.JAVA_BYTE)));
    return SegmentedBytes.concat(parts);
  }

  private static String refusal(MemorySegment record) {
    McapFormatException refused =
        assertThrows(McapFormatException.class, () -> McapSummary.of(summary(record)));
    return String.valueOf(refused.getMessage());
  }

  @Test
  void fieldsThatContradictThemselvesAreRefused() throws Exception {
    assertEquals(0, McapSummary.of(summary()).channels().size());
    RecordBuffer buffer = new RecordBuffer();
    McapSchema zero = new McapSchema(0, "s", "", SegmentedBytes.empty());
    assertTrue(refusal(buffer.schema(zero).end()).contains("id=0"));
    buffer.begin(Opcode.CHANNEL).uint16(1).uint16(0).string("t").string("");
    buffer.uint32(2 * 10).string("k").string("a").string("k").string("b");
    assertTrue(refusal(buffer.end()).contains("key=k twice"));
    buffer.begin(Opcode.STATISTICS).uint64(0).uint16(0).uint32(0).uint32(0).uint32(0).uint32(0);
    buffer.uint64(0).uint64(0).uint32(20).uint16(3).uint64(1).uint16(3).uint64(1);
    assertTrue(refusal(buffer.end()).contains("key=3 twice"));
    McapChunkIndex known = new McapChunkIndex(0, 0, 8, 8, Map.of(), 0, "x".repeat(32), 0, 0);
    assertEquals(1, McapSummary.of(summary(buffer.chunkIndex(known).end())).chunks().size());
    McapChunkIndex unknown = new McapChunkIndex(0, 0, 8, 8, Map.of(), 0, "x".repeat(33), 0, 0);
    assertTrue(refusal(buffer.chunkIndex(unknown).end()).contains("length=33"));
    buffer.begin(Opcode.CHANNEL).uint16(1).uint16(0).uint32(1).uint8(0xFF);
    assertTrue(refusal(buffer.end()).contains("field topic is not UTF-8"));
    buffer.begin(Opcode.CHANNEL).uint8(1);
    assertTrue(refusal(buffer.end()).contains("field id of byteSize=2 at byteOffset=0"));
    buffer.begin(Opcode.CHANNEL);
    assertTrue(refusal(buffer.end((64 << 20) + 1)).contains("byteSize=67108865"));
  }

  @Test
  void aSummaryThatDefinesAnIdTwiceIsRefusedUnlessAlike() throws Exception {
    RecordBuffer buffer = new RecordBuffer();
    MemorySegment a = copy(buffer.channel(new McapChannel(5, 0, "a", "", Map.of())).end());
    MemorySegment b = copy(buffer.channel(new McapChannel(5, 0, "b", "", Map.of())).end());
    assertEquals(1, McapSummary.of(summary(a, a)).channels().size());
    assertThrows(McapFormatException.class, () -> McapSummary.of(summary(a, b)));
    McapSchema one = new McapSchema(5, "a", "", SegmentedBytes.copyOfUtf8("1"));
    McapSchema two = new McapSchema(5, "a", "", SegmentedBytes.copyOfUtf8("2"));
    MemorySegment first = copy(buffer.schema(one).end());
    MemorySegment second = copy(buffer.schema(two).end());
    assertEquals(1, McapSummary.of(summary(first, first)).schemas().size());
    assertThrows(McapFormatException.class, () -> McapSummary.of(summary(first, second)));
  }

  private static MemorySegment copy(MemorySegment record) {
    return MemorySegment.ofArray(record.toArray(ValueLayout.JAVA_BYTE));
  }

  /** Chunks in another order than they have in the file, as an index may have them. */
  @Test
  void chunksComeInTheOrderOfTheFile() throws Exception {
    RecordBuffer buffer = new RecordBuffer();
    MemorySegment late =
        copy(buffer.chunkIndex(new McapChunkIndex(1, 2, 500, 8, Map.of(), 0, "lz4", 3, 4)).end());
    MemorySegment early =
        copy(
            buffer.chunkIndex(new McapChunkIndex(5, 6, 300, 8, Map.of(7, 9L), 11, "", 7, 8)).end());
    List<McapChunkIndex> chunks = McapSummary.of(summary(late, early)).chunks();
    assertEquals(
        List.of(
            new McapChunkIndex(5, 6, 300, 8, Map.of(7, 9L), 11, "", 7, 8),
            new McapChunkIndex(1, 2, 500, 8, Map.of(), 0, "lz4", 3, 4)),
        chunks);
    assertFalse(chunks.get(0).equals(chunks.get(1)));
  }
}
