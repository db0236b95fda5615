package dev.segue.recording;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.BytesSink;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.mcap.McapStatistics;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Publisher;
import dev.segue.zenoh.PublisherOptions;
import dev.segue.zenoh.Sample;
import dev.segue.zenoh.Subscriber;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is lost is counted, and what is recorded can be read. */
@Timeout(120)
class RecordingLossTest {
  private static final Duration LONG = Duration.ofSeconds(60);
  private static final KeyExpr ALL = KeyExpr.of("robot/**");

  /** A disk that fails when it is told to. */
  private static class Disk implements Destination {
    volatile boolean fails;

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
      IOException failure = assertThrows(IOException.class, recording::finish);
      assertTrue(String.valueOf(failure.getMessage()).contains("lostCount=7"), failure::toString);
      assertEquals(7, recording.lostCount());
      assertEquals(0, recording.messageCount());
    }
  }

  @Test
  void aRecorderWhoseDiskFailsAtItsEndSaysSo() throws Exception {
    Disk disk =
        new Disk() {
          private int count;

          @Override
          public boolean hasRoom(long byteSize) {
            count++;
            fails = count == 5;
            return true;
          }
        };
    try (Pair pair = Pair.open();
        Recorder recorder =
            Recorder.start(
                pair.far(), ALL, disk, RecorderOptions.defaults().messageLimit(5), Thread::new);
        Publisher publisher =
            pair.near().declarePublisher(KeyExpr.of("robot/small"), PublisherOptions.blocking())) {
      assertTrue(publisher.awaitMatchingSubscribers(LONG));
      for (int i = 0; i < 5; i++) {
        publisher.put(SegmentedBytes.copyOf(new byte[100]));
      }
      assertTrue(recorder.awaitEnd(LONG));
      IOException failure = assertThrows(IOException.class, recorder::finish);
      assertTrue(String.valueOf(failure.getMessage()).contains("the disk fails"));
      assertEquals(5, recorder.counts().lostCount() + recorder.counts().messageCount());
      assertTrue(recorder.counts().lostCount() > 0);
    }
  }

  @Test
  void aRecorderThatGetsNoThreadLeavesNothing() throws Exception {
    AtomicInteger closed = new AtomicInteger();
    Disk disk =
        new Disk() {
          @Override
          public void close() {
            closed.incrementAndGet();
          }
        };
    try (Pair pair = Pair.open();
        Publisher publisher =
            pair.near().declarePublisher(KeyExpr.of("robot/small"), PublisherOptions.blocking())) {
      OutOfMemoryError failure =
          assertThrows(
              OutOfMemoryError.class,
              () ->
                  Recorder.start(pair.far(), ALL, disk, RecorderOptions.defaults(), Starved::new));
      assertEquals("no thread", failure.getMessage());
      assertEquals(1, closed.get());
      // The first subscriber that it meets is ours: the one before it is gone, and holds nothing
      // up.
      try (Subscriber subscriber = pair.far().declareSubscriber(ALL)) {
        assertTrue(publisher.awaitMatchingSubscribers(LONG));
        for (int i = 0; i < 1_000; i++) {
          publisher.put(SegmentedBytes.copyOf(new byte[100]));
          try (Sample sample = subscriber.receive(LONG).orElseThrow()) {
            assertEquals(100, sample.payloadByteSize());
          }
        }
      }
    }
  }

  @Test
  void aSpoolThatGetsNoThreadLeavesItsFilesToTheNextOne(@TempDir Path directory) throws Exception {
    Path folder = directory.resolve("folder");
    Path left = directory.resolve("spool");
    SpoolTarget target = new SpoolTarget.InFolder(folder, "drive.mcap");
    try (Spool dead = Spool.open(left, target, SpoolOptions.defaults(), Idle::new);
        Pair pair = Pair.open();
        Sample small = sample(pair, "robot/small", 100);
        Recording recording = new Recording(ALL, dead.destination(), RecorderOptions.defaults())) {
      recording.begin();
      record(recording, small, 3);
      assertEquals(3, recording.finish().messageCount());
    }
    assertThrows(
        OutOfMemoryError.class,
        () -> Spool.open(left, target, SpoolOptions.defaults(), Starved::new));
    try (Spool spool = Spool.open(left, target, SpoolOptions.defaults())) {
      assertTrue(spool.awaitStored(LONG), () -> spool.state().toString());
      assertEquals(List.of("drive.mcap"), spool.state().stored());
    }
  }

  /** The system has no thread left. */
  private static final class Starved extends Thread {
    Starved(Runnable task) {
      super(task);
    }

    @Override
    public void start() {
      throw new OutOfMemoryError("no thread");
    }
  }

  /** Its process is killed before it does anything. */
  private static final class Idle extends Thread {
    Idle(Runnable task) {
      super(task);
    }

    @Override
    public void start() {}
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

  /** An end behind half a record would make a file look whole that nobody can read. */
  @Test
  void aFileInWhichAnErrorEndedARecordGetsNoEnd() throws Exception {
    AtomicBoolean ended = new AtomicBoolean();
    AtomicBoolean failsNow = new AtomicBoolean();
    Disk disk =
        new Disk() {
          @Override
          public BytesSink begin() {
            return bytes -> {
              if (failsNow.getAndSet(false)) {
                throw new OutOfMemoryError("of the test");
              }
            };
          }

          @Override
          public void end(long messageCount) {
            ended.set(true);
          }
        };
    try (Pair pair = Pair.open();
        Sample large = sample(pair, "robot/large", 100_000);
        Recording recording = new Recording(ALL, disk, RecorderOptions.defaults())) {
      recording.begin();
      record(recording, large, 2);
      failsNow.set(true);
      recording.record(large);
      assertEquals(1, recording.lostCount());
      assertThrows(IOException.class, recording::finish);
      assertFalse(ended.get());
    }
  }

  @Test
  void aRecorderGoesOnInAnotherFileAfterAnError() throws Exception {
    AtomicBoolean failsNow = new AtomicBoolean();
    Disk disk =
        new Disk() {
          @Override
          public BytesSink begin() {
            return bytes -> {
              if (failsNow.getAndSet(false)) {
                throw new OutOfMemoryError("of the test");
              }
            };
          }
        };
    try (Pair pair = Pair.open();
        Recorder recorder =
            Recorder.start(pair.far(), ALL, disk, RecorderOptions.defaults(), Thread::new);
        Publisher publisher =
            pair.near().declarePublisher(KeyExpr.of("robot/large"), PublisherOptions.blocking())) {
      assertTrue(publisher.awaitMatchingSubscribers(LONG));
      failsNow.set(true);
      while (recorder.counts().messageCount() == 0) {
        publisher.put(SegmentedBytes.copyOf(new byte[100_000]));
        assertFalse(recorder.awaitEnd(Duration.ofMillis(10)), "it ended");
      }
      assertTrue(recorder.counts().lostCount() > 0);
      assertEquals(2, recorder.counts().fileCount());
      assertTrue(recorder.finish().messageCount() > 0);
    }
  }
}
