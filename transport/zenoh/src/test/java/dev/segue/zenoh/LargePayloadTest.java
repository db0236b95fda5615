package dev.segue.zenoh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.segue.bytes.SegmentedBytes;
import org.junit.jupiter.api.Test;

/** What becomes of a payload that is larger than what a receiver takes. */
class LargePayloadTest {
  private static final KeyExpr KEY = KeyExpr.of("test/large");

  @Test
  void aMessageThatIsTooLargeForTheReceiverIsLostAndTheSessionsMeetAgain() throws Exception {
    SegmentedBytes payload = Payloads.repeated(1 << 20, 4);
    try (Pair pair =
            Pair.open(
                config ->
                    config
                        .sharedMemory(false)
                        .set("transport/link/rx/max_message_size", "1048576")
                        .set(
                            "transport/link/tx/queue/congestion_control/block/wait_before_close",
                            "500000"));
        Subscriber subscriber = pair.far().declareSubscriber(KEY);
        Publisher publisher = pair.publisher(KEY)) {
      publisher.put(payload);
      assertFalse(payload.isLent());
      Await.until(
          "the next message to arrive",
          () -> {
            publisher.put(Payloads.number(1));
            return subscriber.counts().received() > 0;
          });
      try (Sample sample = subscriber.receive(Await.LONG).orElseThrow()) {
        assertEquals(1, Payloads.numberOf(sample));
      }
    }
  }
}
