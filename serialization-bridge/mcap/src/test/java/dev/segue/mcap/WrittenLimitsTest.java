package dev.segue.mcap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the writer takes, the reader takes; what the reader refuses is not written. */
@Timeout(120)
class WrittenLimitsTest {
  private static final SegmentedBytes ZEROS = SegmentedBytes.copyOf(new byte[60 << 10]);

  /** Equal messages have a 10,000th of their size, and the last one of a chunk goes beyond it. */
  @Test
  void theLargestChunkIsReadHoweverSmallItBecame() throws IOException {
    for (McapCompression compression : McapCompression.values()) {
      Layouts.Memory memory = new Layouts.Memory();
      McapWriterOptions layout =
          McapWriterOptions.indexed().chunkByteSize(64 << 20).compression(compression);
      int count = 0;
      try (McapWriter writer = McapWriter.to(memory, "", "test", layout)) {
        int channel = writer.addChannel(0, "t", "", Map.of());
        while (writer.statistics().chunkCount() == 0) {
          writer.write(channel, count++, 0, 0, ZEROS);
        }
        writer.finish();
      }
      int readCount = 0;
      try (McapReader reader = McapReader.open(Layouts.whole(memory.file()))) {
        for (Optional<McapMessage> next = reader.next(); next.isPresent(); next = reader.next()) {
          next.get().close();
          readCount++;
        }
      }
      assertEquals(count, readCount, compression.name());
    }
  }

  @Test
  void metadataThatNoReaderTakesIsNotWritten() throws IOException {
    String large = "x".repeat((64 << 20) + 1);
    Map<String, String> many = new TreeMap<>();
    for (int i = 0; i <= Fields.MAP_LIMIT; i++) {
      many.put(Integer.toString(i, 36), "");
    }
    try (McapWriter writer = McapWriter.to(bytes -> {}, "", "test")) {
      for (Map<String, String> map : java.util.List.of(Map.of("k", large), many)) {
        IllegalArgumentException refusal =
            assertThrows(IllegalArgumentException.class, () -> writer.writeMetadata("m", map));
        assertTrue(String.valueOf(refusal.getMessage()).contains("metadata name=m"));
        assertThrows(IllegalStateException.class, () -> writer.addChannel(0, "t", "", map));
      }
      assertEquals(0, writer.statistics().metadataCount());
      assertEquals(0, writer.addChannel(0, "t", "", Map.of()));
    }
  }

  /** 4 GiB of one segment, which a test need not have. */
  @Test
  void dataThatNoReaderTakesIsNotWritten() throws IOException {
    SegmentedBytes tooLarge =
        SegmentedBytes.concat(Collections.nCopies(4098, SegmentedBytes.copyOf(new byte[1 << 20])));
    for (McapWriterOptions layout :
        java.util.List.of(McapWriterOptions.plain(), McapWriterOptions.indexed())) {
      try (McapWriter writer = McapWriter.to(bytes -> {}, "", "test", layout)) {
        int channel = writer.addChannel(0, "t", "", Map.of());
        assertThrows(
            IllegalArgumentException.class, () -> writer.write(channel, 0, 0, 0, tooLarge));
        assertThrows(
            IllegalArgumentException.class, () -> writer.writeAttachment("a", "", 0, 0, tooLarge));
        assertThrows(
            IllegalArgumentException.class,
            () -> writer.writePrivate(0x80, MemorySegment.ofArray(new byte[0]), tooLarge));
        assertEquals(0, writer.finish().messageCount());
      }
    }
  }

  /** A record of 17 bytes each, which no reader seeks to. */
  @Test
  void moreAttachmentsAndMetadataThanAnIndexTakesHaveNone() throws IOException {
    for (int limit : new int[] {1000, 100}) {
      Layouts.Memory memory = new Layouts.Memory();
      Inventory inventory = new Inventory(1000, limit);
      try (McapWriter writer =
          McapWriter.to(memory, "", "test", McapWriterOptions.plain(), inventory)) {
        writer.writeMetadata("m", Map.of());
        writer.writeAttachment("a", "", 0, 0, SegmentedBytes.empty());
        McapStatistics statistics = writer.finish();
        assertEquals(1, statistics.metadataCount());
        assertEquals(1, statistics.attachmentCount());
      }
      int kept = limit == 1000 ? 1 : 0;
      assertEquals(kept, inventory.attachments().size());
      assertEquals(kept, inventory.metadata().size());
      try (McapReader reader = McapReader.open(Layouts.whole(memory.file()))) {
        assertTrue(reader.next().isEmpty());
        assertEquals(1, reader.statistics().orElseThrow().attachmentCount());
      }
    }
  }

