package dev.segue.bench.zenoh;

import dev.segue.bench.harness.Child;
import dev.segue.bench.harness.Contender;
import dev.segue.bench.harness.Endpoints;
import dev.segue.bench.harness.ProcessSample;
import dev.segue.bench.harness.Rounds;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * One publisher and one subscriber at a fixed rate.
 *
 * @param latencies that the subscriber saw
 * @param sent frames
 * @param pubCpuNanos for each frame after those that warm up
 * @param subCpuNanos likewise
 * @param residentGrowth of the subscriber from its start to its end, in bytes
 */
record PacedRun(
    Latencies latencies, long sent, double pubCpuNanos, double subCpuNanos, double residentGrowth) {
  private static final double MOST_WARM_UP_SECONDS = 3;
  private static final Duration TIMEOUT = Duration.ofSeconds(40);

  /**
   * The load that is sent.
   *
   * @param lane {@code tcp} or {@code shm}
   * @param byteSize of a frame
   * @param hertz how many a second
   * @param seconds how long
   * @param warmUpSeconds of them count for nobody, as a JVM compiles
   */
  record Load(String lane, long byteSize, double hertz, double seconds, double warmUpSeconds) {
    Load(String lane, long byteSize, double hertz, double seconds) {
      this(lane, byteSize, hertz, seconds, Math.min(MOST_WARM_UP_SECONDS, seconds / 5));
    }
  }

  static PacedRun of(Contender contender, Load load) throws IOException, InterruptedException {
    String endpoint = Endpoints.free();
    return of(contender, contender, load, endpoint, endpoint);
  }

  /** With endpoints of their own, as where something lies between them. */
  static PacedRun of(
      Contender publisher, Contender subscriber, Load load, String listening, String connecting)
      throws IOException, InterruptedException {
    List<String> receive = subscriber.command("pacesub", load.lane, listening);
    List<String> send =
        publisher.command(
            "pacepub",
            load.lane,
            connecting,
            Long.toString(load.byteSize),
            Double.toString(load.hertz),
            Double.toString(load.seconds));
    Duration timeout = TIMEOUT.plusMillis((long) (2000 * load.seconds));
    try (Child sub = Child.start(subscriber.name() + " pacesub", receive)) {
      sub.awaitReady();
      Optional<ProcessSample> before = ProcessSample.of(sub.pid());
      try (Child pub = Child.start(publisher.name() + " pacepub", send)) {
        pub.awaitLines("paced begin"::equals, 1, timeout);
        // What warms up counts for nobody: neither its latency nor its processor time.
        Thread.sleep((long) (1000 * load.warmUpSeconds));
        double pubBefore = pub.cpuSeconds();
        double subBefore = sub.cpuSeconds();
        sub.awaitLines(line -> line.startsWith("paced received"), 1, timeout);
        double subCpu = sub.cpuSeconds() - subBefore;
        Optional<ProcessSample> after = ProcessSample.of(sub.pid());
        pub.awaitLines(line -> line.startsWith("paced sent"), 1, timeout);
        Child.Line sentLine = pub.lines("paced sent").getFirst();
        long sent = (long) Rounds.field(sentLine.text(), "sent");
        int warmUps = (int) (load.hertz * load.warmUpSeconds);
        long counted = Math.max(1, sent - warmUps);
        double growth =
            before.isPresent() && after.isPresent()
                ? (double) (after.get().residentByteSize() - before.get().residentByteSize())
                : Double.NaN;
        return new PacedRun(
            Latencies.of(sub.lines("paced received").getFirst().text(), warmUps),
            sent,
            (sentLine.cpuSeconds() - pubBefore) * 1e9 / counted,
            subCpu * 1e9 / counted,
            growth);
      }
    }
  }
}
