package dev.segue.iceoryx2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.segue.bytes.Loan;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

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
    boolean has;
    try {
      Process process =
          new ProcessBuilder(PYTHON, "-c", "import iceoryx2")
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      has = process.waitFor(60, TimeUnit.SECONDS) && process.exitValue() == 0;
    } catch (IOException _) {
      has = false;
    }
    assertTrue(has || System.getenv("CI") == null, "CI installs iceoryx2 for python3");
    assumeTrue(has, "the Python package iceoryx2 is not installed");
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

  @Test
  void pythonReadsWhatJavaSends() throws Exception {
    String prefix = Nodes.newPrefix();
    try (Node node = Nodes.create(prefix)) {
      PublishSubscribe service = node.publishSubscribe("a/b", QOS);
      Publisher publisher =
          service.newPublisher(PublisherOptions.of(SIZE).withPatience(Nodes.LONG));
      try (ChildJvm python = peer("subscribe", prefix)) {
        assertEquals("open", python.line());
        for (int i = 0; i < COUNT; i++) {
          Loan loan = publisher.loan(SIZE);
          loan.segment().fill((byte) i);
          assertEquals(new Delivery(1, 0), publisher.send(loan));
        }
        assertEquals("received " + COUNT, python.line());
        assertEquals(0, python.exitCode());
      }
    }
    Nodes.assertNothingLeft(prefix);
  }

  @Test
  void javaReadsWhatPythonSends() throws Exception {
    String prefix = Nodes.newPrefix();
    try (Node node = Nodes.create(prefix)) {
      Subscriber subscriber = node.publishSubscribe("a/b", QOS).newSubscriber();
      try (ChildJvm python = peer("publish", prefix)) {
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
          }
        }
        assertEquals("sent", python.line());
        python.tell("end");
        assertEquals(0, python.exitCode());
      }
    }
    Nodes.assertNothingLeft(prefix);
  }
}
