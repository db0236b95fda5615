package dev.segue.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A process without an input: the first file that its JVM opens has the input's number. */
@Timeout(100)
class ClosedInputTest {
  @TempDir Path folder;

  private String failure(String redirection, String... arguments) throws Exception {
    List<String> line = new ArrayList<>(List.of("sh", "-c", "exec \"$0\" \"$@\" " + redirection));
    ProcessBuilder builder = SegueProcess.builder(folder, arguments);
    line.addAll(builder.command());
    Process process = builder.command(line).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
    String err = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    return process.waitFor() + " " + err;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "put-streaming OBJECT",
        "run -",
        "put /dev/stdin OBJECT",
        "put /proc/self/fd/0 OBJECT",
        "cp /dev/fd/0 OBJECT",
        "cp LINK OBJECT",
        "cat /dev/stdin",
        "run /dev/stdin"
      })
  void isAFault(String line) throws Exception {
    Path object = folder.resolve("object");
    Path link = Files.createSymbolicLink(folder.resolve("link"), Path.of("/dev/stdin"));
    String arguments = line.replace("OBJECT", object.toString()).replace("LINK", link.toString());
    String failure = failure("<&-", arguments.split(" "));
    Files.delete(link);
    assertTrue(failure.startsWith("1 ") && failure.contains("it is closed"), failure);
    assertFalse(Files.exists(object));
  }

  /** The same file may be the input. */
  @Test
  void theClassesOfTheJvmAreStoredWhereTheyAreGiven() throws Exception {
    Path classes = Path.of(System.getProperty("java.home"), "lib", "modules");
    Path object = folder.resolve("object");
    assertEquals("0 ", failure("<" + classes, "put-streaming", object.toString()));
    assertEquals(Files.size(classes), Files.size(object));
  }
}
