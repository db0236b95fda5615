package dev.segue.gateway;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.Loan;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.http2.Http2Client;
import dev.segue.http2.Request;
import dev.segue.zenoh.Encoding;
import dev.segue.zenoh.GetOptions;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.PutOptions;
import dev.segue.zenoh.Query;
import dev.segue.zenoh.QueryHandler;
import dev.segue.zenoh.Queryable;
import dev.segue.zenoh.QueryableOptions;
import dev.segue.zenoh.ReplyKeyExpr;
import dev.segue.zenoh.ShmPool;
import dev.segue.zenoh.Timestamp;
import dev.segue.zenoh.ZenohException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What queryables answer to clients. */
@Timeout(100)
class QueryTest {
  private static final List<KeyExpr> ALL = List.of(KeyExpr.of("**"));

  private static Fixture open() throws Exception {
    return Fixture.open(options -> options.askable(ALL));
  }

  /** Declares a queryable that the gateway's session knows of. */
  private static Queryable declare(Fixture fixture, String key, QueryHandler handler)
      throws Exception {
    Queryable queryable =
        fixture.publisher.declareQueryable(
            KeyExpr.of(key), QueryableOptions.defaults().complete(true), handler);
    try (var querier = fixture.session.declareQuerier(KeyExpr.of(key), GetOptions.defaults())) {
      assertTrue(querier.awaitMatchingQueryables(Fixture.LONG));
    }
    return queryable;
  }

  private static SegmentedBytes utf8(String text) {
    return SegmentedBytes.copyOfUtf8(text);
  }

  private static byte[] random(int byteSize) {
    byte[] bytes = new byte[byteSize];
    new Random(byteSize).nextBytes(bytes);
    return bytes;
  }

  private static List<FramesFormat.Received> framesOf(SegmentedBytes body) {
    List<FramesFormat.Received> all = new ArrayList<>();
    SegmentedBytes rest = body;
    while (!rest.isEmpty()) {
      var head = rest.slice(0, 16).copyToByteArray();
      var numbers = ByteBuffer.wrap(head).order(ByteOrder.LITTLE_ENDIAN);
      long byteSize = 16 + numbers.getInt(0) + numbers.getLong(8);
      all.add(FramesFormat.read(rest.slice(0, byteSize)));
      rest = rest.slice(byteSize, rest.byteSize() - byteSize);
    }
    return all;
  }

  @Test
  void aKeyThatNoSampleCameOfIsAskedFor() throws Exception {
    KeyExpr key = KeyExpr.of("robot/map");
    byte[] map = random(1_000_000);
    PutOptions json = PutOptions.none().encoding(Encoding.APPLICATION_JSON);
    try (Fixture fixture = open();
        Queryable _ =
            declare(
                fixture,
                "robot/map",
                query -> query.reply(key, SegmentedBytes.copyOf(map), json))) {
      Fixture.Answer answer = fixture.get("/topics/robot/map");
      assertEquals(200, answer.status(), answer.text());
      assertArrayEquals(map, answer.body().copyToByteArray());
      assertEquals("application/json", answer.header("content-type"));
      assertEquals("finished", answer.header("segue-query"));
      assertEquals("no-store", answer.header("cache-control"));
      assertEquals("", answer.header("etag"));
      Fixture.Answer head = fixture.send(Request.of("HEAD", "/topics/robot/map"));
      assertEquals("1000000", head.header("content-length"));
    }
  }

  @Test
  void aSampleThatCameIsNotAskedForUnlessTheRequestSaysSo() throws Exception {
    KeyExpr key = KeyExpr.of("robot/mode");
    try (Fixture fixture = open()) {
      fixture.publish("robot/mode", utf8("published"), PutOptions.none());
      try (Queryable _ =
          declare(
              fixture,
              "robot/mode",
              query -> query.reply(key, utf8("asked " + query.parameters())))) {
        assertEquals("published", fixture.get("/topics/robot/mode").text());
        assertEquals("asked ", fixture.get("/topics/robot/mode?query").text());
        assertEquals("asked x=3;y=4 5", fixture.get("/topics/robot/mode?query=x=3;y=4%205").text());
      }
    }
  }

