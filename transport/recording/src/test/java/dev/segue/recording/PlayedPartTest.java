package dev.segue.recording;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.mcap.McapChannel;
import dev.segue.mcap.McapSummary;
import dev.segue.mcap.McapWriter;
import dev.segue.mcap.McapWriterOptions;
import dev.segue.objectstore.ObjectStore;
import dev.segue.objectstore.ObjectWriter;
import dev.segue.zenoh.Config;
import dev.segue.zenoh.Session;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Parts of recordings whose clock was set back. */
@Timeout(60)
class PlayedPartTest {
  @TempDir Path directory;

  private static long played(ObjectStore store, Session session, long from, long to)
      throws Exception {
    PlayerOptions options =
        PlayerOptions.defaults().rate(0).matchTimeout(Duration.ZERO).between(from, to);
    try (Player player = Player.open(session, store, "back.mcap", options)) {
      assertEquals(Optional.empty(), player.play());
      return player.counts().messageCount();
    }
  }

  @Test
  void whatWasRecordedAfterTheClockWasSetBackIsPlayed() throws Exception {
    try (ObjectStore store = ObjectStore.open(directory.toUri().toString());
        Session session = Session.open(Config.isolated())) {
      try (ObjectWriter object = store.write("back.mcap");
          McapWriter writer = McapWriter.to(object, "", "test", McapWriterOptions.indexed())) {
        int channel = writer.addChannel(0, "robot/x", "", Map.of());
        for (long time : new long[] {5, 1_000, 7, 2_000, 3_000}) {
          writer.write(channel, time, time, time, SegmentedBytes.copyOfUtf8("t" + time));
          writer.endChunk();
        }
        writer.finish();
        object.finish();
      }
      assertEquals(2, played(store, session, 0, 10));
      assertEquals(1, played(store, session, 6, 10));
      assertEquals(2, played(store, session, 1_000, 2_000));
      assertEquals(0, played(store, session, 10, 20));
      assertEquals(5, played(store, session, 0, 4_000));
    }
  }

  /** A file without the channels in its summary, which may leave them out. */
  private static void leaveOutChannels(Path file) throws IOException {
    // Schemas, channels, and where the groups of records are.
    leaveOut(file, 3, 4, 14);
  }

  private static void leaveOut(Path file, Integer... opcodes) throws IOException {
    ByteBuffer all = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    int footer = all.capacity() - McapSummary.END_BYTE_SIZE;
    int summary = (int) all.getLong(footer + 9);
    ByteArrayOutputStream kept = new ByteArrayOutputStream();
    kept.write(all.array(), 0, summary);
    for (int at = summary; at < footer; ) {
      int byteSize = 9 + (int) all.getLong(at + 1);
      if (!List.of(opcodes).contains((int) all.get(at))) {
        kept.write(all.array(), at, byteSize);
      }
      at += byteSize;
    }
    // No offsets, no checksum.
    Arrays.fill(all.array(), footer + 17, footer + 29, (byte) 0);
    kept.write(all.array(), footer, McapSummary.END_BYTE_SIZE);
    Files.write(file, kept.toByteArray());
  }

  @Test
  void fromATimeOnAFileIsPlayedWhoseSummaryLeavesItsChannelsOut() throws Exception {
    try (ObjectStore store = ObjectStore.open(directory.toUri().toString());
        Session session = Session.open(Config.isolated())) {
      try (ObjectWriter object = store.write("back.mcap");
          McapWriter writer = McapWriter.to(object, "", "test", McapWriterOptions.indexed())) {
        int channel = writer.addChannel(0, "robot/x", "", Map.of());
        for (long time = 1; time <= 5; time++) {
          writer.write(channel, time, time, time, SegmentedBytes.copyOfUtf8("t" + time));
          writer.endChunk();
        }
        writer.finish();
        object.finish();
      }
      leaveOutChannels(directory.resolve("back.mcap"));
      assertEquals(3, played(store, session, 3, 10));
      assertEquals(2, played(store, session, 2, 3));
    }
  }

  private static final int STANDS_FOR_A_MESSAGE = 0x85;
  private static final int STANDS_FOR_A_CHANNEL = 0x84;

  private static void unchunked(McapWriter writer, int channel, long time) throws IOException {
    ByteBuffer head = ByteBuffer.allocate(22).order(ByteOrder.LITTLE_ENDIAN);
    head.putShort((short) channel).putInt(0).putLong(time).putLong(time).flip();
    writer.writePrivate(
        STANDS_FOR_A_MESSAGE, MemorySegment.ofBuffer(head), SegmentedBytes.copyOfUtf8("t" + time));
  }

