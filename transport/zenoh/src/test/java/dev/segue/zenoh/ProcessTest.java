package dev.segue.zenoh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.segue.bytes.Loan;
import dev.segue.bytes.SegmentedBytes;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.agrona.concurrent.SleepingMillisIdleStrategy;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Processes that pause, leave or are killed. */
class ProcessTest {
  private static final int MIN_PAUSE_MILLIS = 300;
  private Session session;
  private String endpoint;

  @BeforeEach
  void open() throws ZenohException {
    session =
        Session.open(
            Config.isolated().sharedMemoryForLargePayloads(false).listen("tcp/127.0.0.1:0"));
    endpoint = session.locators().getFirst();
  }

  @AfterEach
  void close() {
    session.close();
  }

  @Test
  void whatAKilledSubscriberHeldComesBackToThePool() throws Exception {
    int count = 4;
    try (ShmPool pool = ShmPool.create(count * Payloads.FRAME);
        Publisher publisher = session.declarePublisher(ChildMain.KEY, PublisherOptions.blocking());
        ChildJvm child = ChildJvm.start("hold", endpoint, Integer.toString(count))) {
      child.line("ready");
      Await.matched(publisher);
      for (int i = 0; i < count; i++) {
        publisher.put(pool.loan(Payloads.FRAME));
      }
      assertEquals("true", child.line("holding"));
      assertTrue(pool.tryLoan(1).isEmpty());
      child.kill();
      Duration patience = Duration.ofSeconds(10);
      try (Loan all = pool.tryLoan(pool.capacityByteSize(), patience).orElseThrow()) {
        all.segment().fill((byte) 1);
      }
      publisher.put(pool.tryLoan(Payloads.FRAME, patience).orElseThrow());
    }
  }

  @Test
  void aSubscriberGoesOnWhenItsPublisherIsKilledInMidFrame() throws Exception {
    List<Sample> held = new ArrayList<>();
    try (Subscriber subscriber = session.declareSubscriber(ChildMain.KEY)) {
      try (ChildJvm child = ChildJvm.start("publish", endpoint)) {
        while (held.size() < 4) {
          try (Sample sample = subscriber.receive(Await.LONG).orElseThrow()) {
            assertTrue(sample.isSharedMemory());
            if (sample.payload().byteAt(0) % 5 == 0) {
              held.add(sample.retain());
            }
          }
        }
        Thread polling =
            Threads.start(
                () ->
                    subscriber.pollUntilClosed(
                        ProcessTest::assertUniform, 16, new SleepingMillisIdleStrategy()));
        child.line("publishing");
        child.kill();
        polling.interrupt();
        Await.ended(polling);
      }
      while (true) {
        Sample sample = subscriber.tryReceive().orElse(null);
        if (sample == null) {
          break;
        }
        assertUniform(sample);
        sample.close();
      }
      for (Sample sample : held) {
        assertUniform(sample);
        sample.close();
      }
      session.put(ChildMain.KEY, Payloads.number(5));
      Await.until(
          "the next sample",
          () -> {
            boolean[] own = new boolean[1];
            subscriber.poll(sample -> own[0] |= sample.payloadByteSize() == Long.BYTES, 100);
            return own[0];
          });
    }
  }

  @Test
  void sharedMemoryOfKilledProcessesIsGoneAfterTheNextStart() throws Exception {
    List<Path> orphans;
    try (ChildJvm publisher = ChildJvm.start("publish", endpoint);
        ChildJvm subscriber = ChildJvm.start("hold", publisher.line("endpoint"), "2")) {
      subscriber.line("holding");
      orphans = publisher.sharedMemory(16 * Payloads.FRAME);
      publisher.kill();
      subscriber.kill();
    }
    assertTrue(orphans.stream().allMatch(Files::exists));
    try (ChildJvm next = ChildJvm.start("exit")) {
      assertEquals(7, next.exitCode());
    }
    assertEquals(List.of(), orphans.stream().filter(Files::exists).toList());
  }

  @Test
  void aConfigurationThatIsNestedTooDeepIsRefused() throws Exception {
    try (ChildJvm child = ChildJvm.start("nested")) {
      for (String what : List.of("text", "closed", "plugin", "objects", "value", "key", "get")) {
        assertEquals("refused", child.line(what));
      }
      child.line("done");
    }
  }

