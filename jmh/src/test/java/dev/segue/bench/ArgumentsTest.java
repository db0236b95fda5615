package dev.segue.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class ArgumentsTest {
  @Test
  void withoutArgumentsAllBenchesRunBesideAllPeers() {
    Arguments arguments = Arguments.of();
    assertEquals(Scale.USUAL, arguments.scale());
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
    assertEquals(Scale.QUICK.rounds(2), arguments.scale());
    assertTrue(arguments.peers().isEmpty());
    assertEquals(List.of("receive", "poll:busy"), arguments.receiving());
  }

  @Test
  void whatIsNotUnderstoodIsAnError() {
    for (String[] wrong :
        new String[][] {{"--fast"}, {"--rounds"}, {"--rounds", "0"}, {"--peers", "cpp"}}) {
      assertThrows(IllegalArgumentException.class, () -> Arguments.of(wrong));
    }
  }

  @Test
  void eachBenchHasANameOfItsOwn() {
    List<String> names = Benches.all().stream().map(Bench::name).toList();
    assertEquals(names.size(), names.stream().distinct().count());
  }
}
