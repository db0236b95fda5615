package dev.segue.tensor;

import dev.segue.testkit.Corpus;
import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Runs the corpora of {@code tools/fuzz}; what it finds is put there. */
class TensorCorpusTest {
  @TestFactory
  Stream<DynamicTest> anArrayIsReadOrRefused() throws IOException {
    return Corpus.of(NpyFuzz.class, NpyFuzz::fuzzerTestOneInput);
  }

  @TestFactory
  Stream<DynamicTest> anArchiveIsReadOrRefused() throws IOException {
    return Corpus.of(NpzFuzz.class, NpzFuzz::fuzzerTestOneInput);
  }

  @TestFactory
  Stream<DynamicTest> namedTensorsAreReadOrRefused() throws IOException {
    return Corpus.of(SafetensorsFuzz.class, SafetensorsFuzz::fuzzerTestOneInput);
  }

  @TestFactory
  Stream<DynamicTest> aPickleIsReadOrRefused() throws IOException {
    return Corpus.of(PickleFuzz.class, PickleFuzz::fuzzerTestOneInput);
  }
}
