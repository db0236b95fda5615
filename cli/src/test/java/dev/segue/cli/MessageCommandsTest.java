package dev.segue.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.zenoh.Config;
import dev.segue.zenoh.Encoding;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Publisher;
import dev.segue.zenoh.PublisherOptions;
import dev.segue.zenoh.Session;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collections;
import java.util.HexFormat;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code segue capnp decode} and {@code encode}, {@code segue recording export}. */
@Timeout(240)
final class MessageCommandsTest {
  private static final String SCHEMA =
      """
      @0xb5f2c3a1d4e59051;
      struct Pose { x @0 :Float64; name @1 :Text; raw @2 :Data; at @3 :Point; }
      struct Point { x @0 :Int32; tags @1 :List(Text); }
      """;
  private static final String JSON =
      """
      {"x": 1.5, "name": "a, \\"b\\"", "raw": [1, 2], "at": {"x": -3, "tags": ["t", "u"]}}
      {"x": 2}
      """;

  @TempDir private Path directory;
  private String schema = "";

  @BeforeEach
  void writeSchema() throws IOException {
    schema = write("pose.capnp", SCHEMA) + ":Pose";
  }

  private String write(String name, String text) throws IOException {
    return Files.writeString(directory.resolve(name), text).toString();
  }

  private String encoded() throws IOException {
    String messages = directory.resolve("messages").toString();
    CommandRun run =
        CommandRun.of("capnp", "encode", "--schema", schema, "-o", messages, write("json", JSON));
    assertEquals(0, run.status(), run::toString);
    return messages;
  }

  private static String lines(CommandRun run) {
    assertEquals(0, run.status(), run::toString);
    return run.out().replace(System.lineSeparator(), "\n");
  }

  @Test
  void messagesAreBuiltFromJsonAndShownAgain() throws IOException {
    String messages = encoded();
    assertEquals(
        """
        {"x":1.5,"name":"a, \\"b\\"","raw":"AQI=","at":{"x":-3,"tags":["t","u"]}}
        {"x":2}
        """,
        lines(CommandRun.of("capnp", "decode", "--schema", schema, "--json", messages)));
    assertEquals(
        """
        (x = 1.5, name = "a, \\"b\\"", raw = 0x"0102", at = (x = -3, tags = ["t", "u"]))
        (x = 2)
        """,
        lines(CommandRun.of("capnp", "decode", "--schema", schema, "--short", messages)));
    assertEquals(
        "1.5\ta, \"b\"\tu\n2\t\t\n",
        lines(
            CommandRun.of(
                "capnp",
                "decode",
                "--schema",
                schema,
                "--field",
                "x",
                "--field",
                "name",
                "--field",
                "at.tags[1]",
                messages)));
    assertEquals(
        "{\"x\":1.5,\"at.tags[1]\":\"u\"}\n{\"x\":2,\"at.tags[1]\":null}\n",
        lines(
            CommandRun.of(
                "capnp",
                "decode",
                "--schema",
                schema,
                "--json",
                "--field",
                "x",
                "--field",
                "at.tags[1]",
                messages)));
  }

  @Test
  void messagesComeFromTheStandardInput() throws IOException {
    byte[] messages = Files.readAllBytes(Path.of(encoded()));
    InputStream usual = System.in;
    try {
      System.setIn(new ByteArrayInputStream(messages));
      String shown =
          lines(CommandRun.of("capnp", "decode", "--schema", schema, "--data", "bytes", "--json"));
      assertTrue(shown.contains("\"raw\":[1,2]"), shown);
      System.setIn(new ByteArrayInputStream(JSON.getBytes(UTF_8)));
      String again = directory.resolve("again").toString();
      assertEquals(0, CommandRun.of("capnp", "encode", "--schema", schema, "-o", again).status());
      assertArrayEquals(messages, Files.readAllBytes(Path.of(again)));
    } finally {
      System.setIn(usual);
    }
  }

