package dev.segue.recording;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.mcap.McapCompression;
import dev.segue.mcap.McapWriter;
import dev.segue.mcap.McapWriterOptions;
import dev.segue.objectstore.ObjectStore;
import dev.segue.objectstore.ObjectWriter;
import dev.segue.zenoh.Backlog;
import dev.segue.zenoh.Config;
import dev.segue.zenoh.GetOptions;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Replies;
import dev.segue.zenoh.Reply;
import dev.segue.zenoh.Sample;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.Subscriber;
import dev.segue.zenoh.SubscriberOptions;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Samples that are kept, while a recording is read on, neither stop it nor hold much more. */
@Timeout(60)
class HeldMemoryTest {
  private static final Duration LONG = Duration.ofSeconds(50);
  private static final KeyExpr ALL = KeyExpr.of("robot/**");
  private static final int TOPIC_COUNT = 12;

  /** Becomes a message that is in no chunk. */
  private static final int STANDS_FOR_A_MESSAGE = 0x85;

  private final Path directory;
  private final ObjectStore store;

  HeldMemoryTest(@TempDir Path directory) throws IOException {
    this.directory = directory;
    this.store = ObjectStore.open(directory.toUri().toString());
  }

  @AfterEach
  void close() {
    store.close();
  }

  private interface Content {
    void write(McapWriter writer) throws Exception;
  }

  private void record(McapWriterOptions layout, Content content) throws Exception {
    try (ObjectWriter object = store.write("drive.mcap");
        McapWriter writer = McapWriter.to(object, "", "test", layout)) {
      content.write(writer);
      writer.finish();
      object.finish();
    }
  }

  /** What is larger than the window that small messages are read in. */
  private static void fill(McapWriter writer) throws IOException {
    writer.writeAttachment("a", "", 0, 0, SegmentedBytes.copyOf(new byte[5 << 20]));
  }

  private static void unchunked(McapWriter writer, int channel, long time) throws IOException {
    ByteBuffer head = ByteBuffer.allocate(22).order(ByteOrder.LITTLE_ENDIAN);
    head.putShort((short) channel).putInt(0).putLong(time).putLong(time).flip();
    writer.writePrivate(
        STANDS_FOR_A_MESSAGE,
        MemorySegment.ofBuffer(head),
        SegmentedBytes.copyOfUtf8("early" + channel));
  }

  private void unwrap() throws IOException {
    Path file = directory.resolve("drive.mcap");
    ByteBuffer all = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    for (int at = 8; at + 9 <= all.capacity() - 8; at += 9 + (int) all.getLong(at + 1)) {
      if (all.get(at) == (byte) STANDS_FOR_A_MESSAGE) {
        all.put(at, (byte) 5);
      }
    }
    Files.write(file, all.array());
  }

  /** Messages of most topics lie far from each other before the chunk that has the newest. */
  @Test
  void theNewestIsFoundBehindMessagesThatLieFarApart() throws Exception {
    record(
        McapWriterOptions.indexed(),
        writer -> {
          for (int i = 0; i < TOPIC_COUNT; i++) {
            int channel = writer.addChannel(0, "robot/t" + i, "", Map.of());
            unchunked(writer, channel, i);
            fill(writer);
          }
          for (int i = 0; i < TOPIC_COUNT; i++) {
            writer.write(i, 1, 100, 100, SegmentedBytes.copyOfUtf8("late" + i));
          }
        });
    unwrap();
    TreeSet<String> replies = new TreeSet<>();
    try (Pair pair = Pair.open();
        RecordingStorage _ =
            RecordingStorage.open(
                pair.near(), ALL, store, "drive.mcap", StorageOptions.defaults())) {
      GetOptions options = GetOptions.defaults().timeout(LONG).backlog(Backlog.hold(1024));
      try (Replies all = pair.near().get(dev.segue.zenoh.Selector.of("robot/**"), options)) {
        for (Reply reply : all) {
          replies.add(
              switch (reply) {
                case Reply.Success success -> success.sample().payload().copyToUtf8String();
                case Reply.Failure failure -> failure.payload().copyToUtf8String();
              });
        }
        assertEquals(Replies.State.FINISHED, all.state());
      }
    }
    TreeSet<String> expected = new TreeSet<>();
    for (int i = 0; i < TOPIC_COUNT; i++) {
      expected.add("late" + i);
    }
    assertEquals(expected, replies);
  }

