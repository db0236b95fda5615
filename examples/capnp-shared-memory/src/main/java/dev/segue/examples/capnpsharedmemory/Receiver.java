package dev.segue.examples.capnpsharedmemory;

import dev.segue.bytes.OffHeapPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.capnproto.MessageView;
import dev.segue.capnproto.schema.Frames;
import dev.segue.zenoh.Config;
import dev.segue.zenoh.Sample;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.Subscriber;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.Locale;

/** The other process: reads the message where the first one wrote it. */
final class Receiver {
  private Receiver() {}

  public static void main(String[] arguments) throws Exception {
    try (Session session = Session.open(Config.isolated().listen("tcp/127.0.0.1:0"));
        Subscriber subscriber = session.declareSubscriber(CapnpSharedMemory.KEY);
        OffHeapPool pool = new OffHeapPool(32 << 20)) {
      System.out.println(session.locators().getFirst());
      try (Sample sample = subscriber.receive(Duration.ofSeconds(30)).orElseThrow();
          MessageView view = MessageView.of(sample.payload(), pool)) {
        SegmentedBytes values =
            view.read(Frames.Tensor.factory, tensor -> view.bytesOf(tensor.getValues()));
        System.out.printf(
            Locale.ROOT,
            "received in shared memory: %s, bytes copied: %d, sum: %.0f%n",
            sample.isSharedMemory(),
            view.copiedByteSize(),
            sum(values.segment(0)));
      }
    }
  }

  private static double sum(MemorySegment values) {
    double sum = 0;
    for (long at = 0; at < values.byteSize(); at += Double.BYTES) {
      sum += values.get(ValueLayout.JAVA_DOUBLE_UNALIGNED, at);
    }
    return sum;
  }
}
