package dev.segue.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

final class MainTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... arguments) {
    CommandLine command = Main.commandLine(arguments);
    command.setOut(new PrintWriter(out, true));
    command.setErr(new PrintWriter(err, true));
    return command.execute(arguments);
  }

  @Test
  void tellsItsVersion() {
    assertEquals(0, run("--version"));
    assertTrue(
        out.toString().matches("segue \\d+\\.\\d+\\.\\d+.* on Java 2\\d.*\\R"), out::toString);
  }

  @Test
  void helpNamesTheDemoAndNotItsChildren() {
    assertEquals(0, run("--help"));
    assertTrue(out.toString().contains("demo"), out::toString);
    assertTrue(!out.toString().contains("demo-publisher"), out::toString);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "demo --width 8|segue demo: --width 8: from 16 to 16384 (see segue demo --help)",
        "demo --width x|'--width': 'x' is not an int",
        "demo --height 20000|--height 20000: from 16 to 16384",
        "demo --width 16384 --height 16384|a frame has at most 512 MiB",
        "demo --seconds 0|--seconds 0: from 0.1 to 3600",
        "demo --seconds NaN|--seconds NaN: from 0.1 to 3600",
        "demo --fps -1|--fps -1: from 0.1 to 1000, or 0",
        "demo --png no/such/folder/x.png|--png no/such/folder/x.png: no such folder",
        "demo --frames|Unknown option: '--frames'",
        "demos|'demos'",
        "serve --port 99999|segue serve: --port 99999: from 0 to 65535",
        "serve --h2c --tls|segue serve: --h2c is clear text",
        "serve --cert a.pem|segue serve: --cert and --key: one needs the other",
        "serve --cert a.pem --key b.pem|segue serve: --cert a.pem: it can't be read",
        "serve --allow-write a//b|segue serve: --allow-write key expression",
        "serve --root files|segue serve: --root files: NAME=URI",
        "serve --root ../x=file:///tmp|segue serve: --root ../x=file:///tmp: root name=../x",
        "serve --h2c --no-scouting --root a=gopher://x|segue serve: root name=a: store",
        "serve --token-file no/such/file|--token-file no/such/file: it can't be read",
        "serve --no-token --token x|segue serve: --no-token: there is a token as well",
        "serve --listen no.such.name.invalid|--listen no.such.name.invalid: no address",
        "serve --h2c --connect nonsense|segue serve: --connect nonsense: an endpoint is PROTOCOL/ADDRESS",
        "serve --h2c --zenoh-config no/such/file|segue serve: configuration file no/such/file",
      })
  void wrongArgumentsAreOneLineAndStatus2(String line, String message) {
    int status = run(line.split(" ", -1));
    assertEquals(2, status);
    assertEquals(1, err.toString().lines().count(), err::toString);
    assertTrue(err.toString().contains(message), err::toString);
    assertEquals("", out.toString());
  }

  @Test
  void aMissingCommandIsOneLineAndStatus2() {
    assertEquals(2, run());
    assertEquals("segue: a command is missing (see segue --help)\n", err.toString());
  }

  @Test
  void anArgumentIsNeverWhatAFileSays(@TempDir Path folder) throws IOException {
    Path secret = Files.writeString(folder.resolve("secret"), "--secret");
    assertEquals(2, run("pub", "a/*", "@" + secret));
    assertTrue(err.toString().contains("KEY a/*: a key without wildcards"), err::toString);
  }

  @Test
  void aSourceThatIsMissingIsOneLineAndStatus1() {
    assertEquals(1, run("demo", "--from", "no/such/video.mp4"));
    assertEquals(
        "segue demo: --from no/such/video.mp4: no such file, folder or device\n", err.toString());
  }

  @Test
  void aFolderWithoutImagesIsOneLineAndStatus1(@TempDir Path folder) {
    assertEquals(1, run("demo", "--from", folder.toString()));
    assertTrue(err.toString().contains("no images in it (.png, "), err::toString);
  }
}
