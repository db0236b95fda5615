package dev.segue.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.Collection;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.BenchmarkList;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Runs each JMH class for a moment, in this JVM: that it works, not how fast it is. */
class SmokeTest {
  @ParameterizedTest
  @ValueSource(
      classes = {
        LendBench.class,
        LendSizeBench.class,
        LendSegmentCountBench.class,
        FromSegmentsBench.class,
        PutGarbageBench.class,
        LivePutGarbageBench.class,
        PollGarbageBench.class,
        PublishStepBench.class,
        ReadBench.class,
        DynamicReadBench.class,
        GeneratedCodeBench.class,
        SchemaCompileBench.class,
        TryPutBench.class,
        TypedPublishBench.class
      })
  void eachMethodRuns(Class<?> bench) throws Exception {
    System.setProperty("jmh.ignoreLock", "true");
    Collection<RunResult> results =
        new Runner(
                new OptionsBuilder()
                    .include("^" + bench.getName().replace(".", "\\.") + "\\.")
                    .param("byteSize", "1048576")
                    .param("segmentCount", "16")
                    .forks(0)
                    .warmupIterations(0)
                    .measurementIterations(1)
                    .measurementTime(TimeValue.milliseconds(10))
                    .shouldFailOnError(true)
                    .verbosity(VerboseMode.SILENT)
                    .build())
            .run();
    assertFalse(results.isEmpty(), "methods of " + bench.getSimpleName());
  }

  @Test
  void noClassIsLeftOut() throws Exception {
    long count =
        BenchmarkList.defaultList()
            .getAll(
                OutputFormatFactory.createFormatInstance(System.out, VerboseMode.SILENT),
                java.util.List.of())
            .stream()
            .map(entry -> entry.getUserClassQName())
            .distinct()
            .count();
    ValueSource classes =
        SmokeTest.class
            .getDeclaredMethod("eachMethodRuns", Class.class)
            .getAnnotation(ValueSource.class);
    assertEquals(classes.classes().length, count);
  }
}
