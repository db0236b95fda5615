package dev.segue.objectstore.s3;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Runs the corpus of {@code tools/fuzz}; what it finds is put there. */
@Timeout(60)
class ListingCorpusTest {
  static List<Path> corpus() throws IOException {
    try (Stream<Path> files = Files.list(Path.of("src/test/fuzz/ListingFuzz"))) {
      return files.sorted().toList();
    }
  }

  @ParameterizedTest
  @MethodSource("corpus")
  void aListingIsReadOrRefused(Path input) throws IOException {
    ListingFuzz.fuzzerTestOneInput(Files.readAllBytes(input));
  }
}
