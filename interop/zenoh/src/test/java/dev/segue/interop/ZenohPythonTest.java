package dev.segue.interop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.CopyLedger;
import dev.segue.bytes.LoanPool;
import dev.segue.bytes.OffHeapPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.capnproto.CapturedData;
import dev.segue.capnproto.LoanMessage;
import dev.segue.capnproto.MessageView;
import dev.segue.capnproto.schema.Frames.CameraFrame;
import dev.segue.zenoh.Backlog;
import dev.segue.zenoh.Config;
import dev.segue.zenoh.Encoding;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Priority;
import dev.segue.zenoh.Publisher;
import dev.segue.zenoh.PublisherOptions;
import dev.segue.zenoh.PutOptions;
import dev.segue.zenoh.Sample;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.ShmPool;
import dev.segue.zenoh.Subscriber;
import dev.segue.zenoh.SubscriberOptions;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.Locale;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Frames to and from zenoh-python, as Cap'n Proto messages that pycapnp reads and writes. */
class ZenohPythonTest {
  private static final KeyExpr KEY = KeyExpr.of("interop/frame");
  private static final int PIXELS = 1_000_003;
  private static final int COUNT = 20;
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @BeforeAll
  static void needsPython() {
    boolean installed = PythonPeer.isInstalled();
    assertTrue(installed || System.getenv("CI") == null, "CI installs zenoh and capnp for python3");
    Assumptions.assumeTrue(
        installed, "skipped: python3 has no zenoh and capnp (.ci/requirements.txt)");
  }

  private static Session open(String lane) throws Exception {
    return Session.open(
        Config.isolated()
            .listen("tcp/127.0.0.1:0")
            .sharedMemory(lane.equals("shm"))
            .sharedMemoryForLargePayloads(false));
  }

  private static byte pixel(int i, long sequence) {
    return (byte) (7L * i + sequence);
  }

  @ParameterizedTest
  @ValueSource(strings = {"network", "shm"})
  void pythonReadsWhatJavaPublishes(String lane) throws Exception {
    try (Session session = open(lane);
        LoanPool pool = lane.equals("shm") ? ShmPool.create(64 << 20) : new OffHeapPool(64 << 20);
        LoanPool heads = new OffHeapPool(1 << 20);
        Publisher publisher =
            session.declarePublisher(
                KEY,
                PublisherOptions.blocking()
                    .encoding(Encoding.APPLICATION_CAPNPROTO)
                    .qos(PublisherOptions.blocking().qos().priority(Priority.DATA_HIGH)));
        PythonPeer python = new PythonPeer("subscribe", lane, session.locators().get(0), COUNT)) {
      assertEquals("ready", python.nextLine());
      assertTrue(publisher.awaitMatchingSubscribers(PATIENCE));
      CopyLedger.Snapshot before = CopyLedger.snapshot();
      for (int sequence = 0; sequence < COUNT; sequence++) {
        long crc = publishFrame(publisher, pool, heads, sequence);
        assertEquals(
            String.format(
                Locale.ROOT,
                "frame sequence=%d id=java pixels=%d right=True encoding=application/capnp"
                    + " attachment=frame %d crc32=%d high=True",
                sequence,
                PIXELS,
                sequence,
                crc),
            python.nextLine());
      }
      long copied = CopyLedger.snapshot().since(before).byteCount("zenoh.network");
      if (lane.equals("shm")) {
        assertTrue(copied < COUNT * 4096L, "descriptors and heads alone: " + copied);
      } else {
        assertTrue(copied >= COUNT * (long) PIXELS, "each payload once: " + copied);
      }
      python.finish();
    }
  }

  private static long publishFrame(Publisher publisher, LoanPool pool, LoanPool heads, int sequence)
      throws Exception {
    try (LoanMessage message = LoanMessage.of(pool, heads, 4096)) {
      CameraFrame.Builder frame = message.initRoot(CameraFrame.factory);
      frame.setSequence(sequence);
      frame.setFrameId("java");
      CapturedData captured = CapturedData.of(pool, PIXELS);
      MemorySegment camera = captured.segment();
      for (int i = 0; i < PIXELS; i++) {
        camera.set(ValueLayout.JAVA_BYTE, i, pixel(i, sequence));
      }
      message.embed(captured, PIXELS, frame::initPixels);
      SegmentedBytes bytes = message.handOver();
      publisher.put(
          bytes, PutOptions.none().attachment(SegmentedBytes.copyOfUtf8("frame " + sequence)));
      CRC32 crc = new CRC32();
      bytes.asByteBuffers().forEach(crc::update);
      return crc.getValue();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"network", "shm"})
  void javaReadsInPlaceWhatPythonPublishes(String lane) throws Exception {
    try (Session session = open(lane);
        LoanPool gatherPool = new OffHeapPool(64 << 20);
        Subscriber subscriber =
            session.declareSubscriber(
                KEY, SubscriberOptions.defaults().backlog(Backlog.hold(COUNT)));
        PythonPeer python = new PythonPeer("publish", lane, session.locators().get(0), COUNT)) {
      for (int sequence = 0; sequence < COUNT; sequence++) {
        try (Sample sample = subscriber.receive(PATIENCE).orElseThrow();
            MessageView view = MessageView.of(sample.payload(), gatherPool)) {
          assertEquals(lane.equals("shm"), sample.isSharedMemory());
          assertEquals(lane.equals("shm"), view.isInPlace());
          assertEquals(Encoding.APPLICATION_CAPNPROTO, sample.encoding());
          assertEquals("frame " + sequence, sample.attachment().orElseThrow().copyToUtf8String());
          checkFrame(view, sequence);
        }
      }
      assertEquals("published", python.nextLine());
      python.finish();
    }
  }

  private static void checkFrame(MessageView view, int sequence) throws Exception {
    view.visit(
        CameraFrame.factory,
        frame -> {
          assertEquals(sequence, frame.getSequence());
          assertEquals("python", frame.getFrameId().toString());
          assertEquals(PIXELS, frame.getPixels().size());
          MemorySegment pixels = MemorySegment.ofBuffer(frame.getPixels().asByteBuffer());
          for (int i = 0; i < PIXELS; i++) {
            if (pixels.get(ValueLayout.JAVA_BYTE, i) != pixel(i, sequence)) {
              throw new AssertionError("pixel " + i + " of frame " + sequence);
            }
          }
        });
  }
}
