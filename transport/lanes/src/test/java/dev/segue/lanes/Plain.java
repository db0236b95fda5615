package dev.segue.lanes;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.segue.zenoh.Backlog;
import dev.segue.zenoh.Sample;
import dev.segue.zenoh.Subscriber;
import dev.segue.zenoh.SubscriberOptions;

/** A subscriber that knows nothing of lanes. */
final class Plain {
  static final SubscriberOptions HOLD = SubscriberOptions.defaults().backlog(Backlog.hold(64));

  private Plain() {}

  /** Receives frames 0 to {@code count} - 1, each once and in order. */
  static int count(Subscriber subscriber, int count) {
    try {
      for (int i = 0; i < count; i++) {
        try (Sample sample = subscriber.receive(Wire.LONG).orElseThrow()) {
          assertEquals(i, Wire.number(sample.payload()));
        }
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    return count;
  }
}
