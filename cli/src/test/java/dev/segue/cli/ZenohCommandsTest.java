package dev.segue.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.zenoh.Backlog;
import dev.segue.zenoh.Config;
import dev.segue.zenoh.Encoding;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.LivelinessToken;
import dev.segue.zenoh.Publisher;
import dev.segue.zenoh.PublisherOptions;
import dev.segue.zenoh.PutOptions;
import dev.segue.zenoh.Queryable;
import dev.segue.zenoh.QueryableOptions;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.Subscriber;
import dev.segue.zenoh.SubscriberOptions;
import dev.segue.zenoh.Timestamp;
import java.awt.image.BufferedImage;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The commands that people debug a network with, as processes of their own. */
@Timeout(240)
class ZenohCommandsTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  @TempDir Path directory;

  private static String freeEndpoint() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return "tcp/127.0.0.1:" + socket.getLocalPort();
    }
  }

  private static String[] with(List<String> more, String... arguments) {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.add("--no-scouting");
    all.addAll(more);
    return all.toArray(String[]::new);
  }

  private SegueProcess listening(String endpoint, String... arguments) throws IOException {
    return SegueProcess.start(directory, with(List.of("-l", endpoint), arguments));
  }

  private SegueProcess connected(String endpoint, String... arguments) throws IOException {
    return SegueProcess.start(directory, with(List.of("-e", endpoint), arguments));
  }

  private SegueProcess alone(String... arguments) throws IOException {
    return SegueProcess.start(directory, with(List.of(), arguments));
  }

  private static void assertEnds(int status, String out, SegueProcess process) throws Exception {
    assertEquals(status, process.await(), process.err());
    assertEquals(out, process.out());
  }

  private static void assertFails(String err, SegueProcess process) throws Exception {
    assertEquals(1, process.await(), process.err());
    assertEquals(err + "\n", process.err());
  }

  private static void awaitError(SegueProcess process, String text) throws Exception {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!process.err().contains(text)) {
      assertTrue(System.nanoTime() - deadline < 0, process.out() + process.err());
      Thread.sleep(20);
    }
  }

  private static void awaitOutput(SegueProcess process, String text) throws Exception {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!process.out().contains(text)) {
      assertTrue(System.nanoTime() - deadline < 0, process.out() + process.err());
      Thread.sleep(20);
    }
  }

  @Test
  void echoShowsWhatPubPublishes() throws Exception {
    String endpoint = freeEndpoint();
    try (SegueProcess echo = listening(endpoint, "echo", "talk/*", "--count", "3");
        SegueProcess pub =
            connected(
                endpoint,
                "pub",
                "talk/a",
                "hello \u001b[2J",
                "--count",
                "3",
                "--rate",
                "100",
                "--wait",
                "60",
                "--json")) {
      assertEquals(0, pub.await(), pub.err());
      assertTrue(pub.out().contains("\"messages\":3,\"bytes\":30"), pub.out());
      assertEnds(0, "talk/a  10 B  zenoh/string  68 65 6c 6c 6f 20 1b 5b 32 4a\n".repeat(3), echo);
    }
  }

  @Test
  void echoShowsPicturesWhereItIsToldToAndNeverByItselfInAFile() throws Exception {
    BufferedImage image = new BufferedImage(2, 2, BufferedImage.TYPE_INT_RGB);
    image.setRGB(0, 0, 0xff0000);
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    assertTrue(ImageIO.write(image, "png", file));
    SegmentedBytes png = SegmentedBytes.copyOf(file.toByteArray());
    String line = echoOf(png);
    assertEquals(1, line.lines().count(), line);
    assertTrue(line.contains("image/png"), line);
    assertEquals(
        line + "\u001b[38;2;255;0;0m\u001b[48;2;0;0;0m▀\u001b[38;2;0;0;0m▀\u001b[0m\n",
        echoOf(png, "--pictures", "blocks"));
  }

  private String echoOf(SegmentedBytes png, String... options) throws Exception {
    String endpoint = freeEndpoint();
    List<String> command = new ArrayList<>(List.of("echo", "k", "--count", "1"));
    command.addAll(List.of(options));
    try (SegueProcess echo = listening(endpoint, command.toArray(String[]::new));
        Session session = Session.open(Config.isolated().connect(endpoint));
        Publisher publisher =
            session.declarePublisher(KeyExpr.of("k"), PublisherOptions.blocking())) {
      assertTrue(publisher.awaitMatchingSubscribers(PATIENCE));
      publisher.put(png, PutOptions.none().encoding(Encoding.IMAGE_PNG));
      assertEquals(0, echo.await(), echo.err());
      return echo.out();
    }
  }

  @Test
  void echoAsJsonSaysAllThatASampleSays() throws Exception {
    String endpoint = freeEndpoint();
    try (SegueProcess echo = listening(endpoint, "echo", "k", "--count", "2", "--json");
        Session session = Session.open(Config.isolated().connect(endpoint));
        Publisher publisher =
            session.declarePublisher(KeyExpr.of("k"), PublisherOptions.blocking())) {
      assertTrue(publisher.awaitMatchingSubscribers(PATIENCE));
      publisher.put(
          SegmentedBytes.copyOf(new byte[] {0, (byte) 255}),
          PutOptions.none().attachment(SegmentedBytes.copyOfUtf8("beside")));
      publisher.delete();
      assertEnds(
          0,
          """
          {"key":"k","kind":"PUT","encoding":"zenoh/bytes","bytes":2,"hex":"00ff","isWhole":true,"attachment":"beside","isSharedMemory":false}
          {"key":"k","kind":"DELETE","isSharedMemory":false}
          """,
          echo);
    }
  }

  @Test
  void subWritesFilesThatPubReads() throws Exception {
    String endpoint = freeEndpoint();
    Path from = Files.createDirectories(directory.resolve("from"));
    byte[] first = new byte[20_000_001];
    first[7] = 9;
    first[20_000_000] = 8;
    Files.write(from.resolve("a"), first);
    Files.write(from.resolve("b"), new byte[0]);
    Path into = directory.resolve("into");
    try (SegueProcess sub =
            listening(endpoint, "sub", "files", "--into", into.toString(), "--count", "2");
        SegueProcess pub =
            connected(endpoint, "pub", "files", "--file", from.toString(), "--wait", "60")) {
      assertEquals(0, pub.await(), pub.err());
      assertEnds(0, "", sub);
    }
    assertEquals(-1, Files.mismatch(from.resolve("a"), into.resolve("00000001")));
    assertEquals(0, Files.size(into.resolve("00000002")));
  }

  @Test
  void subWritesTheLinesThatPubReads() throws Exception {
    String endpoint = freeEndpoint();
    try (SegueProcess sub = listening(endpoint, "sub", "lines", "--lines", "--count", "2");
        SegueProcess pub = connected(endpoint, "pub", "lines", "--wait", "60")) {
      try (OutputStream input = pub.input()) {
        input.write("one\nzwölf\n".getBytes(StandardCharsets.UTF_8));
      }
      assertEquals(0, pub.await(), pub.err());
      assertEnds(0, "one\nzwölf\n", sub);
    }
  }

  @Test
  void whatCannotBePublishedAsItIsFails() throws Exception {
    try (SegueProcess pub = alone("pub", "k", "--wait", "0")) {
      try (OutputStream input = pub.input()) {
        input.write(new byte[] {'a', '\n', (byte) 0xff, '\n'});
      }
      assertFails(
          "segue pub: standard input, line 2: not UTF-8 text; --file publishes bytes"
              + " unchanged",
          pub);
    }
    Path pipe = Path.of("/dev/zero");
    Path sizeless = Path.of("/proc/self/status");
    assumeTrue(Files.exists(pipe) && Files.exists(sizeless), "this system has no such files");
    try (SegueProcess pub = alone("pub", "k", "--wait", "0", "--file", pipe.toString())) {
      assertFails(
          "segue pub: /dev/zero: no ordinary file; without --file, pub reads lines of a pipe", pub);
    }
    try (SegueProcess pub = alone("pub", "k", "--wait", "0", "--file", sizeless.toString())) {
      assertFails("segue pub: /proc/self/status: it is longer than its byteSize=0", pub);
    }
  }

  @Test
  void whatIsLostAsASubscriberStandsStillIsAFault() throws Exception {
    Path config =
        Files.writeString(
            directory.resolve("impatient.json5"),
            "{transport: {link: {tx: {queue: {congestion_control: {block: {wait_before_close:"
                + " 100000}}}}}}}");
    Path file = Files.write(directory.resolve("large"), new byte[8 << 20]);
    SubscriberOptions still = SubscriberOptions.defaults().backlog(Backlog.hold(1));
    try (Session session = Session.open(Config.isolated().listen("tcp/127.0.0.1:0"));
        Subscriber _ = session.declareSubscriber(KeyExpr.of("k"), still);
        SegueProcess pub =
            connected(
                session.locators().getFirst(),
                "pub",
                "k",
                "--file",
                file.toString(),
                "--count",
                "12",
                "--wait",
                "60",
                "-c",
                config.toString())) {
      assertEquals(1, pub.await(), pub.err());
      assertTrue(
          pub.err().contains("segue pub: part of what it sent was lost"), pub.out() + pub.err());
    }
  }

  @Test
  void thereIsALineForEachPeriodAndNoneForItsRest() throws Exception {
    try (SegueProcess hz = alone("hz", "k", "--seconds", "1", "--json")) {
      assertEquals(0, hz.await(), hz.err());
      assertEquals(1, hz.out().lines().count(), hz.out());
    }
  }

  @Test
  void whereNobodyIsItFails() throws Exception {
    try (SegueProcess pub = alone("pub", "nobody/there", "x", "--wait", "0.2")) {
      assertFails("segue pub: nobody subscribes to nobody/there within 0.20 s", pub);
    }
    try (SegueProcess query = alone("query", "nobody/there", "--wait", "0.2")) {
      assertFails("segue query: nobody answers for nobody/there within 0.20 s", query);
    }
    try (SegueProcess pub = alone("pub", "nobody/there", "x", "--wait", "0")) {
      assertEquals(0, pub.await(), pub.err());
    }
  }

  @Test
  void anEndpointThatIsReachedLaterIsToldBeforeAndAfter() throws Exception {
    String endpoint = "unixsock-stream/" + directory.resolve("later");
    try (SegueProcess echo = connected(endpoint, "echo", "k", "--count", "1")) {
      awaitError(
          echo, "segue echo: no connection to " + endpoint + " came about yet; still trying");
      try (Session session = Session.open(Config.isolated().listen(endpoint));
          Publisher publisher =
              session.declarePublisher(KeyExpr.of("k"), PublisherOptions.blocking())) {
        awaitError(echo, "segue echo: connected to " + endpoint);
        assertTrue(publisher.awaitMatchingSubscribers(PATIENCE));
        publisher.put(SegmentedBytes.copyOfUtf8("late"));
        assertEquals(0, echo.await(), echo.err());
      }
    }
  }

  @Test
  void anEndpointWhereNobodyIsFails() throws Exception {
    String endpoint = freeEndpoint();
    String none = "no connection to " + endpoint + " came about";
    try (SegueProcess query = connected(endpoint, "query", "a", "--wait", "0.2")) {
      assertFails("segue query: nobody answers for a within 0.20 s: " + none, query);
    }
    try (SegueProcess pub = connected(endpoint, "pub", "a", "x", "--wait", "0", "-q")) {
      assertFails("segue pub: " + none, pub);
    }
    try (SegueProcess echo = connected(endpoint, "echo", "a", "--seconds", "0.2", "--json")) {
      assertEquals(1, echo.await(), echo.err());
      assertEquals("{\"command\":\"echo\",\"error\":\"" + none + "\"}\n", echo.out());
    }
    try (SegueProcess echo = connected(endpoint, "echo", "a", "--seconds", "4")) {
      assertFails("segue echo: " + none + " yet; still trying\nsegue echo: " + none, echo);
    }
    try (SegueProcess client = connected(endpoint, "echo", "a", "-m", "client")) {
      assertEquals(1, client.await(), client.err());
      assertEquals(1, client.err().lines().count(), client.err());
    }
  }

  @Test
  void queryAndQueryableTalkToEachOther() throws Exception {
    String endpoint = freeEndpoint();
    try (SegueProcess queryable =
        listening(endpoint, "queryable", "state", "all well", "--count", "3")) {
      try (SegueProcess query =
          connected(endpoint, "query", "state?of=robot", "--payload", "hm", "--wait", "60")) {
        assertEnds(0, "state  8 B  zenoh/string  all well\n", query);
      }
      try (SegueProcess query = connected(endpoint, "query", "state", "--json", "--wait", "60")) {
        assertEquals(0, query.await(), query.err());
        assertTrue(query.out().contains("\"text\":\"all well\""), query.out());
      }
      try (SegueProcess query = connected(endpoint, "query", "state", "--raw", "--wait", "60")) {
        assertEnds(0, "all well\n", query);
      }
      assertEnds(0, "state?of=robot  hm\nstate\nstate\n", queryable);
    }
  }

  @Test
  void anErrorIsShownAndFails() throws Exception {
    String endpoint = freeEndpoint();
    try (SegueProcess queryable =
            listening(endpoint, "queryable", "state", "broken", "--error", "--count", "1");
        SegueProcess query = connected(endpoint, "query", "state", "--wait", "60")) {
      assertFails("segue query: errors among 1 reply: 1", query);
      assertEquals("error  broken\n", query.out());
      assertEnds(0, "state\n", queryable);
    }
  }

  @Test
  void aQueryThatNobodyAnswersInTimeFails() throws Exception {
    try (Session session = Session.open(Config.isolated().listen("tcp/127.0.0.1:0"));
        Queryable queryable =
            session.declareQueryable(KeyExpr.of("silent"), QueryableOptions.defaults());
        SegueProcess query =
            connected(
                session.locators().getFirst(),
                "query",
                "silent",
                "--timeout",
                "0.5",
                "--wait",
                "60")) {
      assertFails("segue query: not all have answered within 0.50 s: 0 replies came", query);
      assertEquals(1, queryable.counts().received());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"hz", "bw", "delay"})
  void measuringCountsEverySample(String command) throws Exception {
    String endpoint = freeEndpoint();
    try (SegueProcess measuring =
            listening(endpoint, command, "fast", "--count", "20000", "--json");
        SegueProcess pub =
            connected(endpoint, "pub", "fast", "12345678", "--count", "20000", "--wait", "60")) {
      assertEquals(0, pub.await(), pub.err());
      assertEquals(0, measuring.await(), measuring.err());
      String last = measuring.out().lines().toList().getLast();
      assertTrue(last.endsWith("\"total\":20000,\"dropped\":0}"), measuring.out());
      assertTrue(
          last.contains(
              switch (command) {
                case "hz" -> "\"p99Millis\":";
                case "bw" -> "\"mean\":8,";
                default -> "\"withoutTimestamp\":";
              }),
          last);
    }
  }

  @Test
  void delaySaysHowOldStampedSamplesAre() throws Exception {
    String endpoint = freeEndpoint();
    try (SegueProcess delay = listening(endpoint, "delay", "k", "--count", "3", "--json");
        Session session = Session.open(Config.isolated().timestamping(true).connect(endpoint));
        Publisher publisher =
            session.declarePublisher(KeyExpr.of("k"), PublisherOptions.blocking())) {
      assertTrue(publisher.awaitMatchingSubscribers(PATIENCE));
      for (int i = 0; i < 3; i++) {
        publisher.put(SegmentedBytes.copyOfUtf8("x"));
      }
      assertEquals(0, delay.await(), delay.err());
      assertTrue(delay.out().contains("\"messages\":3,\"withoutTimestamp\":0"), delay.out());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"echo", "sub", "hz", "bw", "delay", "topics"})
  void ctrlCIsAGoodEndOfWhatGoesOn(String command) throws Exception {
    try (Session session = Session.open(Config.isolated().listen("tcp/127.0.0.1:0"));
        Publisher publisher =
            session.declarePublisher(KeyExpr.of("k"), PublisherOptions.blocking());
        SegueProcess process =
            command.equals("topics")
                ? connected(session.locators().getFirst(), command, "k", "--seconds", "3600")
                : connected(session.locators().getFirst(), command, "k")) {
      assertTrue(publisher.awaitMatchingSubscribers(PATIENCE));
      publisher.put(SegmentedBytes.copyOfUtf8("text"));
      if (command.equals("echo") || command.equals("sub")) {
        awaitOutput(process, "text");
      }
      process.interrupt();
      assertEquals(0, process.await(), process.err());
      assertEquals("", process.err());
    }
  }

  @Test
  void ctrlCEndsWhatIsNotDoneWith130() throws Exception {
    try (Session session = Session.open(Config.isolated().listen("tcp/127.0.0.1:0"));
        Queryable queryable =
            session.declareQueryable(KeyExpr.of("silent"), QueryableOptions.defaults());
        SegueProcess query =
            connected(
                session.locators().getFirst(),
                "query",
                "silent",
                "--timeout",
                "3600",
                "--wait",
                "60")) {
      assertTrue(queryable.receive(PATIENCE).isPresent());
      query.interrupt();
      assertEnds(130, "", query);
    }
  }

  @Test
  void ctrlCEndsPubThatWaitsForTheStandardInput() throws Exception {
    String endpoint = freeEndpoint();
    try (SegueProcess echo = listening(endpoint, "echo", "k");
        SegueProcess pub = connected(endpoint, "pub", "k", "--wait", "60", "--json")) {
      OutputStream input = pub.input();
      input.write("first\n".getBytes(StandardCharsets.UTF_8));
      input.flush();
      awaitOutput(echo, "first");
      pub.interrupt();
      assertEquals(130, pub.await(), pub.err());
      assertTrue(pub.out().contains("\"messages\":1,"), pub.out());
      echo.interrupt();
      assertEquals(0, echo.await(), echo.err());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"echo", "sub"})
  void whoeverReadTheOutputHasGoneEndsItWith141(String command) throws Exception {
    try (Session session = Session.open(Config.isolated().listen("tcp/127.0.0.1:0"));
        Publisher publisher =
            session.declarePublisher(KeyExpr.of("k"), PublisherOptions.blocking())) {
      String[] line = with(List.of("-e", session.locators().getFirst()), command, "k");
      Process process =
          SegueProcess.builder(directory, line)
              .redirectError(directory.resolve("error").toFile())
              .start();
      try (BufferedReader lines =
          new BufferedReader(
              new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
        assertTrue(publisher.awaitMatchingSubscribers(PATIENCE));
        publisher.put(SegmentedBytes.copyOfUtf8("text\n"));
        assertTrue(lines.readLine().contains("text"));
      }
      try {
        while (!process.waitFor(20, TimeUnit.MILLISECONDS)) {
          publisher.put(SegmentedBytes.copyOfUtf8("text\n"));
        }
        assertEquals(141, process.exitValue());
        assertEquals("", Files.readString(directory.resolve("error")));
      } finally {
        process.destroyForcibly();
      }
    }
  }

  @Test
  void topicsListsWhatComesAndWhoIsThere() throws Exception {
    try (Session session = Session.open(Config.isolated().listen("tcp/127.0.0.1:0"));
        LivelinessToken _ = session.liveliness().declareToken(KeyExpr.of("alive/robot"));
        Publisher publisher =
            session.declarePublisher(KeyExpr.of("seen/a"), PublisherOptions.blocking());
        SegueProcess topics =
            connected(session.locators().getFirst(), "topics", "--seconds", "3", "--json")) {
      assertTrue(publisher.awaitMatchingSubscribers(PATIENCE));
      publisher.put(SegmentedBytes.copyOfUtf8("123"));
      publisher.put(SegmentedBytes.copyOfUtf8("45678"));
      assertEquals(0, topics.await(), topics.err());
      assertTrue(
          topics
              .out()
              .contains("{\"key\":\"seen/a\",\"kind\":\"topic\",\"messages\":2,\"bytes\":8"),
          topics.out());
      assertTrue(
          topics.out().contains("{\"key\":\"alive/robot\",\"kind\":\"token\"}"), topics.out());
    }
  }

  @Test
  void doctorSaysWhichNodesUseSharedMemory() throws Exception {
    String endpoint = freeEndpoint();
    Config config =
        Config.fromJson5("{mode: \"router\", adminspace: {enabled: true}}")
            .scouting(false)
            .listen(endpoint);
    try (Session session = Session.open(config);
        SegueProcess doctor = connected(endpoint, "doctor", "--seconds", "2", "--json")) {
      int status = doctor.await();
      assertTrue(status == 0 || doctor.out().contains("\"level\":\"warning\""), doctor.err());
      String node =
          "{\"level\":\"ok\",\"subject\":\"router\",\"finding\":\"router " + session.zid();
      assertTrue(doctor.out().contains(node), doctor.out());
      assertTrue(doctor.out().contains(": shared memory\""), doctor.out());
      assertTrue(doctor.out().contains("@/" + session.zid() + "/router runs Zenoh"), doctor.out());
    }
  }

  @Test
  void doctorSaysWhyANodeOfThisHostHasNoSharedMemory() throws Exception {
    String endpoint = freeEndpoint();
    try (Session session = Session.open(Config.isolated().sharedMemory(false).listen(endpoint));
        SegueProcess doctor = connected(endpoint, "doctor", "--seconds", "2")) {
      assertEquals(1, doctor.await(), doctor.out());
      String line = "warning  peer " + session.zid() + " at " + endpoint + ": over the network";
      assertTrue(doctor.out().contains(line), doctor.out());
      assertTrue(doctor.out().contains("transport/shared_memory/enabled"), doctor.out());
      assertTrue(doctor.err().contains("to do something about"), doctor.err());
    }
  }

  @Test
  void doctorSaysHowLargePayloadsComeAndWhoseClockIsAhead() throws Exception {
    String endpoint = freeEndpoint();
    KeyExpr key = KeyExpr.of("doctor/frames");
    SegmentedBytes frame = SegmentedBytes.copyOf(new byte[100_000]);
    try (Session session = Session.open(Config.isolated().listen(endpoint));
        SegueProcess doctor = connected(endpoint, "doctor", "--seconds", "4", "--json");
        Publisher publisher = session.declarePublisher(key, PublisherOptions.blocking())) {
      Timestamp now = session.newTimestamp();
      Timestamp later = new Timestamp(now.ntp64() + (3600L << 32), now.id());
      assertTrue(publisher.awaitMatchingSubscribers(PATIENCE));
      publisher.put(frame, PutOptions.none().timestamp(later));
      assertEquals(1, doctor.await(), doctor.out());
      assertTrue(
          doctor.out().contains("1 sample came in")
              && doctor.out().contains("0 in shared memory, 1 over the network"),
          doctor.out());
      String ahead =
          "{\"level\":\"warning\",\"subject\":\"clock\",\"finding\":\"the clock of " + now.id();
      assertTrue(doctor.out().contains(ahead), doctor.out());
    }
  }

  @Test
  void doctorLooksAtNoTrafficWhenItIsToldNotTo() throws Exception {
    String endpoint = freeEndpoint();
    try (Session session = Session.open(Config.isolated().listen(endpoint));
        Publisher publisher = session.declarePublisher(KeyExpr.of("doctor/frames"));
        SegueProcess doctor = connected(endpoint, "doctor", "--seconds", "3", "--no-traffic")) {
      doctor.await();
      awaitOutput(doctor, session.zid().toString());
      assertFalse(doctor.out().contains("came in"), doctor.out());
      assertFalse(publisher.hasMatchingSubscribers());
    }
  }

  @Test
  void scoutShowsANodeOfTheLoopbackInterface() throws Exception {
    String multicast =
        """
        {scouting: {multicast: {enabled: true, interface: "lo", address: "224.0.0.226:17447"}}}
        """;
    Path file = Files.writeString(directory.resolve("multicast.json5"), multicast);
    Config config = Config.fromJson5(multicast).listen("tcp/127.0.0.1:0");
    try (Session session = Session.open(config);
        SegueProcess scout =
            SegueProcess.start(
                directory, "scout", "--config", file.toString(), "--seconds", "3", "--json")) {
      assertEquals(0, scout.await(), scout.err());
      assertTrue(
          scout.out().contains("{\"mode\":\"peer\",\"zid\":\"" + session.zid() + "\""),
          scout.out());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "echo a//b",
        "pub a/* x",
        "pub a x --rate 0",
        "pub a x --file y",
        "pub a x --video y",
        "pub a --video y --encoding image/png",
        "hz a --count 0",
        "query a --target some",
        "queryable a/** x",
        "scout --seconds -1",
        "echo a -m robot",
        "echo a -e nonsense",
        "nonsense --help",
        "nonsense -h a b",
        "completion fish"
      })
  void mistakesAreOneLineAndStatus2(String line) {
    CommandRun run = CommandRun.of(line.split(" ", -1));
    assertEquals(2, run.status(), run::toString);
    assertEquals(1, run.err().lines().count(), run::toString);
    assertEquals("", run.out());
  }
}
