import dev.segue.bytes.Loan;
import dev.segue.bytes.OffHeapPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.NativeLibrary;
import dev.segue.capnproto.LoanMessage;
import dev.segue.capnproto.MessageView;
import dev.segue.capnproto.schema.Frames;
import dev.segue.capnproto.topic.TopicType;
import dev.segue.iceoryx2.Node;
import dev.segue.iceoryx2.NodeOptions;
import dev.segue.iceoryx2.PublishSubscribe;
import dev.segue.iceoryx2.Qos;
import dev.segue.zenoh.Config;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Publisher;
import dev.segue.zenoh.PublisherOptions;
import dev.segue.zenoh.Sample;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.ShmPool;
import dev.segue.zenoh.Subscriber;
import java.time.Duration;

/**
 * Sends frames and Cap'n Proto messages from one end to another in this process, by the transports
 * that are named; ends with an exception where something else arrives. tools/smoke compiles and
 * runs it.
 */
public final class Smoke {
  private static final int FRAME_BYTE_SIZE = 1920 * 1080 * 3;
  private static final long SEQUENCE = 7;
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  private Smoke() {}

  public static void main(String[] transports) throws Exception {
    System.out.println("platform: " + NativeLibrary.platform());
    for (String transport : transports) {
      switch (transport) {
        case "iceoryx2" -> iceoryx2();
        case "zenoh" -> zenoh();
        default -> throw new IllegalArgumentException("no transport: " + transport);
      }
    }
  }

  private static void iceoryx2() throws Exception {
    NodeOptions options =
        NodeOptions.defaults().withPrefix("smoke_" + ProcessHandle.current().pid() + "_");
    try (Node node = Node.create(options);
        PublishSubscribe service = node.publishSubscribe("smoke", Qos.defaults());
        var subscriber = service.newSubscriber();
        var publisher =
            service.newPublisher(dev.segue.iceoryx2.PublisherOptions.of(FRAME_BYTE_SIZE))) {
      Loan frame = publisher.loan(FRAME_BYTE_SIZE);
      long written = frame.segment().fill((byte) 1).address();
      expect(1, publisher.send(frame).recipientCount(), "recipients");
      try (var sample = subscriber.receive(PATIENCE).orElseThrow()) {
        checkFrame(sample.payload());
        say("iceoryx2: frame in shared memory", sample.payload(), written);
      }
      var type = TopicType.of(Frames.CameraFrame.factory);
      publisher.send(type.build(publisher, 4096, message -> message.setSequence(SEQUENCE)));
      try (var sample = subscriber.receive(PATIENCE).orElseThrow()) {
        checkMessage("iceoryx2", sample.payload());
      }
    }
  }

  private static void zenoh() throws Exception {
    KeyExpr key = KeyExpr.of("smoke");
    try (Session here = Session.open(Config.isolated().listen("tcp/127.0.0.1:0"));
        Session there = Session.open(Config.isolated().connect(here.locators().getFirst()));
        Subscriber subscriber = here.declareSubscriber(key);
        ShmPool pool = ShmPool.create(64 << 20);
        Publisher publisher = there.declarePublisher(key, PublisherOptions.blocking())) {
      if (!publisher.awaitMatchingSubscribers(PATIENCE)) {
        throw new IllegalStateException("the subscriber was not found");
      }
      long written;
      try (Loan frame = pool.loan(FRAME_BYTE_SIZE)) {
        written = frame.segment().fill((byte) 1).address();
        publisher.put(frame);
      }
      try (Sample sample = subscriber.receive(PATIENCE).orElseThrow()) {
        expect(true, sample.isSharedMemory(), "in shared memory");
        checkFrame(sample.payload());
        say("zenoh: frame in shared memory", sample.payload(), written);
      }
      try (LoanMessage message = LoanMessage.of(pool)) {
        message.initRoot(Frames.CameraFrame.factory).setSequence(SEQUENCE);
        publisher.put(message.handOver());
      }
      try (Sample sample = subscriber.receive(PATIENCE).orElseThrow()) {
        checkMessage("zenoh", sample.payload());
      }
      publisher.put(SegmentedBytes.copyOf(new byte[] {1, 2, 3}));
      try (Sample sample = subscriber.receive(PATIENCE).orElseThrow()) {
        expect(3L, sample.payload().byteSize(), "bytes over TCP");
        System.out.println("zenoh: 3 bytes over TCP");
      }
    }
  }

  private static void say(String what, SegmentedBytes payload, long written) {
    System.out.println(
        what
            + ": "
            + payload.byteSize()
            + " bytes, "
            + (payload.segment(0).address() == written
                ? "at the same address"
                : "at two addresses"));
  }

  private static void checkFrame(SegmentedBytes payload) {
    expect((long) FRAME_BYTE_SIZE, payload.byteSize(), "bytes of the frame");
    for (long i = 0; i < FRAME_BYTE_SIZE; i += 4096) {
      expect((byte) 1, payload.byteAt(i), "byte " + i);
    }
  }

  private static void checkMessage(String transport, SegmentedBytes payload) throws Exception {
    try (OffHeapPool pool = new OffHeapPool(1 << 20);
        MessageView view = MessageView.of(payload, pool)) {
      expect(
          SEQUENCE,
          view.read(Frames.CameraFrame.factory, frame -> frame.getSequence()),
          "sequence");
      System.out.println(
          transport + ": Cap'n Proto message, bytes copied to read it: " + view.copiedByteSize());
    }
  }

  private static void expect(Object expected, Object found, String what) {
    if (!expected.equals(found)) {
      throw new IllegalStateException(what + ": expected=" + expected + ", found=" + found);
    }
  }
}
