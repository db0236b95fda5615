package dev.segue.mcap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.BytesSource;
import dev.segue.bytes.CopyLedger;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Lend;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a reader tells, what it leaves unread, and whom it closes. */
@Timeout(60)
class McapReaderUseTest {
  private static final int SMALL = 100;
  private static final int LARGE = 100_000;

  /** Two channels in turn, every third message large, an attachment and a record of our own. */
  private static byte[] file(McapWriterOptions layout) throws IOException {
    Layouts.Memory memory = new Layouts.Memory();
    try (McapWriter writer = McapWriter.to(memory, "p", "test", layout)) {
      int schema = writer.addSchema("S", "e", SegmentedBytes.copyOfUtf8("{}"));
      int a = writer.addChannel(schema, "a", "", Map.of());
      int b = writer.addChannel(0, "b", "", Map.of());
      writer.writePrivate(0x90, MemorySegment.ofArray(new byte[] {1}), SegmentedBytes.empty());
      writer.writeAttachment("calibration", "text/plain", 3, 4, data(LARGE));
      for (int i = 0; i < 12; i++) {
        writer.write(i % 2 == 0 ? a : b, 0xFFFF_FFF0L + i, 10 + i, 20 + i, data(size(i)));
      }
      writer.finish();
    }
    return memory.file();
  }

  private static int size(int i) {
    return i % 3 == 0 ? LARGE : SMALL;
  }

  private static SegmentedBytes data(int byteSize) {
    byte[] bytes = new byte[byteSize];
    Arrays.fill(bytes, (byte) byteSize);
    return SegmentedBytes.copyOf(bytes);
  }

  private static McapSummary summaryOf(byte[] file) throws McapFormatException {
    SegmentedBytes whole = SegmentedBytes.copyOf(file);
    SegmentedBytes end = whole.slice(whole.byteSize() - McapSummary.END_BYTE_SIZE);
    return McapSummary.of(whole.slice(McapSummary.byteOffset(end).orElseThrow()));
  }

  private static List<McapWriterOptions> layouts() {
    return List.of(
        McapWriterOptions.plain(),
        McapWriterOptions.indexed(),
        McapWriterOptions.indexed().compression(McapCompression.LZ4));
  }

  /** A file that is seeked in, as one on a disk. */
  private static final class Seekable implements McapInput {
    private final SegmentedBytes file;
    private final boolean knowsSize;
    private long at;
    private long readByteSize;
    private long dataByteSize;
    private boolean isClosed;

    Seekable(byte[] file, boolean knowsSize) {
      this.file = SegmentedBytes.copyOf(file);
      this.knowsSize = knowsSize;
    }

    @Override
    public BytesSource.Piece read(long byteSize) throws IOException {
      SegmentedBytes part = file.slice(at, Math.min(byteSize, file.byteSize() - at));
      at += part.byteSize();
      readByteSize += part.byteSize();
      return new BytesSource.Piece() {
        @Override
        public SegmentedBytes bytes() {
          return part;
        }

        @Override
        public void close() {}
      };
    }

    @Override
    public BytesSource.Piece readData(long byteSize) throws IOException {
      dataByteSize += byteSize;
      return read(byteSize);
    }

    @Override
    public long skip(long byteSize) throws IOException {
      long count = Math.min(byteSize, file.byteSize() - at);
      at += count;
      return count;
    }

    @Override
    public long remainingByteSize() {
      return knowsSize ? file.byteSize() - at : McapInput.super.remainingByteSize();
    }

    @Override
    public void close() {
      isClosed = true;
    }
  }

  private static int countIn(McapReader reader) throws IOException {
    int count = 0;
    for (Optional<McapMessage> next = reader.next(); next.isPresent(); next = reader.next()) {
      next.get().close();
      count++;
    }
    return count;
  }

