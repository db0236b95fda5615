package dev.segue.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.Loan;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.iceoryx2.Node;
import dev.segue.lanes.LanePublisher;
import dev.segue.lanes.LanePublisherOptions;
import dev.segue.lanes.Lanes;
import dev.segue.zenoh.Backlog;
import dev.segue.zenoh.Config;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.PublisherOptions;
import dev.segue.zenoh.PutOptions;
import dev.segue.zenoh.Sample;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.Subscriber;
import dev.segue.zenoh.SubscriberOptions;
import java.lang.foreign.ValueLayout;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Commands that receive what a publisher of both lanes puts. */
@EnabledOnOs(OS.LINUX)
@Timeout(300)
class LaneCommandsTest {
  private static final int SIZE = 50_000;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** It waits for readers, so that none may lose a message. */
  private static final LanePublisherOptions FRAMES =
      LanePublisherOptions.of(SIZE).waiting(PATIENCE).withLoanCount(4);

  @TempDir Path directory;
  private KeyExpr key = KeyExpr.of("test");
  private Session session;
  private Node node;
  private Lanes lanes;

  @BeforeEach
  void open() throws Exception {
    // Commands have iceoryx2's own prefix, which others on this machine may have as well.
    key = KeyExpr.of("test/" + ProcessHandle.current().pid() + "-" + System.nanoTime());
    session = Session.open(Config.isolated().listen("tcp/127.0.0.1:0"));
    node = Node.create();
    lanes = Lanes.of(session, node);
  }

  @AfterEach
  void close() {
    session.close();
    node.close();
  }