  /** As who shows the last of each topic does, in the player's own process. */
  @Test
  void aPlayerGoesOnWhileItsSamplesAreKept() throws Exception {
    record(
        McapWriterOptions.indexed(),
        writer -> {
          for (int i = 0; i < TOPIC_COUNT; i++) {
            int channel = writer.addChannel(0, "robot/t" + i, "", Map.of());
            writer.write(channel, 0, i, i, SegmentedBytes.copyOf(new byte[60_000]));
            writer.endChunk();
            fill(writer);
          }
        });
    List<Sample> kept = new ArrayList<>();
    try (Session session = Session.open(Config.isolated());
        Subscriber subscriber =
            session.declareSubscriber(
                ALL, SubscriberOptions.defaults().backlog(Backlog.hold(1024)));
        Player player =
            Player.open(session, store, "drive.mcap", PlayerOptions.defaults().rate(0))) {
      Thread keeping =
          Thread.ofPlatform()
              .daemon()
              .start(
                  () -> {
                    try {
                      while (kept.size() < TOPIC_COUNT) {
                        try (Sample sample = subscriber.receive(LONG).orElseThrow()) {
                          kept.add(sample.retain());
                        }
                      }
                    } catch (Exception e) {
                      throw new AssertionError(e);
                    }
                  });
      assertEquals(Optional.empty(), player.play());
      keeping.join();
      assertEquals(TOPIC_COUNT, kept.size());
      kept.forEach(Sample::close);
    }
  }

  /** Each message of a few bytes holds the chunk that was unpacked for it. */
  @Test
  void chunksThatUnpackToMuchAreNotAllReadAhead() throws Exception {
    SegmentedBytes zeros = SegmentedBytes.copyOf(new byte[60_000]);
    record(
        McapWriterOptions.indexed().compression(McapCompression.ZSTD).chunkByteSize(2 << 20),
        writer -> {
          int wanted = writer.addChannel(0, "wanted", "", Map.of());
          int other = writer.addChannel(0, "other", "", Map.of());
          for (int i = 0; i < 20; i++) {
            writer.write(wanted, i, i, i, SegmentedBytes.copyOfUtf8("w" + i));
            for (int j = 0; j < 17; j++) {
              writer.write(other, j, i, i, zeros);
            }
            writer.endChunk();
          }
        });
    try (ReadAhead messages =
        new ReadAhead(
            store.read("drive.mcap"),
            null,
            null,
            channel -> channel.topic().equals("wanted"),
            3_000_000)) {
      for (int i = 0; i < 20; i++) {
        while (!messages.isFull() && messages.readyCount() < 20 - i) {
          Thread.sleep(1);
        }
        assertTrue(messages.readyCount() <= 3, () -> "readyCount=" + messages.readyCount());
        try (Recorded recorded = messages.next().orElseThrow()) {
          assertEquals("w" + i, recorded.message().data().copyToUtf8String());
        }
      }
      assertEquals(Optional.empty(), messages.next());
    }
  }

  /** A chunk that is larger than the windows is copied whole, also if one message is wanted. */
  @Test
  void chunksThatAreCopiedAreNotAllReadAhead() throws Exception {
    SegmentedBytes zeros = SegmentedBytes.copyOf(new byte[60_000]);
    record(
        McapWriterOptions.indexed().chunkByteSize(12 << 20),
        writer -> {
          int wanted = writer.addChannel(0, "wanted", "", Map.of());
          int other = writer.addChannel(0, "other", "", Map.of());
          for (int i = 0; i < 8; i++) {
            writer.write(wanted, i, i, i, SegmentedBytes.copyOfUtf8("w" + i));
            for (int j = 0; j < 160; j++) {
              writer.write(other, j, i, i, zeros);
            }
            writer.endChunk();
          }
        });
    try (ReadAhead messages =
        new ReadAhead(
            store.read("drive.mcap"),
            null,
            null,
            channel -> channel.topic().equals("wanted"),
            15_000_000)) {
      for (int i = 0; i < 8; i++) {
        while (!messages.isFull() && messages.readyCount() < 8 - i) {
          Thread.sleep(1);
        }
        assertTrue(messages.readyCount() <= 3, () -> "readyCount=" + messages.readyCount());
        try (Recorded recorded = messages.next().orElseThrow()) {
          assertEquals("w" + i, recorded.message().data().copyToUtf8String());
        }
      }
      assertEquals(Optional.empty(), messages.next());
    }
  }
}
