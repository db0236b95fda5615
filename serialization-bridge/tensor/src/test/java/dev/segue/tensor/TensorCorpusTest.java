package dev.segue.tensor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Runs the corpora of {@code tools/fuzz}; what it finds is put there. */
class TensorCorpusTest {
  private static List<Path> corpus(Class<?> target) throws IOException {
    try (Stream<Path> files = Files.list(Path.of("src/test/fuzz", target.getSimpleName()))) {
      return files.sorted().toList();
    }
  }

  static List<Path> npy() throws IOException {
    return corpus(NpyFuzz.class);
  }

  @ParameterizedTest
  @MethodSource("npy")
  void anArrayIsReadOrRefused(Path input) throws IOException {
    NpyFuzz.fuzzerTestOneInput(Files.readAllBytes(input));
  }

  static List<Path> npz() throws IOException {
    return corpus(NpzFuzz.class);
  }

  @ParameterizedTest
  @MethodSource("npz")
  void anArchiveIsReadOrRefused(Path input) throws IOException {
    NpzFuzz.fuzzerTestOneInput(Files.readAllBytes(input));
  }

  static List<Path> safetensors() throws IOException {
    return corpus(SafetensorsFuzz.class);
  }

  @ParameterizedTest
  @MethodSource("safetensors")
  void namedTensorsAreReadOrRefused(Path input) throws IOException {
    SafetensorsFuzz.fuzzerTestOneInput(Files.readAllBytes(input));
  }

  static List<Path> pickles() throws IOException {
    return corpus(PickleFuzz.class);
  }

  @ParameterizedTest
  @MethodSource("pickles")
  void aPickleIsReadOrRefused(Path input) throws IOException {
    PickleFuzz.fuzzerTestOneInput(Files.readAllBytes(input));
  }
}
