package dev.segue.zenoh;

import dev.segue.testkit.Corpus;
import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Runs the corpora of {@code tools/fuzz}; what it finds is put there. */
class FuzzTest {
  @TestFactory
  Stream<DynamicTest> twoKeyExpressionsAreTakenOrRefused() throws IOException {
    return Corpus.of(KeyExprFuzz.class, KeyExprFuzz::fuzzerTestOneInput);
  }

  @TestFactory
  Stream<DynamicTest> anEncodingOfAPeerIsTaken() throws IOException {
    return Corpus.of(EncodingFuzz.class, EncodingFuzz::fuzzerTestOneInput);
  }

  @TestFactory
  Stream<DynamicTest> aConfigurationIsTakenOrRefused() throws IOException {
    return Corpus.of(ConfigFuzz.class, ConfigFuzz::fuzzerTestOneInput);
  }
}
