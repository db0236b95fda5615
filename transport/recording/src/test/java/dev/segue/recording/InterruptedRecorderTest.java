package dev.segue.recording;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.mcap.McapMessage;
import dev.segue.mcap.McapReader;
import dev.segue.objectstore.ObjectStore;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Publisher;
import dev.segue.zenoh.PublisherOptions;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An interrupt closes the file channel that its thread works with: it must not end a recording. */
@Timeout(120)
class InterruptedRecorderTest {
  private static final Duration LONG = Duration.ofSeconds(60);
  private static final int COUNT = 5;

  @TempDir Path directory;

  private Spool spool() throws IOException {
    return Spool.open(
        directory.resolve("spool"),
        new SpoolTarget.InFolder(directory.resolve("folder"), "drive.mcap"),
        SpoolOptions.defaults());
  }

  private static Recorder recorder(Pair pair, Spool spool) throws Exception {
    Recorder recorder =
        Recorder.start(
            pair.far(),
            KeyExpr.of("robot/**"),
            spool,
            RecorderOptions.defaults().messageLimit(COUNT));
    try (Publisher publisher =
        pair.near().declarePublisher(KeyExpr.of("robot/small"), PublisherOptions.blocking())) {
      assertTrue(publisher.awaitMatchingSubscribers(LONG));
      for (int i = 0; i < COUNT; i++) {
        publisher.put(SegmentedBytes.copyOf(new byte[100]));
      }
      assertTrue(recorder.awaitEnd(LONG));
    }
    return recorder;
  }

  private void checkStored(Spool spool, Recorder recorder) throws Exception {
    assertEquals(0, recorder.counts().lostCount());
    assertEquals(COUNT, recorder.counts().messageCount());
    assertTrue(spool.awaitStored(LONG), () -> spool.state().toString());
    assertTrue(Files.exists(directory.resolve("folder/drive.mcap")));
    int count = 0;
    try (ObjectStore store = ObjectStore.open(directory.resolve("folder").toUri().toString());
        McapReader reader = McapReader.open(store.read("drive.mcap"))) {
      for (var next = reader.next(); next.isPresent(); next = reader.next()) {
        try (McapMessage message = next.get()) {
          assertEquals(100, message.data().byteSize());
          count++;
        }
      }
      assertTrue(reader.truncation().isEmpty());
    }
    assertEquals(COUNT, count);
  }

  @Test
  void aRecorderThatAnInterruptedThreadClosesLosesNothing() throws Exception {
    try (Pair pair = Pair.open();
        Spool spool = spool()) {
      Recorder recorder = recorder(pair, spool);
      Thread.currentThread().interrupt();
      recorder.close();
      assertTrue(Thread.interrupted());
      checkStored(spool, recorder);
    }
  }

  @Test
  void aRecorderThatAnInterruptedThreadFinishesSaysSoAndLosesNothing() throws Exception {
    try (Pair pair = Pair.open();
        Spool spool = spool()) {
      Recorder recorder = recorder(pair, spool);
      Thread.currentThread().interrupt();
      InterruptedIOException failure = assertThrows(InterruptedIOException.class, recorder::finish);
      assertTrue(Thread.interrupted());
      assertTrue(String.valueOf(failure.getMessage()).contains("the spool has it"));
      checkStored(spool, recorder);
    }
  }
}