  @Test
  void ofSeveralRepliesTheNewestIsTheAnswer() throws Exception {
    KeyExpr key = KeyExpr.of("log");
    try (Fixture fixture = open();
        Queryable _ =
            declare(
                fixture,
                "log",
                query -> {
                  reply(fixture, query, "old", 1_000);
                  reply(fixture, query, "newest", 3_000);
                  reply(fixture, query, "older", 2_000);
                  query.reply(key, utf8("of no time"));
                  query.replyDel(key);
                })) {
      assertEquals("newest", fixture.get("/topics/log").text());
    }
  }

  private static void reply(Fixture fixture, Query query, String text, long seconds)
      throws ZenohException {
    Timestamp stamp = new Timestamp(seconds << 32, fixture.publisher.zid());
    query.reply(KeyExpr.of("log"), utf8(text), PutOptions.none().timestamp(stamp));
  }

  @Test
  void whatNobodyAnswersIsNotFoundAndALateAnswerATimeout() throws Exception {
    List<Query> kept = Collections.synchronizedList(new ArrayList<>());
    try (Fixture fixture = open();
        Queryable _ = declare(fixture, "silent", query -> kept.add(query.retain()));
        Queryable _ = declare(fixture, "broken", query -> query.replyErr(utf8("no map: \u00e4")))) {
      assertEquals(404, fixture.get("/topics/nobody").status());
      assertEquals(404, fixture.get("/topics/nobody?query").status());
      Fixture.Answer late = fixture.get("/topics/silent?query&timeout=100ms");
      assertEquals(504, late.status());
      assertEquals("timed-out", late.header("segue-query"));
      assertEquals(504, fixture.get("/topics/silent?query&timeout=100ms&replies=json").status());
      Fixture.Answer error = fixture.get("/topics/broken");
      assertEquals(502, error.status());
      assertEquals("no map: \u00e4\n", error.text());
      assertEquals(502, fixture.get("/topics/broken?query&replies=frames").status());
      String metrics = fixture.get("/metrics").text();
      for (String expected : List.of("nobody\"} 2.0", "timed-out\"} 2.0", "error\"} 2.0")) {
        assertTrue(metrics.contains("segue_queries_total{outcome=\"" + expected), metrics);
      }
    } finally {
      kept.forEach(Query::close);
    }
  }

  @Test
  void allRepliesOfAKeyExpressionComeAsJsonOrFrames() throws Exception {
    byte[] large = random(300_000);
    try (Fixture fixture = open();
        Queryable _ =
            declare(
                fixture,
                "map/**",
                query -> {
                  query.reply(
                      KeyExpr.of("map/a"),
                      utf8("<a>"),
                      PutOptions.none().encoding(Encoding.TEXT_PLAIN));
                  query.reply(KeyExpr.of("map/b"), SegmentedBytes.copyOf(large));
                  query.replyErr(utf8("c is \"gone\""));
                })) {
      Fixture.Answer json = fixture.get("/topics/map/*?query");
      assertEquals("application/json", json.header("content-type"));
      String text = json.text();
      assertTrue(text.startsWith("{\"replies\":[{\"key\":\"map/a\",\"kind\":\"put\""), text);
      assertTrue(text.contains("\"text\":\"\\u003ca>\"},{\"key\":\"map/b\""), text);
      assertTrue(
          text.endsWith(
              "],\"state\":\"finished\",\"errorCount\":1,\"error\":\"c is \\\"gone\\\"\"}\n"),
          text);
      Fixture.Answer frames = fixture.get("/topics/map/*?query&replies=frames");
      assertEquals(FramesFormat.MEDIA_TYPE, frames.header("content-type"));
      List<FramesFormat.Received> all = framesOf(frames.body());
      assertEquals(2, all.size());
      assertArrayEquals(large, all.get(1).payload().copyToByteArray());
      Fixture.until("nothing to be held", () -> KeptSample.heldCount() == 0);
    }
  }