  /** Makes messages of these records, and counts them. */
  private static void unwrap(Path file) throws IOException {
    ByteBuffer all = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    int count = 0;
    for (int at = 8; at + 9 <= all.capacity() - 8; at += 9 + (int) all.getLong(at + 1)) {
      if (all.get(at) == (byte) STANDS_FOR_A_MESSAGE) {
        all.put(at, (byte) 5);
        count++;
      } else if (all.get(at) == (byte) STANDS_FOR_A_CHANNEL) {
        all.put(at, (byte) 4);
      } else if (all.get(at) == 11) {
        all.putLong(at + 9, all.getLong(at + 9) + count);
      } else if (all.get(at) == 15) {
        // No checksum of the data, and none of the summary.
        all.putInt(at + 9, 0);
      } else if (all.get(at) == 2) {
        all.putInt(at + 25, 0);
      }
    }
    Files.write(file, all.array());
  }

  /** The index has those that are in chunks alone. */
  @Test
  void messagesOutsideOfChunksArePlayedAsWell() throws Exception {
    try (ObjectStore store = ObjectStore.open(directory.toUri().toString());
        Session session = Session.open(Config.isolated())) {
      try (ObjectWriter object = store.write("back.mcap");
          McapWriter writer = McapWriter.to(object, "", "test", McapWriterOptions.indexed())) {
        int channel = writer.addChannel(0, "robot/x", "", Map.of());
        for (long time : new long[] {10, 20, 30}) {
          unchunked(writer, channel, time + 5);
          writer.write(channel, time, time, time, SegmentedBytes.copyOfUtf8("t" + time));
          writer.endChunk();
        }
        writer.finish();
        object.finish();
      }
      unwrap(directory.resolve("back.mcap"));
      assertEquals(6, played(store, session, 0, 100));
      assertEquals(4, played(store, session, 0, 29));
      assertEquals(3, played(store, session, 0, 22));
      assertEquals(5, played(store, session, 12, 100));
      assertEquals(1, played(store, session, 35, 100));
    }
  }

  /** A minute for each of them would be hours. */
  @Test
  void keysThatNoChannelNamesWaitForSubscribersTogether() throws Exception {
    try (ObjectStore store = ObjectStore.open(directory.toUri().toString());
        Session session = Session.open(Config.isolated())) {
      int count = 5_000;
      try (ObjectWriter object = store.write("back.mcap");
          McapWriter writer = McapWriter.to(object, "", "test", McapWriterOptions.indexed())) {
        int channel = writer.addChannel(0, SampleChannel.SHARED_TOPIC, "", Map.of());
        for (int i = 0; i < count; i++) {
          SampleRecord own =
              SampleRecord.NONE.of(
                  new SampleRecord.Reference(channel, i),
                  Optional.of(SampleChannel.of(new McapChannel(0, 0, "robot/" + i, "", Map.of()))));
          writer.writePrivate(SampleRecord.OPCODE, own.head(), SegmentedBytes.empty());
          writer.write(channel, i, i, i, SegmentedBytes.copyOfUtf8("t"));
        }
        writer.finish();
        object.finish();
      }
      PlayerOptions options = PlayerOptions.defaults().rate(0).matchTimeout(Duration.ofMillis(200));
      try (Player player = Player.open(session, store, "back.mcap", options)) {
        assertEquals(Optional.empty(), player.play());
        assertEquals(count, player.counts().messageCount());
        assertEquals(4096, player.unmatched().size());
      }
    }
  }

  /** Some writers name channels again in later chunks, and schemas once. */
  @Test
  void aChannelThatIsNamedAgainNeedNoSchemaInTheSummary() throws Exception {
    try (ObjectStore store = ObjectStore.open(directory.toUri().toString());
        Session session = Session.open(Config.isolated())) {
      try (ObjectWriter object = store.write("back.mcap");
          McapWriter writer = McapWriter.to(object, "", "test", McapWriterOptions.indexed())) {
        int schema = writer.addSchema("s", "e", SegmentedBytes.copyOfUtf8("data"));
        int channel = writer.addChannel(schema, "x", "", Map.of());
        for (long time = 1; time <= 3; time++) {
          writer.write(channel, time, time, time, SegmentedBytes.copyOfUtf8("t" + time));
          writer.endChunk();
        }
        ByteBuffer again = ByteBuffer.allocate(17).order(ByteOrder.LITTLE_ENDIAN);
        again.putShort((short) channel).putShort((short) schema).putInt(1).put((byte) 'x').flip();
        writer.writePrivate(
            STANDS_FOR_A_CHANNEL,
            MemorySegment.ofBuffer(again),
            SegmentedBytes.copyOf(new byte[8]));
        writer.write(channel, 4, 4, 4, SegmentedBytes.copyOfUtf8("t4"));
        writer.finish();
        object.finish();
      }
      unwrap(directory.resolve("back.mcap"));
      leaveOut(directory.resolve("back.mcap"), 3, 14);
      assertEquals(4, played(store, session, 1, 10));
      assertEquals(2, played(store, session, 3, 10));
    }
  }
}
