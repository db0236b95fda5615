package dev.segue.recording;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import dev.segue.bytes.CopyLedger;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.mcap.McapMessage;
import dev.segue.mcap.McapReader;
import dev.segue.objectstore.ObjectStore;
import dev.segue.objectstore.s3.S3Server;
import dev.segue.testkit.ChildProcess;
import dev.segue.zenoh.Backlog;
import dev.segue.zenoh.Config;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Publisher;
import dev.segue.zenoh.PublisherOptions;
import dev.segue.zenoh.Sample;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.Subscriber;
import dev.segue.zenoh.SubscriberOptions;
import java.io.BufferedReader;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Recorders that are killed, stores that fail, recordings that are not whole. */
class FailureTest {
  private static final Duration LONG = Duration.ofSeconds(60);
  private static final KeyExpr ALL = KeyExpr.of("robot/**");
  private static final KeyExpr KEY = KeyExpr.of("robot/camera");
  private static final List<String> CREDENTIALS =
      List.of("-Daws.accessKeyId=test", "-Daws.secretAccessKey=testtest");

  @TempDir Path directory;

  @BeforeAll
  static void setCredentials() {
    for (String property : CREDENTIALS) {
      String[] pair = property.substring(2).split("=", 2);
      System.setProperty(pair[0], pair[1]);
    }
  }

  private static SegmentedBytes zeros(long byteSize) {
    return SegmentedBytes.fromSegments(
        List.of(Arena.ofAuto().allocate(byteSize).asReadOnly()), false);
  }

  private static Publisher matched(Session session) throws Exception {
    Publisher publisher = session.declarePublisher(KEY, PublisherOptions.blocking());
    assertTrue(publisher.awaitMatchingSubscribers(LONG));
    return publisher;
  }

  private static Process recorder(String uri, String endpoint) throws IOException {
    List<String> options = new ArrayList<>(List.of("-XX:+UseSerialGC"));
    options.addAll(CREDENTIALS);
    ProcessBuilder builder =
        new ProcessBuilder(
            ChildProcess.java(
                options,
                ChildProcess.classPath(),
                RecorderChild.class,
                uri,
                "drive.mcap",
                endpoint));
    return builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
  }

  @ParameterizedTest
  @ValueSource(strings = {"file", "s3"})
  void aRecorderThatIsKilledLeavesNoObject(String scheme) throws Exception {
    try (S3Server server = new S3Server();
        Session session = Session.open(Config.isolated().listen("tcp/127.0.0.1:0"))) {
      String uri =
          scheme.equals("file")
              ? directory.toUri().toString()
              : "s3://" + S3Server.BUCKET + "?region=us-east-1&endpoint=" + server.endpoint();
      Process process = recorder(uri, session.locators().getFirst());
      try (BufferedReader lines = process.inputReader();
          Publisher publisher = matched(session)) {
        for (int i = 0; i < 8; i++) {
          publisher.put(zeros(5_000_000));
        }
        String line = lines.readLine();
        while (line != null && !line.equals("8")) {
          line = lines.readLine();
        }
        assertEquals("8", line);
      } finally {
        process.destroyForcibly();
        process.waitFor();
      }
      try (ObjectStore store = ObjectStore.open(uri)) {
        assertFalse(store.exists("drive.mcap"));
        assertEquals(List.of(), store.list("", "", Optional.empty()).objects());
      }
    }
  }

  /** A store that begins uploads and then refuses each part. */
  private static HttpServer refusing() throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          exchange.getRequestBody().readAllBytes();
          boolean begins = exchange.getRequestMethod().equals("POST");
          byte[] body =
              (begins
                      ? "<InitiateMultipartUploadResult><UploadId>1</UploadId>"
                          + "</InitiateMultipartUploadResult>"
                      : "<Error><Code>AccessDenied</Code><Message>no</Message></Error>")
                  .getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(begins ? 200 : 403, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
    return server;
  }