  @Test
  void aMessageTellsWhatWasWritten() throws Exception {
    for (McapWriterOptions layout : layouts()) {
      try (McapReader reader = McapReader.open(Layouts.whole(file(layout)))) {
        for (int i = 0; i < 12; i++) {
          try (McapMessage message = reader.next().orElseThrow()) {
            assertEquals(i % 2 == 0 ? "a" : "b", message.channel().topic());
            assertEquals(0xFFFF_FFF0L + i, message.sequence());
            assertEquals(10 + i, message.logTimeNanos());
            assertEquals(20 + i, message.publishTimeNanos());
            assertEquals(data(size(i)), message.data());
            assertEquals(data(size(i)), message.bytes());
            assertTrue(message.toString().contains("byteSize=" + size(i)), message::toString);
          }
        }
        assertTrue(reader.next().isEmpty());
        McapChannel first = reader.channels().get(0);
        assertEquals("S", reader.schemaOf(first).orElseThrow().name());
        assertTrue(reader.schemaOf(reader.channels().get(1)).isEmpty());
        assertEquals(1, reader.schemas().size());
      }
    }
  }

  @Test
  void dataThatIsNotSelectedIsNotReadWhereTheInputSeeks() throws Exception {
    for (McapWriterOptions layout :
        List.of(McapWriterOptions.plain(), McapWriterOptions.indexed())) {
      byte[] file = file(layout);
      Seekable input = new Seekable(file, true);
      try (McapReader reader = McapReader.open(input, McapHandler.NONE)) {
        reader.select(channel -> channel.topic().equals("a"));
        assertEquals(6, countIn(reader));
        assertTrue(reader.truncation().isEmpty());
        assertEquals(12, reader.statistics().orElseThrow().messageCount());
      }
      assertTrue(input.isClosed);
      // Two of the four large messages; the attachment counts for the checksum.
      assertTrue(input.readByteSize <= file.length - 2 * LARGE, "read=" + input.readByteSize);
      assertEquals(layout.hasChunks() ? 2 * LARGE : 2 * LARGE + 4 * SMALL, input.dataByteSize);
    }
  }

  /** The checksum of all data is that of bytes which were not read: it can't be checked. */
  @Test
  void damageInWhatIsNotReadIsNotLookedFor() throws Exception {
    byte[] file = file(McapWriterOptions.plain());
    byte[] large = data(LARGE).copyToByteArray();
    int at = 0;
    while (!Arrays.equals(file, at, at + LARGE, large, 0, LARGE)) {
      at++;
    }
    // Behind the attachment, which has a checksum of its own, and the head of the first message.
    file[at + LARGE + 50] ^= 1;
    try (McapReader reader = McapReader.open(new Seekable(file, false), McapHandler.NONE)) {
      McapFormatException damaged = assertThrows(McapFormatException.class, () -> countIn(reader));
      assertTrue(String.valueOf(damaged.getMessage()).contains("data_section_crc"));
    }
    try (McapReader reader = McapReader.open(new Seekable(file, false), McapHandler.NONE)) {
      reader.select(channel -> false);
      assertEquals(0, countIn(reader));
      assertTrue(reader.statistics().isPresent());
    }
  }

  @Test
  void aSkippedMessageThatTheFileEndsInIsToldOf() throws Exception {
    byte[] file = file(McapWriterOptions.plain());
    byte[] cut = Arrays.copyOf(file, file.length / 2);
    for (boolean knowsSize : new boolean[] {true, false}) {
      for (int length = cut.length - 200; length < cut.length; length++) {
        try (McapReader reader =
            McapReader.open(
                new Seekable(Arrays.copyOf(file, length), knowsSize), McapHandler.NONE)) {
          reader.select(channel -> false);
          assertEquals(0, countIn(reader));
          String said = reader.truncation().orElseThrow();
          assertTrue(said.contains("the file ends at byteOffset=" + length), said);
        }
      }
    }
  }

  /** Not as one that was cut off: it has its end. */
  @Test
  void aSkippedMessageThatGoesBeyondTheEndIsDamage() throws Exception {
    byte[] file = file(McapWriterOptions.plain());
    try (McapReader whole = McapReader.open(Layouts.whole(file))) {
      countIn(whole);
    }
    // The length of the first message: behind the attachment.
    int at = (int) firstMessage(file);
    file[at + 5] = 1;
    McapReader reader = McapReader.open(new Seekable(file, true), McapHandler.NONE);
    try (reader) {
      reader.select(channel -> false);
      McapFormatException damaged = assertThrows(McapFormatException.class, reader::next);
      assertTrue(
          String.valueOf(damaged.getMessage()).contains("extends beyond the end"),
          damaged::toString);
    }
  }