  /** Of a few bytes of a file each, and 200 B of the heap. */
  @Test
  void channelsWithMetadataWithoutEndAreRefused() throws IOException {
    Map<String, String> many = new TreeMap<>();
    for (int i = 0; i < Fields.MAP_LIMIT; i++) {
      many.put(Integer.toString(i, 36), "");
    }
    Definitions definitions = new Definitions(true);
    for (int id = 0; id < 4; id++) {
      definitions.add("channel", new McapChannel(id, 0, "t", "", many));
      definitions.add("channel", new McapChannel(id, 0, "t", "", many));
    }
    McapFormatException refusal =
        assertThrows(
            McapFormatException.class,
            () -> definitions.add("channel", new McapChannel(4, 0, "t", "", Map.of("k", ""))));
    assertTrue(String.valueOf(refusal.getMessage()).contains("entryCount=1048577"));
    try (McapWriter writer = McapWriter.to(bytes -> {}, "", "test")) {
      for (int id = 0; id < 4; id++) {
        assertEquals(id, writer.addChannel(0, "t", "", many));
      }
      assertThrows(
          IllegalStateException.class, () -> writer.addChannel(0, "t", "", Map.of("k", "")));
      assertEquals(4, writer.addChannel(0, "t", "", Map.of()));
    }
    many.put("one more", "");
    RecordBuffer buffer = new RecordBuffer();
    MemorySegment record = buffer.channel(new McapChannel(1, 0, "t", "", many)).end();
    SegmentedBytes content =
        SegmentedBytes.copyOf(
            record
                .asSlice(Opcode.RECORD_HEAD_BYTE_SIZE)
                .toArray(java.lang.foreign.ValueLayout.JAVA_BYTE));
    assertThrows(McapFormatException.class, () -> new Fields("channel", content).channel());
  }

  /** Who does not want attachments does not have them in memory. */
  @Test
  void anAttachmentThatNobodyTakesIsPassed() throws IOException {
    Layouts.Memory memory = new Layouts.Memory();
    try (McapWriter writer = McapWriter.to(memory, "", "test")) {
      writer.writeAttachment("a", "", 0, 0, SegmentedBytes.copyOf(new byte[5 << 20]));
      writer.finish();
    }
    for (boolean takes : new boolean[] {false, true}) {
      long[] largest = new long[1];
      int[] takenCount = new int[1];
      SourceInput source = SourceInput.of(Layouts.whole(memory.file()));
      McapInput input =
          new McapInput() {
            @Override
            public dev.segue.bytes.BytesSource.Piece read(long byteSize) throws IOException {
              largest[0] = Math.max(largest[0], byteSize);
              return source.read(byteSize);
            }

            @Override
            public void close() throws IOException {
              source.close();
            }
          };
      McapHandler handler =
          new McapHandler() {
            @Override
            public boolean takesAttachments() {
              return takes;
            }

            @Override
            public void attachment(McapAttachment attachment) throws IOException {
              takenCount[0]++;
              attachment.close();
            }
          };
      try (McapReader reader = McapReader.open(input, handler)) {
        assertTrue(reader.next().isEmpty());
        assertTrue(reader.truncation().isEmpty());
      }
      assertEquals(takes ? 1 : 0, takenCount[0]);
      assertEquals(takes, largest[0] > 5 << 20);
    }
  }

  /** The first message of a chunk tells of the memory that it and the others hold. */
  @Test
  void theMemoryOfAnUnpackedChunkIsToldOnce() throws IOException {
    for (McapCompression compression : McapCompression.values()) {
      Layouts.Memory memory = new Layouts.Memory();
      McapWriterOptions layout = McapWriterOptions.indexed().compression(compression);
      try (McapWriter writer = McapWriter.to(memory, "", "test", layout)) {
        int channel = writer.addChannel(0, "t", "", Map.of());
        for (int i = 0; i < 4; i++) {
          writer.write(channel, i, 0, 0, SegmentedBytes.copyOf(new byte[1000]));
          if (i % 2 == 1) {
            writer.endChunk();
          }
        }
        writer.finish();
      }
      long unpacked = compression == McapCompression.NONE ? 0 : 2 * (1000 + 31);
      try (McapReader reader = McapReader.open(Layouts.whole(memory.file()))) {
        for (int i = 0; i < 4; i++) {
          try (McapMessage message = reader.next().orElseThrow()) {
            assertEquals(i % 2 == 0 ? unpacked : 0, message.unpackedByteSize());
          }
        }
      }
    }
  }

  /** An end behind half a record would make a file look whole that nobody can read. */
  @Test
  void afterAFailureWithinARecordAFileGetsNoEnd() throws IOException {
    for (McapWriterOptions layout :
        java.util.List.of(McapWriterOptions.plain(), McapWriterOptions.indexed())) {
      for (Throwable failure :
          java.util.List.of(new IOException("disk"), new OutOfMemoryError("heap"))) {
        Layouts.Memory memory = new Layouts.Memory();
        boolean[] fails = new boolean[1];
        McapWriter writer =
            McapWriter.to(
                bytes -> {
                  if (fails[0]) {
                    fails[0] = false;
                    WrittenLimitsTest.<RuntimeException>raise(failure);
                  }
                  memory.write(bytes);
                },
                "",
                "test",
                layout);
        try (writer) {
          int channel = writer.addChannel(0, "t", "", Map.of());
          writer.write(channel, 0, 0, 0, ZEROS);
          writer.flush();
          fails[0] = true;
          assertThrows(
              failure.getClass(),
              () -> {
                writer.write(channel, 1, 0, 0, SegmentedBytes.copyOf(new byte[100 << 10]));
              });
          assertThrows(IOException.class, () -> writer.write(channel, 1, 0, 0, tiny(layout)));
          assertThrows(IOException.class, () -> writer.writeMetadata("m", Map.of()));
          assertThrows(IOException.class, () -> writer.addChannel(0, "u", "", Map.of()));
          assertThrows(IOException.class, writer::finish);
        }
      }
    }
  }

  /** Small messages of a file with chunks are in the writer's memory alone. */
  private static SegmentedBytes tiny(McapWriterOptions layout) {
    return SegmentedBytes.copyOf(new byte[layout.hasChunks() ? 100 << 10 : 1]);
  }

  @SuppressWarnings("unchecked")
  private static <E extends Throwable> void raise(Throwable failure) throws E {
    throw (E) failure;
  }
}
