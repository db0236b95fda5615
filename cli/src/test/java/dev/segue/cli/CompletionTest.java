package dev.segue.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.segue.testkit.Peers;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The completion script, as bash runs it. */
@Timeout(60)
class CompletionTest {
  @TempDir Path directory;

  private Path script(String shell) throws Exception {
    CommandRun run = CommandRun.of("completion", shell);
    assertEquals(0, run.status(), run::toString);
    return Files.writeString(directory.resolve("segue-completion"), run.out());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "segue ec|echo",
        "segue quer|query queryable",
        "segue echo --zenoh-|--zenoh-config --zenoh-listen",
        "segue query --targ|--target",
        "segue echo --fie|--field",
        "segue pub --sche|--schema",
        "segue capnp comp|compile"
      })
  void bashCompletesCommandsAndOptions(String line, String expected) throws Exception {
    assumeTrue(isInstalled("bash"), "bash is not installed");
    Path script = script("bash");
    String words = String.join(" ", line.split(" ", -1));
    String out =
        Peers.run(
            List.of(
                "bash",
                "-c",
                "source \"$1\"; COMP_WORDS=($2); COMP_CWORD=$((${#COMP_WORDS[@]} - 1));"
                    + " COMP_LINE=$2; COMP_POINT=${#COMP_LINE};"
                    + " compopt() { :; }; _complete_segue;"
                    + " printf '%s\\n' \"${COMPREPLY[@]}\" | sort",
                "bash",
                script.toString(),
                words));
    assertEquals(expected, String.join(" ", out.lines().map(String::strip).toList()));
  }

  @Test
  void zshTakesTheScript() throws Exception {
    assumeTrue(isInstalled("zsh"), "zsh is not installed");
    String out =
        Peers.run(
            List.of(
                "zsh",
                "-f",
                "-c",
                "source \"$1\" && [[ -n ${_comps[segue]} ]] && echo done",
                "zsh",
                script("zsh").toString()));
    assertEquals("done\n", out);
  }

  @Test
  void theScriptOfBothShellsIsOne() throws Exception {
    assertEquals(Files.readString(script("bash")), Files.readString(script("zsh")));
  }

  private static boolean isInstalled(String program) {
    String path = System.getenv().getOrDefault("PATH", "");
    return List.of(path.split(File.pathSeparator, -1)).stream()
        .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
  }
}
