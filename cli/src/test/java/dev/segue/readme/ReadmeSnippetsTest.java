package dev.segue.readme;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.CopyLedger;
import dev.segue.bytes.Loan;
import dev.segue.bytes.LoanPool;
import dev.segue.bytes.OffHeapPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.capnproto.CapturedData;
import dev.segue.capnproto.LoanMessage;
import dev.segue.capnproto.MessageView;
import dev.segue.capnproto.schema.Frames;
import dev.segue.objectstore.ObjectStore;
import dev.segue.objectstore.ObjectWriter;
import dev.segue.zenoh.Backlog;
import dev.segue.zenoh.Config;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Publisher;
import dev.segue.zenoh.PublisherOptions;
import dev.segue.zenoh.Sample;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.ShmPool;
import dev.segue.zenoh.Subscriber;
import dev.segue.zenoh.SubscriberOptions;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.BackoffIdleStrategy;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Runs the code of the README and of docs/recipes.md; {@link ReadmeTest} compares the texts. */
final class ReadmeSnippetsTest {
  private static final KeyExpr CAMERA = KeyExpr.of("robot/camera");

  private final OffHeapPool pool = new OffHeapPool(1 << 20);
  private final BlockingQueue<Long> seen = new LinkedBlockingQueue<>();
  private Session session;
  private int dropped;

  ReadmeSnippetsTest() throws Exception {
    session = Session.open(Config.isolated());
  }

  @BeforeEach
  void listen() throws Exception {
    session.close();
    session = Session.open(Config.isolated().listen("tcp/127.0.0.1:0"));
  }

  @AfterEach
  void close() {
    session.close();
    pool.close();
  }

  private Config config() throws Exception {
    return Config.isolated().connect(session.locators().getFirst());
  }

  private void use(SegmentedBytes bytes) {
    seen.add(bytes.byteSize());
  }

  private void show(long sequence, SegmentedBytes pixels) {
    seen.add(sequence);
    seen.add(pixels.byteSize());
  }

  private long nextSeen() throws InterruptedException {
    Long next = seen.poll(20, TimeUnit.SECONDS);
    assertTrue(next != null, "nothing came");
    return next == null ? -1 : next;
  }

  @Test
  @Timeout(60)
  void theFirstProgramsFindEachOther() throws Exception {
    String endpoint;
    try (ServerSocket free = new ServerSocket(0)) {
      endpoint = "tcp/127.0.0.1:" + free.getLocalPort();
    }
    String[] arguments = {endpoint};
    FutureTask<Void> subscriber =
        new FutureTask<>(
            () -> {
              FirstSubscriber.main(arguments);
              return null;
            });
    Thread.ofPlatform().daemon().start(subscriber);
    FirstPublisher.main(arguments);
    subscriber.get();
  }

  @Test
  void segmentsAreLentAndReceived() throws Exception {
    try (Arena arena = Arena.ofConfined();
        Subscriber subscriber = session.declareSubscriber(CAMERA)) {
      MemorySegment header = arena.allocate(40).asReadOnly();
      MemorySegment pixels = arena.allocate(1 << 16).asReadOnly();
      Config config = config();
      CopyLedger.Snapshot before = CopyLedger.snapshot();
      // snippet: publish
      try (Session session = Session.open(config);
          Publisher publisher =
              session.declarePublisher(KeyExpr.of("robot/camera"), PublisherOptions.blocking())) {
        if (!publisher.awaitMatchingSubscribers(Duration.ofSeconds(10))) {
          throw new IllegalStateException("nobody subscribes to robot/camera");
        }

        // Two segments go out as one payload: lent where they lie, neither joined nor copied.
        SegmentedBytes payload = SegmentedBytes.fromSegments(List.of(header, pixels), false);
        publisher.put(payload);
      }
      // end
      assertEquals(0, CopyLedger.snapshot().since(before).byteCount("bytes.fromSegments"));
      // snippet: receive
      try (Sample sample = subscriber.receive(Duration.ofSeconds(10)).orElseThrow()) {
        SegmentedBytes payload = sample.payload(); // where the core put it, until the sample ends
        use(payload.slice(40));
      }
      // end
      assertEquals(1 << 16, nextSeen());
    }
  }

  @Test
  void aMessageIsBuiltInSharedMemoryAndReadInPlace() throws Exception {
    try (Subscriber subscriber = session.declareSubscriber(CAMERA);
        Session sender = Session.open(config());
        Publisher publisher = sender.declarePublisher(CAMERA, PublisherOptions.blocking())) {
      publisher.awaitMatchingSubscribers(Duration.ofSeconds(10));
      // snippet: build
      ShmPool shared = ShmPool.create(64 << 20); // once, for all messages
      try (LoanMessage message = LoanMessage.of(shared)) {
        var frame = message.initRoot(Frames.CameraFrame.factory);
        frame.setSequence(7);
        frame.initPixels(100_000); // in shared memory, like everything the builder writes
        publisher.put(message.handOver());
      }
      // end
      shared.close();
      // snippet: read
      try (Sample sample = subscriber.receive(Duration.ofSeconds(10)).orElseThrow();
          MessageView view = MessageView.of(sample.payload(), pool)) {
        long sequence = view.read(Frames.CameraFrame.factory, frame -> frame.getSequence());
        SegmentedBytes pixels =
            view.read(Frames.CameraFrame.factory, frame -> view.bytesOf(frame.getPixels()));
        show(sequence, pixels);
      }
      // end
      assertEquals(7, nextSeen());
      assertEquals(100_000, nextSeen());
    }
  }

