package dev.segue.examples.camerasubscriber;

import dev.segue.bytes.OffHeapPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.capnproto.CapnProtoException;
import dev.segue.capnproto.MessageView;
import dev.segue.capnproto.schema.Frames;
import dev.segue.zenoh.Backlog;
import dev.segue.zenoh.Config;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Sample;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.Subscriber;
import dev.segue.zenoh.SubscriberOptions;
import java.time.Duration;
import java.util.Locale;

/** Receives frames, reads each where it lies and checks it. */
public final class CameraSubscriber {
  private CameraSubscriber() {}

  /** Takes how many frames to receive, and an endpoint to listen on; without one, is found. */
  public static void main(String[] arguments) throws Exception {
    int frames = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 100;
    Config config =
        arguments.length > 1 ? Config.isolated().listen(arguments[1]) : Config.defaults();
    try (Session session = Session.open(config);
        // Where a frame that came over the network, in pieces, is put together.
        OffHeapPool pool = new OffHeapPool(64 << 20);
        Subscriber subscriber =
            session.declareSubscriber(
                KeyExpr.of("robot/camera"),
                SubscriberOptions.defaults().backlog(Backlog.hold(4)))) {
      System.out.println("listening on " + String.join(" ", session.locators()));
      long expected = -1;
      long lost = 0;
      for (int i = 0; i < frames; i++) {
        try (Sample sample = subscriber.receive(Duration.ofMinutes(1)).orElseThrow()) {
          long sequence = check(sample, pool);
          lost += expected < 0 ? 0 : sequence - expected;
          expected = sequence + 1;
        }
      }
      System.out.println(frames + " frames received with the right checksum, " + lost + " lost");
    }
  }

  private static long check(Sample sample, OffHeapPool pool) throws CapnProtoException {
    try (MessageView view = MessageView.of(sample.payload(), pool)) {
      return view.read(
          Frames.CameraFrame.factory,
          frame -> {
            SegmentedBytes pixels = view.bytesOf(frame.getPixels());
            // The hash of bytes is their CRC32C.
            String checksum = Integer.toHexString(pixels.hashCode());
            if (!checksum.equals(sample.attachment().orElseThrow().copyToUtf8String())) {
              throw new IllegalStateException("wrong checksum: frame " + frame.getSequence());
            }
            if (frame.getSequence() % 30 == 0) {
              System.out.printf(
                  Locale.ROOT,
                  "frame %d: %d×%d, %s, %d bytes copied%n",
                  frame.getSequence(),
                  frame.getWidthPixels(),
                  frame.getHeightPixels(),
                  sample.isSharedMemory() ? "in shared memory" : "over the network",
                  view.copiedByteSize());
            }
            return frame.getSequence();
          });
    }
  }
}
