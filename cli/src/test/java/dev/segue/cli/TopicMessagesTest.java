package dev.segue.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.capnproto.compiler.SchemaCompiler;
import dev.segue.capnproto.dynamic.MessageSchemas;
import dev.segue.capnproto.dynamic.MessageType;
import dev.segue.capnproto.schema.Frames;
import dev.segue.capnproto.topic.TopicSchemas;
import dev.segue.capnproto.topic.TopicType;
import dev.segue.tensor.ElementType;
import dev.segue.tensor.Npy;
import dev.segue.tensor.Tensor;
import dev.segue.zenoh.Config;
import dev.segue.zenoh.Encoding;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Publisher;
import dev.segue.zenoh.PublisherOptions;
import dev.segue.zenoh.PutOptions;
import dev.segue.zenoh.Queryable;
import dev.segue.zenoh.Sample;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.Subscriber;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Commands that read and build the messages of topics by their schemas. */
@Timeout(240)
class TopicMessagesTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final KeyExpr KEY = KeyExpr.of("robot/pose");
  private static final String SCHEMA =
      """
      @0xb5f2c3a1d4e59071;
      struct Pose @0xb5f2c3a1d4e59072 {
        x @0 :Float64;
        name @1 :Text;
        raw @2 :Data;
        at @3 :Point;
        stamp @4 :UInt64;
      }
      struct Point { x @0 :Int32; }
      """;
  private static final String JSON =
      "{\"x\":1.5,\"name\":\"a\\u001b[2J\",\"raw\":\"" + "AAEC".repeat(4) + "\",\"at\":{\"x\":-3}}";

  @TempDir Path directory;
  private Session session;
  private MessageType pose;
  private String schema;

  @BeforeEach
  void open() throws Exception {
    schema = Files.writeString(directory.resolve("pose.capnp"), SCHEMA) + ":Pose";
    pose = type(SCHEMA);
    session = Session.open(Config.isolated().listen("tcp/127.0.0.1:0"));
  }

  private static MessageType type(String schema) throws Exception {
    byte[] request =
        new SchemaCompiler(List.of()).compileText("pose.capnp", schema.getBytes(UTF_8)).toRequest();
    return MessageSchemas.fromRequest(request).type("Pose");
  }

  @AfterEach
  void close() {
    session.close();
  }

  private SegueProcess start(String... arguments) throws Exception {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of("--no-scouting", "-e", session.locators().getFirst()));
    return SegueProcess.start(directory, all.toArray(String[]::new));
  }

  private Publisher publisher(Encoding encoding) throws Exception {
    return session.declarePublisher(KEY, PublisherOptions.blocking().encoding(encoding));
  }

  private SegmentedBytes message(String json) {
    return SegmentedBytes.copyOf(pose.fromJson(json));
  }

  private static void assertEnds(String out, SegueProcess process) throws Exception {
    assertEquals(0, process.await(), process.err());
    assertEquals(out, process.out());
  }

  @Test
  void echoShowsMessagesByTheSchemaBesideTheTopicAndOthersAsTheyAre() throws Exception {
    Encoding typed = TopicSchemas.encodingOf(pose);
    String other = "application/capnp;other.capnp:Other@0x8000000000000001";
    SegmentedBytes message = message(JSON);
    try (Queryable _ = TopicSchemas.publish(session, KEY, pose);
        Publisher publisher = publisher(typed);
        SegueProcess echo = start("echo", "robot/*", "--short", "-n", "4")) {
      assertTrue(publisher.awaitMatchingSubscribers(PATIENCE));
      publisher.put(message);
      publisher.put(
          SegmentedBytes.copyOfUtf8("other"), PutOptions.none().encoding(new Encoding(other)));
      publisher.put(
          SegmentedBytes.copyOfUtf8("plain"), PutOptions.none().encoding(Encoding.ZENOH_STRING));
      publisher.put(SegmentedBytes.copyOfUtf8("no message"));
      assertEquals(0, echo.await(), echo.err());
      List<String> lines = echo.out().lines().toList();
      assertEquals(4, lines.size(), echo.out());
      assertEquals(
          "robot/pose  "
              + message.byteSize()
              + " B  pose.capnp:Pose  (x = 1.5, name = \"a\\033[2J\","
              + " raw = 0x\"000102000102000102000102\", at = (x = -3), stamp = 0)",
          lines.get(0));
      assertEquals("robot/pose  5 B  " + other + "  other", lines.get(1));
      assertEquals("robot/pose  5 B  zenoh/string  plain", lines.get(2));
      String faulty = "robot/pose  10 B  " + typed + "  no message  no message of its type: ";
      assertTrue(lines.get(3).startsWith(faulty), lines.get(3));
      assertEquals(
          "segue echo: robot/pose, "
              + other
              + ": nobody has its schema; --schema FILE:TYPE says what it is\n",
          echo.err());
    }
  }

  @Test
  void echoShowsTheFirstNumbersOfTensors() throws Exception {
    MessageType type = TopicType.of(Frames.Tensor.factory).message();
    byte[] values = {0, 0, (byte) 0x80, 0x3f, 0, 0, 0, (byte) 0xc0};
    String json = "{\"shape\":[1,2],\"element\":\"float32\",\"values\":\"AACAPwAAAMA=\"}";
    SegmentedBytes message = SegmentedBytes.copyOf(type.fromJson(json));
    SegmentedBytes unfit = SegmentedBytes.copyOf(type.fromJson(json.replace("[1,2]", "[1,3]")));
    SegmentedBytes file =
        Npy.write(Tensor.of(ElementType.FLOAT32, new long[] {2}, SegmentedBytes.copyOf(values)));
    for (String form : List.of("--short", "--json")) {
      try (Queryable _ = TopicSchemas.publish(session, KEY, type);
          Publisher publisher = publisher(TopicSchemas.encodingOf(type));
          SegueProcess echo = start("echo", "robot/*", form, "-n", "3")) {
        assertTrue(publisher.awaitMatchingSubscribers(PATIENCE));
        publisher.put(message);
        publisher.put(unfit);
        publisher.put(file, PutOptions.none().encoding(Encoding.ZENOH_BYTES));
        assertEquals(0, echo.await(), echo.err());
        List<String> lines = echo.out().lines().toList();
        String numbers =
            form.equals("--json") ? "\"first\":[1.0,-2.0]}]" : "  float32 [1, 2]: 1.0 -2.0";
        assertTrue(lines.get(0).contains(numbers), echo.out());
        assertTrue(!lines.get(1).contains("-2.0"), echo.out());
        assertTrue(lines.get(2).contains(numbers.replace("[1, 2]", "[2]")), echo.out());
      }
    }
  }

  @Test
  void aRecordingCarriesTheSchemaThatIsBesideTheTopic() throws Exception {
    Path recording = directory.resolve("poses.mcap");
    String unknown = "application/capnp;other.capnp:Other@0x8000000000000001";
    try (Queryable _ = TopicSchemas.publish(session, KEY, pose);
        Publisher publisher = publisher(TopicSchemas.encodingOf(pose));
        SegueProcess record =
            start("record", "robot/**", recording.toString(), "--messages", "3")) {
      assertTrue(publisher.awaitMatchingSubscribers(PATIENCE));
      publisher.put(message("{\"x\":1.5}"));
      publisher.put(message("{\"x\":2}"), PutOptions.none().encoding(new Encoding(unknown)));
      publisher.put(message("{\"x\":3}"));
      assertEquals(0, record.await(), record.err());
      assertTrue(record.err().contains(unknown + ": nobody has its schema"), record.err());
    }
    CommandRun export = CommandRun.of("recording", "export", "--json", recording.toString());
    assertEquals(0, export.status(), export::toString);
    List<String> values =
        Pattern.compile("\"topic\":\"robot/pose\",\"message\":\\{\"x\":([0-9.]+),")
            .matcher(export.out())
            .results()
            .map(found -> found.group(1))
            .toList();
    assertEquals(List.of("1.5", "3"), values, export::toString);
    assertTrue(export.err().contains("1 messages have no schema"), export::toString);
  }

  private static void putWhenAwaited(SegmentedBytes message, Publisher... publishers)
      throws Exception {
    for (Publisher publisher : publishers) {
      assertTrue(publisher.awaitMatchingSubscribers(PATIENCE));
    }
    for (Publisher publisher : publishers) {
      publisher.put(message);
    }
  }

  private static void awaitNoSubscribers(Publisher... publishers) throws Exception {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    for (Publisher publisher : publishers) {
      while (publisher.hasMatchingSubscribers()) {
        assertTrue(System.nanoTime() - deadline < 0, "a command that ended still subscribes");
        Thread.sleep(5);
      }
    }
  }

  @Test
  void eachTopicIsReadByItsOwnVersionOfAType() throws Exception {
    Path recording = directory.resolve("versions.mcap");
    KeyExpr other = KeyExpr.of("robot2/pose");
    MessageType grown = type(SCHEMA.replace("stamp @4 :UInt64;", "stamp @4 :UInt64; y @5 :Int8;"));
    Encoding encoding = TopicSchemas.encodingOf(pose);
    assertEquals(encoding, TopicSchemas.encodingOf(grown));
    SegmentedBytes message = SegmentedBytes.copyOf(grown.fromJson("{\"x\":1.5,\"y\":3}"));
    try (Queryable _ = TopicSchemas.publish(session, KEY, pose);
        Queryable _ = TopicSchemas.publish(session, other, grown);
        Publisher one = publisher(encoding);
        Publisher two =
            session.declarePublisher(other, PublisherOptions.blocking().encoding(encoding))) {
      try (SegueProcess echo = start("echo", "*/pose", "--short", "-n", "2")) {
        putWhenAwaited(message, one, two);
        assertEquals(0, echo.await(), echo.err());
        assertTrue(echo.out().contains("(x = 1.5, stamp = 0)\n"), echo.out());
        assertTrue(echo.out().contains("(x = 1.5, stamp = 0, y = 3)\n"), echo.out());
      }
      awaitNoSubscribers(one, two);
      try (SegueProcess record =
          start("record", "*/pose", recording.toString(), "--messages", "2")) {
        putWhenAwaited(message, one, two);
        assertEquals(0, record.await(), record.err());
      }
    }
    CommandRun export = CommandRun.of("recording", "export", "--json", recording.toString());
    assertEquals(0, export.status(), export::toString);
    assertTrue(export.out().contains("\"stamp\":\"0\"}"), export::toString);
    assertTrue(export.out().contains("\"stamp\":\"0\",\"y\":3}"), export::toString);
    CommandRun fields =
        CommandRun.of("recording", "export", recording.toString(), "stamp", "y", "--csv");
    assertEquals(0, fields.status(), fields::toString);
    assertTrue(fields.out().contains(",robot/pose,0,\n"), fields::toString);
    assertTrue(fields.out().contains(",robot2/pose,0,3\n"), fields::toString);
    CommandRun one = CommandRun.of("recording", "export", recording.toString(), "y");
    assertEquals(0, one.status(), one::toString);
    assertEquals(1, one.out().lines().filter(line -> line.endsWith(",\"y\":3}")).count());
    assertTrue(one.err().contains("1 messages have none of the fields"), one::toString);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "--field x --field name --field at.x|1.5\\ta\\x1b[2J\\t-3",
        "--json --field at.x --field raw|{'key':'robot/pose','at.x':-3,'raw':"
            + "{'byteSize':12,'first':'000102000102000102000102'}}",
        "--json --data base64|{'key':'robot/pose','kind':'PUT','encoding':"
            + "'application/capnp;pose.capnp:Pose@0xb5f2c3a1d4e59072','bytes':SIZE,"
            + "'type':'pose.capnp:Pose','message':{'x':1.5,'name':'a\\u001b[2J',"
            + "'raw':'AAECAAECAAECAAEC','at':{'x':-3},'stamp':'0'},"
            + "'isSharedMemory':false}",
        "|robot/pose  SIZE B  pose.capnp:Pose\\n(\\n  x = 1.5,\\n  name = 'a\\033[2J',\\n"
            + "  raw = 0x'000102000102000102000102',\\n"
            + "  at = (\\n    x = -3\\n  ),\\n  stamp = 0\\n)"
      })
  void echoShowsFieldsAndJson(String options, String expected) throws Exception {
    List<String> line = new ArrayList<>(List.of("echo", "robot/pose", "-n", "1"));
    if (options != null) {
      line.addAll(List.of(options.split(" ", -1)));
    }
    SegmentedBytes message = message(JSON);
    try (Queryable _ = TopicSchemas.publish(session, KEY, pose);
        Publisher publisher = publisher(TopicSchemas.encodingOf(pose));
        SegueProcess echo = start(line.toArray(String[]::new))) {
      assertTrue(publisher.awaitMatchingSubscribers(PATIENCE));
      publisher.put(message);
      String text =
          expected
              .replace('\'', '"')
              .replace("SIZE", Long.toString(message.byteSize()))
              .replace("\\t", "\t")
              .replace("\\n", "\n");
      assertEnds(text + "\n", echo);
      assertEquals("", echo.err());
    }
  }

  @Test
  void echoTakesTheSchemaThatItIsGivenForSamplesThatNameNone() throws Exception {
    try (Publisher publisher = publisher(Encoding.ZENOH_BYTES);
        SegueProcess echo =
            start("echo", "robot/*", "--schema", schema, "--field", "x", "-n", "1")) {
      assertTrue(publisher.awaitMatchingSubscribers(PATIENCE));
      publisher.put(
          SegmentedBytes.copyOfUtf8("plain"), PutOptions.none().encoding(Encoding.ZENOH_STRING));
      publisher.put(message(JSON));
      assertEnds("1.5\n", echo);
      assertEquals("left out because they are not messages with such a field: 1\n", echo.err());
    }
  }

  @Test
  void pubBuildsMessagesOfLinesAndAnswersForTheirSchema() throws Exception {
    try (Subscriber subscriber = session.declareSubscriber(KEY);
        SegueProcess pub =
            start("pub", "robot/pose", "--schema", schema, "--wait", "60", "--linger", "0")) {
      try (OutputStream input = pub.input()) {
        input.write("{\"x\": 2}\n".getBytes(UTF_8));
        input.flush();
        try (Sample sample = subscriber.receive(PATIENCE).orElseThrow()) {
          assertEquals(TopicSchemas.encodingOf(pose), sample.encoding());
          assertEquals(message("{\"x\":2}"), sample.payload());
          // It waits for the next line, so it answers.
          MessageType found =
              TopicSchemas.find(session, KEY, sample.encoding(), PATIENCE).orElseThrow();
          assertEquals("pose.capnp:Pose", found.name());
        }
        input.write("\n{\"x\": 3} {\"x\": 4}\n".getBytes(UTF_8));
      }
      for (String json : List.of("{\"x\":3}", "{\"x\":4}")) {
        try (Sample sample = subscriber.receive(PATIENCE).orElseThrow()) {
          assertEquals(message(json), sample.payload());
        }
      }
      assertEquals(0, pub.await(), pub.err());
      assertTrue(pub.out().startsWith("robot/pose: 3 samples, "), pub.out());
    }
  }

  @Test
  void pubBuildsTheMessageOfATextAndOfAFile() throws Exception {
    Path file = Files.writeString(directory.resolve("poses.json"), "{\"x\": 6}\n{\"x\": 7}\n");
    for (String[] what :
        List.of(
            new String[] {"{\"x\": 5}", "{\"x\":5}"},
            new String[] {"--file", file.toString(), "{\"x\":6}", "{\"x\":7}"})) {
      boolean isFile = what.length > 2;
      List<String> line = new ArrayList<>(List.of("pub", "robot/pose", "--schema", schema));
      line.addAll(List.of(what).subList(0, isFile ? 2 : 1));
      line.addAll(List.of("--wait", "60", "--linger", "0"));
      try (Subscriber subscriber = session.declareSubscriber(KEY);
          SegueProcess pub = start(line.toArray(String[]::new))) {
        for (String json : List.of(what).subList(isFile ? 2 : 1, what.length)) {
          try (Sample sample = subscriber.receive(PATIENCE).orElseThrow()) {
            assertEquals(message(json), sample.payload());
          }
        }
        assertEquals(0, pub.await(), pub.err());
      }
    }
  }

  @Test
  void whatIsNoSuchMessageIsRefusedBeforeTheNetworkIsJoined() throws IOException {
    CommandRun unfit = CommandRun.of("pub", "k", "{\"x\": \"one\"}", "--schema", schema);
    assertEquals(2, unfit.status(), unfit::toString);
    assertTrue(unfit.err().contains("x: expected Float64, found \"one\""), unfit::toString);
    CommandRun none = CommandRun.of("pub", "k", "", "--schema", schema);
    assertEquals(2, none.status(), none::toString);
    for (String command : List.of("echo", "hz", "delay")) {
      CommandRun unknown = CommandRun.of(command, "k", "--schema", schema, "--field", "at.y");
      assertEquals(2, unknown.status(), unknown::toString);
      assertTrue(unknown.err().contains("pose.capnp:Point has no field y"), unknown::toString);
    }
    CommandRun alone = CommandRun.of("hz", "k", "--schema", schema);
    assertEquals(2, alone.status(), alone::toString);
  }

  @Test
  void hzMeasuresByAFieldOfTheMessages() throws Exception {
    try (Queryable _ = TopicSchemas.publish(session, KEY, pose);
        Publisher publisher = publisher(TopicSchemas.encodingOf(pose));
        SegueProcess hz =
            start("hz", "robot/pose", "--field", "stamp", "--unit", "us", "-n", "4", "--json")) {
      assertTrue(publisher.awaitMatchingSubscribers(PATIENCE));
      for (int i = 0; i < 3; i++) {
        publisher.put(message("{\"stamp\":\"" + (1_000_000 + 250_000 * i) + "\"}"));
      }
      publisher.put(SegmentedBytes.copyOfUtf8("no message"));
      assertEquals(0, hz.await(), hz.err());
      assertTrue(hz.out().contains("\"maxMillis\":250.000000"), hz.out());
      assertTrue(hz.out().contains("\"withoutField\":1"), hz.out());
      assertTrue(hz.out().endsWith("\"total\":4,\"dropped\":0}\n"), hz.out());
    }
  }

  @Test
  void delayMeasuresByAFieldOfTheMessages() throws Exception {
    try (Queryable _ = TopicSchemas.publish(session, KEY, pose);
        Publisher publisher = publisher(TopicSchemas.encodingOf(pose));
        SegueProcess delay =
            start("delay", "robot/pose", "--field", "stamp", "--unit", "ms", "-n", "1", "--json")) {
      assertTrue(publisher.awaitMatchingSubscribers(PATIENCE));
      long made = System.currentTimeMillis() - 5_000;
      publisher.put(message("{\"stamp\":\"" + made + "\"}"));
      assertEquals(0, delay.await(), delay.err());
      List<Double> delays =
          Pattern.compile("\"p50Millis\":([0-9.]+)")
              .matcher(delay.out())
              .results()
              .map((MatchResult result) -> Double.valueOf(result.group(1)))
              .toList();
      assertTrue(delays.stream().anyMatch(millis -> millis >= 5_000), delay.out());
    }
  }
}
