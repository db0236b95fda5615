package dev.segue.iceoryx2;

import dev.segue.bytes.Loan;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.CountDownLatch;

/** What the other process does; says each step on its standard output. */
final class ChildMain {
  static final String SERVICE = "camera/front";
  static final int FRAME_COUNT = 20;
  static final long FRAME_BYTE_SIZE = 11_796_480;
  static final PublisherOptions FRAMES =
      PublisherOptions.of(FRAME_BYTE_SIZE).withPatience(Nodes.LONG);

  private ChildMain() {}

  public static void main(String[] arguments) throws Exception {
    Node node = Nodes.create(arguments[1]);
    switch (arguments[0]) {
      case "publish" -> publish(node);
      case "subscribe" -> subscribe(node);
      case "settings" -> {
        PublishSubscribe service = node.publishSubscribe(SERVICE, settings(7));
        service.newPublisher(PublisherOptions.of(1024));
        service.newSubscriber();
        say("open");
        hang();
      }
      default -> throw new IllegalArgumentException(arguments[0]);
    }
  }

  static Qos settings(int buffered) {
    return Qos.defaults().withPorts(1, 1).withSafeOverflow(false).withBuffer(buffered, 2);
  }

  /** Sends frames, and is killed while it fills one more. */
  private static void publish(Node node) throws Exception {
    Publisher publisher = node.publishSubscribe(SERVICE, settings(2)).newPublisher(FRAMES);
    for (int i = 0; i < FRAME_COUNT; i++) {
      Loan loan = publisher.loan(FRAME_BYTE_SIZE);
      fill(loan.segment(), i);
      Delivery delivery = publisher.send(loan);
      if (!delivery.equals(new Delivery(1, 0))) {
        say(i + ": " + delivery);
      }
    }
    Loan loan = publisher.loan(FRAME_BYTE_SIZE);
    loan.segment().fill((byte) 99);
    say("filling");
    hang();
  }

  /** Reads a frame, and is killed meanwhile. */
  private static void subscribe(Node node) throws Exception {
    Subscriber subscriber = node.publishSubscribe(SERVICE, settings(2)).newSubscriber();
    say("open");
    Sample sample = subscriber.receive(Nodes.LONG).orElseThrow();
    say("reading " + value(sample));
    hang();
  }

  static void fill(MemorySegment frame, int value) {
    frame.fill((byte) value);
  }

  /** The value that each byte of a frame has. */
  static int value(Sample sample) {
    MemorySegment frame = sample.payload().segments().getFirst();
    byte first = frame.get(ValueLayout.JAVA_BYTE, 0);
    if (frame.byteSize() != FRAME_BYTE_SIZE
        || frame.asSlice(1).mismatch(frame.asSlice(0, frame.byteSize() - 1)) != -1) {
      throw new AssertionError("a torn frame of byteSize=" + frame.byteSize());
    }
    return first;
  }

  private static void say(String line) {
    System.out.println(line);
    System.out.flush();
  }

  private static void hang() throws InterruptedException {
    new CountDownLatch(1).await();
  }
}
