package dev.segue.bench;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Runs benchmark methods in JVMs of their own and reads what the report needs. */
final class JmhRun {
  private static final String[] FLAGS = {
    "--enable-native-access=ALL-UNNAMED",
    "--sun-misc-unsafe-memory-access=allow",
    "-Xms1g",
    "-Xmx1g"
  };

  private final int iterations;
  private final long iterationMillis;

  /**
   * What one method took.
   *
   * @param parameter the value of its one parameter, or empty
   * @param p50Nanos the median: of the calls where the mode samples, else of the iterations
   * @param p99Nanos likewise the tail
   * @param garbageBytes per operation
   */
  record Took(String parameter, double p50Nanos, double p99Nanos, double garbageBytes) {}

  JmhRun(int iterations, long iterationMillis) {
    this.iterations = iterations;
    this.iterationMillis = iterationMillis;
  }

  /** Runs one method without parameters. */
  Took run(Class<?> bench, String method) throws RunnerException {
    return run(bench, method, "").getFirst();
  }

  /** Runs one method, in the order of its one parameter's values, which {@code values} may set. */
  List<Took> run(Class<?> bench, String method, String parameter, String... values)
      throws RunnerException {
    // Another JMH on this machine, of another checkout, need not keep us from running.
    System.setProperty("jmh.ignoreLock", "true");
    TimeValue time = TimeValue.milliseconds(iterationMillis);
    ChainedOptionsBuilder options =
        new OptionsBuilder()
            .include("^" + bench.getName().replace(".", "\\.") + "\\." + method + "$")
            .forks(1)
            .jvmArgs(FLAGS)
            .warmupIterations(iterations)
            .warmupTime(time)
            .measurementIterations(iterations)
            .measurementTime(time)
            .timeUnit(TimeUnit.NANOSECONDS)
            .addProfiler(GCProfiler.class)
            .shouldFailOnError(true)
            .verbosity(VerboseMode.SILENT);
    if (values.length > 0) {
      options.param(parameter, values);
    }
    Collection<RunResult> results = new Runner(options.build()).run();
    if (results.isEmpty()) {
      throw new RunnerException("no result of " + bench.getSimpleName() + "." + method);
    }
    return results.stream()
        .map(result -> took(result, parameter))
        .sorted(Comparator.comparingLong(took -> number(took.parameter)))
        .toList();
  }

  private static long number(String parameter) {
    return parameter.isEmpty() ? 0 : Long.parseLong(parameter);
  }

  private static Took took(RunResult result, String parameter) {
    var statistics = result.getPrimaryResult().getStatistics();

    return new Took(
        parameter.isEmpty() ? "" : result.getParams().getParam(parameter),
        statistics.getPercentile(50),
        statistics.getPercentile(99),
        garbage(result));
  }

  @SuppressWarnings("rawtypes") // as JMH declares it
  private static double garbage(RunResult result) {
    for (var each : result.getSecondaryResults().entrySet()) {
      if (each.getKey().endsWith("gc.alloc.rate.norm")) {
        return each.getValue().getScore();
      }
    }
    return Double.NaN;
  }
}