  @Test
  void aProcessThatIsTerminatedLeavesNoSharedMemory() throws Exception {
    try (Subscriber subscriber = session.declareSubscriber(ChildMain.KEY);
        ChildJvm child = ChildJvm.start("pools", endpoint)) {
      for (int i = 0; i < 3; i++) {
        subscriber.receive(Await.LONG).orElseThrow().close();
      }
      child.line("ready");
      List<Path> files = child.sharedMemory(0);
      assumeTrue(!files.isEmpty(), "no shared memory in the file system");
      assertTrue(files.stream().allMatch(Files::exists));
      child.terminate();
      assertEquals(143, child.exitCode());
      // What this process read from is its own to let go of.
      List<Path> mine = ChildJvm.sharedMemoryOf(ProcessHandle.current().pid(), 0);
      assertEquals(
          List.of(),
          files.stream().filter(file -> Files.exists(file) && !mine.contains(file)).toList());
    }
  }

  @Test
  void aQueryEndsWhenItsQueryableIsKilledInMidReply() throws Exception {
    GetOptions options =
        GetOptions.defaults()
            .consolidation(ConsolidationMode.NONE)
            .timeout(Duration.ofDays(1))
            .attachment(Payloads.number(1));
    try (ChildJvm child = ChildJvm.start("answer", endpoint);
        Querier querier = session.declareQuerier(ChildMain.KEY, options)) {
      child.line("ready");
      assertTrue(querier.awaitMatchingQueryables(Await.LONG));
      long next = 0;
      try (Replies replies = querier.get(Parameters.empty())) {
        for (Reply reply : replies) {
          assertEquals(next++, Payloads.numberOf(((Reply.Success) reply).sample()));
          if (next == 20) {
            child.kill();
          }
        }
        assertTrue(next >= 20);
        assertEquals(Replies.State.FINISHED, replies.state());
      }
    }
  }

  private static void assertUniform(Sample sample) {
    SegmentedBytes payload = sample.payload();
    byte first = payload.byteAt(0);
    for (long at = 0; at < payload.byteSize(); at += 4096) {
      assertEquals(first, payload.byteAt(at));
    }
  }

  @Test
  void pausesOfTheCollectorLoseNoFrameThatIsToBeHeld() throws Exception {
    int count = 500;
    List<String> heap = List.of("-XX:+UseSerialGC", "-Xms1500m", "-Xmx1500m");
    try (ShmPool pool = ShmPool.create(32L << 20);
        Publisher publisher = session.declarePublisher(ChildMain.KEY, PublisherOptions.blocking());
        ChildJvm child =
            ChildJvm.start(
                heap, ChildJvm.classPath(), Map.of(), "pause", endpoint, Integer.toString(count))) {
      child.line("ready");
      Await.matched(publisher);
      for (long i = 0; i < count; i++) {
        Loan loan = pool.tryLoan(1 << 20, Await.LONG).orElseThrow();
        ChildMain.writeFrame(loan.segment(), i);
        publisher.put(loan);
        Thread.sleep(10);
      }
      long longest = Long.parseLong(child.line("longest"));
      assertEquals("lost=0 wrong=0 shared=" + count, child.line("frames"));
      assertTrue(longest >= MIN_PAUSE_MILLIS, () -> "the longest pause took millis=" + longest);
      assertEquals(0, child.exitCode());
    }
  }

  @Test
  void systemExitWithEverythingOpenEndsTheProcess() throws Exception {
    for (int i = 0; i < 3; i++) {
      try (ChildJvm child = ChildJvm.start("exit")) {
        assertEquals("1000", child.line("leaving"));
        assertEquals(7, child.exitCode());
      }
    }
  }

  @Test
  void aConfigurationComesFromTheEnvironment(@TempDir Path folder) throws Exception {
    Path file = Files.writeString(folder.resolve("zenoh.json5"), "{ mode: 'client' }");
    try (ChildJvm child =
        ChildJvm.start(
            List.of(),
            ChildJvm.classPath(),
            Map.of("ZENOH_CONFIG", file.toString()),
            "environment")) {
      assertEquals("\"client\"", child.line("mode"));
    }
    try (ChildJvm child =
        ChildJvm.start(
            List.of(),
            ChildJvm.classPath(),
            Map.of("ZENOH_CONFIG", folder.resolve("none.json5").toString()),
            "environment")) {
      assertTrue(child.line("Exception in thread").contains("IllegalArgumentException"));
    }
  }
}
