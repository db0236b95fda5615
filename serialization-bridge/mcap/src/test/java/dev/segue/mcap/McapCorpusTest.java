package dev.segue.mcap;

import dev.segue.testkit.Corpus;
import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Runs the corpus of {@code tools/fuzz}; what it finds is put there. */
class McapCorpusTest {
  @TestFactory
  Stream<DynamicTest> aRecordingIsReadOrRefused() throws IOException {
    return Corpus.of(McapFuzz.class, McapFuzz::fuzzerTestOneInput);
  }
}
