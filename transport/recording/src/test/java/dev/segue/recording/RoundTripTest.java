package dev.segue.recording;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.CopyLedger;
import dev.segue.bytes.Loan;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.mcap.McapMessage;
import dev.segue.mcap.McapReader;
import dev.segue.mcap.McapStatistics;
import dev.segue.objectstore.ObjectReader;
import dev.segue.objectstore.ObjectStore;
import dev.segue.objectstore.ObjectWriter;
import dev.segue.zenoh.Backlog;
import dev.segue.zenoh.Encoding;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Priority;
import dev.segue.zenoh.Publisher;
import dev.segue.zenoh.PublisherOptions;
import dev.segue.zenoh.PutOptions;
import dev.segue.zenoh.Qos;
import dev.segue.zenoh.Sample;
import dev.segue.zenoh.SampleKind;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.ShmPool;
import dev.segue.zenoh.Subscriber;
import dev.segue.zenoh.SubscriberOptions;
import dev.segue.zenoh.Timestamp;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From a topic into an object and from the object to a topic, in real sessions. */
@SuppressWarnings("try") // closes by hand
class RoundTripTest {
  private static final Qos BLOCKING = PublisherOptions.blocking().qos();
  private static final Duration LONG = Duration.ofSeconds(60);
  private static final KeyExpr ALL = KeyExpr.of("robot/**");
  private static final long FRAME = 11_796_480;

  @TempDir Path directory;
  private Pair pair;
  private ObjectStore store;

  @BeforeEach
  void open() throws Exception {
    pair = Pair.open();
    store = ObjectStore.open(directory.toUri().toString());
  }

  @AfterEach
  void close() {
    store.close();
    pair.close();
  }

  /** What is known of a sample after it ended. */
  private record Seen(
      String key,
      String encoding,
      SampleKind kind,
      Priority priority,
      boolean express,
      int hash,
      long byteSize,
      Optional<Integer> attachment,
      Optional<Timestamp> timestamp,
      boolean isShared) {
    static Seen of(Sample sample) {
      return new Seen(
          sample.keyExpr().toString(),
          sample.encoding().text(),
          sample.kind(),
          sample.priority(),
          sample.isExpress(),
          sample.payload().hashCode(),
          sample.payloadByteSize(),
          sample.attachment().map(SegmentedBytes::hashCode),
          sample.timestamp(),
          sample.isSharedMemory());
    }

    /** Without how it came. */
    Seen anyhow() {
      return new Seen(
          key, encoding, kind, priority, express, hash, byteSize, attachment, timestamp, false);
    }
  }

  private static SegmentedBytes random(long byteSize, long seed) {
    MemorySegment memory = Arena.ofAuto().allocate(byteSize + 8, 8);
    SplittableRandom random = new SplittableRandom(seed);
    for (long at = 0; at + 8 <= memory.byteSize(); at += 8) {
      memory.set(ValueLayout.JAVA_LONG, at, random.nextLong());
    }
    return SegmentedBytes.fromSegments(List.of(memory.asSlice(0, byteSize).asReadOnly()), false);
  }

  private Publisher matched(Session session, KeyExpr key, PublisherOptions options)
      throws Exception {
    Publisher publisher = session.declarePublisher(key, options);
    assertTrue(publisher.awaitMatchingSubscribers(LONG));
    return publisher;
  }

