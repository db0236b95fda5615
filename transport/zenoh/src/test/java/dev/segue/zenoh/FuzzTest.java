package dev.segue.zenoh;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Runs the corpora of {@code tools/fuzz}; what it finds is put there. */
class FuzzTest {
  private static List<Path> corpus(Class<?> target) throws IOException {
    try (Stream<Path> files = Files.list(Path.of("src/test/fuzz", target.getSimpleName()))) {
      return files.sorted().toList();
    }
  }

  static List<Path> keys() throws IOException {
    return corpus(KeyExprFuzz.class);
  }

  @ParameterizedTest
  @MethodSource("keys")
  void twoKeyExpressionsAreTakenOrRefused(Path input) throws IOException {
    KeyExprFuzz.fuzzerTestOneInput(Files.readAllBytes(input));
  }

  static List<Path> encodings() throws IOException {
    return corpus(EncodingFuzz.class);
  }

  @ParameterizedTest
  @MethodSource("encodings")
  void anEncodingOfAPeerIsTaken(Path input) throws IOException {
    EncodingFuzz.fuzzerTestOneInput(Files.readAllBytes(input));
  }

  static List<Path> configurations() throws IOException {
    return corpus(ConfigFuzz.class);
  }

  @ParameterizedTest
  @MethodSource("configurations")
  void aConfigurationIsTakenOrRefused(Path input) throws IOException {
    ConfigFuzz.fuzzerTestOneInput(Files.readAllBytes(input));
  }
}
