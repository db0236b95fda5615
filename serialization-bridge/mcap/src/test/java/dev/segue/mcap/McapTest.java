package dev.segue.mcap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.BytesSource;
import dev.segue.bytes.CopyLedger;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.testkit.Seeds;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Files that are written and read again, whole, cut short, and spoilt. */
class McapTest {
  private static final int MAGIC = 8;

  /** What is known of a message after it was closed. */
  private record Seen(String topic, long sequence, long log, long publish, SegmentedBytes data) {}

  private static SegmentedBytes random(int byteSize, long seed) {
    byte[] bytes = new byte[byteSize];
    new SplittableRandom(seed).nextBytes(bytes);
    return SegmentedBytes.copyOf(bytes);
  }

  private static final List<SegmentedBytes> DATA =
      List.of(
          SegmentedBytes.empty(),
          random(1, 1),
          random(512, 2),
          SegmentedBytes.concat(List.of(random(400, 3), random(333, 4))),
          random(5_000, 5));

  private static byte[] file() throws IOException {
    Layouts.Memory memory = new Layouts.Memory();
    try (McapWriter writer = McapWriter.to(memory, "profile", "test")) {
      int schema = writer.addSchema("Frame", "jsonschema", SegmentedBytes.copyOfUtf8("{}"));
      int a = writer.addChannel(schema, "robot/a", "json", Map.of("k", "v", "l", ""));
      writer.writeMetadata("about", Map.of("robot", "seven"));
      int b = writer.addChannel(0, "robot/b", "", Map.of());
      for (int i = 0; i < 10; i++) {
        MemorySegment head = MemorySegment.ofArray(new byte[] {(byte) i});
        writer.writePrivate(0x81, head, DATA.get(i % 5));
        writer.write(i % 2 == 0 ? a : b, i, 1000 + i, 900 + i, DATA.get(i % 5));
      }
      assertEquals(10, writer.finish().messageCount());
      assertThrows(IllegalStateException.class, writer::finish);
      assertEquals(memory.file().length, writer.byteSize());
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
                message.publishTimeNanos(),
                SegmentedBytes.copyOf(message.data().copyToByteArray())));
      }
    }
    return all;
  }

  private static List<Seen> expected() {
    List<Seen> all = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      all.add(new Seen("robot/" + (i % 2 == 0 ? "a" : "b"), i, 1000 + i, 900 + i, DATA.get(i % 5)));
    }
    return all;
  }

  @Test
  void whatIsWrittenIsReadHoweverItComes() throws Exception {
    byte[] file = file();
    for (Layouts.Pieces pieces : Layouts.all(file, 1)) {
      List<Integer> heads = new ArrayList<>();
      McapReader reader =
          McapReader.open(
              SourceInput.of(pieces),
              new McapHandler() {
                @Override
                public void privateRecord(int opcode, BytesSource.Piece content) {
                  try (content) {
                    assertEquals(0x81, opcode);
                    heads.add((int) content.bytes().byteAt(0));
                  }
                }
              });
      try (reader) {
        assertEquals("profile", reader.profile());
        assertEquals("test", reader.library());
        assertEquals(expected(), read(reader));
        assertEquals(Optional.empty(), reader.truncation());
        assertEquals(
            5, reader.statistics().orElseThrow().channelMessageCounts().getOrDefault(1, 0L));
        assertEquals(Map.of("k", "v", "l", ""), reader.channels().getFirst().metadata());
        assertEquals("Frame", reader.schemas().values().iterator().next().name());
      }
      assertEquals(List.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9), heads);
      assertEquals(0, pieces.openCount);
    }
  }

  @Test
  void theSummaryIsFoundAtTheEnd() throws Exception {
    SegmentedBytes file = SegmentedBytes.copyOf(file());
    SegmentedBytes end = file.slice(file.byteSize() - McapSummary.END_BYTE_SIZE);
    McapSummary summary = McapSummary.of(file.slice(McapSummary.byteOffset(end).orElseThrow()));
    assertEquals(10, summary.statistics().orElseThrow().messageCount());
    assertEquals(1000, summary.statistics().orElseThrow().messageStartTimeNanos());
    assertEquals(1009, summary.statistics().orElseThrow().messageEndTimeNanos());
    assertEquals(2, summary.channels().size());
    assertFalse(McapSummary.byteOffset(file.slice(0, 20)).isPresent());
  }

  @Test
  void largeDataIsNeitherJoinedNorCopied() throws Exception {
    List<SegmentedBytes> pieces = new ArrayList<>();
    MemorySegment frame = Arena.ofAuto().allocate(1 << 20).asReadOnly();
    SegmentedBytes data = SegmentedBytes.fromSegments(List.of(frame), false);
    CopyLedger.Snapshot before = CopyLedger.snapshot();
    try (McapWriter writer = McapWriter.to(pieces::add, "", "")) {
      int channel = writer.addChannel(0, "t", "", Map.of());
      writer.write(channel, 0, 0, 0, data);
      writer.write(channel, 1, 0, 0, data);
    }
    assertEquals(
        2, pieces.stream().filter(piece -> piece.segment(0).address() == frame.address()).count());
    assertEquals(0, CopyLedger.snapshot().since(before).totalByteCount());
  }

  @Test
  void aFileThatWasCutGivesWhatIsWhole() throws Exception {
    byte[] file = file();
    int last = -1;
    for (int length = 60; length < file.length; length++) {
      byte[] cut = Arrays.copyOf(file, length);
      try (McapReader reader = McapReader.open(Layouts.whole(cut))) {
        List<Seen> all = read(reader);
        assertEquals(expected().subList(0, all.size()), all);
        assertTrue(all.size() >= last, "length=" + length);
        last = all.size();
        String said = reader.truncation().orElseThrow();
        assertTrue(said.contains("byteOffset=" + length), said);
      }
    }
    assertEquals(10, last);
  }

  @Test
  void eachBitThatTurnsIsNoticed() throws Exception {
    byte[] file = file();
    List<Seen> expected = expected();
    for (int i = 0; i < file.length - McapSummary.END_BYTE_SIZE; i += 1 + i % 7) {
      byte[] spoilt = file.clone();
      spoilt[i] ^= (byte) (1 << (i % 8));
      int at = i;
      try (McapReader reader = McapReader.open(Layouts.whole(spoilt))) {
        List<Seen> all = read(reader);
        assertTrue(
            reader.truncation().isPresent(),
            () -> "not noticed: byteOffset=" + at + " " + all.equals(expected));
      } catch (McapFormatException e) {
        assertTrue(e.getMessage() != null);
      }
    }
  }

  @Test
  void rubbishIsRefusedAndNeverMore() throws Exception {
    long seed = Seeds.of("McapTest.rubbish");
    SplittableRandom random = new SplittableRandom(seed);
    byte[] file = file();
    for (int round = 0; round < 1000; round++) {
      byte[] spoilt = file.clone();
      int changes = 1 + random.nextInt(6);
      for (int i = 0; i < changes; i++) {
        int at = random.nextInt(spoilt.length);
        switch (random.nextInt(3)) {
          case 0 -> spoilt[at] = (byte) random.nextInt(256);
          case 1 -> spoilt[at] = (byte) 0xFF;
          default ->
              MemorySegment.ofArray(spoilt)
                  .set(
                      ValueLayout.JAVA_LONG_UNALIGNED,
                      Math.min(at, spoilt.length - 8),
                      random.nextLong() >> random.nextInt(64));
        }
      }
      Layouts.Pieces pieces = Layouts.all(spoilt, round).get(random.nextInt(4));
      try (McapReader reader = McapReader.open(pieces)) {
        read(reader);
      } catch (McapFormatException e) {
        assertTrue(e.getMessage() != null);
      }
      try {
        McapSummary.of(SegmentedBytes.copyOf(spoilt).slice(random.nextInt(spoilt.length)));
      } catch (McapFormatException e) {
        assertTrue(e.getMessage() != null);
      }
    }
  }

  private static ByteBuffer record(int opcode, int byteSize) {
    return ByteBuffer.allocate(9 + byteSize)
        .order(ByteOrder.LITTLE_ENDIAN)
        .put((byte) opcode)
        .putLong(byteSize);
  }

  private static McapFormatException refusal(ByteBuffer... records) throws IOException {
    byte[] file = file();
    int header = MAGIC + 9 + 4 + 7 + 4 + 4;
    ByteBuffer all = ByteBuffer.allocate(100_000).put(file, 0, header);
    for (ByteBuffer record : records) {
      all.put(record.rewind());
    }
    byte[] bytes = Arrays.copyOf(all.array(), all.position());
    try (McapReader reader = McapReader.open(Layouts.whole(bytes))) {
      return assertThrows(McapFormatException.class, reader::next);
    }
  }

  @Test
  void eachFaultIsNamed() throws Exception {
    String unknown = refusal(record(Opcode.MESSAGE, 22)).toString();
    assertTrue(unknown.contains("channelId=0 is not known"), unknown);
    String hostile = refusal(record(Opcode.MESSAGE, 22).putLong(1, 1L << 60)).toString();
    assertTrue(hostile.contains("byteSize=" + (1L << 60)), hostile);
    String negative = refusal(record(0x77, 0).putLong(1, -1)).toString();
    assertTrue(negative.contains("byteSize=18446744073709551615"), negative);
    String zero = refusal(record(0, 0)).toString();
    assertTrue(zero.contains("opcode=0"), zero);
    String schema =
        refusal(record(Opcode.CHANNEL, 16).putShort(9, (short) 1).putShort(11, (short) 7))
            .toString();
    assertTrue(schema.contains("schemaId=7"), schema);
    String text =
        refusal(record(Opcode.SCHEMA, 6).putShort(9, (short) 1).putInt(11, 99)).toString();
    assertTrue(text.contains("byteSize=99"), text);
    ByteBuffer chunk =
        record(Opcode.CHUNK, 44)
            .position(9 + 28)
            .putInt(4)
            .put("none".getBytes(java.nio.charset.StandardCharsets.UTF_8));
    String compression = refusal(chunk).toString();
    assertTrue(compression.contains("compression=none"), compression);
    McapFormatException none =
        assertThrows(
            McapFormatException.class, () -> McapReader.open(Layouts.whole(new byte[100])));
    assertTrue(none.getMessage() != null && none.getMessage().contains("magic"), none::toString);
    assertThrows(McapFormatException.class, () -> McapReader.open(Layouts.whole(new byte[0])));
  }
}