  @Test
  void anAnswerHasSoManyRepliesAndBytes() throws Exception {
    SegmentedBytes piece = SegmentedBytes.copyOf(random(1 << 20));
    try (Fixture fixture =
            Fixture.open(options -> options.askable(ALL).maxBacklogByteSize(3 << 20));
        Queryable _ =
            declare(
                fixture,
                "many",
                query -> {
                  for (int i = 0; i < 2_000; i++) {
                    query.reply(KeyExpr.of("many"), utf8("x"));
                  }
                });
        Queryable _ =
            declare(
                fixture,
                "large",
                query -> {
                  for (int i = 0; i < 5; i++) {
                    query.reply(KeyExpr.of("large"), piece);
                  }
                })) {
      Fixture.Answer many = fixture.get("/topics/many?query&replies=frames");
      assertEquals("limited", many.header("segue-query"));
      assertEquals(1024, framesOf(many.body()).size());
      Fixture.Answer large = fixture.get("/topics/large?query&replies=frames");
      assertEquals("limited", large.header("segue-query"));
      assertEquals(3, framesOf(large.body()).size());
      Fixture.until("nothing to be held", () -> KeptSample.heldCount() == 0);
    }
  }

  @Test
  void aReplyInSharedMemoryIsLentToTheClientAndGivenBack() throws Exception {
    KeyExpr key = KeyExpr.of("shared");
    byte[] bytes = random(2_000_000);
    try (Fixture fixture = Fixture.openShared(options -> options.askable(ALL));
        ShmPool pool = ShmPool.create(8 << 20);
        Queryable _ =
            declare(
                fixture,
                "shared",
                query -> {
                  try (Loan loan = pool.loan(bytes.length)) {
                    loan.segment().copyFrom(MemorySegment.ofArray(bytes));
                    query.reply(key, loan);
                  }
                })) {
      for (int i = 0; i < 20; i++) {
        assertArrayEquals(bytes, fixture.get("/topics/shared").body().copyToByteArray());
      }
      Fixture.until("the memory to come back", () -> pool.collect() == 8 << 20);
    }
  }

  @Test
  void aClientThatGoesAwayEndsItsQuery() throws Exception {
    List<Query> kept = Collections.synchronizedList(new ArrayList<>());
    try (Fixture fixture = open();
        Queryable queryable = declare(fixture, "silent", query -> kept.add(query.retain()))) {
      CompletionStage<Fixture.Answer> answer =
          Fixture.begin(fixture.client().send(Request.get("/topics/silent?query&timeout=60s")));
      Fixture.until("the query to come", () -> queryable.counts().received() == 1);
      fixture.client().close();
      Fixture.until("the request to end", () -> answer.toCompletableFuture().isDone());
      try (var other = Http2Client.builder("localhost", fixture.port()).connect()) {
        Fixture.until(
            "the query to be over",
            () ->
                Fixture.answerOf(other.send(Request.get("/metrics")))
                    .text()
                    .contains("segue_queries_total{outcome=\"gone\"} 1.0"));
      }
    } finally {
      kept.forEach(Query::close);
    }
  }

  @Test
  void byDefaultNobodyMayAsk() throws Exception {
    try (Fixture fixture = Fixture.open(options -> options);
        Queryable queryable =
            declare(fixture, "service", query -> query.reply(KeyExpr.of("service"), utf8("x")))) {
      assertEquals(404, fixture.get("/topics/service").status());
      assertEquals(403, fixture.get("/topics/service?query").status());
      assertEquals(0, queryable.counts().received());
    }
  }

  /** A page of another site can have a browser open an address, and a query may act. */
  @Test
  void noOtherSiteMakesABrowserAsk() throws Exception {
    try (Fixture fixture = open();
        Queryable queryable =
            declare(fixture, "service", query -> query.reply(KeyExpr.of("service"), utf8("x")))) {
      for (String path : List.of("/topics/service?query", "/topics/service")) {
        for (String site : List.of("cross-site", "same-site")) {
          Request opened =
              Request.get(path)
                  .with("sec-fetch-site", site)
                  .with("sec-fetch-mode", "navigate")
                  .with("sec-fetch-dest", "document");
          int status = fixture.send(opened).status();
          assertTrue(status == 403 || status == 404, () -> path + ": " + status);
        }
      }
      assertEquals(0, queryable.counts().received());
      Request own = Request.get("/topics/service?query").with("sec-fetch-site", "none");
      assertEquals(200, fixture.send(own).status());
    }
  }

