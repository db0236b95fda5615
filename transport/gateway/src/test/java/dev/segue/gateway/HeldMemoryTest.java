package dev.segue.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.OffHeapPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.http2.BodyPiece;
import dev.segue.http2.Http2Client;
import dev.segue.http2.Http2Limits;
import dev.segue.http2.Request;
import dev.segue.http2.Response;
import dev.segue.zenoh.CongestionControl;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.PutOptions;
import dev.segue.zenoh.Qos;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What clients that don't read can make a gateway keep, and what they get when they read on. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class HeldMemoryTest {
  private static final Qos BLOCK = Qos.defaults().congestionControl(CongestionControl.BLOCK);
  private static final SegmentedBytes SMALL = SegmentedBytes.copyOfUtf8("x");

  private static double metric(Fixture fixture, String name) throws Exception {
    return fixture
        .get("/metrics")
        .text()
        .lines()
        .filter(line -> line.startsWith(name + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
        .findFirst()
        .orElse(-1);
  }

  private static Http2Client slowClient(Fixture fixture) throws Exception {
    return Http2Client.builder("localhost", fixture.port())
        .limits(Http2Limits.defaults().withWindowByteSize(65_535))
        .connectionCount(1)
        .connect();
  }

  /** Puts one small sample of each of so many keys, and waits until all are known. */
  private static void publishAll(Fixture fixture, String start, String end, int count)
      throws Exception {
    fixture.publish(start + 0 + end, SMALL, PutOptions.none());
    double known =
        metric(fixture, "segue_topics") + metric(fixture, "segue_topics_forgotten_total");
    double received = metric(fixture, "segue_samples_total");
    for (int i = 1; i < count; i++) {
      fixture.publisher.put(KeyExpr.of(start + i + end), SMALL, BLOCK, PutOptions.none());
      int sent = i;
      if (i % 100 == 0) { // The gateway's own backlog is 256.
        Fixture.until(
            "them to come", () -> metric(fixture, "segue_samples_total") >= received + sent);
      }
    }
    Fixture.until(
        "all topics to be known",
        () ->
            metric(fixture, "segue_topics") + metric(fixture, "segue_topics_forgotten_total")
                >= known + count - 1);
  }

  private static long usedHeap() throws InterruptedException {
    for (int i = 0; i < 4; i++) {
      System.gc();
      Thread.sleep(50);
    }
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }

  /** Each sample on its way costs heap, however small it is, and so did each that was behind. */
  @Test
  void streamsThatNobodyReadsKeepLittleHeap() throws Exception {
    int connectionCount = 3;
    int streamCount = 100;
    try (Fixture fixture = Fixture.open(options -> options)) {
      publishAll(fixture, "t/", "", 1000);
      long before = usedHeap();
      List<Http2Client> clients = new ArrayList<>();
      try {
        for (int i = 0; i < connectionCount; i++) {
          Http2Client client = slowClient(fixture);
          clients.add(client);
          List<CompletionStage<Response>> streams = new ArrayList<>();
          for (int k = 0; k < streamCount; k++) {
            streams.add(client.send(Request.get("/topics/t/*?stream=sse")));
          }
          for (CompletionStage<Response> each : streams) {
            assertEquals(200, Fixture.await(each).status());
          }
        }
        Fixture.until(
            "all streams to run",
            () -> fixture.gateway.streamCount() == connectionCount * streamCount);
        Thread.sleep(1000); // What they begin with is on its way.
        long kept = usedHeap() - before;
        assertTrue(kept < 100L << 20, "kept byteSize=" + kept);
      } finally {
        clients.forEach(Http2Client::close);
      }
    }
    Fixture.until("all samples to be released", () -> KeptSample.heldCount() == 0);
  }

  @Test
  void aSampleIsLentSoManyTimesAtMost() throws Exception {
    InetAddress one = InetAddress.getByName("10.0.0.1");
    InetAddress two = InetAddress.getByName("10.0.0.2");
    try (Fixture fixture = Fixture.open(options -> options);
        OffHeapPool pool = new OffHeapPool(1 << 20);
        LentBudget budget = new LentBudget(64 << 20, 10);
        Topics topics =
            Topics.open(fixture.session, List.of(KeyExpr.of("n")), 10, 1 << 20, pool, budget)) {
      Fixture.until(
          "the sample to arrive",
          () -> {
            fixture.publisher.put(KeyExpr.of("n"), SMALL, BLOCK, PutOptions.none());
            Thread.sleep(5);
            return topics.valueByteSize() > 0;
          });
      Topic topic = topics.find(KeyExpr.of("n")).orElseThrow();
      List<LentSample> lent = new ArrayList<>();
      for (int i = 0; i < 5; i++) {
        lent.add(topic.lendNewest(one).lent().orElseThrow());
      }
      assertTrue(topic.lendNewest(one).refused());
      for (int i = 0; i < 5; i++) {
        lent.add(topic.lendNewest(two).lent().orElseThrow());
      }
      assertTrue(topic.lendNewest(InetAddress.getLoopbackAddress()).refused());
      lent.forEach(LentSample::close);
      lent.forEach(LentSample::close);
      topic.lendNewest(one).lent().orElseThrow().close();
      assertEquals(0, budget.lentByteSize());
    }
    Fixture.until("all samples to be released", () -> KeptSample.heldCount() == 0);
  }

  /**
   * A list is made for each request, and may be as large as the topics that there are; also where
   * each character takes three bytes.
   */
  @ParameterizedTest
  @ValueSource(strings = {"xxx", "€"})
  void listsThatNobodyReadsAreBounded(String part) throws Exception {
    try (Fixture fixture = Fixture.open(options -> options)) {
      publishAll(fixture, "l/", "/" + part.repeat(1000), 300);
      try (Http2Client client = slowClient(fixture)) {
        List<CompletionStage<Response>> lists = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
          lists.add(client.send(Request.get("/topics")));
        }
        int refused = 0;
        for (CompletionStage<Response> each : lists) {
          refused += Fixture.await(each).status() == 503 ? 1 : 0;
        }
        assertTrue(refused > 50, "refused=" + refused);
        assertTrue(refused < 90, "refused=" + refused);
      }
      Fixture.until("the room to be free again", () -> fixture.get("/topics").status() == 200);
    }
  }

  /** Numbers of topics are used again, but not what was noted for the topic before. */
  @Test
  void aStreamThatIsBehindGetsNothingOfTheTopicsThatCameInThePlaceOfItsOwn() throws Exception {
    String long1 = "/" + "x".repeat(3000);
    try (Fixture fixture = Fixture.open(options -> options.maxTopicCount(300))) {
      publishAll(fixture, "a/", long1, 300);
      try (Http2Client client = slowClient(fixture)) {
        Response stream = Fixture.await(client.send(Request.get("/topics/a/**?stream=sse")));
        Thread.sleep(300);
        publishAll(fixture, "b/", long1, 300);
        StringBuilder all = new StringBuilder();
        fixture.publish("a/last", SMALL, PutOptions.none());
        while (all.indexOf("\"key\":\"a/last\"") < 0) {
          Optional<BodyPiece> next = Fixture.await(stream.body().read());
          try (BodyPiece piece = next.orElseThrow()) {
            all.append(piece.bytes().copyToUtf8String());
          }
        }
        assertTrue(all.indexOf("\"key\":\"a/0/") >= 0);
        assertFalse(all.indexOf("\"key\":\"b/") >= 0);
        stream.body().cancel();
      }
    }
    Fixture.until("all samples to be released", () -> KeptSample.heldCount() == 0);
  }

  /** Its only sample was dropped for those of a busy key, and never came. */
  @Test
  void aQuietKeyIsNotLostBehindABusyOne() throws Exception {
    SegmentedBytes large = SegmentedBytes.copyOf(new byte[400_000]);
    try (Fixture fixture = Fixture.open(options -> options)) {
      fixture.publish("q/busy", large, PutOptions.none());
      try (Http2Client client = slowClient(fixture)) {
        Response stream =
            Fixture.await(client.send(Request.get("/topics/q/*?stream=frames&backlog=1")));
        fixture.publish("q/quiet", SMALL, PutOptions.none());
        Thread.sleep(300); // The last one may have been put twice.
        double before = metric(fixture, "segue_samples_total");
        for (int i = 0; i < 3; i++) {
          fixture.publisher.put(KeyExpr.of("q/busy"), large, BLOCK, PutOptions.none());
        }
        Fixture.until(
            "the busy ones to come", () -> metric(fixture, "segue_samples_total") >= before + 3);
        StringBuilder all = new StringBuilder();
        while (all.indexOf("\"key\":\"q/quiet\"") < 0) {
          Optional<BodyPiece> next = Fixture.await(stream.body().read());
          try (BodyPiece piece = next.orElseThrow()) {
            String text = new String(piece.bytes().copyToByteArray(), StandardCharsets.ISO_8859_1);
            all.append(text.replace("\0", ""));
          }
        }
        stream.body().cancel();
      }
    }
    Fixture.until("all samples to be released", () -> KeptSample.heldCount() == 0);
  }

  @Test
  void numbersOfTopicsAreSmallAndUsedAgain() {
    TopicSlots slots = new TopicSlots();
    List<Topic> topics = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      topics.add(slots.newTopic(KeyExpr.of("a/" + i)));
      assertEquals(i, topics.get(i).slot());
    }
    slots.remove(topics.get(7));
    assertNull(slots.get(7));
    assertFalse(slots.isCurrent(topics.get(7)));
    Topic next = slots.newTopic(KeyExpr.of("b"));
    assertEquals(7, next.slot());
    slots.remove(topics.get(7)); // It is another one's by now.
    assertTrue(slots.isCurrent(next));
    assertEquals(next, slots.get(7));
    assertNull(slots.get(100_000));
  }

  /** The socket has no room for both at a time; the second one was lost and not counted. */
  @Test
  void whatASocketHasNoRoomForComesLater() throws Exception {
    try (Fixture fixture = Fixture.open(options -> options)) {
      SegmentedBytes large = SegmentedBytes.copyOf(new byte[40 << 20]);
      fixture.publish("large/1", large, PutOptions.none());
      fixture.publish("large/2", large, PutOptions.none());
      try (RawSocket peer = new RawSocket(fixture.port())) {
        peer.send("{\"op\":\"subscribe\",\"id\":1,\"key\":\"large/1\"}");
        peer.send("{\"op\":\"subscribe\",\"id\":2,\"key\":\"large/2\"}");
        Fixture.until("both to run", () -> fixture.gateway.streamCount() == 2);
        fixture.publisher.put(KeyExpr.of("large/2"), large, BLOCK, PutOptions.none());
        Fixture.until(
            "the second to be refused", () -> metric(fixture, "segue_stream_dropped_total") >= 1);
        boolean first = false;
        boolean second = false;
        while (!first || !second) {
          String message = peer.next();
          first |= message.startsWith("2 ") && message.contains("\"key\":\"large/1\"");
          second |= message.startsWith("2 ") && message.contains("\"key\":\"large/2\"");
        }
      }
    }
    Fixture.until("all samples to be released", () -> KeptSample.heldCount() == 0);
  }

  /** Each took some KiB of heap until the client's time was over, however short it was. */
  @Test
  void answersThatNobodyReadsAreBoundedForAllSocketsOfAnAddress() throws Exception {
    int socketCount = 3;
    int answerCount = 9000;
    try (Fixture fixture = Fixture.open(options -> options)) {
      fixture.publish("large", SegmentedBytes.copyOf(new byte[8 << 20]), PutOptions.none());
      List<RawSocket> peers = new ArrayList<>();
      try {
        for (int i = 0; i < socketCount; i++) {
          RawSocket peer = new RawSocket(fixture.port());
          peers.add(peer);
          peer.send("{\"op\":\"subscribe\",\"id\":1,\"key\":\"large\"}");
          assertTrue(peer.next().contains("\"subscribed\""));
          peer.awaitMore(); // The large one, and nothing gets by.
        }
        for (RawSocket peer : peers) {
          for (int i = 0; i < answerCount; i++) {
            peer.send("{\"op\":\"x\"}");
          }
        }
        // Not before: what is read has room again, for others.
        Fixture.until("one of them to be ended", () -> fixture.gateway.streamCount() < socketCount);
        int ended = 0;
        for (RawSocket peer : peers) {
          ended += isEndedBefore(peer, answerCount) ? 1 : 0;
        }
        assertTrue(ended > 0, "all answers were kept");
      } finally {
        for (RawSocket peer : peers) {
          peer.close();
        }
      }
      try (RawSocket reader = new RawSocket(fixture.port())) {
        for (int i = 0;
            i < answerCount;
            i++) { // So many have room again, and one that reads gets all.
          reader.send("{\"op\":\"x\"}");
          assertTrue(reader.next().contains("\"error\""));
        }
      }
    }
    Fixture.until("all samples to be released", () -> KeptSample.heldCount() == 0);
  }

  /** Whether a socket is closed before so many errors have come. */
  private static boolean isEndedBefore(RawSocket peer, int errorCount) throws IOException {
    for (int errors = 0; errors < errorCount; ) {
      String message = peer.next();
      if (message.startsWith("8 ")) {
        return true;
      }
      errors += message.contains("\"error\"") ? 1 : 0;
    }
    return false;
  }

  @Test
  void theKeysOfAllTopicsAreBounded() throws Exception {
    try (Fixture fixture = Fixture.open(options -> options);
        OffHeapPool pool = new OffHeapPool(1 << 20);
        LentBudget budget = new LentBudget(1 << 20, 10);
        Topics topics =
            Topics.open(
                fixture.session,
                List.of(KeyExpr.of("g/**")),
                1000,
                10_000,
                1 << 20,
                pool,
                budget)) {
      for (int i = 0; i < 20; i++) {
        // As JSON has them: a list is to fit where lists go.
        KeyExpr key =
            KeyExpr.of(
                "g/" + i + "/" + (i % 2 == 0 ? "x" : "<<<<<\"").repeat(i % 2 == 0 ? 1000 : 31));
        Fixture.until(
            "the sample to arrive",
            () -> {
              fixture.publisher.put(key, SMALL, BLOCK, PutOptions.none());
              Thread.sleep(5);
              return topics.find(key).isPresent();
            });
      }
      assertEquals(9, topics.topicCount());
      assertTrue(topics.forgottenCount() >= 11);
    }
    Fixture.until("all samples to be released", () -> KeptSample.heldCount() == 0);
  }

  /** An answer that the socket has no room for is not left out silently. */
  @Test
  void whoDoesNotReadGetsAllAnswersOrTheEndOfTheSocket() throws Exception {
    int count = 300;
    try (Fixture fixture = Fixture.open(options -> options)) {
      publishAll(fixture, "s/", "", 80);
      try (RawSocket peer = new RawSocket(fixture.port())) {
        for (int i = 0; i < count; i++) {
          peer.send("{\"op\":\"subscribe\",\"id\":" + i + ",\"key\":\"s/*\"}");
        }
        Thread.sleep(2000);
        int answers = 0;
        boolean closed = false;
        while (answers < count && !closed) {
          String message = peer.next();
          answers += message.startsWith("1 ") && message.contains("\"subscribed\"") ? 1 : 0;
          closed = message.startsWith("8 ");
        }
      }
    }
    Fixture.until("all samples to be released", () -> KeptSample.heldCount() == 0);
  }
}
