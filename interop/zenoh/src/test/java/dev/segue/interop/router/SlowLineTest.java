package dev.segue.interop.router;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.zenoh.Backlog;
import dev.segue.zenoh.Config;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Publisher;
import dev.segue.zenoh.Sample;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.Subscriber;
import dev.segue.zenoh.SubscriberOptions;
import dev.segue.zenoh.Verdict;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Payloads of 5 MB, published to be dropped at need, on a line of 200 Mbit/s. */
@Timeout(120)
class SlowLineTest {
  private static final KeyExpr KEY = KeyExpr.of("slow/frame");
  private static final int COUNT = 4;
  private static final int BYTE_SIZE = 5_000_000;

  /** Slow enough that a publisher that a busy machine holds up is still ahead of it. */
  private static final int MEGABITS = 50;

  /** How many of the payloads arrive, each published when the line is empty. */
  private static int arrived(Config settings) throws Exception {
    SegmentedBytes large = SegmentedBytes.copyOf(new byte[BYTE_SIZE]);
    int arrived = 0;
    try (Session far = Session.open(Config.isolated().listen("tcp/127.0.0.1:0"));
        SlowLine line = new SlowLine(far.locators().getFirst(), MEGABITS);
        Session near = Session.open(settings.sharedMemory(false).connect(line.endpoint()));
        Subscriber subscriber =
            far.declareSubscriber(
                KEY, SubscriberOptions.defaults().backlog(Backlog.hold(1 << 16)));
        Publisher publisher = Waits.matched(near.declarePublisher(KEY))) {
      for (long i = 0; i < COUNT; i++) {
        publisher.put(large);
        SegmentedBytes mark = Waits.number(i);
        Waits.until("room on the line", () -> publisher.tryPut(mark).verdict() == Verdict.NETWORK);
        // Until it has come: then the line is empty.
        long byteSize = 0;
        while (byteSize != mark.byteSize()) {
          try (Sample sample = subscriber.receive(Waits.LONG).orElseThrow()) {
            byteSize = sample.payload().byteSize();
            arrived += byteSize == BYTE_SIZE ? 1 : 0;
          }
        }
      }
    }
    return arrived;
  }

  @Test
  void theDefaultsDeliverEachWhereThoseOfTheCoreLoseAll() throws Exception {
    assertEquals(COUNT, arrived(Config.isolated()));
    Config core = Config.fromJson5("{ scouting: { multicast: { enabled: false } } }").listen();
    assertEquals(0, arrived(core));
  }
}
