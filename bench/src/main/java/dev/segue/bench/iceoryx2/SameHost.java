package dev.segue.bench.iceoryx2;

import static dev.segue.bench.report.Units.time;

import dev.segue.bench.harness.Child;
import dev.segue.bench.harness.Contender;
import dev.segue.bench.harness.Endpoints;
import dev.segue.bench.harness.Rounds;
import dev.segue.bench.peers.IceoryxPeer;
import dev.segue.bench.peers.SeguePeer;
import dev.segue.bench.report.Figure;
import dev.segue.bench.report.Interval;
import dev.segue.bench.report.Section;
import dev.segue.bench.report.Table;
import dev.segue.bench.report.Units;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.DoubleFunction;

/**
 * A frame to another process and an answer of 8 bytes, messages a second, and one frame to several
 * readers: this library over iceoryx2, the crate {@code iceoryx2} itself, and the shared memory of
 * Zenoh.
 */
public final class SameHost {
  private static final List<String> STYLES = List.of("spin", "yield", "wait");

  /** Nodes of all runs see each other, so that each removes what one that was killed left. */
  private static final String PREFIX = "segue_bench_";

  private static final AtomicInteger NUMBER = new AtomicInteger();
  private static final Duration TIMEOUT = Duration.ofMinutes(2);
  private static final int LAST_ROUND = 2;
  private static final double CLOSE = 1.25;
  private static final double RATE = 0.8;
  private static final int READERS = 8;
  private static final long KIB = 1024;
  private static final long MIB = 1024 * KIB;

  private final long frameByteSize;
  private final Plan plan;
  private final List<String> rust;
  private final Section section;
  private final Consumer<String> log;

  /**
   * The extent of a run.
   *
   * @param rounds of each pair of processes, each one a fork
   * @param tripCount round trips in one of the three rounds of a process
   * @param rateSeconds that messages are counted for
   * @param largest the largest frame in the table of sizes
   */
  public record Plan(int rounds, int tripCount, int rateSeconds, long largest) {}

  /**
   * A bench of these processes.
   *
   * @param rust the program of the crate; empty without one
   * @param log gets lines of progress
   */
  public SameHost(
      long frameByteSize, Plan plan, List<String> rust, Section section, Consumer<String> log) {
    this.frameByteSize = frameByteSize;
    this.plan = plan;
    this.rust = rust;
    this.section = section;
    this.log = log;
  }

  /** One program in one style. */
  private record Program(String name, String kind, String style, List<String> command) {
    boolean isZenoh() {
      return kind.equals("zenoh");
    }
  }

  private List<Program> programs(String style) {
    List<Program> all = new ArrayList<>();
    all.add(new Program("segue " + style, "segue", style, IceoryxPeer.command(style)));
    if (!rust.isEmpty()) {
      List<String> command = new ArrayList<>(rust);
      command.add(style);
      all.add(new Program("rust " + style, "rust", style, command));
    }
    return all;
  }

  private static Program zenoh(String style) {
    String receiving =
        switch (style) {
          case "spin" -> "poll:busy";
          case "yield" -> "poll:yield";
          default -> "receive";
        };
    Contender contender = SeguePeer.contender(receiving);
    return new Program("segue zenoh " + receiving, "zenoh", style, contender.receiver());
  }

  /** Runs everything. */
  public void run() throws InterruptedException {
    if (rust.isEmpty()) {
      section.missing("the iceoryx2 crate, which could not be built");
    }
    trips();
    sizes();
    rates();
    readers();
  }

  private interface Measure {
    void of(Program program, Rounds results) throws IOException, InterruptedException;
  }

  /** Those that came through. */
  private List<Program> contest(
      String what, List<Program> programs, Rounds results, Measure measure)
      throws InterruptedException {
    List<Program> left = new ArrayList<>(programs);
    for (int round = 0; round < plan.rounds(); round++) {
      for (Program program : Rounds.shuffled(programs, round)) {
        if (!left.contains(program)) {
          continue;
        }
        try {
          measure.of(program, results);
          log.accept(
              String.format(
                  Locale.ROOT,
                  "%s round %d/%d %s",
                  what,
                  round + 1,
                  plan.rounds(),
                  program.name()));
        } catch (IOException | RuntimeException e) {
          String text = program.name() + " FAILED at " + what + ": " + e.getMessage();
          var _ = program.kind().equals("rust") ? section.remark(text) : section.failure(text);
          log.accept(text);
          left.remove(program);
        }
      }
    }
    return left;
  }

