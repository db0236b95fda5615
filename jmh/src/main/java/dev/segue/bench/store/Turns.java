package dev.segue.bench.store;

import dev.segue.bench.report.Units;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;

/** Contenders that take turns: what each took of each work, round by round. */
final class Turns {
  private static final int NATIVE_WARM_UPS = 2;

  private final Map<String, Map<StoreContender, List<Took>>> results = new LinkedHashMap<>();

  private record Running(StoreContender contender, WorkProcess process) {}

  /**
   * Runs works.
   *
   * @param rehearsal a work of many requests that Java contenders are warmed up with
   * @param warmUps how often Java contenders do each work before it counts
   */
  static Turns run(
      List<StoreContender> contenders,
      String endpoint,
      int inFlight,
      String rehearsal,
      int warmUps,
      List<String> works,
      int rounds,
      Consumer<String> log)
      throws IOException, InterruptedException {
    Turns turns = new Turns();
    List<Running> running = new ArrayList<>();
    try {
      for (StoreContender contender : contenders) {
        WorkProcess process = WorkProcess.start(contender, endpoint, inFlight);
        running.add(new Running(contender, process));
        warmUp(contender, process, rehearsal, warmUps, works);
      }
      for (int round = 1; round <= rounds; round++) {
        for (String work : works) {
          StringBuilder line = new StringBuilder(work).append(" round ").append(round).append(':');
          for (Running each : running) {
            Optional<Took> took = each.process.run(work);
            took.ifPresent(t -> turns.add(work, each.contender, t));
            took.ifPresent(
                t ->
                    line.append(' ')
                        .append(each.contender.name())
                        .append(' ')
                        .append(Units.digits(t.cpuSeconds()))
                        .append('/')
                        .append(Units.digits(t.wallSeconds())));
          }
          log.accept(line.toString());
        }
      }
    } finally {
      running.forEach(each -> each.process.close());
    }
    return turns;
  }

  private static void warmUp(
      StoreContender contender,
      WorkProcess process,
      String rehearsal,
      int warmUps,
      List<String> works)
      throws IOException, InterruptedException {
    if (contender.isJava() && !works.contains(rehearsal)) {
      Optional<Took> _ = process.run(rehearsal);
    }
    int count = contender.isJava() ? warmUps : Math.min(warmUps, NATIVE_WARM_UPS);
    for (int i = 0; i < count; i++) {
      for (String work : works) {
        Optional<Took> _ = process.run(work);
      }
    }
  }

  private void add(String work, StoreContender contender, Took took) {
    results
        .computeIfAbsent(work, key -> new LinkedHashMap<>())
        .computeIfAbsent(contender, key -> new ArrayList<>())
        .add(took);
  }

  /** Who did a work. */
  List<StoreContender> contenders(String work) {
    return List.copyOf(results.getOrDefault(work, Map.of()).keySet());
  }

  double[] of(String work, StoreContender contender, ToDoubleFunction<Took> quantity) {
    return results.getOrDefault(work, Map.of()).getOrDefault(contender, List.of()).stream()
        .mapToDouble(quantity)
        .toArray();
  }
}