  @Test
  void aTokenOfTheFileAsksForItsKeysThatItMayReadAlone(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("access");
    Files.writeString(file, "reader read=**\nasker read=a/** query=a/*\nblind query=a/*\n");
    try (Fixture fixture = Fixture.open(options -> options.accessFile(file).askable(ALL));
        Queryable _ = declare(fixture, "a/b", query -> query.reply(KeyExpr.of("a/b"), utf8("x")))) {
      assertEquals(403, status(fixture, "/topics/a/b?query", "reader"));
      assertEquals(404, status(fixture, "/topics/a/b", "reader"));
      assertEquals(200, status(fixture, "/topics/a/b?query", "asker"));
      assertEquals(200, status(fixture, "/topics/a/b", "asker"));
      assertEquals(403, status(fixture, "/topics/a/**?query", "asker"));
      assertEquals(403, status(fixture, "/topics/a/b?query", "blind"));
    }
  }

  private static int status(Fixture fixture, String path, String token) throws Exception {
    return fixture.send(Request.get(path).with("authorization", "Bearer " + token)).status();
  }

  @Test
  void whatIsNoQueryIsRefused() throws Exception {
    try (Fixture fixture = open()) {
      for (String query :
          List.of(
              "query&replies=xml",
              "query&target=nearest",
              "query&timeout=soon",
              "query&as=json",
              "query&replies&as=bmp",
              "query&replies&payload=hex")) {
        assertEquals(400, fixture.get("/topics/a?" + query).status(), query);
      }
    }
  }

  /** The keys of a client's token are all that it sees, whatever it asks. */
  @Test
  void repliesOfAnyKeyAreShownToWhomMayReadThem(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("access");
    Files.writeString(file, "all read=** query=**\nsome read=a/** query=a/**\n");
    try (Fixture fixture = Fixture.open(options -> options.accessFile(file).askable(ALL));
        Queryable _ =
            declare(
                fixture,
                "a/b",
                query -> {
                  query.reply(KeyExpr.of("a/b"), utf8("open"));
                  if (query.accepted() == ReplyKeyExpr.ANY) {
                    query.reply(KeyExpr.of("a/c"), utf8("other"));
                    query.reply(KeyExpr.of("b/c"), utf8("secret"));
                  }
                })) {
      for (String form : List.of("json&payload=text", "frames")) {
        String path = "/topics/a/b?query=_anyke&replies=" + form;
        String all = binaryText(fixture, path, "all");
        assertTrue(all.contains("b/c") && all.contains("a/c") && all.contains("a/b"), all);
        String some = binaryText(fixture, path, "some");
        assertTrue(!some.contains("b/c") && some.contains("a/c") && some.contains("a/b"), some);
      }
      assertEquals("secret", lastOf(fixture, "all"));
      assertEquals("other", lastOf(fixture, "some"));
    }
  }

  private static String lastOf(Fixture fixture, String token) throws Exception {
    String path = "/topics/a/b?query=_anyke";
    Fixture.Answer answer =
        fixture.send(Request.get(path).with("authorization", "Bearer " + token));
    return answer.text();
  }

  private static String binaryText(Fixture fixture, String path, String token) throws Exception {
    Fixture.Answer answer =
        fixture.send(Request.get(path).with("authorization", "Bearer " + token));
    assertEquals(200, answer.status());
    return new String(answer.body().copyToByteArray(), StandardCharsets.ISO_8859_1);
  }

  @Test
  void aDeletionIsNoReply() throws Exception {
    KeyExpr key = KeyExpr.of("gone");
    try (Fixture fixture = open();
        Queryable _ = declare(fixture, "gone", query -> query.replyDel(key))) {
      assertEquals(404, fixture.get("/topics/gone?query").status());
      String json = fixture.get("/topics/gone?query&replies=json").text();
      assertTrue(json.startsWith("{\"replies\":[],"), json);
      assertEquals(0, fixture.get("/topics/gone?query&replies=frames").body().byteSize());
    }
  }

