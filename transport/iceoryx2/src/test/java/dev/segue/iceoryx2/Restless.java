package dev.segue.iceoryx2;

import dev.segue.bytes.Loan;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;

/** Fills, sends, receives and reads without a pause, until it is killed in the midst of it. */
final class Restless {
  static final String SERVICE = "restless";
  static final int SIZE = 100_000;
  static final Qos QOS = Qos.defaults().withPorts(2, 2).withSafeOverflow(false).withBuffer(3, 2);
  static final PublisherOptions OPTIONS = PublisherOptions.of(SIZE).withPatience(Duration.ZERO);

  private Restless() {}

  static void run(Node node, byte value) throws Exception {
    PublishSubscribe service = node.publishSubscribe(SERVICE, QOS);
    Publisher publisher = service.newPublisher(OPTIONS);
    Subscriber subscriber = service.newSubscriber();
    ChildMain.say("going");
    while (System.in.available() == 0) {
      send(publisher, value);
      try (Sample sample = subscriber.receive(Duration.ofMillis(1)).orElse(null)) {
        if (sample != null) {
          valueOf(sample);
        }
      }
    }
  }

  static Delivery send(Publisher publisher, byte value) throws IceoryxException {
    Loan loan = publisher.loan(SIZE);
    loan.segment().fill(value);
    return publisher.send(loan);
  }

  /** The value of each byte of a message. */
  static byte valueOf(Sample sample) {
    MemorySegment message = sample.payload().segments().getFirst();
    byte first = message.get(ValueLayout.JAVA_BYTE, 0);
    if (message.byteSize() != SIZE
        || message.asSlice(1).mismatch(message.asSlice(0, SIZE - 1)) != -1) {
      throw new AssertionError("a torn message of byteSize=" + message.byteSize());
    }
    return first;
  }
}
