package dev.segue.capnproto;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Runs the corpus of {@code tools/fuzz}; what it finds is put there. */
class MessageFuzzTest {
  static List<Path> corpus() throws IOException {
    return corpusOf("MessageFuzz");
  }

  static List<Path> dynamicCorpus() throws IOException {
    return corpusOf("DynamicFuzz");
  }

  private static List<Path> corpusOf(String target) throws IOException {
    try (Stream<Path> files = Files.list(Path.of("src/test/fuzz", target))) {
      return files.sorted().toList();
    }
  }

  @ParameterizedTest
  @MethodSource("corpus")
  void aMessageIsReadOrRefused(Path input) throws IOException {
    MessageFuzz.fuzzerTestOneInput(Files.readAllBytes(input));
  }

  @ParameterizedTest
  @MethodSource("dynamicCorpus")
  void aMessageIsReadByForeignSchemasOrRefused(Path input) throws IOException {
    DynamicFuzz.fuzzerTestOneInput(Files.readAllBytes(input));
  }
}