  private static long firstMessage(byte[] file) throws IOException {
    RecordInput records = new RecordInput(SourceInput.of(Layouts.whole(file)), 0);
    try (records) {
      records.take(Opcode.MAGIC_BYTE_SIZE, false).close();
      while (true) {
        long from = records.byteOffset();
        RecordHead head = records.head();
        if (head == null || head.opcode() == Opcode.MESSAGE) {
          return from;
        }
        records.pass(head, head.byteSize());
      }
    }
  }

  @Test
  void aReaderThatIsClosedGivesNothingAndHoldsNothing() throws Exception {
    for (McapWriterOptions layout : layouts()) {
      Layouts.Pieces pieces = new Layouts.Pieces(file(layout), List.of(1_000L), Long.MAX_VALUE);
      McapReader reader = McapReader.open(pieces);
      reader.next().orElseThrow().close();
      McapMessage open = reader.next().orElseThrow();
      assertFalse(pieces.isClosed);
      reader.close();
      assertTrue(pieces.isClosed);
      assertTrue(reader.next().isEmpty());
      assertTrue(layout.compression() != McapCompression.NONE || pieces.openCount > 0);
      assertEquals(data(SMALL), open.data());
      open.close();
      open.close();
      assertEquals(0, pieces.openCount);
      reader.close();
    }
  }

  /** What it was lent to knows nothing of the message. */
  @Test
  void dataThatIsLentWhenItsMessageIsClosedStays() throws Exception {
    byte[] file = file(McapWriterOptions.plain());
    Layouts.Pieces pieces = new Layouts.Pieces(file, List.of(1_000L), Long.MAX_VALUE);
    try (McapReader reader = McapReader.open(pieces)) {
      McapMessage message = reader.next().orElseThrow();
      SegmentedBytes data = message.data();
      Lend.begin(data);
      message.close();
      int held = pieces.openCount;
      assertTrue(held >= LARGE / 1_000);
      Lend.end(data);
      // The last one is being read.
      assertTrue(pieces.openCount <= 1, "openCount=" + pieces.openCount);
      assertTrue(held > pieces.openCount);
    }
    assertEquals(0, pieces.openCount);
  }

  @Test
  void anAttachmentThatIsLentWhenItIsClosedStays() throws Exception {
    byte[] file = file(McapWriterOptions.plain());
    Layouts.Pieces pieces = new Layouts.Pieces(file, List.of(1_000L), Long.MAX_VALUE);
    List<McapAttachment> taken = new ArrayList<>();
    McapHandler handler =
        new McapHandler() {
          @Override
          public void attachment(McapAttachment attachment) {
            taken.add(attachment);
          }
        };
    try (McapReader reader = McapReader.open(SourceInput.of(pieces), handler)) {
      countIn(reader);
    }
    McapAttachment attachment = taken.getFirst();
    assertEquals("calibration", attachment.name());
    assertEquals("text/plain", attachment.mediaType());
    assertEquals(3, attachment.logTimeNanos());
    assertEquals(4, attachment.createTimeNanos());
    SegmentedBytes data = attachment.data();
    assertEquals(data(LARGE), data);
    Lend.begin(data);
    attachment.close();
    assertTrue(pieces.openCount >= LARGE / 1_000);
    Lend.end(data);
    assertEquals(0, pieces.openCount);
  }

  @Test
  void theDefaultHandlerClosesWhatItGets() throws Exception {
    for (McapWriterOptions layout : layouts()) {
      Layouts.Pieces pieces = new Layouts.Pieces(file(layout), List.of(1_000L), Long.MAX_VALUE);
      McapHandler taking = new McapHandler() {};
      try (McapReader reader = McapReader.open(SourceInput.of(pieces), taking)) {
        assertEquals(12, countIn(reader));
      }
      assertEquals(0, pieces.openCount);
    }
  }

