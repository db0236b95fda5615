package dev.segue.examples.cameralanes;

import dev.segue.bytes.Loan;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.iceoryx2.Node;
import dev.segue.lanes.Lane;
import dev.segue.lanes.LaneChoice;
import dev.segue.lanes.LanePublisher;
import dev.segue.lanes.LanePublisherOptions;
import dev.segue.lanes.LaneSample;
import dev.segue.lanes.LaneSubscriber;
import dev.segue.lanes.LaneSubscriberOptions;
import dev.segue.lanes.Lanes;
import dev.segue.zenoh.Config;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.PutOptions;
import dev.segue.zenoh.Session;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.zip.CRC32C;

/** A camera whose frames are put once, and its readers. */
public final class CameraLanes {
  private static final KeyExpr KEY = KeyExpr.of("robot/camera");
  private static final int WIDTH = 1280;
  private static final int HEIGHT = 720;
  private static final int FRAME_BYTE_SIZE = WIDTH * HEIGHT;
  private static final int FRAME_COUNT = 50;

  private CameraLanes() {}

  /** Takes what to be, and where to listen or connect. */
  public static void main(String[] arguments) throws Exception {
    String endpoint = arguments.length > 1 ? arguments[1] : "tcp/127.0.0.1:0";
    switch (arguments.length == 0 ? "" : arguments[0]) {
      case "camera" -> publish(endpoint);
      case "near" -> read(endpoint, LaneChoice.NEAREST);
      case "far" -> read(endpoint, LaneChoice.ZENOH);
      default -> throw new IllegalArgumentException("camera, near or far; then an endpoint");
    }
  }

  /** 30 frames a second until Ctrl-C. */
  private static void publish(String endpoint) throws Exception {
    try (Session session = Session.open(Config.isolated().listen(endpoint));
        Node node = Node.create();
        LanePublisher publisher =
            Lanes.of(session, node)
                .declarePublisher(KEY, LanePublisherOptions.of(FRAME_BYTE_SIZE))) {
      System.out.println("listening on " + session.locators().getFirst());
      for (long sequence = 0; ; sequence++) {
        Loan frame = publisher.tryLoan(FRAME_BYTE_SIZE, Duration.ofMinutes(1)).orElseThrow();
        SegmentedBytes checksum =
            SegmentedBytes.copyOfUtf8(Long.toHexString(capture(frame.segment(), sequence)));
        publisher.put(frame, PutOptions.none().attachment(checksum));
        Thread.sleep(1000 / 30);
      }
    }
  }

  /** Stands for a camera: a ramp that moves. */
  private static long capture(MemorySegment pixels, long sequence) {
    for (long i = 0; i < FRAME_BYTE_SIZE; i++) {
      pixels.set(ValueLayout.JAVA_BYTE, i, (byte) (i % WIDTH + i / WIDTH + sequence));
    }
    return checksum(pixels);
  }

  private static long checksum(MemorySegment pixels) {
    CRC32C crc = new CRC32C();
    crc.update(pixels.asByteBuffer());
    return crc.getValue();
  }

  private static void read(String endpoint, LaneChoice choice) throws Exception {
    try (Session session = Session.open(Config.isolated().connect(endpoint));
        Node node = Node.create();
        LaneSubscriber subscriber =
            Lanes.of(session, node).declareSubscriber(KEY, LaneSubscriberOptions.of(choice))) {
      int count = 0;
      int lost = 0;
      int twice = 0;
      int next = -1;
      Lane lane = Lane.ZENOH;
      while (count < FRAME_COUNT) {
        try (LaneSample sample = subscriber.receive(Duration.ofMinutes(1)).orElseThrow()) {
          check(sample);
          int number = sample.sequenceNumber().orElseThrow();
          lost += next >= 0 && number > next ? number - next : 0;
          twice += number < next ? 1 : 0;
          next = number + 1;
          lane = sample.lane();
          count++;
        }
      }
      System.out.println(
          count
              + " frames with the right checksum, "
              + lost
              + " lost, "
              + twice
              + " twice; the last by "
              + lane);
    }
  }

  /** Looks at each piece of a frame where it lies. */
  private static void check(LaneSample sample) {
    SegmentedBytes payload = sample.payload();
    CRC32C crc = new CRC32C();
    payload.asByteBuffers().forEach(crc::update);
    String expected = sample.attachment().orElseThrow().copyToUtf8String();
    if (!Long.toHexString(crc.getValue()).equals(expected)) {
      throw new IllegalStateException("a frame with a wrong checksum by " + sample);
    }
  }
}
