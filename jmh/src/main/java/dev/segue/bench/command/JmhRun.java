package dev.segue.bench.command;

import dev.segue.bench.report.Interval;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * Runs benchmark methods in several JVMs each, one after the other, keeps JMH's own results as JSON
 * and reads what the report needs.
 */
final class JmhRun {
  private static final String[] FLAGS = {
    "--enable-native-access=ALL-UNNAMED",
    "--sun-misc-unsafe-memory-access=allow",
    "-Xms1g",
    "-Xmx1g"
  };
  private static final long TIMEOUT_MINUTES = 3;

  private final int forks;
  private final int iterations;
  private final long iterationMillis;
  private final Path directory;

  /**
   * The result of one method.
   *
   * @param parameter the value of its one parameter, or empty
   * @param medians in nanoseconds, one for each fork: of the calls where the mode samples, else of
   *     the iterations
   * @param p99Nanos likewise the tail, of all forks together
   * @param garbage in bytes per operation, one for each fork
   */
  record Took(String parameter, List<Double> medians, double p99Nanos, List<Double> garbage) {
    /** The median with its interval over forks. */
    Interval p50() {
      return Interval.of(samples());
    }

    double p50Nanos() {
      return p50().mid();
    }

    /** The bytes of garbage per operation with their interval over forks. */
    Interval garbageInterval() {
      return Interval.ofMean(garbageSamples());
    }

    double garbageBytes() {
      return garbageInterval().mid();
    }

    /** The bytes of garbage as they were measured. */
    double[] garbageSamples() {
      return garbage.stream().mapToDouble(Double::doubleValue).toArray();
    }

    /** The medians as they were measured. */
    double[] samples() {
      return medians.stream().mapToDouble(Double::doubleValue).toArray();
    }
  }

  JmhRun(int forks, int iterations, long iterationMillis, Path directory) {
    this.forks = forks;
    this.iterations = iterations;
    this.iterationMillis = iterationMillis;
    this.directory = directory;
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
    try {
      Files.createDirectories(directory);
    } catch (IOException e) {
      throw new UncheckedIOException("a directory for JMH's results", e);
    }
    TimeValue time = TimeValue.milliseconds(iterationMillis);
    ChainedOptionsBuilder options =
        new OptionsBuilder()
            .include("^" + bench.getName().replace(".", "\\.") + "\\." + method + "$")
            .forks(forks)
            .jvmArgs(FLAGS)
            .warmupIterations(iterations)
            .warmupTime(time)
            .measurementIterations(iterations)
            .measurementTime(time)
            .timeout(TimeValue.minutes(TIMEOUT_MINUTES))
            .timeUnit(TimeUnit.NANOSECONDS)
            .addProfiler(GCProfiler.class)
            .resultFormat(ResultFormatType.JSON)
            .result(directory.resolve(bench.getSimpleName() + "." + method + ".json").toString())
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

  /** Of a text that is no number, 0: such values stay in their order. */
  private static long number(String parameter) {
    boolean isNumber = !parameter.isEmpty() && parameter.chars().allMatch(Character::isDigit);
    return isNumber ? Long.parseLong(parameter) : 0;
  }

  private static Took took(RunResult result, String parameter) {
    double[] medians =
        result.getBenchmarkResults().stream()
            .map(BenchmarkResult::getPrimaryResult)
            .mapToDouble(fork -> fork.getStatistics().getPercentile(50))
            .toArray();
    return new Took(
        parameter.isEmpty() ? "" : result.getParams().getParam(parameter),
        Arrays.stream(medians).boxed().toList(),
        result.getPrimaryResult().getStatistics().getPercentile(99),
        result.getBenchmarkResults().stream().map(JmhRun::garbage).toList());
  }

  @SuppressWarnings("rawtypes") // as JMH declares it
  private static double garbage(BenchmarkResult fork) {
    for (var each : fork.getSecondaryResults().entrySet()) {
      if (each.getKey().endsWith("gc.alloc.rate.norm")) {
        return each.getValue().getScore();
      }
    }
    throw new IllegalStateException("no gc.alloc.rate.norm in a fork of " + fork.getParams());
  }
}