  @Test
  void aReaderThatCantBeginClosesItsInput() throws Exception {
    byte[] file = file(McapWriterOptions.plain());
    for (byte[] bad : List.of(new byte[0], Arrays.copyOf(file, 12), new byte[100])) {
      Layouts.Pieces pieces = Layouts.whole(bad);
      assertThrows(McapFormatException.class, () -> McapReader.open(pieces));
      assertTrue(pieces.isClosed);
      assertEquals(0, pieces.openCount);
    }
    McapSchema one = new McapSchema(1, "one", "", SegmentedBytes.empty());
    McapSchema other = new McapSchema(1, "other", "", SegmentedBytes.empty());
    McapSummary contradictory =
        new McapSummary(Optional.empty(), Map.of(1, one, 2, other), List.of(), List.of());
    Layouts.Pieces pieces = Layouts.whole(file);
    assertThrows(
        McapFormatException.class,
        () -> McapReader.resume(SourceInput.of(pieces), McapHandler.NONE, contradictory, 0));
    assertTrue(pieces.isClosed);
  }

  @Test
  void whoReadsFromWithinKnowsWhatTheSummaryNames() throws Exception {
    byte[] file = file(McapWriterOptions.indexed());
    McapSummary summary = summaryOf(file);
    long from = summary.chunks().getLast().byteOffset();
    byte[] rest = Arrays.copyOfRange(file, (int) from, file.length);
    try (McapReader reader =
        McapReader.resume(SourceInput.of(Layouts.whole(rest)), McapHandler.NONE, summary, from)) {
      assertEquals("", reader.profile());
      assertEquals("", reader.library());
      assertEquals(2, reader.channels().size());
      assertEquals("S", reader.schemaOf(reader.channels().getFirst()).orElseThrow().name());
      assertTrue(reader.statistics().isEmpty());
      assertEquals(2, countIn(reader));
      assertEquals(12, reader.statistics().orElseThrow().messageCount());
    }
  }

  @Test
  void aPieceThatIsBeingReadCanBeDropped() throws Exception {
    byte[] bytes = new byte[30];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) i;
    }
    Layouts.Pieces pieces = new Layouts.Pieces(bytes, List.of(10L), Long.MAX_VALUE);
    try (SourceInput input = SourceInput.of(pieces)) {
      assertEquals(0, input.unreadByteSize());
      input.discard();
      input.read(3).close();
      assertEquals(7, input.unreadByteSize());
      input.discard();
      assertEquals(0, input.unreadByteSize());
      assertEquals(0, pieces.openCount);
      try (BytesSource.Piece next = input.read(1)) {
        assertEquals(10, next.bytes().byteAt(0));
      }
      assertEquals(12, input.skip(12));
      try (BytesSource.Piece rest = input.read(100)) {
        assertEquals(23, rest.bytes().byteAt(0));
        assertEquals(7, rest.bytes().byteSize());
      }
      assertEquals(0, input.skip(5));
      assertEquals(Long.MAX_VALUE, input.remainingByteSize());
    }
    assertEquals(0, pieces.openCount);
    assertTrue(pieces.isClosed);
  }

  @Test
  void onlyWhatTheSourceCantLendAtOnceIsCopied() throws Exception {
    for (long byteSize : new long[] {299, 300, 301}) {
      CopyLedger.Snapshot before = CopyLedger.snapshot();
      Layouts.Pieces pieces = new Layouts.Pieces(new byte[1_000], List.of(100L), 300);
      try (SourceInput input = SourceInput.of(pieces);
          BytesSource.Piece piece = input.read(byteSize)) {
        assertEquals(byteSize, piece.bytes().byteSize());
        assertEquals(byteSize > 300 ? 1 : 3, pieces.openCount);
      }
      assertEquals(
          byteSize > 300 ? byteSize : 0,
          CopyLedger.snapshot().since(before).byteCount("mcap.gather"));
    }
  }

  /** What it has read already goes back when the source fails. */
  @Test
  void aSourceThatFailsWithinARecordLosesNothing() throws Exception {
    for (long lendable : new long[] {Long.MAX_VALUE, 100}) {
      Layouts.Pieces pieces = new Layouts.Pieces(new byte[1_000], List.of(100L), lendable);
      BytesSource failing =
          new BytesSource() {
            private int count;

            @Override
            public Optional<Piece> next() throws IOException {
              if (++count > 3) {
                throw new IOException("disk");
              }
              return pieces.next();
            }

            @Override
            public long lendableByteSize() {
              return pieces.lendableByteSize();
            }

            @Override
            public void close() {
              pieces.close();
            }
          };
      try (SourceInput input = SourceInput.of(failing)) {
        assertThrows(IOException.class, () -> input.read(500));
      }
      assertEquals(0, pieces.openCount);
    }
  }
}