  private SegueProcess start(String... arguments) throws Exception {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of("-e", session.locators().getFirst(), "--no-scouting"));
    return SegueProcess.start(directory, all.toArray(String[]::new));
  }

  /** Puts frames that say their number until it is told to end, or so many. */
  private static int put(LanePublisher publisher, AtomicInteger most) {
    try {
      int number = 0;
      for (; number < most.get(); number++) {
        Loan loan = publisher.tryLoan(SIZE, PATIENCE).orElseThrow();
        loan.segment().fill((byte) number);
        loan.segment().set(ValueLayout.JAVA_INT_UNALIGNED, 0, number);
        publisher.put(loan);
        Thread.sleep(1);
      }
      return number;
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private static int numberOf(byte[] frame) {
    assertEquals(SIZE, frame.length);
    int number = ByteBuffer.wrap(frame).order(ByteOrder.LITTLE_ENDIAN).getInt();
    for (int i = 4; i < frame.length; i++) {
      assertEquals((byte) number, frame[i]);
    }
    return number;
  }

  /** Each payload once, none left out, while another reader comes and goes. */
  @ParameterizedTest
  @ValueSource(strings = {"both", "nearest", "iceoryx2", "zenoh"})
  void subWritesEachFrameOnceByEachLane(String lane) throws Exception {
    Path into = directory.resolve("into");
    AtomicInteger most = new AtomicInteger(Integer.MAX_VALUE);
    try (LanePublisher publisher = lanes.declarePublisher(key, FRAMES)) {
      CompletableFuture<Integer> putting =
          CompletableFuture.supplyAsync(() -> put(publisher, most));
      try (SegueProcess sub =
          start(
              "sub", key.toString(), "--lane", lane, "--into", into.toString(), "--count", "500")) {
        try (SegueProcess other = start("hz", key.toString(), "--count", "100")) {
          assertEquals(0, other.await(), other.err());
        }
        try (SegueProcess killed = start("sub", key.toString(), "--into", into + "2")) {
          Path third = Path.of(into + "2").resolve("00000003");
          await("a file of the other", () -> Files.exists(third));
          killed.kill();
        }
        assertEquals(0, sub.await(), sub.err());
        assertEquals("", sub.err());
      }
      most.set(0);
      putting.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }
    int first = numberOf(Files.readAllBytes(into.resolve("00000001")));
    for (int i = 0; i < 500; i++) {
      Path file = into.resolve(String.format(java.util.Locale.ROOT, "%08d", i + 1));
      assertEquals(first + i, numberOf(Files.readAllBytes(file)), lane);
    }
  }

  private interface Condition {
    boolean isMet() throws Exception;
  }

  private static void await(String what, Condition condition) throws Exception {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.isMet()) {
      assertTrue(System.nanoTime() - deadline < 0, () -> "waited in vain for " + what);
      Thread.sleep(5);
    }
  }

  /** Which lane a frame came by is seen by where it lies. */
  @ParameterizedTest
  @CsvSource({"iceoryx2,true", "zenoh,false"})
  void echoTakesTheLaneThatItIsToldTo(String lane, boolean isShared) throws Exception {
    AtomicInteger most = new AtomicInteger(Integer.MAX_VALUE);
    try (LanePublisher publisher = lanes.declarePublisher(key, FRAMES);
        SegueProcess echo =
            start("echo", key.toString(), "--lane", lane, "--count", "20", "--json")) {
      CompletableFuture<Integer> putting =
          CompletableFuture.supplyAsync(() -> put(publisher, most));
      assertEquals(0, echo.await(), echo.err());
      most.set(0);
      putting.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      assertEquals(
          20,
          echo.out()
              .lines()
              .filter(l -> l.endsWith("\"isSharedMemory\":" + isShared + "}"))
              .count(),
          echo.out());
    }
  }

  /** By default a command comes to read shared memory, and hears others too. */
  @ParameterizedTest
  @ValueSource(strings = {"hz", "bw", "delay", "echo"})
  void othersAreHeardBesideANearPublisher(String command) throws Exception {
    AtomicInteger most = new AtomicInteger(Integer.MAX_VALUE);
    KeyExpr plainKey = key.join("plain");
    try (LanePublisher publisher = lanes.declarePublisher(key.join("near"), FRAMES);
        var plain = session.declarePublisher(plainKey, PublisherOptions.blocking());
        SegueProcess reading = start(command, key + "/*", "--json")) {
      assertTrue(plain.awaitMatchingSubscribers(PATIENCE));
      CompletableFuture<Integer> putting =
          CompletableFuture.supplyAsync(() -> put(publisher, most));
      if (command.equals("bw")) {
        await("shared memory", () -> reading.out().matches("(?s).*\"sharedMemory\":[1-9].*"));
      } else if (command.equals("echo")) {
        await("shared memory", () -> reading.out().contains("\"isSharedMemory\":true"));
      } else {
        await("messages", () -> reading.out().lines().count() >= 2);
      }
      most.set(0);
      putting.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      plain.put(SegmentedBytes.copyOf(new byte[77]));
      if (command.equals("bw")) {
        await("what is plain", () -> reading.out().contains("\"smallest\":77,"));
      } else if (command.equals("echo")) {
        await("what is plain", () -> reading.out().contains("\"bytes\":77,"));
      }
      reading.interrupt();
      assertEquals(0, reading.await(), reading.err());
      assertEquals("", reading.err());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"both", "nearest", "iceoryx2", "zenoh"})
  void whatIsRecordedIsTheSameByEachLane(String lane) throws Exception {
    Path file = directory.resolve("drive.mcap");
    AtomicInteger most = new AtomicInteger(Integer.MAX_VALUE);
    try (LanePublisher publisher = lanes.declarePublisher(key, FRAMES)) {
      CompletableFuture<Integer> putting =
          CompletableFuture.supplyAsync(() -> put(publisher, most));
      try (SegueProcess record =
          start("record", key.toString(), file.toString(), "--lane", lane, "--messages", "300")) {
        assertEquals(0, record.await(), record.err());
        assertTrue(record.out().contains("300 messages, "), record.out());
        assertTrue(record.out().contains(" 0 dropped, 0 lost"), record.out());
      }
      most.set(0);
      putting.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }
    try (SegueProcess info = SegueProcess.start(directory, "recording", "info", file.toString())) {
      assertEquals(0, info.await(), info.err());
      assertEquals(
          1, info.out().lines().filter(l -> l.contains(key.toString())).count(), info.out());
    }
    try (Subscriber played =
            session.declareSubscriber(key, SubscriberOptions.defaults().backlog(Backlog.hold(16)));
        SegueProcess replay = start("replay", file.toString(), "--wait", "60")) {
      int first = -1;
      for (int i = 0; i < 300; i++) {
        try (Sample sample = played.receive(PATIENCE).orElseThrow()) {
          int number = numberOf(sample.payload().copyToByteArray());
          first = i == 0 ? number : first;
          assertEquals(first + i, number, lane);
        }
      }
      assertEquals(0, replay.await(), replay.err());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"both", "nearest", "iceoryx2", "zenoh"})
  void theGatewayServesWhatComesByEachLane(String lane) throws Exception {
    AtomicInteger most = new AtomicInteger(Integer.MAX_VALUE);
    try (LanePublisher publisher = lanes.declarePublisher(key, FRAMES);
        SegueProcess serve =
            start("serve", "--lane", lane, "--h2c", "--port", "0", "--allow-read", "test/**");
        HttpClient client = HttpClient.newHttpClient()) {
      await("its address", () -> serve.out().contains("serving on http://"));
      String url =
          serve.out().lines().filter(l -> l.startsWith("serving on ")).findFirst().orElseThrow();
      URI topic = URI.create(url.substring("serving on ".length()) + "topics/" + key);
      CompletableFuture<Integer> putting =
          CompletableFuture.supplyAsync(() -> put(publisher, most));
      int last = -1;
      for (int i = 0; i < 50; ) {
        HttpResponse<byte[]> answer =
            client.send(
                HttpRequest.newBuilder(topic).timeout(PATIENCE).build(),
                HttpResponse.BodyHandlers.ofByteArray());
        if (answer.statusCode() == 404) {
          Thread.sleep(20);
          continue;
        }
        assertEquals(200, answer.statusCode());
        int number = numberOf(answer.body());
        assertTrue(number >= last, number + " after " + last);
        last = number;
        i++;
        Thread.sleep(2);
      }
      most.set(0);
      int count = putting.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      await(
          "the last one",
          () ->
              count - 1
                  == numberOf(
                      client
                          .send(
                              HttpRequest.newBuilder(topic).timeout(PATIENCE).build(),
                              HttpResponse.BodyHandlers.ofByteArray())
                          .body()));
      serve.interrupt();
      assertEquals(130, serve.await(), serve.err());
      assertEquals("", serve.err());
    }
  }

  @Test
  void whatGoesWithAPayloadIsShownAsByZenoh() throws Exception {
    AtomicInteger most = new AtomicInteger(Integer.MAX_VALUE);
    try (LanePublisher publisher = lanes.declarePublisher(key, FRAMES);
        SegueProcess near =
            start("echo", key.toString(), "--lane", "iceoryx2", "--count", "1", "--json");
        SegueProcess far =
            start("echo", key.toString(), "--lane", "zenoh", "--count", "1", "--json")) {
      await("a near reader and a far one", () -> publisher.hasZenohSubscribers());
      PutOptions with =
          PutOptions.none()
              .attachment(SegmentedBytes.copyOfUtf8("beside"))
              .timestamp(session.newTimestamp());
      CompletableFuture<Integer> putting =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  while (most.get() > 0) {
                    publisher.putCopy(SegmentedBytes.copyOfUtf8("hello"), with);
                    Thread.sleep(5);
                  }
                } catch (Exception e) {
                  throw new IllegalStateException(e);
                }
                return 0;
              });
      assertEquals(0, near.await(), near.err());
      assertEquals(0, far.await(), far.err());
      most.set(0);
      putting.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      assertEquals(
          far.out(), near.out().replace("\"isSharedMemory\":true", "\"isSharedMemory\":false"));
    }
  }
}
