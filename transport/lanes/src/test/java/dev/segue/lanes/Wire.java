package dev.segue.lanes;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.segue.bytes.Loan;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.iceoryx2.IceoryxException;
import dev.segue.iceoryx2.Node;
import dev.segue.iceoryx2.NodeOptions;
import dev.segue.zenoh.Config;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.ZenohException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/** Sessions and nodes that see only those of their own test, and frames that show a fault. */
final class Wire {
  static final Duration LONG = Duration.ofSeconds(60);
  static final KeyExpr KEY = KeyExpr.of("test/lanes/camera");
  static final int FRAME_BYTE_SIZE = 40_000;
  static final LanePublisherOptions FRAMES =
      LanePublisherOptions.of(FRAME_BYTE_SIZE).withReaders(4, 4, 4).waiting(LONG);

  private static final AtomicInteger NUMBER = new AtomicInteger();

  private Wire() {}

  static String newPrefix() {
    return "segue_lanes_"
        + ProcessHandle.current().pid()
        + "_"
        + System.nanoTime()
        + "_"
        + NUMBER.incrementAndGet()
        + "_";
  }

  static Node node(String prefix) throws IceoryxException {
    return Node.create(NodeOptions.defaults().withPrefix(prefix));
  }

  static Session listening() throws ZenohException {
    return Session.open(Config.isolated().listen("tcp/127.0.0.1:0"));
  }

  static Session connected(String locator) throws ZenohException {
    return Session.open(Config.isolated().connect(locator));
  }

  /** A frame whose bytes all follow from its number. */
  static void fill(MemorySegment frame, int number) {
    for (long at = 0; at < frame.byteSize(); at += Integer.BYTES) {
      frame.set(ValueLayout.JAVA_INT_UNALIGNED, at, number * 31 + (int) at);
    }
  }

  /** The number of a frame that is whole, and says the same as its sequence number. */
  static int number(LaneSample sample) {
    int number = number(sample.payload());
    assertEquals(number, sample.sequenceNumber().orElseThrow());
    return number;
  }

  static int number(SegmentedBytes payload) {
    assertEquals(FRAME_BYTE_SIZE, payload.byteSize());
    var reader = payload.copyToByteArray();
    MemorySegment frame = MemorySegment.ofArray(reader);
    int number = frame.get(ValueLayout.JAVA_INT_UNALIGNED, 0) / 31;
    for (long at = 0; at < frame.byteSize(); at += Integer.BYTES) {
      if (frame.get(ValueLayout.JAVA_INT_UNALIGNED, at) != number * 31 + (int) at) {
        throw new AssertionError("a torn frame, number=" + number + " at=" + at);
      }
    }
    return number;
  }

  static LaneDelivery put(LanePublisher publisher, int number)
      throws ZenohException, IceoryxException {
    Loan loan = publisher.tryLoan(FRAME_BYTE_SIZE, LONG).orElseThrow();
    fill(loan.segment(), number);
    return publisher.put(loan);
  }

  static void await(String what, Callable<Boolean> condition) throws Exception {
    long deadline = System.nanoTime() + LONG.toNanos();
    while (!condition.call()) {
      if (System.nanoTime() - deadline >= 0) {
        throw new AssertionError("waited in vain for " + what);
      }
      Thread.sleep(1);
    }
  }

  /**
   * Checks that all nodes of a prefix took their shared memory with them, those of publishers whose
   * last lease ended just now a moment later.
   */
  static void assertNothingLeft(String prefix) throws Exception {
    await("an end of what is left in /dev/shm", () -> left(prefix).isEmpty());
  }

  private static List<Path> left(String prefix) throws IOException {
    List<Path> left = new ArrayList<>();
    try (Stream<Path> files = Files.list(Path.of("/dev/shm"))) {
      for (Path file : files.toList()) {
        String name = file.getFileName().toString();
        if (name.startsWith(prefix)) {
          left.add(file);
        }
      }
    }
    return left;
  }
}
