package dev.segue.bench.zenoh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bench.harness.Child;
import dev.segue.bench.harness.Contender;
import dev.segue.bench.harness.Endpoints;
import dev.segue.bench.harness.Rounds;
import dev.segue.bench.harness.SlowLink;
import dev.segue.bench.peers.SeguePeer;
import dev.segue.bench.peers.SoakPeer;
import dev.segue.bench.report.Figure;
import dev.segue.bench.report.Section;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ZenohBenchesTest {
  private final List<String> log = new ArrayList<>();

  private Contest contest(Section section, String receiving) {
    return new Contest(List.of(SeguePeer.contender(receiving)), 1, 1, section, log::add);
  }

  private interface Bench {
    void run(Contest contest) throws InterruptedException;
  }

  /** What a bench reports, of which nothing has failed. */
  private Section sectionOf(String title, Bench bench) throws InterruptedException {
    Section section = new Section(title, "");
    bench.run(contest(section, "handler"));
    assertEquals(List.of(), section.failures());
    return section;
  }

  @ParameterizedTest
  @CsvSource({"shm,handler", "tcp,receive"})
  @Timeout(60)
  void aFrameGoesToAnotherProcessAndAnAckComesBack(String lane, String receiving) throws Exception {
    Section section = new Section("trip", "");
    new RoundTrips(RoundTrips.Kind.FRAME, lane, 1 << 20, 20, 1.1).run(contest(section, receiving));
    assertEquals(1, log.size(), log.toString());
    assertTrue(section.tables().getFirst().toMarkdown().contains("segue " + receiving));
    // The way of receiving that is not the default one is a row without a verdict.
    assertEquals(receiving.equals("handler") ? 1 : 0, section.figures().size());
  }

  @ParameterizedTest
  @CsvSource({"shm,1048576", "tcp,8"})
  @Timeout(60)
  void aQueryIsAnsweredByAnotherProcess(String lane, long byteSize) throws Exception {
    RoundTrips bench = new RoundTrips(RoundTrips.Kind.QUERY, lane, byteSize, 20, 1.1);
    Section section = sectionOf("query", bench::run);
    String table = section.tables().getFirst().toMarkdown();
    assertTrue(table.contains("inside get"), table);
    assertEquals(1, section.figures().size());
    assertTrue(section.figures().getFirst().what().startsWith("query to another process"), table);
  }

  @Test
  @Timeout(60)
  void queriesOfSeveralAskersAreCounted() throws Exception {
    Section section = sectionOf("queries", new QueryRates(3, 1, 0.9)::run);
    assertTrue(section.figures().getFirst().reached().endsWith("/s"), log.toString());
  }

  @Test
  @Timeout(60)
  void eachKindOfEntityIsDeclaredAndTokensComeAndGo() throws Exception {
    Section section = sectionOf("declare", new Declarations(5, 30, 1.5)::run);
    String declared = section.tables().getFirst().toMarkdown();
    assertTrue(declared.contains("queryable | querier | token"), declared);
    assertTrue(section.tables().getLast().toMarkdown().contains("the last one came"), declared);
    assertTrue(section.figures().getFirst().what().startsWith("30 liveliness tokens"), declared);
  }

  @Test
  void aContenderWithFewerRoundsIsComparedOverThoseThatBothRan() {
    Rounds results = new Rounds();
    Contender ours = SeguePeer.contender("handler");
    Contender other = Contender.ofAll("other", "java", Contender.Style.CALLED, List.of("true"));
    List.of(3.0, 9.0).forEach(value -> results.add(ours.name(), "p50", value));
    results.add(other.name(), "p50", 6.0);
    assertEquals(0.5, Contest.paired(results, ours, other, "p50").mid());
  }

  @Test
  @Timeout(60)
  void messagesAreCountedEachSecondOnceTheRateHasSettled() throws Exception {
    Section section = new Section("throughput", "");
    new Throughput(List.of(new Throughput.Load(1024, 0.9)), 2).run(contest(section, "handler"));
    assertTrue(section.figures().getFirst().reached().contains("/s"), log.toString());
  }

  @ParameterizedTest
  @CsvSource({"shm,handler", "tcp,poll:yield"})
  @Timeout(60)
  void pacedFramesArriveWholeAndAreTimedFromWhenTheyWereDue(String lane, String receiving)
      throws Exception {
    PacedRun run =
        PacedRun.of(SeguePeer.contender(receiving), new PacedRun.Load(lane, 100_000, 50, 1));
    assertEquals(50, run.sent());
    assertEquals(50, run.latencies().received());
    assertTrue(run.latencies().nanos().getMinNonZeroValue() > 1000);
    assertTrue(run.subCpuNanos() > 0 && run.pubCpuNanos() > 0, run.toString());
  }

  @Test
  @Timeout(60)
  void anOverloadIsAccountedForMessageByMessage() throws Exception {
    Section section = new Section("overload", "");
    new Hardship(2, section, log::add).overload();
    assertEquals(List.of(), section.remarks());
    assertEquals(Figure.Verdict.PASS, section.figures().getFirst().verdict());
    assertFalse(section.figures().getFirst().reached().endsWith("+ 0"), "nothing was dropped");
  }

  @Test
  void aRecoveryIsNotTheLastLateSampleOfAnOrdinaryTail() {
    long[] nanos = new long[3_000];
    for (int i = 0; i < nanos.length; i++) {
      // Late through and through at first, then one in a hundred, as without any overload.
      nanos[i] = i < 1_000 || i % 100 == 99 ? 5_000_000 : 300_000;
    }
    assertEquals(2_000, Hardship.recoveredSamples(nanos));
    assertEquals(0, Hardship.recoveredSamples(new long[0]));
  }

  @Test
  @Timeout(60)
  void aSlowLinkDelaysEachMessage() throws Exception {
    int port = Endpoints.freePort();
    try (SlowLink link = SlowLink.to(port, new SlowLink.Quality(20, 10_000_000))) {
      PacedRun run =
          PacedRun.of(
              SeguePeer.contender("handler"),
              SeguePeer.contender("handler"),
              new PacedRun.Load("tcp", 1024, 20, 1),
              "tcp/127.0.0.1:" + port,
              "tcp/127.0.0.1:" + link.port());
      assertEquals(20, run.latencies().received());
      assertTrue(run.latencies().nanos().getMinNonZeroValue() > 19_000_000);
    }
  }

  @Test
  @Timeout(60)
  void aContenderThatFailsIsARowThatSaysSo() throws Exception {
    Section section = new Section("trip", "");
    Contender broken = Contender.ofAll("broken", "rust", Contender.Style.CALLED, List.of("false"));
    new RoundTrips(RoundTrips.Kind.FRAME, "tcp", 1024, 5, 1.1)
        .run(new Contest(List.of(broken, SeguePeer.contender("handler")), 1, 1, section, log::add));
    assertTrue(
        section.remarks().stream().anyMatch(each -> each.startsWith("broken FAILED")),
        section.remarks().toString());
    assertEquals(Figure.Verdict.INFO, section.figures().getFirst().verdict());
  }

  @Test
  @Timeout(60)
  void whatOursCannotDoIsAFailureOfTheBench() throws Exception {
    Section section = new Section("trip", "");
    Contender broken =
        Contender.ofAll("segue handler", "segue", Contender.Style.CALLED, List.of("false"));
    new RoundTrips(RoundTrips.Kind.FRAME, "tcp", 1024, 5, 1.1)
        .run(new Contest(List.of(broken), 1, 1, section, log::add));
    assertEquals(List.of(), section.figures());
    assertEquals(1, section.failures().size(), section.failures().toString());
  }

  @Test
  @Timeout(60)
  void processorTimeCountsOnlyAfterTheWarmUpAsLatencyDoes() throws Exception {
    // Each of these works for half a second at first, and then waits.
    String work = "t=$(($(date +%s%N) + 500000000)); while [ $(date +%s%N) -lt $t ]; do :; done; ";
    String sub =
        "echo ready; sleep 0.3; "
            + work
            + "sleep 2; echo paced received=4 latencies_ns=9,9,9,9; sleep 9";
    String pub = "echo paced begin; " + work + "sleep 2.5; echo paced sent=4; sleep 9";
    Contender waiting =
        new Contender(
            "script",
            "rust",
            Contender.Style.CALLED,
            List.of("sh", "-c", pub, "sh"),
            List.of("sh", "-c", sub, "sh"),
            java.util.Set.of(),
            java.util.Set.of());
    PacedRun run = PacedRun.of(waiting, new PacedRun.Load("tcp", 8, 1, 4, 2));
    assertEquals(2, run.latencies().inOrder().length);
    assertTrue(run.pubCpuNanos() < 20_000_000, run.toString());
    assertTrue(run.subCpuNanos() < 20_000_000, run.toString());
  }

  @Test
  void aPercentileThatIsOnlyTheLargestSampleIsNotShown() {
    var few = Latencies.empty();
    for (int i = 0; i < 999; i++) {
      few.recordValue(1000);
    }
    assertEquals("max 1 µs", Latencies.tail(few));
    few.recordValue(1000);
    assertEquals("p99.9 1 µs, max 1 µs", Latencies.tail(few));
  }

  @Test
  void aVerdictThatTheSettledHalfDoesNotConfirmIsUndecided() {
    var ramp = new ReceivedRates.Counted(List.of(100.0, 100.0, 180.0, 220.0), 600, 4.5, 1);
    assertEquals(200, ramp.lateRate());
    // By the clock, not by how often a line came.
    assertEquals(600 / 4.5, ramp.rate(), 1e-9);
    Figure.Verdict pass = Figure.Verdict.PASS;
    assertEquals(pass, Throughput.confirmed(pass, pass));
    assertEquals(Figure.Verdict.UNDECIDED, Throughput.confirmed(pass, Figure.Verdict.MISS));
    assertEquals(Figure.Verdict.UNDECIDED, Throughput.confirmed(pass, Figure.Verdict.UNDECIDED));
  }

  @Test
  @Timeout(60)
  void aSoakSamplesBothProcesses() throws Exception {
    Section section = new Section("soak", "");
    new Soak("shm", 3, 1 << 20, 16).run(section, log::add);
    assertEquals(1, section.figures().size());
    assertTrue(section.tables().getFirst().toMarkdown().contains("publisher, resident"));
  }

  @Test
  @Timeout(60)
  void aSoakWhoseSubscriberEndsHasFailedAndIsNoShortOne() throws Exception {
    Section section = new Section("soak", "");
    ExecutorService threads = Executors.newSingleThreadExecutor();
    try {
      Future<?> soak =
          threads.submit(
              () -> {
                new Soak("tcp", 30, 1024, 1).run(section, log::add);
                return null;
              });
      awaitRole("pub", soak);
      assertTrue(awaitRole("sub", soak).destroyForcibly());
      ExecutionException failure = assertThrows(ExecutionException.class, soak::get);
      String message = String.valueOf(failure.getMessage());
      assertTrue(message.contains("soak sub ended"), message);
      assertEquals(List.of(), section.figures());
    } finally {
      threads.shutdownNow();
    }
  }

  private static ProcessHandle awaitRole(String role, Future<?> soak) throws Exception {
    while (!soak.isDone()) {
      for (ProcessHandle each : ProcessHandle.current().children().toList()) {
        List<String> arguments = List.of(commandOf(each).split("\0", -1));
        if (arguments.contains(SoakPeer.class.getName()) && arguments.contains(role)) {
          return each;
        }
      }
      Thread.sleep(10);
    }
    throw new IllegalStateException("not started: " + role + ": " + soak.get());
  }

  /** Whole, however long the class path is; empty of one that is gone. */
  private static String commandOf(ProcessHandle process) {
    try {
      return Files.readString(Path.of("/proc", Long.toString(process.pid()), "cmdline"));
    } catch (IOException e) {
      return "";
    }
  }

  @Test
  void aLeakOf84BytesAFrameIsSeenAndNoneIsNot() {
    Random random = new Random(16);
    int count = 3000;
    double[] messages = new double[count];
    double[] flat = new double[count];
    double[] leaking = new double[count];
    double noise = 0;
    for (int i = 0; i < count; i++) {
      messages[i] = 100.0 * i;
      // Pages come and go by the hundred, and stay for a while.
      noise = 0.9 * noise + random.nextGaussian() * 400_000;
      flat[i] = 90e6 + noise;
      leaking[i] = flat[i] + 84 * messages[i];
    }
    assertEquals(Figure.Verdict.PASS, Soak.slope(messages, flat).atMost(16));
    assertEquals(Figure.Verdict.MISS, Soak.slope(messages, leaking).atMost(16));
  }

  @Test
  void aRampIsNoPlateau() {
    assertFalse(Plateau.isSettled(new double[] {100, 120, 150}));
    assertFalse(Plateau.isSettled(new double[] {100, 100}));
    assertTrue(Plateau.isSettled(new double[] {20, 100, 105, 102}));
    assertFalse(Plateau.isFlat(new double[] {100, 100, 110, 110}));
    assertTrue(Plateau.isFlat(new double[] {100, 102, 101, 103}));
  }

  @Test
  void aChildThatFailsIsAnErrorWithWhatItSaid() throws Exception {
    List<String> command =
        SeguePeer.contender("handler").command("dance", "tcp", "tcp/127.0.0.1:1");
    try (Child child = Child.start("a dancer", command)) {
      IOException error = assertThrows(IOException.class, child::awaitReady);
      String message = String.valueOf(error.getMessage());
      assertTrue(message.startsWith("a dancer ended"), message);
      assertTrue(message.contains("unknown role: dance"), message);
      assertThrows(IOException.class, () -> child.awaitSuccess(Duration.ofSeconds(10)));
    }
  }

  @Test
  void fieldsOfPeersLinesAreFoundByName() {
    String line = "rust put    mean_us=9.1 p50_us=7.3 p90_us=8.8 p99_us=20.1 min_us=6.0";
    assertEquals(7.3, Rounds.field(line, "p50_us"));
    assertThrows(IllegalArgumentException.class, () -> Rounds.field(line, "p100_us"));
  }

  @Test
  void anUnknownWayOfReceivingIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> SeguePeer.contender("telepathy"));
  }
}
