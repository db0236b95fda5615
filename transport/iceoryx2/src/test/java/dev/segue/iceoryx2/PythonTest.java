package dev.segue.iceoryx2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.Loan;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.testkit.Peers;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The package {@code iceoryx2} 0.10.0 of PyPI on the other side; skipped where {@code python3}, or
 * the one that {@code SEGUE_ICEORYX2_PYTHON} names, has no such package.
 */
@EnabledOnOs(OS.LINUX)
class PythonTest {
  private static final String PYTHON =
      System.getenv().getOrDefault("SEGUE_ICEORYX2_PYTHON", "python3");
  private static final int COUNT = 50;
  private static final int SIZE = 100_000;

  // What Python asks for when it opens the service.
  private static final Qos QOS = Qos.defaults().withPorts(1, 1).withSafeOverflow(false);

  @BeforeAll
  static void needThePackage() throws InterruptedException {
    need("iceoryx2");
  }

  private static void need(String name) throws InterruptedException {
    Peers.assumePython(PYTHON, name);
  }

  private static ChildJvm peer(String role, String prefix) throws IOException {
    return ChildJvm.run(
        List.of(
            PYTHON,
            Path.of("src/test/python/peer.py").toString(),
            role,
            prefix,
            "a/b",
            Integer.toString(COUNT),
            Integer.toString(SIZE)));
  }

