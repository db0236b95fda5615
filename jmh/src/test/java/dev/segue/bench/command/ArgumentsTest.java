package dev.segue.bench.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class ArgumentsTest {
  @Test
  void withoutArgumentsAllBenchesRunBesideAllPeers() {
    Arguments arguments = Arguments.of();
    assertEquals(Scale.FULL, arguments.scale());
    assertTrue(arguments.names().isEmpty());
    assertEquals(List.of("rust", "python", "java"), arguments.peers());
  }

  @Test
  void optionsAndNamesComeInAnyOrder() {
    Arguments arguments =
        Arguments.of(
            "lend",
            "--rounds",
            "2",
            "--peers",
            "none",
            "--quick",
            "soak",
            "--receive",
            "receive,poll:busy");
    assertEquals(List.of("lend", "soak"), arguments.names());
    assertEquals(Scale.QUICK.withRounds(2), arguments.scale());
    assertTrue(arguments.peers().isEmpty());
    assertEquals(List.of("handler", "receive", "poll:busy"), arguments.receiving());
  }

  @Test
  void whatIsNotUnderstoodIsAnError() {
    for (String[] wrong :
        new String[][] {{"--fast"}, {"--rounds"}, {"--rounds", "0"}, {"--peers", "cpp"}}) {
      assertThrows(IllegalArgumentException.class, () -> Arguments.of(wrong));
    }
  }

  @Test
  void onlyAWholeRunOnAQuietMachineIsPublished() {
    assertTrue(Arguments.of("--publish").flags().isPublished());
    for (String[] part :
        new String[][] {
          {"--publish", "lend"},
          {"--publish", "--smoke"},
          {"--publish", "--quick"},
          {"--publish", "--rounds", "1"},
          {"--publish", "--force"},
          {"--publish", "--peers", "rust"}
        }) {
      assertThrows(IllegalArgumentException.class, () -> Arguments.of(part), part[1]);
    }
  }

  @Test
  void aSoakLastsAsLongAsIsAskedFor() {
    assertEquals(3600, Arguments.of("--quick", "--soak", "3600").scale().soakSeconds());
  }

  @Test
  void theDocumentationSaysHowLongARunTakesAsTheScaleDoes() throws Exception {
    String docs = Files.readString(Path.of("../docs/bench.md"));
    for (Scale scale : List.of(Scale.QUICK, Scale.FULL)) {
      assertTrue(docs.contains(scale.about()), scale.about());
      assertTrue(Arguments.USAGE.contains(scale.about()), Arguments.USAGE);
    }
    for (Bench bench : Benches.all()) {
      assertTrue(docs.contains("`" + bench.name() + "`"), bench.name());
    }
  }

  @Test
  void eachBenchHasANameOfItsOwn() {
    List<String> names = Benches.all().stream().map(Bench::name).toList();
    assertEquals(names.size(), names.stream().distinct().count());
  }
}
