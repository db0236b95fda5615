package dev.segue.cli;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.mcap.McapWriter;
import dev.segue.mcap.McapWriterOptions;
import dev.segue.zenoh.Config;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Publisher;
import dev.segue.zenoh.PublisherOptions;
import dev.segue.zenoh.Session;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
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

  /** It would be a file with a number beside it: /dev/null-0001. */
  @Test
  void nothingIsRecordedToADeviceOrAPipe() throws Exception {
    Path pipe = directory.resolve("pipe");
    assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
    for (String to : List.of("/dev/null", pipe.toString())) {
      CommandRun run = CommandRun.of("record", "--no-scouting", "--seconds", "1", "n/**", to);
      assertEquals(2, run.status(), run::toString);
      assertTrue(run.err().contains(to + ": a recording is a file or an object"), run::toString);
      assertTrue(Files.notExists(Path.of(to + "-0001")));
    }
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
            "record",
            "k",
            file,
            "--no-scouting",
            "--connect",
            Ports.freeEndpoint(),
            "--seconds",
            "0.3");
    assertEquals(1, ended.status(), ended::toString);
    assertTrue(ended.err().contains("no connection to tcp/127.0.0.1"), ended::toString);
  }

  /** Records samples of these sizes, which its spool need not have room for. */
  private CommandRun recorded(String name, String spoolLimit, int... byteSizes) throws Exception {
    String endpoint = Ports.freeEndpoint();
    String file = directory.resolve(name).toString();
    CompletableFuture<CommandRun> recording =
        start(
            "record",
            "robot/**",
            file,
            "--no-scouting",
            "--zenoh-listen",
            endpoint,
            "--spool-limit",
            spoolLimit,
            "--seconds",
            "5");
    try (Session session = Session.open(Config.isolated().connect(endpoint));
        Publisher publisher =
            session.declarePublisher(KeyExpr.of("robot/x"), PublisherOptions.blocking())) {
      assertTrue(publisher.awaitMatchingSubscribers(Duration.ofSeconds(30)));
      for (int byteSize : byteSizes) {
        publisher.put(SegmentedBytes.copyOf(new byte[byteSize]));
      }
      return recording.get(60, TimeUnit.SECONDS);
    }
  }

  /**
   * As on a disk that has less room than stays free: it said that nothing came, and exited with 0.
   */
  @Test
  void aRecordingThatLosesAllFails() throws Exception {
    CommandRun ended = recorded("lost.mcap", "1", 100);
    assertEquals(1, ended.status(), ended::toString);
    assertTrue(
        ended.err().contains("nothing was recorded: 1 sample lost, as the spool has no room"),
        ended::toString);
  }

  /** The default pushes back and loses nothing; who runs it by a script sees the status alone. */
  @Test
  void aRecordingThatLosesSomeFails() throws Exception {
    CommandRun ended = recorded("some.mcap", "100KiB", 70_000, 70_000);
    assertEquals(1, ended.status(), ended::toString);
    assertTrue(ended.out().contains("1 messages, "), ended::toString);
    assertTrue(ended.out().contains(" 1 lost, 1 stored"), ended::toString);
    assertTrue(ended.err().contains("not all was recorded: 1 sample lost"), ended::toString);
  }

  /** It failed with the name of an exception of the JDK. */
  @Test
  void aRecordingThatIsInterruptedBeforeItBeginsSaysNothing() throws Exception {
    String file = directory.resolve("early.mcap").toString();
    Thread.currentThread().interrupt();
    CommandRun ended = CommandRun.of("record", "robot/**", file, "--no-scouting");
    assertEquals(false, Thread.interrupted());
    assertEquals(130, ended.status(), ended::toString);
    assertEquals("", ended.err());
    assertFalse(Files.exists(directory.resolve("early.mcap")));
  }

  /** It would read the recording over and over, as fast as the store gives it. */
  @Test
  void aLoopThatPlaysNothingEnds() throws Exception {
    Path file = directory.resolve("drive.mcap");
    try (OutputStream out = Files.newOutputStream(file);
        McapWriter writer =
            McapWriter.to(piece -> piece.asInputStream().transferTo(out), "", "test")) {
      int channel = writer.addChannel(0, "robot/x", "", Map.of());
      writer.write(channel, 1, 1, 1, SegmentedBytes.copyOfUtf8("x"));
      writer.finish();
    }
    CommandRun ended =
        CommandRun.of(
            "replay",
            file.toString(),
            "--loop",
            "--topics",
            "robot/y",
            "--no-scouting",
            "--wait",
            "0");
    assertEquals(1, ended.status(), ended::toString);
    assertTrue(ended.err().contains("--loop has no end"), ended::toString);
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

  /** A recording that was cut off, of three frames. */
  private static byte[] cutOff() throws IOException {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    try (McapWriter writer =
        McapWriter.to(
            piece -> file.writeBytes(piece.copyToByteArray()),
            "",
            "test",
            McapWriterOptions.indexed())) {
      int channel = writer.addChannel(0, "t", "", Map.of());
      for (int i = 0; i < 3; i++) {
        writer.write(channel, i, i, i, SegmentedBytes.copyOf(new byte[100_000]));
      }
      writer.flush();
    }
    return file.toByteArray();
  }

  /** Its recorder has it locked, and would write on behind the end that it gets. */
  @Test
  void aFileThatIsBeingRecordedIsNotRepaired() throws Exception {
    byte[] begun = cutOff();
    Path file = Files.write(directory.resolve("begun.mcap"), begun);
    try (FileChannel recorder = FileChannel.open(file, StandardOpenOption.WRITE)) {
      assertTrue(recorder.tryLock().isValid());
      CommandRun refused = CommandRun.of("recording", "repair", file.toString());
      assertEquals(1, refused.status(), refused::toString);
      assertTrue(refused.err().contains("it is being recorded"), refused::toString);
    }
    assertArrayEquals(begun, Files.readAllBytes(file));
    assertEquals(0, CommandRun.of("recording", "repair", file.toString()).status());
  }

  private Process filter(Path recording, String to, String... options) throws IOException {
    List<String> arguments = new ArrayList<>(List.of("recording", "filter"));
    arguments.addAll(List.of(options));
    arguments.addAll(List.of(recording.toString(), to));
    return SegueProcess.builder(directory, arguments.toArray(String[]::new)).start();
  }

  /** Its result is beside the bytes, not behind them. */
  @Test
  void aRecordingIsFilteredIntoThePipeThatIsTheStandardOutput() throws Exception {
    Path whole = Files.write(directory.resolve("whole.mcap"), cutOff());
    Path file = directory.resolve("file.mcap");
    assertEquals(
        0, CommandRun.of("recording", "filter", whole.toString(), file.toString()).status());
    byte[] expected = Files.readAllBytes(file);
    Process plain = filter(whole, "/dev/stdout");
    assertArrayEquals(expected, plain.getInputStream().readAllBytes());
    assertEquals(0, plain.waitFor());
    Process json = filter(whole, "/dev/stdout", "--json");
    assertArrayEquals(expected, json.getInputStream().readAllBytes());
    String result = new String(json.getErrorStream().readAllBytes(), UTF_8);
    assertTrue(result.contains("\"bytes\":" + expected.length), result);
    assertEquals(0, json.waitFor());
  }

  @Test
  void aRecordingIsFilteredIntoWhatIsNotReplaced() throws Exception {
    Path whole = Files.write(directory.resolve("whole.mcap"), cutOff());
    CommandRun device = CommandRun.of("recording", "filter", whole.toString(), "/dev/null");
    assertEquals(0, device.status(), device::toString);
    assertTrue(device.out().contains("/dev/null: 3 messages in 1 channel"), device::toString);
    Path out = Files.writeString(directory.resolve("out"), "first");
    ProcessBuilder appending =
        SegueProcess.builder(directory, "recording", "filter", whole.toString(), "/dev/stdout")
            .redirectOutput(ProcessBuilder.Redirect.appendTo(out.toFile()));
    assertEquals(0, appending.start().waitFor());
    assertTrue(Files.readString(out, ISO_8859_1).startsWith("first\u0089MCAP0\r\n"));
    assertEquals(
        1, CommandRun.of("recording", "filter", whole.toString(), out.toString()).status());
  }

  @Test
  void aDamagedFileIsNotCutUnlessThatIsAskedFor() throws Exception {
    byte[] damaged = cutOff();
    damaged[150_000] ^= 1;
    Path file = Files.write(directory.resolve("damaged.mcap"), damaged);
    CommandRun refused = CommandRun.of("recording", "repair", file.toString());
    assertEquals(1, refused.status(), refused::toString);
    assertTrue(refused.err().contains("damaged"), refused::toString);
    assertTrue(refused.err().contains("keeps 1 message"), refused::toString);
    assertArrayEquals(damaged, Files.readAllBytes(file));
    CommandRun cut = CommandRun.of("recording", "repair", "--cut", file.toString());
    assertEquals(0, cut.status(), cut::toString);
    assertTrue(cut.out().contains("1 messages"), cut::toString);
    Path whole = Files.write(directory.resolve("whole.mcap"), cutOff());
    CommandRun repaired = CommandRun.of("recording", "repair", whole.toString());
    assertEquals(0, repaired.status(), repaired::toString);
  }

  @Test
  void whatWaitsForAFolderInASpoolElsewhereIsRepaired() throws Exception {
    Path spool = Files.createDirectory(directory.resolve("spool"));
    Path folder = Files.createDirectory(directory.resolve("folder"));
    waiting(spool, "a", "nonsense");
    waiting(spool, "b", folder.toUri().toString());
    CommandRun repaired =
        CommandRun.of("recording", "repair", "--spool", spool.toString(), "--json");
    // One place that nothing can be stored in keeps none of the others.
    assertEquals(1, repaired.status(), repaired::toString);
    assertTrue(repaired.err().contains("nonsense"), repaired::toString);
    assertTrue(repaired.out().contains("b.mcap"), repaired::toString);
    assertTrue(Files.exists(folder.resolve("b.mcap")));
    assertTrue(Files.exists(spool.resolve(".segue-part-recording-a.mcap")));
  }

  private static void waiting(Path spool, String name, String location) throws IOException {
    Files.write(spool.resolve(".segue-part-recording-" + name + ".mcap"), cutOff());
    Properties note = new Properties();
    note.setProperty("location", location);
    note.setProperty("wanted", name + ".mcap");
    try (OutputStream out =
        Files.newOutputStream(spool.resolve(".segue-part-recording-" + name + ".properties"))) {
      note.store(out, null);
    }
  }
}