  private static List<String> with(Program program, String... arguments) {
    List<String> command = new ArrayList<>(program.command());
    command.addAll(List.of(arguments));
    return command;
  }

  /** One fork of a round trip. */
  private void trip(
      Program program, String quantity, int readers, int count, long byteSize, Rounds results)
      throws IOException, InterruptedException {
    String name = ProcessHandle.current().pid() + "-" + NUMBER.incrementAndGet();
    String endpoint = program.isZenoh() ? Endpoints.free() : "";
    List<Child> echoes = new ArrayList<>();
    try {
      for (int i = 0; i < readers; i++) {
        echoes.add(
            Child.start(
                program.name() + " echo",
                program.isZenoh()
                    ? with(program, "echo", "shm", endpoint)
                    : with(program, "echo", PREFIX, name, Integer.toString(readers))));
      }
      for (Child echo : echoes) {
        echo.awaitReady();
      }
      String times = Integer.toString(count);
      String size = Long.toString(byteSize);
      List<String> ping =
          program.isZenoh()
              ? with(program, "ping", "shm", endpoint, times, size)
              : with(program, "ping", PREFIX, name, Integer.toString(readers), times, size);
      try (Child pinging = Child.start(program.name() + " ping", ping)) {
        pinging.awaitSuccess(TIMEOUT);
        String trip = pinging.lines("round trip").get(LAST_ROUND).text();
        String sent = pinging.lines(program.isZenoh() ? " put " : "send").get(LAST_ROUND).text();
        results.add(program.name(), quantity + "p50", Rounds.field(trip, "p50_us") * 1e3);
        results.add(program.name(), quantity + "p99", Rounds.field(trip, "p99_us") * 1e3);
        results.add(program.name(), quantity + "send", Rounds.field(sent, "p50_us") * 1e3);
        if (program.kind().equals("segue")) {
          results.add(program.name(), quantity + "garbage", Rounds.field(trip, "garbage_bytes"));
        }
      }
    } finally {
      echoes.forEach(Child::close);
    }
  }

  private static String text(
      Rounds results, Program program, String quantity, DoubleFunction<String> format) {
    double[] forks = results.of(program.name(), quantity);
    // An interval is one of what is above zero, and garbage may be none.
    return Arrays.stream(forks).anyMatch(value -> value <= 0)
        ? format.apply(Arrays.stream(forks).max().orElse(0))
        : Interval.of(forks).text(format);
  }

  private void trips() throws InterruptedException {
    String what = Units.bytes((double) frameByteSize) + " to another process and an answer back";
    Table table =
        new Table(what, "p50", "p99", "inside send", "garbage a round trip", "p50 to rust");
    for (String style : STYLES) {
      List<Program> programs = new ArrayList<>(programs(style));
      programs.add(zenoh(style));
      Rounds results = new Rounds();
      List<Program> finished =
          contest(
              "same-host " + style,
              programs,
              results,
              (program, into) -> trip(program, "", 1, plan.tripCount(), frameByteSize, into));
      results.addTo(section, style + " ns ");
      for (Program program : finished) {
        table.row(
            program.name(),
            text(results, program, "p50", Units::time),
            text(results, program, "p99", Units::time),
            text(results, program, "send", Units::time),
            program.kind().equals("segue") ? text(results, program, "garbage", Units::bytes) : "",
            toRust(results, finished, program, "p50"));
      }
      judge(what + ", " + style + ", p50", finished, results);
    }
    section.add(table);
  }

  private static String toRust(
      Rounds results, List<Program> finished, Program program, String quantity) {
    return finished.stream()
        .filter(other -> other.kind().equals("rust") && !other.equals(program))
        .findFirst()
        .map(other -> ratio(results, program, other, quantity).text(Units::ratio))
        .orElse("");
  }

  private static Interval ratio(Rounds results, Program ours, Program theirs, String quantity) {
    return Interval.ofRatio(results.of(ours.name(), quantity), results.of(theirs.name(), quantity));
  }

  private static List<Program> pair(List<Program> finished) {
    List<Program> pair = new ArrayList<>();
    for (String kind : List.of("segue", "rust")) {
      finished.stream().filter(each -> each.kind().equals(kind)).findFirst().ifPresent(pair::add);
    }
    return pair;
  }

  private void judge(String what, List<Program> finished, Rounds results) {
    List<Program> pair = pair(finished);
    if (pair.size() < 2) {
      return;
    }
    Interval toRust = ratio(results, pair.getFirst(), pair.getLast(), "p50");
    section.add(
        Figure.judged(
            what,
            "≤ " + Units.ratio(CLOSE) + " rust",
            text(results, pair.getFirst(), "p50", Units::time),
            toRust.text(Units::ratio) + " rust",
            toRust.atMost(CLOSE)));
  }

