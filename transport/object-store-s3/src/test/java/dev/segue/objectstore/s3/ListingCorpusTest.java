package dev.segue.objectstore.s3;

import dev.segue.testkit.Corpus;
import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;

/** Runs the corpus of {@code tools/fuzz}; what it finds is put there. */
@Timeout(60)
class ListingCorpusTest {
  @TestFactory
  Stream<DynamicTest> aListingIsReadOrRefused() throws IOException {
    return Corpus.of(ListingFuzz.class, ListingFuzz::fuzzerTestOneInput);
  }
}
