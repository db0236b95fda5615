package dev.segue.readme;

// snippet: publisher
import dev.segue.bytes.Loan;
import dev.segue.zenoh.Config;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Publisher;
import dev.segue.zenoh.PublisherOptions;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.ShmPool;
import java.time.Duration;

/** Publishes ten frames from shared memory: a descriptor travels, and the pixels stay in place. */
public final class FirstPublisher {
  public static void main(String[] arguments) throws Exception {
    String endpoint = arguments.length > 0 ? arguments[0] : "tcp/127.0.0.1:7447";
    try (Session session = Session.open(Config.isolated().connect(endpoint));
        ShmPool pool = ShmPool.create(64 << 20); // one pool for all frames
        Publisher publisher =
            session.declarePublisher(KeyExpr.of("robot/camera"), PublisherOptions.blocking())) {
      if (!publisher.awaitMatchingSubscribers(Duration.ofSeconds(10))) {
        throw new IllegalStateException("no subscriber at " + endpoint);
      }
      for (int i = 0; i < 10; i++) {
        try (Loan frame = pool.loan(1920 * 1080 * 3)) {
          frame.segment().fill((byte) i); // the camera writes here
          publisher.put(frame);
        }
      }
    }
  }
}
// end