  @Test
  void aStoreThatFailsIsToldAndNothingHangs() throws Exception {
    HttpServer server = refusing();
    String uri =
        "s3://bucket?region=us-east-1&anonymous=true&endpoint=http://127.0.0.1:"
            + server.getAddress().getPort();
    try (Pair pair = Pair.open();
        ObjectStore store = ObjectStore.open(uri);
        Recorder recorder =
            Recorder.start(
                pair.far(),
                ALL,
                store.write("k"),
                RecorderOptions.defaults().backlog(Backlog.hold(2)));
        Publisher publisher = matched(pair.near())) {
      for (int i = 0; i < 20; i++) {
        publisher.put(zeros(5_000_000));
      }
      assertTrue(recorder.awaitEnd(LONG));
      IOException failure = assertThrows(IOException.class, recorder::finish);
      assertTrue(String.valueOf(failure.getMessage()).contains("403"), failure::toString);
    } finally {
      server.stop(0);
    }
  }

  @Test
  void whatIsWholeOfARecordingIsPlayed() throws Exception {
    try (Pair pair = Pair.open();
        ObjectStore store = ObjectStore.open(directory.toUri().toString())) {
      try (Recorder recorder =
              Recorder.start(
                  pair.far(),
                  ALL,
                  store.write("whole"),
                  RecorderOptions.defaults().messageLimit(10));
          Publisher publisher = matched(pair.near())) {
        for (int i = 0; i < 10; i++) {
          publisher.put(zeros(200_000));
        }
        assertTrue(recorder.awaitEnd(LONG));
        assertEquals(10, recorder.finish().messageCount());
      }
      byte[] whole = Files.readAllBytes(directory.resolve("whole"));
      int cut = 900_000; // in the fifth message
      store.put("cut", SegmentedBytes.copyOf(Arrays.copyOf(whole, cut)));
      try (Subscriber subscriber =
              pair.far()
                  .declareSubscriber(ALL, SubscriberOptions.defaults().backlog(Backlog.hold(100)));
          Player player =
              Player.open(pair.near(), store, "cut", PlayerOptions.defaults().rate(0))) {
        assertEquals(Optional.empty(), player.summary());
        String said = player.play().orElseThrow();
        assertTrue(said.contains("byteOffset=" + cut), said);
        assertEquals(4, player.counts().messageCount());
        for (int i = 0; i < 4; i++) {
          try (Sample sample = subscriber.receive(LONG).orElseThrow()) {
            assertEquals(200_000, sample.payloadByteSize());
          }
        }
      }
      store.put("other", SegmentedBytes.copyOf(Arrays.copyOf(whole, 200)));
      try (Player player =
          Player.open(pair.near(), store, "other", PlayerOptions.defaults().rate(0))) {
        assertTrue(player.play().isPresent());
      }
      store.put("none", zeros(500));
      try (Player player = Player.open(pair.near(), store, "none", PlayerOptions.defaults())) {
        assertThrows(IOException.class, player::play);
      }
    }
  }

  @Test
  void aPayloadLargerThanWhatIsReadAheadIsRecordedAndRead() throws Exception {
    long large = 40_000_001;
    try (Pair pair = Pair.open();
        ObjectStore store = ObjectStore.open(directory.toUri().toString())) {
      try (Recorder recorder =
              Recorder.start(
                  pair.far(), ALL, store.write("k"), RecorderOptions.defaults().messageLimit(1));
          Publisher publisher = matched(pair.near())) {
        publisher.put(zeros(large));
        assertTrue(recorder.awaitEnd(LONG));
        assertEquals(1, recorder.finish().messageCount());
      }
      CopyLedger.Snapshot before = CopyLedger.snapshot();
      try (McapReader reader = McapReader.open(store.read("k"));
          McapMessage message = reader.next().orElseThrow()) {
        assertEquals(zeros(large), message.data());
      }
      assertEquals(large, CopyLedger.snapshot().since(before).byteCount("mcap.gather"));
      before = CopyLedger.snapshot();
      try (Player player =
          Player.open(
              pair.near(),
              store,
              "k",
              PlayerOptions.defaults().rate(0).matchTimeout(Duration.ZERO))) {
        assertEquals(Optional.empty(), player.play());
        assertEquals(1, player.unmatched().size());
      }
      assertEquals(0, CopyLedger.snapshot().since(before).byteCount("mcap.gather"));
    }
  }
}
