package dev.segue.zenoh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What a JVM with {@code -Dsegue.leaks=true} says of samples that were not closed. */
class LeaksTest {
  private static List<String> outputOf(String... options) throws Exception {
    List<String> all = new ArrayList<>(List.of("-XX:+UseSerialGC"));
    all.addAll(List.of(options));
    try (ChildJvm child = ChildJvm.start(all, ChildJvm.classPath(), Map.of(), "leaks")) {
      child.line("done");
      assertEquals(0, child.exitCode());
      return child.seen();
    }
  }

  @Test
  void samplesThatWereNotClosedAreReportedWithTheStackThatTookThem() throws Exception {
    List<String> output = outputOf("-Dsegue.leaks=true");
    String received =
        "segue: leak: received sample of test/process: unreachable and never given back";
    String retained =
        "segue: leak: retained sample of test/process: unreachable and never given back";
    assertEquals(1, output.stream().filter(received::equals).count(), output::toString);
    assertEquals(2, output.stream().filter(retained::equals).count(), output::toString);
    for (String method : List.of("loseAReceivedSample", "loseARetainedSample", "loseAPiece")) {
      assertTrue(output.stream().anyMatch(line -> line.contains(method)), output::toString);
    }
    assertTrue(
        output.stream().noneMatch(line -> line.contains("closeEverything")), output::toString);
  }

  @Test
  void nothingIsSaidUnlessItIsAskedFor() throws Exception {
    assertEquals(List.of("done"), outputOf());
  }
}
