package dev.segue.capnproto;

import dev.segue.testkit.Corpus;
import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Runs the corpus of {@code tools/fuzz}; what it finds is put there. */
class MessageFuzzTest {
  @TestFactory
  Stream<DynamicTest> aMessageIsReadOrRefused() throws IOException {
    return Corpus.of(MessageFuzz.class, MessageFuzz::fuzzerTestOneInput);
  }

  @TestFactory
  Stream<DynamicTest> aMessageIsReadByForeignSchemasOrRefused() throws IOException {
    return Corpus.of(DynamicFuzz.class, DynamicFuzz::fuzzerTestOneInput);
  }
}
