package dev.segue.iceoryx2;

import dev.segue.bytes.Loan;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;

/** Runs where {@code /dev/shm} is small and its own, fills it, and says what comes of that. */
final class FullMemory {
  private static final Path SHARED_MEMORY = Path.of("/dev/shm");
  private static final Path FILLER = SHARED_MEMORY.resolve("filler");
  private static final int SIZE = 1 << 20;

  /** As {@code BOOKS} of room.rs. */
  private static final long BOOKS_BYTE_SIZE = 1 << 20;

  private FullMemory() {}

  private interface Step {
    void run() throws Exception;
  }

  static void run(Node node) throws Exception {
    Qos qos = Qos.defaults().withPorts(2, 1).withBuffer(1, 1);
    PublishSubscribe frames = node.publishSubscribe("frames", qos);
    Publisher publisher = frames.newPublisher(PublisherOptions.of(SIZE));
    Subscriber subscriber = frames.newSubscriber();
    PublishSubscribe many = node.publishSubscribe("many", qos.withBuffer(65_000, 2));
    Publisher small = many.newPublisher(PublisherOptions.of(1));

    // More than is asked for before a port is made, less than the connection of this one takes.
    fillTo(BOOKS_BYTE_SIZE);
    say("connection", many::newSubscriber);

    fillTo(0);
    for (int i = 1; i <= 20; i++) {
      Loan loan = publisher.loan(SIZE);
      loan.segment().fill((byte) i);
      publisher.send(loan);
      try (Sample sample = subscriber.tryReceive().orElseThrow()) {
        MemorySegment message = sample.payload().segments().getFirst();
        if (message.byteSize() != SIZE || message.get(ValueLayout.JAVA_BYTE, SIZE - 1) != i) {
          throw new AssertionError("message " + i + ": " + message);
        }
      }
    }
    ChildMain.say("sent 20");
    say("publisher", () -> frames.newPublisher(PublisherOptions.of(SIZE)));
    say("subscriber", many::newSubscriber);
    say("service", () -> node.publishSubscribe("other", qos));
    say("events", () -> node.events("other", EventQos.defaults()));
    say("node", () -> Node.create(NodeOptions.defaults().withPrefix(Nodes.newPrefix())));
    small.close();
    node.close();
    ChildMain.say("left " + left());
  }

  /** What is there beside the filler. */
  private static List<Path> left() throws IOException {
    try (Stream<Path> files = Files.list(SHARED_MEMORY)) {
      return files.filter(file -> !file.equals(FILLER)).toList();
    }
  }

  private static void say(String what, Step step) {
    try {
      step.run();
      ChildMain.say(what + ": no error");
    } catch (IceoryxException e) {
      ChildMain.say(what + ": " + e.kind());
    } catch (Exception e) {
      ChildMain.say(what + ": " + e);
    }
  }

  /** Leaves so many bytes free. */
  private static void fillTo(long left) throws IOException {
    try (FileChannel file =
        FileChannel.open(FILLER, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
      long more = Files.getFileStore(SHARED_MEMORY).getUsableSpace() - left;
      ByteBuffer zeros = ByteBuffer.allocate(Math.toIntExact(Math.max(0, more)));
      while (zeros.hasRemaining()) {
        file.write(zeros);
      }
    }
  }
}