  @Test
  void aCapturedFrameIsEmbeddedWhereItLies() throws Exception {
    try (Subscriber subscriber = session.declareSubscriber(CAMERA);
        Session sender = Session.open(config());
        Publisher publisher = sender.declarePublisher(CAMERA, PublisherOptions.blocking());
        ShmPool shared = ShmPool.create(1 << 20)) {
      publisher.awaitMatchingSubscribers(Duration.ofSeconds(10));
      int frameByteSize = 64 * 48 * 4;
      Camera camera = target -> target.fill((byte) 7);
      // snippet: embed
      try (CapturedData pixels = CapturedData.of(shared, frameByteSize);
          LoanMessage message = LoanMessage.of(shared)) {
        camera.readInto(pixels.segment());
        var frame = message.initRoot(Frames.CameraFrame.factory);
        frame.setSequence(8);
        message.embed(pixels, frameByteSize, frame::initPixels);
        publisher.put(message.handOver());
      }
      // end
      try (Sample sample = subscriber.receive(Duration.ofSeconds(10)).orElseThrow();
          MessageView view = MessageView.of(sample.payload(), pool)) {
        assertTrue(sample.isSharedMemory());
        assertEquals(0, view.copiedByteSize());
        byte last =
            view.read(
                Frames.CameraFrame.factory,
                frame -> view.bytesOf(frame.getPixels()).byteAt(frameByteSize - 1));
        assertEquals(7, last);
      }
    }
  }

  @Test
  void aFrameThatFindsNoRoomInTimeIsDropped() throws Exception {
    try (ShmPool shared = ShmPool.create(1 << 20)) {
      try (Loan _ = shared.loan(shared.capacityByteSize())) {
        capture(shared, 64 * 48 * 4, target -> target.fill((byte) 7));
        assertEquals(1, dropped);
      }
      capture(shared, 64 * 48 * 4, target -> target.fill((byte) 7));
      assertEquals(1, dropped);
    }
  }

  private void capture(ShmPool shared, int frameByteSize, Camera camera) {
    // snippet: room
    Loan room =
        shared
            .tryLoan(CapturedData.loanByteSize(frameByteSize), Duration.ofMillis(100))
            .orElse(null);
    if (room == null) {
      dropped++; // the readers hold all of the pool
      return;
    }
    try (CapturedData pixels = CapturedData.fromLoan(room)) {
      camera.readInto(pixels.segment());
    }
    // end
  }

  private interface Camera {
    void readInto(MemorySegment target);
  }

  @Test
  void aHandlerGetsSamplesOnAThreadOfTheLibrary() throws Exception {
    // snippet: handler
    Subscriber subscriber =
        session.declareSubscriber(
            KeyExpr.of("robot/camera"),
            SubscriberOptions.defaults().backlog(Backlog.latest()),
            sample -> use(sample.payload()));
    // end
    publishTo(subscriber);
  }

  @Test
  void pullingWaitsForTheNextSample() throws Exception {
    Subscriber subscriber = session.declareSubscriber(CAMERA);
    Thread puller =
        Thread.ofPlatform()
            .start(
                () -> {
                  try {
                    pull(subscriber);
                  } catch (InterruptedException | IllegalStateException e) {
                    Thread.currentThread().interrupt();
                  }
                });
    publishTo(subscriber);
    puller.join();
  }

  private void pull(Subscriber subscriber) throws InterruptedException {
    // snippet: pull
    while (!subscriber.isClosed()) {
      try (Sample sample = subscriber.receive(Duration.ofSeconds(1)).orElse(null)) {
        if (sample != null) {
          use(sample.payload());
        }
      }
    }
    // end
  }

  @Test
  void pollingTakesBatchesOnTheCallersThread() throws Exception {
    Subscriber subscriber = session.declareSubscriber(CAMERA);
    Thread poller =
        Thread.ofPlatform()
            .start(
                () -> {
                  // snippet: poll
                  subscriber.pollUntilClosed(
                      sample -> use(sample.payload()), 64, new BackoffIdleStrategy());
                  // end
                });
    publishTo(subscriber);
    poller.join();
  }

  private void publishTo(Subscriber subscriber) throws Exception {
    try (subscriber;
        Session sender = Session.open(config());
        Publisher publisher = sender.declarePublisher(CAMERA, PublisherOptions.blocking());
        LoanPool loans = new OffHeapPool(1 << 20)) {
      publisher.awaitMatchingSubscribers(Duration.ofSeconds(10));
      publisher.put(loans.loan(5000));
      assertEquals(5000, nextSeen());
    }
  }

  @Test
  void anObjectIsWrittenFromItsRegionsAndReadByRange(@TempDir Path directory) throws Exception {
    String uri = directory.toUri().toString();
    try (Arena arena = Arena.ofShared()) {
      MemorySegment segment = arena.allocate(100_000).fill((byte) 7);
      SegmentedBytes payload = SegmentedBytes.fromSegments(List.of(segment.asReadOnly()), false);
      MemorySegment region = arena.allocate(1000);
      // snippet: objects
      try (ObjectStore store = ObjectStore.open(uri)) { // s3://…, az://… or file:///…
        try (ObjectWriter writer = store.write("recording")) {
          writer.writeOwned(payload); // lent until its part is stored
          writer.finish(); // visible now, whole
        }
        store.getRange("recording", 40, region); // into your memory
      }
      // end
      assertEquals(-1, region.mismatch(segment.asSlice(40, 1000)));
    }
  }
}