  private static List<Seen> receive(Subscriber subscriber, int count) throws Exception {
    List<Seen> seen = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      try (Sample sample = subscriber.receive(LONG).orElseThrow()) {
        seen.add(Seen.of(sample));
      }
    }
    return seen;
  }

  /** Priorities overtake each other, so each key in its own order. */
  private static Map<String, List<Seen>> comparable(List<Seen> samples) {
    return samples.stream().map(Seen::anyhow).collect(Collectors.groupingBy(Seen::key));
  }

  private static SubscriberOptions holding() {
    return SubscriberOptions.defaults().backlog(Backlog.hold(1000));
  }

  @Test
  void whatWasRecordedIsPlayedWithAllThatBelongsToIt() throws Exception {
    Timestamp time = pair.near().newTimestamp();
    List<Seen> published;
    McapStatistics statistics;
    try (Recorder recorder =
            Recorder.start(
                pair.far(), ALL, store.write("a/drive.mcap"), RecorderOptions.defaults());
        Subscriber direct = pair.far().declareSubscriber(ALL, holding());
        Publisher camera =
            matched(pair.near(), KeyExpr.of("robot/camera"), PublisherOptions.blocking());
        Publisher state =
            matched(
                pair.near(),
                KeyExpr.of("robot/state"),
                PublisherOptions.blocking()
                    .encoding(Encoding.APPLICATION_CDR)
                    .qos(BLOCKING.priority(Priority.DATA_HIGH).express(true)))) {
      camera.put(random(FRAME, 1));
      state.put(
          SegmentedBytes.copyOfUtf8("small"),
          new PutOptions(null, SegmentedBytes.copyOfUtf8("beside"), time, OptionalInt.of(77)));
      state.put(random(5_000, 2), PutOptions.none().attachment(random(70_000, 3)));
      state.put(SegmentedBytes.empty());
      camera.put(
          random(900_001, 4), PutOptions.none().encoding(Encoding.IMAGE_PNG.withSchema("x")));
      camera.delete();
      published = receive(direct, 6);
      while (recorder.counts().messageCount() < 6) {
        Thread.sleep(1);
      }
      statistics = recorder.finish();
    }
    assertEquals(6, statistics.messageCount());
    assertEquals(
        Optional.of(time), published.stream().flatMap(s -> s.timestamp().stream()).findFirst());

    try (ShmPool pool = ShmPool.create(4 * FRAME);
        Subscriber subscriber = pair.far().declareSubscriber(ALL, holding());
        Player player =
            Player.open(
                pair.near(),
                store,
                "a/drive.mcap",
                PlayerOptions.defaults().rate(0).loans(pool).originalTimestamps(true))) {
      assertEquals(6, player.summary().orElseThrow().statistics().orElseThrow().messageCount());
      assertEquals(Optional.empty(), player.play());
      List<Seen> played = receive(subscriber, 6);
      assertEquals(comparable(published), comparable(played));
      for (Seen sample : played) {
        assertEquals(
            sample.byteSize() >= Player.LARGE_BYTE_SIZE, sample.isShared(), sample::toString);
      }
      assertEquals(FRAME + 900_001, player.counts().loanedByteSize());
    }
  }

  @Test
  void framesAreRecordedAndPlayedWithoutACopy() throws Exception {
    CopyLedger.Snapshot before = CopyLedger.snapshot();
    try (ShmPool pool = ShmPool.create(8 * FRAME);
        Recorder recorder =
            Recorder.start(pair.far(), ALL, store.write("k"), RecorderOptions.defaults());
        Publisher camera =
            matched(pair.near(), KeyExpr.of("robot/camera"), PublisherOptions.blocking())) {
      for (int i = 0; i < 12; i++) {
        Loan loan = pool.tryLoan(FRAME, LONG).orElseThrow();
        loan.segment().fill((byte) i);
        camera.put(loan);
      }
      while (recorder.counts().messageCount() < 12) {
        Thread.sleep(1);
      }
      recorder.finish();
    }
    CopyLedger.Snapshot since = CopyLedger.snapshot().since(before);
    // On a machine that is that busy, a part may wait for so long that it is copied.
    long recorded = since.totalByteCount() - since.byteCount("objectstore.releaseBorrowed");
    assertTrue(recorded < 20_000, () -> "copied=" + recorded);

    before = CopyLedger.snapshot();
    try (ShmPool pool = ShmPool.create(4 * FRAME);
        Subscriber subscriber = pair.far().declareSubscriber(ALL, holding());
        Player player =
            Player.open(pair.near(), store, "k", PlayerOptions.defaults().rate(0).loans(pool))) {
      Thread receiver =
          Thread.ofPlatform()
              .start(
                  () -> {
                    try {
                      List<Seen> seen = receive(subscriber, 12);
                      assertTrue(seen.stream().allMatch(Seen::isShared));
                    } catch (Exception e) {
                      throw new IllegalStateException(e);
                    }
                  });
      assertEquals(Optional.empty(), player.play());
      receiver.join();
      assertEquals(12, player.counts().messageCount());
    }
    CopyLedger.Snapshot played = CopyLedger.snapshot().since(before);
    assertTrue(played.totalByteCount() < 20_000, played::toString);
  }

  @Test
  void aRangeOfAnObjectIsPublishedFromSharedMemoryWithoutACopy() throws Exception {
    long chunk = 1 << 20;
    SegmentedBytes whole = random(10 * chunk + 12_345, 9);
    store.put("object", whole);
    CopyLedger.Snapshot before = CopyLedger.snapshot();
    try (ShmPool pool = ShmPool.create(4 * chunk);
        Subscriber subscriber = pair.far().declareSubscriber(ALL, holding());
        Publisher publisher =
            matched(pair.near(), KeyExpr.of("robot/map"), PublisherOptions.blocking());
        ObjectReader reader = store.read("object", pool, 777, 9 * chunk + 99, chunk)) {
      long at = 777;
      Thread pipe =
          Thread.ofPlatform()
              .start(
                  () -> {
                    try {
                      assertEquals(9 * chunk + 99, reader.pipeTo(publisher.asSink()));
                    } catch (IOException e) {
                      throw new IllegalStateException(e);
                    }
                  });
      for (int i = 0; i < 10; i++) {
        try (Sample sample = subscriber.receive(LONG).orElseThrow()) {
          assertTrue(sample.isSharedMemory());
          assertEquals(whole.slice(at, i == 9 ? 99 : chunk), sample.payload());
          at += sample.payloadByteSize();
        }
      }
      pipe.join();
    }
    long copied = CopyLedger.snapshot().since(before).totalByteCount();
    assertTrue(copied < 10_000, () -> "copied=" + copied);
  }

  @Test
  void payloadsOfATopicArePipedIntoAnObject() throws Exception {
    try (Subscriber subscriber = pair.far().declareSubscriber(ALL, holding());
        Publisher publisher =
            matched(pair.near(), KeyExpr.of("robot/log"), PublisherOptions.blocking());
        ObjectWriter object = store.write("log")) {
      Thread pipe =
          Thread.ofPlatform()
              .start(
                  () -> {
                    try (var source = subscriber.asSource()) {
                      source.pipeTo(object);
                    } catch (IOException e) {
                      throw new IllegalStateException(e);
                    }
                  });
      for (int i = 0; i < 5; i++) {
        publisher.put(random(3_000_001, i));
      }
      while (object.byteSize() < 5 * 3_000_001L) {
        Thread.sleep(1);
      }
      subscriber.close();
      pipe.join();
      object.finish();
    }
    try (ObjectReader reader = store.read("log")) {
      assertEquals(5 * 3_000_001L, reader.info().byteSize());
    }
  }

  @Test
  void aSlowTopicGetsItsSharedMemoryBack() throws Exception {
    try (ShmPool pool = ShmPool.create(1 << 20);
        Recorder recorder =
            Recorder.start(pair.far(), ALL, store.write("k"), RecorderOptions.defaults());
        Publisher publisher =
            matched(pair.near(), KeyExpr.of("robot/slow"), PublisherOptions.blocking())) {
      // Twice what the pool has, and far less than a part.
      for (int i = 0; i < 4; i++) {
        Loan loan = pool.tryLoan(500_000, LONG).orElseThrow();
        loan.segment().fill((byte) i);
        publisher.put(loan);
      }
      while (recorder.counts().messageCount() < 4) {
        Thread.sleep(1);
      }
      assertEquals(4, recorder.finish().messageCount());
    }
  }

  @Test
  void aRecorderThatIsClosedLeavesNothing() throws Exception {
    try (Recorder recorder =
            Recorder.start(pair.far(), ALL, store.write("k"), RecorderOptions.defaults());
        Publisher camera =
            matched(pair.near(), KeyExpr.of("robot/camera"), PublisherOptions.blocking())) {
      camera.put(random(FRAME, 1));
      while (recorder.counts().messageCount() == 0) {
        Thread.sleep(1);
      }
    }
    assertFalse(store.exists("k"));
    try (var files = java.nio.file.Files.list(directory)) {
      assertEquals(List.of(), files.toList());
    }
  }

  @Test
  void aLimitEndsTheRecorder() throws Exception {
    try (Recorder recorder =
            Recorder.start(
                pair.far(), ALL, store.write("k"), RecorderOptions.defaults().messageLimit(3));
        Publisher publisher =
            matched(pair.near(), KeyExpr.of("robot/x"), PublisherOptions.blocking())) {
      for (int i = 0; i < 10; i++) {
        publisher.put(SegmentedBytes.copyOfUtf8("n" + i));
      }
      assertTrue(recorder.awaitEnd(LONG));
      assertEquals(3, recorder.finish().messageCount());
      assertThrows(IllegalStateException.class, recorder::finish);
    }
    List<String> read = new ArrayList<>();
    try (McapReader reader = McapReader.open(store.read("k"))) {
      for (var next = reader.next(); next.isPresent(); next = reader.next()) {
        try (McapMessage message = next.get()) {
          read.add(message.data().copyToUtf8String());
        }
      }
      assertEquals(Optional.empty(), reader.truncation());
    }
    assertEquals(List.of("n0", "n1", "n2"), read);
  }
}
