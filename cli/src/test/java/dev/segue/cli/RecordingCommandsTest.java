package dev.segue.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands that move bytes between topics and objects, joined with each other. */
class RecordingCommandsTest {
  @TempDir Path directory;

  private static CompletableFuture<CommandRun> start(String... arguments) {
    return CompletableFuture.supplyAsync(() -> CommandRun.of(arguments));
  }

  @Test
  void anObjectIsPublishedRecordedReplayedAndRecordedAgain() throws Exception {
    byte[] content = new byte[3_000_000];
    new SplittableRandom(1).nextBytes(content);
    Path object = Files.write(directory.resolve("object"), content);
    String first = directory.resolve("first.mcap").toString();
    String second = directory.resolve("second.mcap").toString();
    String endpoint = Ports.freeEndpoint();

    CompletableFuture<CommandRun> recording =
        start(
            "record",
            "robot/**",
            first,
            "--no-scouting",
            "--zenoh-listen",
            endpoint,
            "--messages",
            "7",
            "--json");
    CommandRun published =
        CommandRun.of(
            "publish-object",
            object.toString(),
            "robot/map",
            "--no-scouting",
            "--connect",
            endpoint,
            "--wait",
            "30",
            "--shm",
            "--chunk",
            "400kB",
            "--range",
            "200000-",
            "--json");
    assertEquals(0, published.status(), published::toString);
    assertTrue(published.out().contains("\"messages\":7,\"bytes\":2800000"), published::toString);
    CommandRun recorded = recording.get(60, TimeUnit.SECONDS);
    assertEquals(0, recorded.status(), recorded::toString);
    assertTrue(recorded.out().contains("\"messages\":7,\"files\":1"), recorded::toString);

    endpoint = Ports.freeEndpoint();
    recording =
        start(
            "record",
            "again/robot/map",
            second,
            "--no-scouting",
            "--zenoh-listen",
            endpoint,
            "--messages",
            "7",
            "--policy",
            "drop");
    CommandRun replayed =
        CommandRun.of(
            "replay",
            first,
            "again",
            "--no-scouting",
            "--connect",
            endpoint,
            "--wait",
            "30",
            "--rate",
            "0");
    assertEquals(0, replayed.status(), replayed::toString);
    recorded = recording.get(60, TimeUnit.SECONDS);
    assertTrue(recorded.out().contains(": 7 messages, 2.7 MiB, 0 dropped"), recorded::toString);
    assertEquals(Files.size(Path.of(first)) / 1000, Files.size(Path.of(second)) / 1000);
  }

  @Test
  void aRecordingOfNothingWithoutAConnectionFails() throws Exception {
    String file = directory.resolve("nothing.mcap").toString();
    CommandRun ended =
        CommandRun.of(
            "record", "k", file, "--no-scouting", "--connect", Ports.freeEndpoint(), "--seconds", "0.3");
    assertEquals(1, ended.status(), ended::toString);
    assertTrue(ended.err().contains("no connection to tcp/127.0.0.1"), ended::toString);
  }

  @Test
  void mistakesAreOneLine() throws Exception {
    CommandRun none =
        CommandRun.of("replay", directory.resolve("none").toString(), "--no-scouting");
    assertEquals(1, none.status(), none::toString);
    assertTrue(none.err().startsWith("segue replay: "), none::toString);
    assertEquals(1, none.err().lines().count(), none::toString);
    CommandRun key =
        CommandRun.of("record", "robot//x", directory.resolve("x").toString(), "--no-scouting");
    assertEquals(2, key.status(), key::toString);
    CommandRun chunk =
        CommandRun.of(
            "publish-object",
            directory.resolve("x").toString(),
            "k",
            "--chunk",
            "much",
            "--no-scouting");
    assertEquals(2, chunk.status(), chunk::toString);
    CommandRun missing =
        CommandRun.of("publish-object", directory.resolve("x").toString(), "k", "--no-scouting");
    assertEquals(1, missing.status(), missing::toString);
    assertFalse(missing.err().contains("nobody"), missing::toString);
    CommandRun nobody =
        CommandRun.of(
            "publish-object",
            Files.writeString(directory.resolve("here"), "x").toString(),
            "k",
            "--wait",
            "0",
            "--no-scouting");
    assertEquals(1, nobody.status(), nobody::toString);
    assertTrue(nobody.err().contains("nobody subscribes to k"), nobody::toString);
    CommandRun endpoint =
        CommandRun.of(
            "record", "k", directory.resolve("y").toString(), "--connect", "127.0.0.1:7447");
    assertEquals(2, endpoint.status(), endpoint::toString);
    assertTrue(
        endpoint.err().contains("--connect 127.0.0.1:7447: an endpoint is"), endpoint::toString);
    String raw = Files.writeString(directory.resolve("scan.raw"), "no recording").toString();
    CommandRun other = CommandRun.of("replay", raw, "--no-scouting");
    assertEquals(1, other.status(), other::toString);
    assertTrue(other.err().contains(raw), other::toString);
    CommandRun wild = CommandRun.of("replay", raw, "a/**", "--no-scouting");
    assertEquals(2, wild.status(), wild::toString);
  }
}
