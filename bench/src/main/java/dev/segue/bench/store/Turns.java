package dev.segue.bench.store;

import dev.segue.bench.harness.Rounds;
import dev.segue.bench.report.Section;
import dev.segue.bench.report.Units;
import dev.segue.bench.store.StoreContender.Kind;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;

/**
 * Contenders that take turns, in an order that changes from round to round: what each took of each
 * work. One that fails is left out from then on, and the report says so; if it is ours, the bench
 * has failed.
 */
final class Turns {
  private static final int NATIVE_WARM_UPS = 1;

  private final Map<String, Map<StoreContender, List<Took>>> results = new LinkedHashMap<>();
  private final List<StoreContender> failed = new ArrayList<>();
  private final Section section;
  private final Consumer<String> log;

  private record Running(StoreContender contender, WorkProcess process) {}

  /**
   * The plan of the turns.
   *
   * @param rehearsal a work of many requests that Java contenders are warmed up with
   * @param warmUps how often Java contenders do each work before it counts
   * @param works that count
   * @param rounds how often each is done
   */
  record Plan(String rehearsal, int warmUps, List<String> works, int rounds) {}

  private Turns(Section section, Consumer<String> log) {
    this.section = section;
    this.log = log;
  }

  /** Runs works. */
  static Turns run(
      List<StoreContender> contenders,
      String endpoint,
      int inFlight,
      Plan plan,
      Section section,
      Consumer<String> log)
      throws InterruptedException {
    section.remark("rounds=" + plan.rounds + " of each contender.");
    Turns turns = new Turns(section, log);
    List<Running> running = new ArrayList<>();
    try {
      for (StoreContender contender : contenders) {
        turns.attempt(
            contender,
            () -> {
              WorkProcess process = WorkProcess.start(contender, endpoint, inFlight);
              running.add(new Running(contender, process));
              process.version().ifPresent(v -> section.remark(contender.name() + " " + v));
              warmUp(contender, process, plan);
              log.accept("  " + contender.name() + " is warm");
            });
        running.stream()
            .filter(each -> turns.failed.contains(each.contender))
            .forEach(each -> each.process.close());
      }
      for (int round = 0; round < plan.rounds; round++) {
        for (String work : plan.works) {
          turns.round(round, work, Rounds.shuffled(running, round));
        }
      }
    } finally {
      running.forEach(each -> each.process.close());
    }
    return turns;
  }

  private interface Attempt {
    void run() throws IOException, InterruptedException;
  }

  private void attempt(StoreContender contender, Attempt attempt) throws InterruptedException {
    try {
      attempt.run();
    } catch (IOException | RuntimeException e) {
      String first = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
      String text = contender.name() + " FAILED: " + first;
      boolean isOurs = contender.kind() == Kind.OURS || contender.kind() == Kind.VARIANT;
      var _ = isOurs ? section.failure(text) : section.remark(text);
      log.accept("FAILED " + contender.name() + ": " + e.getMessage());
      failed.add(contender);
      results.values().forEach(each -> each.remove(contender));
    }
  }

  private void round(int round, String work, List<Running> order) throws InterruptedException {
    StringBuilder line = new StringBuilder(work).append(" round ").append(round + 1).append(':');
    for (Running each : order) {
      if (!failed.contains(each.contender)) {
        attempt(each.contender, () -> once(each, work, line));
      }
      if (failed.contains(each.contender)) {
        // It may be at work still, which the others would pay for.
        each.process.close();
      }
    }
    log.accept(line.toString());
  }

  private void once(Running each, String work, StringBuilder line)
      throws IOException, InterruptedException {
    Optional<Took> answer = each.process.run(work);
    if (answer.isEmpty()) {
      return;
    }
    Took took = answer.get();
    results
        .computeIfAbsent(work, key -> new LinkedHashMap<>())
        .computeIfAbsent(each.contender, key -> new ArrayList<>())
        .add(took);
    line.append(' ')
        .append(each.contender.name())
        .append(' ')
        .append(Units.digits(took.cpuSeconds()))
        .append('/')
        .append(Units.digits(took.wallSeconds()));
  }

  private static void warmUp(StoreContender contender, WorkProcess process, Plan plan)
      throws IOException, InterruptedException {
    if (contender.isJava() && !plan.works.contains(plan.rehearsal)) {
      process.run(plan.rehearsal);
    }
    int count = contender.isJava() ? plan.warmUps : Math.min(plan.warmUps, NATIVE_WARM_UPS);
    for (int i = 0; i < count; i++) {
      for (String work : plan.works) {
        process.run(work);
      }
    }
  }

  /** Returns the contenders that did a work, in the order of the first round. */
  List<StoreContender> contenders(String work) {
    return results.getOrDefault(work, Map.of()).keySet().stream()
        .sorted(java.util.Comparator.comparing(StoreContender::kind))
        .toList();
  }

  double[] of(String work, StoreContender contender, ToDoubleFunction<Took> quantity) {
    return results.getOrDefault(work, Map.of()).getOrDefault(contender, List.of()).stream()
        .mapToDouble(quantity)
        .toArray();
  }
}
