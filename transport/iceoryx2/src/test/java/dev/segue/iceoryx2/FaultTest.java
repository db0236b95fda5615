package dev.segue.iceoryx2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Processes that are killed or stopped at any moment, and memory that is full. */
@EnabledOnOs(OS.LINUX)
class FaultTest {
  private static final byte OURS = 1;
  private static final byte THEIRS = 2;

  /** {@code -Dsegue.iceoryx2.kills=1000} kills as many. */
  private static final int KILLS = Integer.getInteger("segue.iceoryx2.kills", 10);

  private String prefix = "";
  private Node node;

  @BeforeEach
  void open() throws IceoryxException {
    prefix = Nodes.newPrefix();
    node = Nodes.create(prefix);
  }

  @AfterEach
  void close() throws IOException {
    node.close();
    Nodes.assertNothingLeft(prefix);
  }

  @Test
  void processesThatAreKilledAtAnyMomentHoldUpNobodyAndLeaveNothing() throws Exception {
    long seed = Long.getLong("segue.seed", System.nanoTime());
    Random random = new Random(seed);
    PublishSubscribe service = node.publishSubscribe(Restless.SERVICE, Restless.QOS);
    Publisher publisher = service.newPublisher(Restless.OPTIONS);
    Subscriber subscriber = service.newSubscriber();
    for (int kill = 0; kill < KILLS; kill++) {
      String at = "segue.seed=" + seed + " kill=" + kill;
      Sample kept;
      try (ChildJvm restless = ChildJvm.start("restless", prefix, Byte.toString(THEIRS))) {
        assertEquals("going", restless.line(), at);
        kept = talk(publisher, subscriber, 1 + random.nextInt(20));
        restless.kill();
        assertEquals(List.of(), restless.furtherLines(), at);
      }
      assertEquals(new Node.CleanUp(1, 0), node.cleanUpDeadNodes(), at);
      assertEquals(1, service.publisherCount(), at);
      assertEquals(1, service.subscriberCount(), at);
      drain(subscriber);
      for (int i = 0; i < 10; i++) {
        assertEquals(new Delivery(1, 0), Restless.send(publisher, OURS), at);
        drain(subscriber);
        assertEquals(THEIRS, Restless.valueOf(kept), at);
      }
      kept.close();
      assertEquals(publisher.capacityByteSize(), publisher.availableByteSize(), at);
    }
  }

  /** Sends and receives until so many messages of the other came; the last one is open. */
  private static Sample talk(Publisher publisher, Subscriber subscriber, int count)
      throws IceoryxException, InterruptedException {
    int theirs = 0;
    for (int received = 0; received < 10_000; received++) {
      Sample sample = subscriber.receive(Nodes.LONG).orElseThrow();
      if (Restless.valueOf(sample) == OURS) {
        sample.close();
        continue;
      }
      if (++theirs == count) {
        return sample;
      }
      sample.close();
      Restless.send(publisher, OURS);
    }
    throw new AssertionError("theirs=" + theirs + " of " + count);
  }

  private static void drain(Subscriber subscriber) throws IceoryxException {
    int count;
    do {
      count = subscriber.poll(Restless::valueOf, 100);
    } while (count > 0);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aReaderThatIsStoppedKeepsItsSampleAndTheServicesPolicyHolds(boolean safeOverflow)
      throws Exception {
    Qos qos = ChildMain.settings(2).withSafeOverflow(safeOverflow);
    Publisher publisher =
        node.publishSubscribe(ChildMain.SERVICE, qos)
            .newPublisher(ChildMain.FRAMES.withPatience(Duration.ofMillis(1)));
    try (ChildJvm reader = ChildJvm.start("stopped", prefix, Boolean.toString(safeOverflow))) {
      assertEquals("open", reader.line());
      assertEquals(new Delivery(1, 0), ProcessTest.send(publisher, 10));
      assertEquals("reading 10", reader.line());
      signal("-STOP", reader);
      assertEquals(new Node.CleanUp(0, 0), node.cleanUpDeadNodes());
      for (int i = 11; i <= 20; i++) {
        boolean fits = safeOverflow || i <= 12;
        assertEquals(
            fits ? new Delivery(1, 0) : new Delivery(0, 1), ProcessTest.send(publisher, i));
      }
      signal("-CONT", reader);
      reader.tell("look again");
      assertEquals("still 10", reader.line());
      int first = safeOverflow ? 19 : 11;
      assertEquals("waited " + first, reader.line());
      assertEquals("waited " + (first + 1), reader.line());
      assertEquals("had 2", reader.line());
      assertEquals(new Delivery(1, 0), ProcessTest.send(publisher, 21));
      reader.kill();
    }
    assertEquals(new Node.CleanUp(1, 0), node.cleanUpDeadNodes());
  }

  private static void signal(String signal, ChildJvm child) throws Exception {
    Process kill = new ProcessBuilder("kill", signal, Long.toString(child.pid())).start();
    assertEquals(0, kill.waitFor());
  }

  @Test
  void fullSharedMemoryIsAnErrorAndWhatWasTakenBeforeCanBeWritten() throws Exception {
    assumeTrue(canMount(), "no right to mount a file system of its own");
    String small = "mount -t tmpfs -o size=64m none /dev/shm && exec \"$@\"";
    List<String> inSmall = List.of("unshare", "-rm", "sh", "-c", small, "sh");
    try (ChildJvm child = ChildJvm.startIn(inSmall, "full", Nodes.newPrefix())) {
      for (String line :
          List.of(
              "connection: SHARED_MEMORY",
              "sent 20",
              "publisher: SHARED_MEMORY",
              "subscriber: SHARED_MEMORY",
              "service: SHARED_MEMORY",
              "events: SHARED_MEMORY",
              "node: SHARED_MEMORY",
              "closed")) {
        assertEquals(line, child.line());
      }
      assertEquals(0, child.exitCode());
    }
  }

  @Test
  void aFolderThatCannotBeWrittenToIsNamed() throws Exception {
    assumeTrue(canMount(), "no right to mount a file system of its own");
    String readOnly = "mount -t tmpfs -o ro none /tmp/iceoryx2 && exec \"$@\"";
    List<String> inReadOnly = List.of("unshare", "-rm", "sh", "-c", readOnly, "sh");
    String unused = Nodes.newPrefix();
    try (ChildJvm child = ChildJvm.startIn(inReadOnly, "settings", unused)) {
      assertEquals(1, child.exitCode());
      String said = String.join("\n", child.furtherLines());
      assertTrue(said.contains("its files lie in /tmp/iceoryx2/"), said);
    }
    Nodes.assertNothingLeft(unused);
  }

  private static boolean canMount() throws IOException, InterruptedException {
    Process probe =
        new ProcessBuilder("unshare", "-rm", "mount", "-t", "tmpfs", "none", "/dev/shm")
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    return probe.waitFor(60, TimeUnit.SECONDS) && probe.exitValue() == 0;
  }
}
