package dev.segue.zenoh;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.segue.bytes.Loan;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/**
 * The regions of this class are the examples in the Javadoc of {@link Publisher} and {@link
 * Subscriber}.
 */
class JavadocTest {
  @Test
  void whatAPublisherPutsASubscriberReceives() throws Exception {
    KeyExpr key = KeyExpr.of("robot/camera");
    long byteSize = 1920 * 1080 * 3;
    try (Session here = Session.open(Config.isolated().listen("tcp/127.0.0.1:0"));
        Subscriber subscriber = here.declareSubscriber(key);
        Session session = Session.open(Config.isolated().connect(here.locators().getFirst()))) {
      publish(session, key, byteSize, (byte) 7);
      assertEquals(7, receive(subscriber));
    }
  }

  private static void publish(Session session, KeyExpr key, long byteSize, byte value)
      throws Exception {
    // @start region="publish"
    try (ShmPool pool = ShmPool.create(64 << 20); // one pool for all frames
        Publisher publisher = session.declarePublisher(key, PublisherOptions.blocking())) {
      if (!publisher.awaitMatchingSubscribers(Duration.ofSeconds(10))) {
        throw new IllegalStateException("no subscriber of " + key);
      }
      try (Loan frame = pool.loan(byteSize)) {
        frame.segment().fill(value); // the camera writes here
        publisher.put(frame);
      }
    }
    // @end
  }

  private static byte receive(Subscriber subscriber) throws Exception {
    // @start region="receive"
    try (Sample sample = subscriber.receive(Duration.ofSeconds(10)).orElseThrow()) {
      return sample.payload().byteAt(0); // read in place, until the sample is closed
    }
    // @end
  }
}
