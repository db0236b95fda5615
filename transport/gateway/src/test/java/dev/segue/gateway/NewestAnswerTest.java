package dev.segue.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.OffHeapPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.http2.Headers;
import dev.segue.http2.Http2Client;
import dev.segue.http2.Http2Server;
import dev.segue.http2.Request;
import dev.segue.zenoh.CongestionControl;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.PutOptions;
import dev.segue.zenoh.Qos;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a client gets that waits for a value. */
@Timeout(60)
class NewestAnswerTest {
  private static final KeyExpr KEY = KeyExpr.of("n/1");

  /** Stands until it is let go; then others of its address may have been told of old samples. */
  private static final class Standing extends LocalListener {
    private final CountDownLatch go;
    private final AtomicLong last;

    Standing(CountDownLatch go, AtomicLong last) {
      this.go = go;
      this.last = last;
    }

    @Override
    public void onSample(Topic topic, KeptSample sample) {
      try {
        go.await(30, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      last.set(sample.metadata().sequence());
    }
  }

  private static void put(Fixture fixture, String text) throws Exception {
    fixture.publisher.put(
        KEY,
        SegmentedBytes.copyOfUtf8(text),
        Qos.defaults().congestionControl(CongestionControl.BLOCK),
        PutOptions.none());
  }

  /** An address with many streams is told late: the client had a newer one already. */
  @Test
  void aClientThatHasTheNewestGetsNoOlderOneThatItsAddressIsToldOfLate() throws Exception {
    try (Fixture fixture = Fixture.open(options -> options);
        OffHeapPool small = new OffHeapPool(1 << 20);
        LentBudget budget = new LentBudget(1 << 20);
        PictureMaker maker = new PictureMaker(small, new PixelBudget(1 << 20));
        Timers timers = new Timers();
        Topics topics = Topics.open(fixture.session, List.of(KEY), 10, 1 << 20, small, budget);
        Http2Server server =
            Http2Server.builder(
                    exchange -> {
                      GatewayExchange call = Fixture.callOf(exchange, 1 << 20, timers);
                      NewestAnswer.answer(
                          new SampleResponse(call, KEY, null, maker),
                          topics,
                          timers,
                          Duration.ofSeconds(30),
                          () -> call.respondText(404, Headers.empty(), "none"));
                    })
                .start();
        Http2Client client =
            Http2Client.builder("localhost", server.address().getPort()).connect()) {
      Fixture.until(
          "a sample",
          () -> {
            put(fixture, "first");
            return topics.find(KEY).isPresent();
          });
      CountDownLatch go = new CountDownLatch(1);
      AtomicLong last = new AtomicLong();
      for (int i = 0; i <= ClientLine.FEW_COUNT; i++) {
        topics.add(KEY, new Standing(go, last));
      }
      for (int i = 0; i < 5; i++) {
        put(fixture, "old");
      }
      put(fixture, "new");
      Topic topic = topics.find(KEY).orElseThrow();
      Fixture.until(
          "the newest",
          () -> {
            Fixture.Answer answer = Fixture.answerOf(client.send(Request.get("/")));
            return answer.text().equals("new");
          });
      Fixture.Answer answer = Fixture.answerOf(client.send(Request.get("/")));
      int listeners = topics.listenerCount();
      CompletionStage<Fixture.Answer> next =
          Fixture.begin(client.send(Request.get("/").with("if-none-match", answer.header("etag"))));
      Fixture.until("it to wait", () -> topics.listenerCount() == listeners + 1);
      go.countDown();
      Fixture.until("all to be told", () -> last.get() == topic.newestSequence());
      Thread.sleep(100); // The last of them is told at the end of the line.
      assertFalse(next.toCompletableFuture().isDone());
      put(fixture, "newer");
      assertEquals("newer", Fixture.await(next).text());
      // As if the client had got the sample after the newest one, of which there was no room to
      // keep.
      String tag = Fixture.answerOf(client.send(Request.get("/"))).header("etag");
      int idStart = tag.lastIndexOf('-') + 1;
      long id = Long.parseLong(tag.substring(idStart, tag.length() - 1));
      String later = tag.substring(0, idStart) + (id + 10) + "\"";
      CompletionStage<Fixture.Answer> latest =
          Fixture.begin(client.send(Request.get("/").with("if-none-match", later)));
      Fixture.until("it to wait", () -> topics.listenerCount() == listeners + 1);
      put(fixture, "known");
      Fixture.until(
          "the known one",
          () -> Fixture.answerOf(client.send(Request.get("/"))).text().equals("known"));
      assertFalse(latest.toCompletableFuture().isDone());
      Fixture.until(
          "a later one",
          () -> {
            put(fixture, "latest");
            return latest.toCompletableFuture().isDone();
          });
      Fixture.Answer got = Fixture.await(latest);
      assertEquals("latest", got.text());
      String gotTag = got.header("etag");
      assertTrue(Long.parseLong(gotTag.substring(idStart, gotTag.length() - 1)) > id + 10, gotTag);
    }
  }
}
