package dev.segue.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What somebody sees who tries the command without having read anything. */
@Timeout(120)
class NewUserTest {
  @TempDir Path folder;

  private record Ended(int status, String out, String err) {}

  /** In a process with nothing of AWS in its environment. */
  private Ended run(Map<String, String> environment, String... arguments) throws Exception {
    ProcessBuilder builder = SegueProcess.builder(folder, arguments);
    builder.environment().keySet().removeIf(name -> name.startsWith("AWS_"));
    builder.environment().put("HOME", folder.toString());
    builder.environment().put("AWS_EC2_METADATA_DISABLED", "true");
    builder.environment().put("AWS_CONFIG_FILE", folder.resolve("config").toString());
    builder.environment().put("AWS_SHARED_CREDENTIALS_FILE", folder.resolve("cred").toString());
    builder.environment().putAll(environment);
    Path out = folder.resolve("stdout");
    Path err = folder.resolve("stderr");
    Process process = builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start();
    assertTrue(process.waitFor(60, TimeUnit.SECONDS));
    return new Ended(process.exitValue(), Files.readString(out), Files.readString(err));
  }

  private static final Map<String, String> KEY =
      Map.of("AWS_ACCESS_KEY_ID", "x", "AWS_SECRET_ACCESS_KEY", "y");

  @Test
  void aMissingRegionIsOneLineThatNamesTheWaysToSayIt() throws Exception {
    Ended ended = run(KEY, "ls", "s3://frames", "--json");
    assertEquals(1, ended.status, ended::toString);
    assertEquals(1, ended.err.lines().count(), ended::toString);
    assertTrue(ended.err.contains("no region: set AWS_REGION"), ended::toString);
    assertTrue(ended.out.startsWith("{\"command\":\"ls\",\"error\":"), ended::toString);
    assertFalse(ended.err.contains("@"), ended::toString);
  }

  @Test
  void missingCredentialsAreOneLine() throws Exception {
    Ended ended = run(Map.of(), "ls", "s3://frames?region=eu-central-1");
    assertEquals(1, ended.status, ended::toString);
    assertEquals(1, ended.err.lines().count(), ended::toString);
    assertTrue(ended.err.contains("no credentials: set AWS_ACCESS_KEY_ID"), ended::toString);
  }

  @ParameterizedTest
  @ValueSource(strings = {"uri", "option"})
  void aProfileThatIsNotThereIsOneLineThatNamesIt(String way) throws Exception {
    Ended ended =
        way.equals("uri")
            ? run(KEY, "ls", "s3://frames?profile=nope&region=eu-central-1")
            : run(KEY, "ls", "s3://frames", "--profile", "nope", "--region", "eu-central-1");
    assertEquals(1, ended.status, ended::toString);
    assertEquals(1, ended.err.lines().count(), ended::toString);
    assertTrue(ended.err.contains("nope"), ended::toString);
    assertFalse(ended.err.contains("ProviderChain"), ended::toString);
    assertFalse(ended.err.matches("(?s).*@[0-9a-f]{5,}.*"), ended::toString);
  }

  @Test
  void aMisspeltSettingIsRefused() throws Exception {
    Ended ended = run(Map.of("SEGUE_GET_INFLIGT", "4"), "ls", folder.toString());
    assertEquals(2, ended.status, ended::toString);
    assertTrue(ended.err.contains("SEGUE_GET_INFLIGHT"), ended::toString);
  }