  private void sizes() throws InterruptedException {
    List<Program> programs = programs("spin");
    Rounds results = new Rounds();
    List<Long> sizes =
        List.of(8L, KIB, 64 * KIB, MIB, frameByteSize, 128 * MIB, 1024 * MIB).stream()
            .filter(size -> size <= plan.largest())
            .toList();
    List<Program> finished =
        contest(
            "same-host sizes",
            programs,
            results,
            (program, into) -> {
              for (long size : sizes) {
                trip(program, size + " ", 1, plan.tripCount(), size, into);
              }
            });
    results.addTo(section, "size ns ");
    List<String> header = new ArrayList<>(List.of("a frame and an answer back, spinning, p50"));
    sizes.forEach(size -> header.add(Units.bytes((double) size)));
    Table table = new Table(header.toArray(String[]::new));
    for (Program program : finished) {
      List<String> row = new ArrayList<>(List.of(program.name()));
      sizes.forEach(size -> row.add(text(results, program, size + " p50", Units::time)));
      table.row(row.toArray(String[]::new));
    }
    section.add(table);
  }

  private void rates() throws InterruptedException {
    Table table =
        new Table("8 B, one publisher, polled in batches", "a second", "garbage a message");
    List<Program> programs = programs("yield");
    Rounds results = new Rounds();
    List<Program> finished = contest("same-host rate", programs, results, this::rate);
    results.addTo(section, "rate ");
    for (Program program : finished) {
      table.row(
          program.name(),
          text(results, program, "rate", Units::rate),
          text(results, program, "garbage", Units::bytes));
    }
    section.add(table);
    List<Program> pair = pair(finished);
    if (pair.size() == 2) {
      Interval toRust = ratio(results, pair.getFirst(), pair.getLast(), "rate");
      section.add(
          Figure.judged(
              "8 B messages a second, polled in batches",
              "≥ " + Units.ratio(RATE) + " rust",
              text(results, pair.getFirst(), "rate", Units::rate),
              toRust.text(Units::ratio) + " rust",
              toRust.atLeast(RATE)));
    }
  }

  private void rate(Program program, Rounds results) throws IOException, InterruptedException {
    String name = ProcessHandle.current().pid() + "-" + NUMBER.incrementAndGet();
    try (Child reading =
        Child.start(
            program.name() + " sub",
            with(program, "sub", PREFIX, name, Integer.toString(plan.rateSeconds())))) {
      reading.awaitReady();
      try (Child _ =
          Child.start(program.name() + " pub", with(program, "pub", PREFIX, name, "8"))) {
        reading.awaitSuccess(TIMEOUT);
      }
      String line = reading.lines("received=").getFirst().text();
      results.add(
          program.name(), "rate", Rounds.field(line, "received") / Rounds.field(line, "seconds"));
      results.add(program.name(), "garbage", Rounds.field(line, "garbage_bytes"));
    }
  }

  private void readers() throws InterruptedException {
    String what = Units.bytes((double) frameByteSize) + " to readers that each answer, yielding";
    Table table =
        new Table(what, "inside send, 1", "inside send, 8", "answers of 1", "answers of 8");
    List<Program> programs = programs("yield");
    Rounds results = new Rounds();
    List<Program> finished =
        contest(
            "same-host readers",
            programs,
            results,
            (program, into) -> {
              trip(program, "1 ", 1, plan.tripCount(), frameByteSize, into);
              trip(program, READERS + " ", READERS, plan.tripCount(), frameByteSize, into);
            });
    results.addTo(section, "readers ns ");
    for (Program program : finished) {
      table.row(
          program.name(),
          text(results, program, "1 send", Units::time),
          text(results, program, READERS + " send", Units::time),
          text(results, program, "1 p50", Units::time),
          text(results, program, READERS + " p50", Units::time));
    }
    section.add(table);
    finished.stream()
        .filter(each -> each.kind().equals("segue"))
        .findFirst()
        .ifPresent(
            ours -> {
              Interval more =
                  Interval.ofRatio(
                      results.of(ours.name(), READERS + " send"),
                      results.of(ours.name(), "1 send"));
              section.add(
                  Figure.info(
                      "a frame sent to " + READERS + " readers",
                      time(Interval.of(results.of(ours.name(), READERS + " send")).mid()),
                      more.text(Units::ratio) + " of what one takes"));
            });
  }
}
