package dev.segue.testkit;

import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;

/** The inputs in {@code src/test/fuzz/TARGET}: what {@code tools/fuzz} finds is put there. */
public final class Corpus {
  /** Takes one input, and throws if a promise is broken. */
  public interface Target {
    /** Takes an input. */
    void take(byte[] input) throws Exception;
  }

  private Corpus() {}

  /**
   * Returns a test for each input of the class that is fuzzed.
   *
   * @throws AssertionError if there is none
   */
  public static Stream<DynamicTest> of(Class<?> type, Target target) throws IOException {
    Path directory = Path.of("src", "test", "fuzz", type.getSimpleName());
    try (Stream<Path> files = Files.list(directory)) {
      List<Path> inputs = files.sorted().toList();
      assertFalse(inputs.isEmpty(), () -> "no inputs in " + directory);
      return inputs.stream().map(input -> test(input, target));
    }
  }

  private static DynamicTest test(Path input, Target target) {
    return DynamicTest.dynamicTest(
        input.getFileName().toString(), () -> target.take(Files.readAllBytes(input)));
  }
}
