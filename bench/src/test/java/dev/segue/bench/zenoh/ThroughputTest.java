package dev.segue.bench.zenoh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bench.harness.Contender;
import dev.segue.bench.report.Figure;
import dev.segue.bench.report.Section;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Contenders are scripts here, whose seconds are short. */
@Timeout(60)
class ThroughputTest {
  private static final String STEADY =
      "echo ready; while :; do echo received_per_s=1000; sleep 0.1; done";
  private static final String STOPS =
      "echo ready; for i in 1 2 3 4 5 6; do echo received_per_s=1000; sleep 0.1; done; "
          + "while :; do echo received_per_s=0; sleep 0.1; done";

  private final Section section = new Section("throughput", "");

  private static Contender script(String name, String system, String publisher, String subscriber) {
    return new Contender(
        name,
        system,
        Contender.Style.CALLED,
        List.of("sh", "-c", publisher, "sh"),
        List.of("sh", "-c", subscriber, "sh"),
        Set.of("thrsub", "thrpub"),
        Set.of("tcp"));
  }

  private Figure figure(Contender ours, Contender core) throws Exception {
    Contest contest = new Contest(List.of(ours, core), 3, 0, section, line -> {});
    new Throughput(List.of(new Throughput.Load(8, 0.8)), 4).run(contest);
    return section.figures().getFirst();
  }

  private static Contender ours() {
    return script("segue handler", Contender.SEGUE, "sleep 50", STEADY);
  }

  @Test
  void twoThatAreAlikeHaveAVerdict() throws Exception {
    Figure figure = figure(ours(), script("rust callback", Contender.RUST, "sleep 50", STEADY));
    assertNotEquals(Figure.Verdict.INFO, figure.verdict(), section.remarks().toString());
  }

  @ParameterizedTest
  @ValueSource(strings = {"sleep 0.6", "sleep 50"})
  void aCoreThatEndsOrStopsInTheMiddleHasFailedAndIsNotBeaten(String publisher) throws Exception {
    String subscriber = publisher.equals("sleep 50") ? STOPS : STEADY;
    Figure figure = figure(ours(), script("rust callback", Contender.RUST, publisher, subscriber));
    assertEquals(Figure.Verdict.INFO, figure.verdict(), figure.toString());
    assertTrue(
        section.remarks().stream().anyMatch(each -> each.startsWith("rust callback FAILED")),
        section.remarks().toString());
  }
}
