package dev.segue.iceoryx2;

import dev.segue.bytes.Loan;
import dev.segue.bytes.SegmentedBytes;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** What the other process does; says each step on its standard output. */
final class ChildMain {
  static final String SERVICE = "camera/front";
  static final int FRAME_COUNT = 20;
  static final long FRAME_BYTE_SIZE = 2_000_000; // containers have 64 MiB
  static final PublisherOptions FRAMES =
      PublisherOptions.of(FRAME_BYTE_SIZE).withPatience(Nodes.LONG);

  private ChildMain() {}

  public static void main(String[] arguments) throws Exception {
    Node node = Nodes.create(arguments[1]);
    switch (arguments[0]) {
      case "publish" -> publish(node);
      case "subscribe" -> subscribe(node);
      case "stopped" -> stopped(node, Boolean.parseBoolean(arguments[2]));
      case "restless" -> Restless.run(node, Byte.parseByte(arguments[2]));
      case "full" -> FullMemory.run(node);
      case "descriptors" -> FewDescriptors.run(node);
      case "serve" -> serve(node);
      case "ask" -> ask(node);
      case "once" -> {
        node.publishSubscribe(SERVICE, settings(7));
        say("open");
        node.close();
        say("closed");
      }
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
    say("open");
    awaitLine(); // what is sent before a reader has looked once is lost beyond its buffer
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

  /** Reads a frame, is stopped meanwhile, looks at it again, and reads what waits. */
  private static void stopped(Node node, boolean safeOverflow) throws Exception {
    Qos qos = settings(2).withSafeOverflow(safeOverflow);
    Subscriber subscriber = node.publishSubscribe(SERVICE, qos).newSubscriber();
    say("open");
    try (Sample sample = subscriber.receive(Nodes.LONG).orElseThrow()) {
      say("reading " + value(sample));
      awaitLine();
      say("still " + value(sample));
    }
    int count = subscriber.poll(sample -> say("waited " + value(sample)), Integer.MAX_VALUE);
    say("had " + count);
    hang();
  }

  /** Takes a request, and is killed before it answers. */
  private static void serve(Node node) throws Exception {
    Server server =
        node.requestResponse(SERVICE, RequestQos.defaults())
            .newServer(ServerOptions.of(FRAME_BYTE_SIZE));
    say("open");
    while (true) {
      ActiveRequest request = server.receive(Nodes.LONG).orElseThrow();
      int value = value(request.payload());
      say("working on " + value);
      if (value == 0) {
        hang();
      }
      Loan loan = request.loan(FRAME_BYTE_SIZE);
      fill(loan.segment(), value + 1);
      say("answered " + request.send(loan));
      request.close();
    }
  }

  /** Asks, and is killed before the answer comes. */
  private static void ask(Node node) throws Exception {
    Client client =
        node.requestResponse(SERVICE, RequestQos.defaults())
            .newClient(ClientOptions.of(FRAME_BYTE_SIZE));
    Loan loan = client.loan(FRAME_BYTE_SIZE);
    fill(loan.segment(), 5);
    PendingResponse pending = client.send(loan);
    say("asked " + pending.delivery());
    hang();
  }

  static void fill(MemorySegment frame, int value) {
    frame.fill((byte) value);
  }

  /** The value that each byte of a frame has. */
  static int value(Sample sample) {
    return value(sample.payload());
  }

  /** The value that each byte of a message has. */
  static int value(SegmentedBytes message) {
    MemorySegment frame = message.segments().getFirst();
    byte first = frame.get(ValueLayout.JAVA_BYTE, 0);
    if (frame.byteSize() != FRAME_BYTE_SIZE
        || frame.asSlice(1).mismatch(frame.asSlice(0, frame.byteSize() - 1)) != -1) {
      throw new AssertionError("a torn frame of byteSize=" + frame.byteSize());
    }
    return first;
  }

  static void say(String line) {
    System.out.println(line);
    System.out.flush();
  }

  /** Waits for a line of the parent. */
  private static void awaitLine() throws IOException {
    int next = System.in.read();
    while (next != '\n' && next != -1) {
      next = System.in.read();
    }
  }

  /** Lives until it is killed, or its parent is gone. */
  private static void hang() throws IOException {
    int next;
    do {
      next = System.in.read();
    } while (next != -1);
  }
}