  @Test
  void aTextIsALineThatATerminalDoesNotObey() throws IOException {
    String messages = directory.resolve("hostile").toString();
    String json = write("hostile.json", "{\"name\": \"a\\u001b[2J\\n\\u009bb\"}");
    CommandRun run = CommandRun.of("capnp", "encode", "--schema", schema, "-o", messages, json);
    assertEquals(0, run.status(), run::toString);
    assertEquals(
        "a\\x1b[2J\\x0a\\x9bb\t(x = 0)\n",
        lines(
            CommandRun.of(
                "capnp",
                "decode",
                "--schema",
                schema,
                "--field",
                "name",
                "--field",
                "at",
                messages)));
  }

  @Test
  void messagesAreShownWhenTheyCome() throws Exception {
    byte[] messages = Files.readAllBytes(Path.of(encoded()));
    try (SegueProcess decode =
        SegueProcess.start(directory, "capnp", "decode", "--schema", schema, "--field", "x", "-")) {
      OutputStream input = decode.input();
      input.write(messages);
      input.flush();
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
      while (!decode.out().equals("1.5\n2\n")) {
        assertTrue(System.nanoTime() - deadline < 0, decode.out() + decode.err());
        Thread.sleep(20);
      }
      decode.interrupt();
      assertEquals(130, decode.await(), decode.err());
      assertEquals("", decode.err());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "ff ff ff ff 00 00 00 00, maxSegmentCount=512",
    "00 00 00 00 ff ff ff ff, maxSegmentByteSize=1073741824",
    "00 00 00 00 ff ff ff 07, is cut off",
    "00 00 00 00 01, is cut off",
    "02 00 00 00 01 00 00 00, is cut off",
  })
  void aTableThatNoMessageHasIsAFault(String table, String fault) throws IOException {
    Path file = directory.resolve("table");
    Files.write(file, HexFormat.ofDelimiter(" ").parseHex(table));
    CommandRun run = CommandRun.of("capnp", "decode", "--schema", schema, file.toString());
    assertEquals(1, run.status(), run::toString);
    assertEquals(1, run.err().lines().count(), run::toString);
    assertTrue(run.err().contains(file + ": message at byte 0: "), run::toString);
    assertTrue(run.err().contains(fault), run::toString);
  }

  @Test
  void faultsAreOneLineThatSaysWhere() throws IOException {
    String messages = encoded();
    byte[] bytes = Files.readAllBytes(Path.of(messages));
    Files.write(Path.of(messages), Arrays.copyOf(bytes, bytes.length - 1));
    CommandRun cut = CommandRun.of("capnp", "decode", "--schema", schema, messages);
    assertEquals(1, cut.status(), cut::toString);
    assertTrue(cut.err().contains(messages + ": message at byte "), cut::toString);
    CommandRun unfit =
        CommandRun.of("capnp", "encode", "--schema", schema, write("bad", "{\"x\": \"one\"}"));
    assertEquals(1, unfit.status(), unfit::toString);
    assertTrue(unfit.err().contains("bad: x: expected Float64, found \"one\""), unfit::toString);
    CommandRun unknown = CommandRun.of("capnp", "decode", "--schema", schema + "s", messages);
    assertEquals(2, unknown.status(), unknown::toString);
    assertTrue(
        unknown.err().contains("there are pose.capnp:Point, pose.capnp:Pose"), unknown::toString);
    CommandRun missing = CommandRun.of("capnp", "decode", messages);
    assertEquals(2, missing.status(), missing::toString);
    CommandRun faulty =
        CommandRun.of(
            "capnp", "decode", "--schema", write("f.capnp", "struct") + ":Pose", messages);
    assertEquals(1, faulty.status(), faulty::toString);
  }

