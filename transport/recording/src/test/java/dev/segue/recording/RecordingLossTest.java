package dev.segue.recording;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.BytesSink;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.mcap.McapStatistics;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Publisher;
import dev.segue.zenoh.PublisherOptions;
import dev.segue.zenoh.Sample;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is lost is counted, and what is recorded can be read. */
@Timeout(120)
class RecordingLossTest {
  private static final Duration LONG = Duration.ofSeconds(60);
  private static final KeyExpr ALL = KeyExpr.of("robot/**");

  /** A disk that fails when it is told to. */
  private static final class Disk implements Destination {
    private boolean fails;

    @Override
    public BytesSink begin() {
      return bytes -> {
        if (fails) {
          throw new IOException("the disk fails");
        }
      };
    }

    @Override
    public void end(long messageCount) {}

    @Override
    public void fail(IOException failure) {}

    @Override
    public boolean survivesFailures() {
      return true;
    }

    @Override
    public boolean hasRoom(long byteSize) {
      return true;
    }

    @Override
    public long largestFileByteSize() {
      return Long.MAX_VALUE;
    }

    @Override
    public boolean copiesAtOnce() {
      return true;
    }

    @Override
    public void releaseBorrowed() {}

    @Override
    public long lostCount() {
      return 0;
    }

    @Override
    public void close() {}
  }

  private static Sample sample(Pair pair, String key, int byteSize) throws Exception {
    try (var subscriber = pair.far().declareSubscriber(ALL);
        Publisher publisher =
            pair.near().declarePublisher(KeyExpr.of(key), PublisherOptions.blocking())) {
      assertTrue(publisher.awaitMatchingSubscribers(LONG));
      publisher.put(SegmentedBytes.copyOf(new byte[byteSize]));
      try (Sample sample = subscriber.receive(LONG).orElseThrow()) {
        return sample.retain();
      }
    }
  }

  private static void record(Recording recording, Sample sample, int count) throws IOException {
    for (int i = 0; i < count; i++) {
      recording.record(sample);
    }
  }

  @Test
  void messagesThatWaitInMemoryAreLostWithTheirFileAndCounted() throws Exception {
    Disk disk = new Disk();
    try (Pair pair = Pair.open();
        Sample small = sample(pair, "robot/small", 100);
        Sample large = sample(pair, "robot/large", 100_000);
        Recording recording = new Recording(ALL, disk, RecorderOptions.defaults())) {
      recording.begin();
      record(recording, small, 4);
      record(recording, large, 1);
      record(recording, small, 6);
      assertEquals(11, recording.messageCount());
      disk.fails = true;
      recording.endFile();
      assertEquals(6, recording.lostCount());
      assertEquals(5, recording.messageCount());

      disk.fails = false;
      recording.begin();
      record(recording, small, 3);
      assertEquals(3, recording.finish().messageCount());
      assertEquals(6, recording.lostCount());
      assertEquals(8, recording.messageCount());
    }
  }

  @Test
  void whatTheEndOfTheLastFileLosesIsCounted() throws Exception {
    Disk disk = new Disk();
    try (Pair pair = Pair.open();
        Sample small = sample(pair, "robot/small", 100);
        Recording recording = new Recording(ALL, disk, RecorderOptions.defaults())) {
      recording.begin();
      record(recording, small, 7);
      disk.fails = true;
      var _ = recording.finish();
      assertEquals(7, recording.lostCount());
      assertEquals(0, recording.messageCount());
    }
  }

  @Test
  void manyLongKeysShareAChannel() throws Exception {
    try (Pair pair = Pair.open();
        Recording recording =
            new Recording(
                ALL, new Disk(), RecorderOptions.defaults(), 100, 3_000, Long.MAX_VALUE)) {
      recording.begin();
      for (int i = 0; i < 5; i++) {
        try (Sample sample = sample(pair, "robot/" + "k".repeat(800) + i, 10)) {
          recording.record(sample);
        }
      }
      var statistics = recording.finish();
      assertEquals(5, statistics.messageCount());
      // Two have room of their own.
      assertEquals(3, statistics.channelCount());
    }
  }

  /** It is in memory until the file ends, and in that of who plays it. */
  @Test
  void aFileEndsBeforeItsIndexIsLarge() throws Exception {
    try (Pair pair = Pair.open();
        Sample large = sample(pair, "robot/large", 100_000);
        Recording recording =
            new Recording(ALL, new Disk(), RecorderOptions.defaults(), 100, 3_000, 1_000)) {
      recording.begin();
      record(recording, large, 100);
      assertTrue(recording.fileCount() >= 7, () -> "fileCount=" + recording.fileCount());
      assertTrue(recording.finish().chunkCount() <= 15);
      assertEquals(100, recording.messageCount());
      assertEquals(0, recording.lostCount());
    }
  }

  /** Anybody can publish a schema beside a topic. */
  @Test
  void schemasThatAFileHasNoRoomForAreLeftOutAndTheMessagesKept() throws Exception {
    SegmentedBytes small = SegmentedBytes.copyOf(new byte[1 << 20]);
    SegmentedBytes large = SegmentedBytes.copyOf(new byte[40 << 20]);
    SchemaSource schemas =
        (key, encoding) ->
            Optional.of(
                new RecordedSchema(
                    key.toString(), "test", key.toString().equals("robot/1") ? small : large));
    try (Pair pair = Pair.open();
        Sample one = sample(pair, "robot/1", 100);
        Sample two = sample(pair, "robot/2", 100);
        Sample three = sample(pair, "robot/3", 100);
        Sample four = sample(pair, "robot/4", 100);
        Sample five = sample(pair, "robot/5", 100);
        Recording recording =
            new Recording(ALL, new Disk(), RecorderOptions.defaults().schemas(schemas))) {
      recording.begin();
      for (Sample each : List.of(one, two, three, four, five)) {
        recording.record(each);
      }
      McapStatistics file = recording.finish();
      assertEquals(5, file.messageCount());
      assertEquals(5, file.channelCount());
      assertEquals(1, file.schemaCount());
      assertEquals(0, recording.lostCount());
    }
  }
}
