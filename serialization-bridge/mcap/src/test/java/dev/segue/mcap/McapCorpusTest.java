package dev.segue.mcap;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Runs the corpus of {@code tools/fuzz}; what it finds is put there. */
class McapCorpusTest {
  static List<Path> corpus() throws IOException {
    try (Stream<Path> files = Files.list(Path.of("src/test/fuzz/McapFuzz"))) {
      return files.sorted().toList();
    }
  }

  @ParameterizedTest
  @MethodSource("corpus")
  void aRecordingIsReadOrRefused(Path input) throws IOException {
    McapFuzz.fuzzerTestOneInput(Files.readAllBytes(input));
  }
}