  @Test
  void aRecordingCarriesItsSchemaAndIsExportedByIt() throws Exception {
    String messages = encoded();
    byte[] stream = Files.readAllBytes(Path.of(messages));
    int first = 8 + 8 * (stream[4] & 0xFF);
    String tags = String.join(",", Collections.nCopies(101, "\"t\""));
    String raw = Base64.getEncoder().encodeToString(new byte[17]);
    String large = directory.resolve("large").toString();
    String largeJson =
        write("large.json", "{\"x\":2,\"raw\":\"" + raw + "\",\"at\":{\"tags\":[" + tags + "]}}");
    assertEquals(
        0, CommandRun.of("capnp", "encode", "--schema", schema, "-o", large, largeJson).status());
    String recording = directory.resolve("poses.mcap").toString();
    String endpoint;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      endpoint = "tcp/127.0.0.1:" + socket.getLocalPort();
    }
    CompletableFuture<CommandRun> recorded =
        CompletableFuture.supplyAsync(
            () ->
                CommandRun.of(
                    "record",
                    "robot/**",
                    recording,
                    "--no-scouting",
                    "--zenoh-listen",
                    endpoint,
                    "--messages",
                    "3",
                    "--schema",
                    schema));
    Encoding typed = Encoding.APPLICATION_CAPNPROTO;
    try (Session session = Session.open(Config.isolated().connect(endpoint));
        Publisher poses =
            session.declarePublisher(
                KeyExpr.of("robot/pose"), PublisherOptions.blocking().encoding(typed));
        Publisher others =
            session.declarePublisher(KeyExpr.of("robot/other"), PublisherOptions.blocking())) {
      assertTrue(poses.awaitMatchingSubscribers(Duration.ofSeconds(60)));
      assertTrue(others.awaitMatchingSubscribers(Duration.ofSeconds(60)));
      poses.put(SegmentedBytes.copyOf(Arrays.copyOf(stream, first)));
      poses.put(SegmentedBytes.copyOf(Files.readAllBytes(Path.of(large))));
      others.put(SegmentedBytes.copyOfUtf8("no message"));
      CommandRun run = recorded.get(60, TimeUnit.SECONDS);
      assertEquals(0, run.status(), run::toString);
    }

    CommandRun json = CommandRun.of("recording", "export", recording);
    String[] shown = lines(json).split("\n", -1);
    assertEquals(3, shown.length, json::toString);
    assertTrue(
        shown[0].matches(
            "\\{\"time\":\"20.*Z\",\"topic\":\"robot/pose\",\"message\":\\{\"x\":1.5,.*\\}\\}"),
        json::toString);
    assertTrue(json.err().contains("1 messages have no schema"), json::toString);

    String csv =
        lines(CommandRun.of("recording", "export", "--csv", recording, "x", "name", "at.x"));
    String[] rows = csv.split("\n", -1);
    assertEquals("time,topic,x,name,at.x", rows[0]);
    assertTrue(rows[1].endsWith("Z,robot/pose,1.5,\"a, \"\"b\"\"\",-3"), csv);
    assertTrue(rows[2].endsWith("Z,robot/pose,2,,0"), csv);
    String whole =
        lines(CommandRun.of("recording", "export", "--csv", recording, "raw", "at.tags"));
    String ofTags = "[" + String.join(", ", Collections.nCopies(101, "\"\"t\"\"")) + "]";
    assertTrue(
        whole.contains("Z,robot/pose,\"0x\"\"" + "00".repeat(17) + "\"\"\",\"" + ofTags + "\"\n"),
        whole);

    String fields = lines(CommandRun.of("recording", "export", recording, "at.tags[0]"));
    assertTrue(fields.startsWith("{\"time\":"), fields);
    assertTrue(fields.contains("\"topic\":\"robot/pose\",\"at.tags[0]\":\"t\"}"), fields);
    assertEquals(2, CommandRun.of("recording", "export", "--csv", recording).status());
    assertEquals(2, CommandRun.of("recording", "export", recording, "missing").status());
    assertEquals(
        "", lines(CommandRun.of("recording", "export", "--topics", "robot/none", recording)));
  }
}
