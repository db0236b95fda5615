package dev.segue.recording;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.BytesSink;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.mcap.McapMessage;
import dev.segue.mcap.McapReader;
import dev.segue.objectstore.ObjectStore;
import dev.segue.objectstore.Relay;
import dev.segue.objectstore.s3.S3Server;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Publisher;
import dev.segue.zenoh.PublisherOptions;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A store that goes away in the middle of a recording and comes back: an hour of a robot's life in
 * some seconds, as nothing in it depends on how long it takes.
 */
@Timeout(180)
class OutageTest {
  private static final Duration LONG = Duration.ofSeconds(90);
  private static final KeyExpr ALL = KeyExpr.of("robot/**");
  private static final long FAST = 1L << 30;
  private static final int PAYLOAD = 100_000;

  @TempDir Path directory;

  @BeforeAll
  static void setCredentials() {
    System.setProperty("aws.accessKeyId", "test");
    System.setProperty("aws.secretAccessKey", "testtest");
  }

  private static SegmentedBytes numbered(long number) {
    byte[] bytes = new byte[PAYLOAD];
    new SplittableRandom(number).nextBytes(bytes);
    for (int i = 0; i < 8; i++) {
      bytes[i] = (byte) (number >> (8 * i));
    }
    return SegmentedBytes.copyOf(bytes);
  }

  private static List<Long> numbersIn(ObjectStore store, List<String> keys) throws IOException {
    List<Long> all = new ArrayList<>();
    for (String key : keys) {
      try (McapReader reader = McapReader.open(store.read(key))) {
        for (var next = reader.next(); next.isPresent(); next = reader.next()) {
          try (McapMessage message = next.get()) {
            long number = message.data().reader().readLong();
            assertEquals(numbered(number), message.data(), () -> "message " + number);
            all.add(number);
          }
        }
        assertTrue(reader.truncation().isEmpty(), key);
      }
    }
    return all;
  }

  private long spooledByteSize() {
    File[] files = directory.resolve("spool").toFile().listFiles();
    return files == null ? 0 : Stream.of(files).mapToLong(File::length).sum();
  }

  private static void publish(Publisher publisher, Recorder recorder, int from, int to)
      throws Exception {
    for (int i = from; i < to; i++) {
      publisher.put(numbered(i));
    }
    while (recorder.counts().messageCount() < to) {
      Thread.sleep(1);
    }
  }

  /** All tries of a request to a server that accepts and says nothing take five minutes. */
  @Test
  void aStoreThatDoesNotAnswerIsToldBeforeAllIsTried() throws Exception {
    try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        ObjectStore store = open("http://127.0.0.1:" + silent.getLocalPort());
        Spool spool = spool(store, SpoolOptions.defaults())) {
      BytesSink file = spool.destination().begin();
      file.write(SegmentedBytes.copyOfUtf8("any bytes"));
      while (spool.state().failure().isEmpty()) {
        Thread.sleep(10);
      }
      String message = spool.state().failure().get().toString();
      assertTrue(message.contains("no answer for 1"), message);
    }
  }

  @Test
  void aStoreThatIsAwayForALongTimeLosesNothingThatFitsIntoTheSpool() throws Exception {
    try (S3Server server = new S3Server();
        Relay relay = new Relay(server.endpoint(), FAST);
        Pair pair = Pair.open();
        ObjectStore store = open(relay.endpoint());
        Spool spool = spool(store, SpoolOptions.defaults().byteSizeLimit(50_000_000))) {
      RecorderOptions options =
          RecorderOptions.defaults().rotation(Rotation.never().byteSize(1_000_000));
      try (Recorder recorder = Recorder.start(pair.far(), ALL, spool, options);
          Publisher publisher = matched(pair)) {
        publish(publisher, recorder, 0, 20);
        relay.away(true);
        publish(publisher, recorder, 20, 120);
        while (spool.state().failure().isEmpty()) {
          Thread.sleep(10);
        }
        assertTrue(spool.state().waitingByteSize() > 9_000_000, () -> spool.state().toString());
        relay.away(false);
        publish(publisher, recorder, 120, 140);
        recorder.finish();
        assertEquals(0, recorder.counts().lostCount());
      }
      assertTrue(spool.awaitStored(LONG), () -> spool.state().toString());
      assertEquals(
          LongStream.range(0, 140).boxed().toList(), numbersIn(store, spool.state().stored()));
      assertEquals(0, spooledByteSize());
      assertEquals(List.of(), server.unfinishedUploads());
    }
  }

  @Test
  void whatDoesNotFitIntoTheSpoolIsLostFromItsOldEndAndCounted() throws Exception {
    long limit = 3_000_000;
    try (S3Server server = new S3Server();
        Relay relay = new Relay(server.endpoint(), FAST);
        Pair pair = Pair.open();
        ObjectStore store = open(relay.endpoint());
        Spool spool =
            spool(
                store,
                SpoolOptions.defaults()
                    .byteSizeLimit(limit)
                    .overflow(SpoolOptions.Overflow.DROP_OLDEST))) {
      long lost;
      try (Recorder recorder = Recorder.start(pair.far(), ALL, spool, RecorderOptions.defaults());
          Publisher publisher = matched(pair)) {
        for (int i = 0; i < 20; i++) {
          publisher.put(numbered(i));
        }
        while (recorder.counts().messageCount() < 20) {
          Thread.sleep(1);
        }
        relay.away(true);
        for (int i = 20; i < 120; i++) {
          publisher.put(numbered(i));
          // Heads, indexes and notes beside the data are not counted.
          long spooled = spooledByteSize();
          assertTrue(spooled <= limit + limit / 10, () -> "spooled=" + spooled);
        }
        while (recorder.counts().messageCount() < 120) {
          Thread.sleep(1);
        }
        relay.away(false);
        recorder.finish();
        lost = recorder.counts().lostCount();
      }
      assertTrue(spool.awaitStored(LONG), () -> spool.state().toString());
      List<Long> kept = numbersIn(store, spool.state().stored());
      assertTrue(lost > 0, () -> "kept=" + kept);
      assertEquals(120 - spool.state().lostCount(), kept.size(), kept::toString);
      // The newest are there, to the last.
      assertEquals(
          LongStream.range(100, 120).boxed().toList(), kept.subList(kept.size() - 20, kept.size()));
      assertEquals(0, spooledByteSize());
    }
  }

  private static ObjectStore open(String endpoint) throws IOException {
    return ObjectStore.open("s3://" + S3Server.BUCKET + "?region=us-east-1&endpoint=" + endpoint);
  }

  private Spool spool(ObjectStore store, SpoolOptions options) throws IOException {
    return Spool.open(
        directory.resolve("spool"),
        new SpoolTarget.InStore(store, "bucket", "drive.mcap"),
        options);
  }

  private static Publisher matched(Pair pair) throws Exception {
    Publisher publisher =
        pair.near().declarePublisher(KeyExpr.of("robot/x"), PublisherOptions.blocking());
    assertTrue(publisher.awaitMatchingSubscribers(LONG));
    return publisher;
  }
}