  /** It was reset, as the time that its client has for it could not be set. */
  @Test
  void whatIsAnsweredWhileTheGatewayClosesArrives() throws Exception {
    byte[] large = random(8_000_000); // More than the client's window.
    List<Query> kept = Collections.synchronizedList(new ArrayList<>());
    try (Fixture fixture = open();
        Queryable _ = declare(fixture, "late", query -> kept.add(query.retain()))) {
      CompletionStage<Fixture.Answer> answer =
          Fixture.begin(fixture.client().send(Request.get("/topics/late?query&timeout=60s")));
      Fixture.until("the query to come", () -> kept.size() == 1);
      Thread closing = Thread.startVirtualThread(fixture.gateway::close);
      Thread.sleep(500);
      try (Query query = kept.getFirst()) {
        query.reply(KeyExpr.of("late"), SegmentedBytes.copyOf(large));
      }
      assertArrayEquals(large, Fixture.await(answer).body().copyToByteArray());
      closing.join();
    }
  }

  /** Replies come on a thread of their own, also when the client has just gone. */
  @Test
  void clientsThatResetInMidQueryReleaseEverything() throws Exception {
    SegmentedBytes piece = SegmentedBytes.copyOf(random(40_000));
    Random random = new Random(7);
    try (Fixture fixture = open();
        Queryable _ =
            declare(
                fixture,
                "many",
                query -> {
                  for (int i = 0; i < 30; i++) {
                    query.reply(KeyExpr.of("many"), piece);
                  }
                })) {
      for (int i = 0; i < 300; i++) {
        String form = i % 3 == 0 ? "&replies=frames" : i % 3 == 1 ? "&replies=json" : "";
        Http2Client.OpenRequest asked =
            fixture.client().open(Request.get("/topics/many?query" + form));
        asked.body().end();
        LockSupport.parkNanos(random.nextInt(6_000_000));
        asked.cancel();
      }
      List<String> zeros =
          List.of("segue_answer_bytes", "segue_lent_bytes", "segue_streams", "segue_values_held");
      Fixture.until(
          "all to be given back",
          () -> {
            String metrics = fixture.get("/metrics").text();
            return zeros.stream().allMatch(name -> metrics.contains("\n" + name + " 0.0\n"));
          });
    }
  }

  /** All texts were on the heap several times. */
  @Test
  void manyLongRepliesComeAsJson() throws Exception {
    byte[] piece = random(64 << 10);
    try (Fixture fixture = open();
        Queryable _ =
            declare(
                fixture,
                "many",
                query -> {
                  for (int i = 0; i < 300; i++) {
                    query.reply(KeyExpr.of("many"), SegmentedBytes.copyOf(piece));
                  }
                })) {
      for (int i = 0; i < 3; i++) {
        Fixture.Answer answer = fixture.get("/topics/many?query&replies=json");
        assertEquals("finished", answer.header("segue-query"));
        String text = answer.text();
        assertEquals(300, text.split("\"payload\":\"", -1).length - 1);
        assertTrue(text.startsWith("{\"replies\":[{\"key\":\"many\","), "its begin");
        assertTrue(text.endsWith("\"}],\"state\":\"finished\",\"errorCount\":0}\n"), "its end");
      }
      Fixture.until("nothing to be held", () -> KeptSample.heldCount() == 0);
    }
  }

  /** Each address has half of what may wait. */
  @Test
  void thoseWhoWaitAreBounded() throws Exception {
    List<Query> kept = Collections.synchronizedList(new ArrayList<>());
    try (Fixture fixture = Fixture.open(options -> options.askable(ALL).maxStreamCount(4));
        Queryable queryable = declare(fixture, "silent", query -> kept.add(query.retain()))) {
      for (int i = 0; i < 2; i++) {
        fixture.client().send(Request.get("/topics/silent?query&timeout=60s"));
      }
      Fixture.until("the queries to come", () -> queryable.counts().received() == 2);
      assertEquals(503, fixture.get("/topics/silent").status());
    } finally {
      kept.forEach(Query::close);
    }
  }
}
