package dev.segue.gateway;

import dev.segue.testkit.Corpus;
import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Runs the corpora of {@code tools/fuzz}; what it finds is put there. */
class CorpusTest {
  @TestFactory
  Stream<DynamicTest> aRangeIsWhatTheRfcSays() throws IOException {
    return Corpus.of(RangeFuzz.class, RangeFuzz::fuzzerTestOneInput);
  }

  @TestFactory
  Stream<DynamicTest> theTypeThatIsWantedMostIsSent() throws IOException {
    return Corpus.of(AcceptFuzz.class, AcceptFuzz::fuzzerTestOneInput);
  }

  @TestFactory
  Stream<DynamicTest> aContentTypeMeansTheSameOnItsWayBack() throws IOException {
    return Corpus.of(ContentTypeFuzz.class, ContentTypeFuzz::fuzzerTestOneInput);
  }

  @TestFactory
  Stream<DynamicTest> aFrameOfACameraIsAPictureOrNone() throws IOException {
    return Corpus.of(CameraImageFuzz.class, CameraImageFuzz::fuzzerTestOneInput);
  }
}