  private static PublishSubscribe open(Node node, boolean hasHeader) throws IceoryxException {
    return hasHeader
        ? node.publishSubscribe("a/b", QOS, new UserHeader("Stamp", 16, 8))
        : node.publishSubscribe("a/b", QOS);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void pythonReadsWhatJavaSends(boolean hasHeader) throws Exception {
    String prefix = Nodes.newPrefix();
    try (Node node = Nodes.create(prefix)) {
      PublishSubscribe service = open(node, hasHeader);
      Publisher publisher =
          service.newPublisher(PublisherOptions.of(SIZE).withPatience(Nodes.LONG));
      try (ChildJvm python = peer(hasHeader ? "subscribe-header" : "subscribe", prefix)) {
        assertEquals("open", python.line());
        for (int i = 0; i < COUNT; i++) {
          Loan loan = publisher.loan(SIZE);
          loan.segment().fill((byte) i);
          assertEquals(
              new Delivery(1, 0),
              hasHeader
                  ? publisher.sendWithHeaderCopy(loan, UserHeaderTest.header(1000 + i, i))
                  : publisher.send(loan));
        }
        assertEquals("received " + COUNT, python.line());
        assertEquals(0, python.exitCode());
      }
    }
    Nodes.assertNothingLeft(prefix);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void javaReadsWhatPythonSends(boolean hasHeader) throws Exception {
    String prefix = Nodes.newPrefix();
    try (Node node = Nodes.create(prefix)) {
      Subscriber subscriber = open(node, hasHeader).newSubscriber();
      try (ChildJvm python = peer(hasHeader ? "publish-header" : "publish", prefix)) {
        assertEquals("open", python.line());
        // Connects: what is sent before a reader has looked once is lost beyond its buffer.
        assertEquals(Optional.empty(), subscriber.tryReceive());
        python.tell("go");
        for (int i = 0; i < COUNT; i++) {
          try (Sample sample = subscriber.receive(Nodes.LONG).orElseThrow()) {
            MemorySegment message = sample.payload().segments().getFirst();
            assertEquals(SIZE, message.byteSize());
            assertEquals(i, message.get(ValueLayout.JAVA_BYTE, 0));
            assertEquals(i, message.get(ValueLayout.JAVA_BYTE, SIZE - 1));
            if (hasHeader) {
              MemorySegment header = sample.userHeader().segments().getFirst();
              assertEquals(1000 + i, header.get(ValueLayout.JAVA_LONG, 0));
              assertEquals(i, header.get(ValueLayout.JAVA_LONG, 8));
            }
          }
        }
        assertEquals("sent", python.line());
        python.tell("end");
        assertEquals(0, python.exitCode());
      }
    }
    Nodes.assertNothingLeft(prefix);
  }

  @Test
  void pythonServesWhatJavaAsks() throws Exception {
    String prefix = Nodes.newPrefix();
    try (Node node = Nodes.create(prefix)) {
      Client client =
          node.requestResponse("a/b", RequestQos.defaults()).newClient(ClientOptions.of(SIZE));
      try (ChildJvm python = peer("serve", prefix)) {
        assertEquals("open", python.line());
        for (int i = 0; i < COUNT; i++) {
          Loan loan = client.loan(SIZE);
          loan.segment().fill((byte) i);
          try (PendingResponse pending = client.send(loan);
              Response response = pending.receive(Nodes.LONG).orElseThrow()) {
            assertValue(i + 1, response.payload());
          }
        }
        assertEquals("served", python.line());
        python.tell("end");
        assertEquals(0, python.exitCode());
      }
    }
    Nodes.assertNothingLeft(prefix);
  }

  @Test
  void javaServesWhatPythonAsks() throws Exception {
    String prefix = Nodes.newPrefix();
    try (Node node = Nodes.create(prefix)) {
      Server server =
          node.requestResponse("a/b", RequestQos.defaults()).newServer(ServerOptions.of(SIZE));
      try (ChildJvm python = peer("ask", prefix)) {
        assertEquals("open", python.line());
        for (int i = 0; i < COUNT; i++) {
          try (ActiveRequest request = server.receive(Nodes.LONG).orElseThrow()) {
            assertValue(i, request.payload());
            Loan loan = request.loan(SIZE);
            loan.segment().fill((byte) (i + 1));
            assertTrue(request.send(loan));
            awaitEnd(request);
          }
        }
        assertEquals("asked", python.line());
        assertEquals(0, python.exitCode());
      }
    }
    Nodes.assertNothingLeft(prefix);
  }

  /** Until the client has had enough. */
  private static void awaitEnd(ActiveRequest request) throws InterruptedException {
    long deadline = System.nanoTime() + Nodes.LONG.toNanos();
    while (request.isConnected() && System.nanoTime() - deadline < 0) {
      Thread.sleep(1);
    }
  }

  private static void assertValue(int value, SegmentedBytes bytes) {
    MemorySegment message = bytes.segments().getFirst();
    assertEquals(SIZE, message.byteSize());
    assertEquals(value, message.get(ValueLayout.JAVA_BYTE, 0));
    assertEquals(-1, message.asSlice(1).mismatch(message.asSlice(0, SIZE - 1)));
  }

  @Test
  void pycapnpReadsAMessageOfJavaWhereItLies() throws Exception {
    need("capnp");
    String prefix = Nodes.newPrefix();
    int byteSize = 32 + (SIZE + 7) / 8 * 8;
    try (Node node = Nodes.create(prefix)) {
      Publisher publisher =
          node.publishSubscribe("a/b", QOS).newPublisher(PublisherOptions.of(byteSize));
      try (ChildJvm python = peer("capnp", prefix)) {
        assertEquals("open", python.line());
        Loan loan = publisher.loan(byteSize);
        writeFrame(loan.segment().fill((byte) 0), 4711);
        assertEquals(new Delivery(1, 0), publisher.send(loan));
        assertEquals("sequence=4711 pixels=" + SIZE + " whole=True", python.line());
        assertEquals(0, python.exitCode());
      }
    }
    Nodes.assertNothingLeft(prefix);
  }

  /**
   * A Cap'n Proto message of one segment: {@code struct Frame { sequence @0 :UInt64; pixels @1
   * :Data; }}.
   */
  private static void writeFrame(MemorySegment message, long sequence) {
    message.set(ValueLayout.JAVA_INT, 4, (int) (message.byteSize() / 8 - 1)); // words of segment 0
    message.set(ValueLayout.JAVA_SHORT, 12, (short) 1); // the root: one word of data,
    message.set(ValueLayout.JAVA_SHORT, 14, (short) 1); // one pointer
    message.set(ValueLayout.JAVA_LONG, 16, sequence);
    message.set(ValueLayout.JAVA_INT, 24, 1); // a list, just behind,
    message.set(ValueLayout.JAVA_INT, 28, SIZE << 3 | 2); // of bytes
    for (int i = 0; i < SIZE; i++) {
      message.set(ValueLayout.JAVA_BYTE, 32 + i, (byte) (i % 251));
    }
  }
}