  @Test
  void anUnreachableEndpointOfZenohIsSaidAndNothingIsLeft() throws Exception {
    Path file = folder.resolve("x.mcap");
    Ended ended =
        run(
            Map.of(),
            "record",
            "k",
            file.toString(),
            "--no-scouting",
            "--connect",
            "tcp/127.0.0.1:1",
            "--seconds",
            "1",
            "--json");
    assertEquals(1, ended.status, ended::toString);
    assertTrue(ended.err.contains("no connection to tcp/127.0.0.1:1"), ended::toString);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "foo|'foo'",
        "recrod a b|did you mean",
        "lss x|did you mean",
        "record k x --connect tcp:127.0.0.1|--connect tcp:127.0.0.1: an endpoint is PROTOCOL/ADDRESS",
        "replay x --zenoh-listen nonsense|--zenoh-listen nonsense: an endpoint is",
        "serve --h2c --connect nonsense|--connect nonsense: an endpoint is PROTOCOL/ADDRESS",
        "record k x --listen tcp/127.0.0.1:0|--listen",
        "ls s3://b?endpoint=127.0.0.1:9|a URL such as https://host:9000",
        "ls s3://b*/x|wildcards are for keys",
        "recording cut a b --from x|--from x",
        "recording frobnicate|'frobnicate'",
        "publish-object x a/**|without wildcards",
      })
  void wrongArgumentsAreOneLineAndStatus2(String line, String message) {
    CommandRun run = CommandRun.of(line.split(" ", -1));
    assertEquals(2, run.status(), run::toString);
    assertEquals(1, run.err().lines().count(), run::toString);
    assertTrue(run.err().contains(message), run::toString);
  }

  @Test
  void aWrongFileIsNamed() throws Exception {
    String raw = Files.writeString(folder.resolve("scan.raw"), "no recording").toString();
    for (List<String> line :
        List.of(
            List.of("replay", raw, "--no-scouting"),
            List.of("recording", "info", raw),
            List.of("recording", "cut", raw, folder + "/x"),
            List.of("recording", "filter", raw, folder + "/x"),
            List.of("put", folder + "/no.txt", folder + "/y"),
            List.of("put", raw, raw + "/x"))) {
      CommandRun run = CommandRun.of(line.toArray(String[]::new));
      assertEquals(1, run.status(), run::toString);
      assertEquals(1, run.err().lines().count(), run::toString);
      assertTrue(run.err().contains(line.contains("put") ? folder.toString() : raw), run::toString);
    }
    CommandRun below = CommandRun.of("put", raw, raw + "/x");
    assertTrue(below.err().contains("is a file and no directory"), below::toString);
    Ended json = run(Map.of(), "recording", "info", raw, "--json");
    assertTrue(json.out.startsWith("{\"command\":\"info\",\"error\":"), json::toString);
  }

  @ParameterizedTest
  @ValueSource(strings = {"ls", "stat", "rm", "du", "presign"})
  void commandsThatMoveNoBytesHaveNoOptionsForIt(String command) {
    String help = CommandRun.of(command, "--help").out();
    assertFalse(help.contains("--part-size"), help);
    assertFalse(help.contains("--inflight"), help);
    assertTrue(help.contains("--endpoint=URL"), help);
    assertTrue(help.contains("default: 10"), help);
  }

  @ParameterizedTest
  @CsvSource({"get,4MiB", "cat,4MiB", "put,8MiB", "cp,8MiB", "replay,4MiB", "record,8MiB"})
  void theHelpHasTheDefaultsOfTheCommand(String command, String partSize) {
    String help = CommandRun.of(command, "--help").out().replaceAll("\\s+", " ");
    assertTrue(help.contains("default: " + partSize), help);
    assertTrue(help.contains("SEGUE_HTTP_MAX_CONNS; default: 512"), help);
  }

  @Test
  void whatIsWrittenToTheOutputIsReportedBesideIt() throws Exception {
    Path file = Files.writeString(folder.resolve("f"), "hello");
    Ended ended = run(Map.of(), "cat", "--json", file.toString());
    assertEquals(0, ended.status, ended::toString);
    assertEquals("hello", ended.out);
    assertTrue(ended.err.contains("\"bytes\":5,"), ended::toString);
    ended = run(Map.of(), "get", "--json", file.toString(), "-");
    assertEquals("hello", ended.out);
    assertTrue(ended.err.contains("\"command\":\"get\""), ended::toString);
    assertEquals("", run(Map.of(), "cat", file.toString()).err);
  }
}
