package dev.segue.objectstore.internal;

import dev.segue.testkit.Corpus;
import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Runs the corpus of {@code tools/fuzz}; what it finds is put there. */
class JournalCorpusTest {
  @TestFactory
  Stream<DynamicTest> aJournalIsGoneOnWithOrRefused() throws IOException {
    return Corpus.of(JournalFuzz.class, JournalFuzz::fuzzerTestOneInput);
  }
}
