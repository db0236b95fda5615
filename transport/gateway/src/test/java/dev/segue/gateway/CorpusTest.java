package dev.segue.gateway;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Runs the corpora of {@code tools/fuzz}; what it finds is put there. */
class CorpusTest {
  private static List<Path> corpus(Class<?> target) throws IOException {
    try (Stream<Path> files = Files.list(Path.of("src/test/fuzz", target.getSimpleName()))) {
      return files.sorted().toList();
    }
  }

  static List<Path> ranges() throws IOException {
    return corpus(RangeFuzz.class);
  }

  @ParameterizedTest
  @MethodSource("ranges")
  void aRangeIsWhatTheRfcSays(Path input) throws IOException {
    RangeFuzz.fuzzerTestOneInput(Files.readAllBytes(input));
  }

  static List<Path> accepts() throws IOException {
    return corpus(AcceptFuzz.class);
  }

  @ParameterizedTest
  @MethodSource("accepts")
  void theTypeThatIsWantedMostIsSent(Path input) throws IOException {
    AcceptFuzz.fuzzerTestOneInput(Files.readAllBytes(input));
  }

  static List<Path> contentTypes() throws IOException {
    return corpus(ContentTypeFuzz.class);
  }

  @ParameterizedTest
  @MethodSource("contentTypes")
  void aContentTypeMeansTheSameOnItsWayBack(Path input) throws IOException {
    ContentTypeFuzz.fuzzerTestOneInput(Files.readAllBytes(input));
  }

  static List<Path> frames() throws IOException {
    return corpus(CameraImageFuzz.class);
  }

  @ParameterizedTest
  @MethodSource("frames")
  void aFrameOfACameraIsAPictureOrNone(Path input) throws IOException {
    CameraImageFuzz.fuzzerTestOneInput(Files.readAllBytes(input));
  }
}
