package dev.segue.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.http2.Http2Client;
import dev.segue.http2.Http2Limits;
import dev.segue.http2.LeakWatch;
import dev.segue.http2.Request;
import dev.segue.http2.Response;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.PutOptions;
import dev.segue.zenoh.Qos;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Clients that read slowly, or go away: what they hold is bounded, and released. */
class SlowClientTest {
  static {
    LeakWatch.install();
  }

  private static final KeyExpr KEY = KeyExpr.of("camera");
  private static final int BACKLOG = 3;

  /** On its way: what exceeds the limit by one sample, and the newest value. */
  private static final int HELD = BACKLOG + 3;

  private final SegmentedBytes image =
      SegmentedBytes.fromSegments(List.of(Arena.ofAuto().allocate(300_000).asReadOnly()), false);
  private Fixture fixture;

  @BeforeEach
  void open() throws Exception {
    fixture = Fixture.open(options -> options.heartbeat(Duration.ofMillis(20)));
    fixture.publish("camera", image, PutOptions.none());
  }

  @AfterEach
  void close() throws Exception {
    fixture.close();
    Fixture.until("all samples to be released", () -> KeptSample.heldCount() == 0);
  }

  @AfterAll
  static void nothingLeaked() throws Exception {
    LeakWatch.assertNone();
  }

  private void publish(int count) throws Exception {
    for (int i = 0; i < count; i++) {
      fixture.publisher.put(
          KEY,
          image,
          Qos.defaults().congestionControl(dev.segue.zenoh.CongestionControl.BLOCK),
          PutOptions.none());
      assertTrue(KeptSample.heldCount() <= HELD, "held " + KeptSample.heldCount());
    }
  }

  private Http2Client slowClient() throws Exception {
    return Http2Client.builder("localhost", fixture.port())
        .limits(Http2Limits.defaults().withWindowByteSize(65_535))
        .connect();
  }

  @Test
  void aStreamThatIsNotReadKeepsTheNewest() throws Exception {
    try (Http2Client client = slowClient()) {
      Response response =
          Fixture.await(
              client.send(Request.get("/topics/camera?stream=frames&backlog=" + BACKLOG)));
      assertEquals(200, response.status());
      publish(100);
      Fixture.until("the gateway to have dropped", () -> metric("segue_stream_dropped_total") > 80);
      assertTrue(KeptSample.heldCount() <= HELD, "held " + KeptSample.heldCount());
    }
    Fixture.until("the stream's samples to be released", () -> KeptSample.heldCount() == 1);
    assertEquals(0, fixture.gateway.streamCount());
  }

  @Test
  void aReaderOfHttp1ThatStopsHoldsNoMore() throws Exception {
    try (Socket socket = new Socket()) {
      socket.setReceiveBufferSize(8192);
      socket.connect(
          new java.net.InetSocketAddress(InetAddress.getLoopbackAddress(), fixture.port()), 10_000);
      OutputStream out = socket.getOutputStream();
      out.write(
          "GET /topics/camera?stream=multipart&backlog=3 HTTP/1.1\r\nHost: localhost\r\n\r\n"
              .getBytes(StandardCharsets.US_ASCII));
      Fixture.until("the stream to begin", () -> fixture.gateway.streamCount() == 1);
      publish(100);
      Fixture.until("the gateway to have dropped", () -> metric("segue_stream_dropped_total") > 50);
    }
    Fixture.until("the stream's samples to be released", () -> KeptSample.heldCount() == 1);
  }

  @Test
  void whoReadsAgainGetsTheNewestAndTheCountOfTheOthers() throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      var body =
          client
              .send(
                  HttpRequest.newBuilder(
                          URI.create(
                              "http://localhost:"
                                  + fixture.port()
                                  + "/topics/camera?stream=frames&backlog="
                                  + BACKLOG))
                      .build(),
                  HttpResponse.BodyHandlers.ofInputStream())
              .body();
      Frames frames = new Frames(body);
      publish(200);
      Fixture.until("all to be received", () -> metric("segue_samples_total") >= 201);
      long last = (long) metric("segue_samples_total");
      long before = 0;
      long received = 0;
      Frames.Frame frame;
      do {
        frame = frames.next();
        received++;
        assertEquals(300_000, frame.payloadByteSize());
        assertTrue(frame.number("sequence") > before, frame.metadata());
        before = frame.number("sequence");
      } while (before < last);
      assertTrue(frame.number("dropped") > 0, frame.metadata());
      assertTrue(frame.number("dropped") + received <= last, frame.metadata());
      body.close();
    }
    Fixture.until("the stream's samples to be released", () -> KeptSample.heldCount() == 1);
  }

  @Test
  void clientsThatResetInMidStreamReleaseEverything() throws Exception {
    for (int i = 0; i < 20; i++) {
      try (Http2Client client = slowClient()) {
        Response begun = Fixture.await(client.send(Request.get("/topics/camera?stream=frames")));
        Response single = Fixture.await(client.send(Request.get("/topics/camera")));
        publish(2);
        if (i % 2 == 0) {
          begun.body().cancel();
          single.body().cancel();
        }
      }
    }
    Fixture.until("the streams' samples to be released", () -> KeptSample.heldCount() == 1);
    assertEquals(0, fixture.gateway.streamCount());
  }

  @Test
  void theNumberOfStreamsIsBounded() throws Exception {
    try (Fixture small = Fixture.open(options -> options.maxStreamCount(4));
        Http2Client client = Http2Client.builder("127.0.0.1", small.port()).connect()) {
      Request stream = Request.get("/topics/x?stream=sse");
      Response first = Fixture.await(client.send(stream));
      assertEquals(200, first.status());
      assertEquals(200, Fixture.await(client.send(Request.get("/topics?stream"))).status());
      Fixture.Answer refused = Fixture.answerOf(client.send(stream));
      assertEquals(503, refused.status());
      assertEquals("5", refused.header("retry-after"));
      assertEquals(503, Fixture.answerOf(client.send(Request.get("/topics/x?timeout=1"))).status());
      assertEquals(404, Fixture.answerOf(client.send(Request.get("/topics/x"))).status());
      try (Socket other =
          new Socket(
              InetAddress.getByAddress(new byte[] {127, 0, 0, 1}),
              small.port(),
              InetAddress.getByAddress(new byte[] {127, 0, 0, 2}),
              0)) {
        other.setSoTimeout((int) Fixture.LONG.toMillis());
        String request = "GET /topics/x?stream=sse HTTP/1.1\r\nHost: localhost\r\n\r\n";
        other.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        byte[] start = other.getInputStream().readNBytes("HTTP/1.1 200".length());
        assertEquals("HTTP/1.1 200", new String(start, StandardCharsets.US_ASCII));
      }
    }
  }

  /** Two values with the receive buffers that they keep, and no third one. */
  @Test
  void topicsAndValuesAreBounded() throws Exception {
    try (Fixture small =
        Fixture.open(options -> options.maxTopicCount(5).maxValueByteSize(1_000_000))) {
      for (int i = 0; i < 12; i++) {
        small.publish("key/" + i, image, PutOptions.none());
      }
      assertEquals(200, small.get("/topics/key/11").status());
      assertEquals(200, small.get("/topics/key/10").status());
      assertEquals(404, small.get("/topics/key/9").status());
      assertEquals(5, small.get("/topics").text().split("\"key\":", -1).length - 1);
      assertTrue(small.get("/topics").text().contains("\"forgotten\":7"));
    }
  }

  @Test
  void aBodyLargerThanTheLimitIsRefused() throws Exception {
    try (Fixture small =
        Fixture.open(options -> options.maxPutByteSize(100_000).bodiesByteSize(150_000))) {
      Request put = Request.of("PUT", "/topics/x");
      SegmentedBytes fits = image.slice(0, 100_000);
      assertEquals(204, small.send(put, fits).status());
      assertEquals(413, small.send(put, image).status());
      Http2Client.OpenRequest unknown = small.client().open(put);
      unknown.body().write(image, 0, image.byteSize(), 0, true);
      assertEquals(413, Fixture.answerOf(unknown.response()).status());
      Http2Client.OpenRequest waiting = small.client().open(put.with("content-length", "100000"));
      Fixture.await(waiting.body().write(fits.slice(0, 60_000)));
      Fixture.until("the room to be taken", () -> small.send(put, fits).status() == 503);
      waiting.cancel();
      Fixture.until("the room to be free", () -> small.send(put, fits).status() == 204);
    }
  }

  /** What is only announced takes nothing from others. */
  @Test
  void bodiesThatTrickleHoldNoMoreThanWhatHasCome() throws Exception {
    try (Fixture small =
        Fixture.open(options -> options.maxPutByteSize(100_000).bodiesByteSize(400_000))) {
      Request put = Request.of("PUT", "/topics/x").with("content-length", "100000");
      List<Http2Client.OpenRequest> trickling = new ArrayList<>();
      for (int i = 0; i < 40; i++) {
        Http2Client.OpenRequest call = small.client().open(put);
        Fixture.await(call.body().write(image.slice(0, 10)));
        trickling.add(call);
      }
      // Two of them fit beside the others: room comes back just after its answer has left.
      Request whole = Request.of("PUT", "/topics/x");
      for (int i = 0; i < 5; i++) {
        assertEquals(204, small.send(whole, image.slice(0, 90_000)).status());
      }
      trickling.forEach(Http2Client.OpenRequest::cancel);
    }
  }

  /** Quick bytes buy no long pause: the whole of a large body would be held for an hour. */
  @Test
  void aBodyMustComeAtItsLeastRateWhateverCameBefore() {
    long second = 1_000_000_000L;
    SendingPace pace = new SendingPace();
    assertTrue(pace.came(29 * second, 1));
    assertFalse(pace.came(2 * second, 1));
    SendingPace quick = new SendingPace();
    assertTrue(quick.came(second, 64L << 20));
    assertTrue(quick.came(29 * second, 1));
    assertFalse(quick.came(2 * second, 1));
    SendingPace steady = new SendingPace();
    for (int i = 0; i < 10_000; i++) {
      assertTrue(steady.came(second, SendingPace.LEAST_BYTES_PER_SECOND));
    }
    assertTrue(steady.came(29 * second, Long.MAX_VALUE));
    SendingPace slow = new SendingPace();
    int seconds = 0;
    while (slow.came(second, SendingPace.LEAST_BYTES_PER_SECOND / 2)) {
      seconds++;
    }
    assertTrue(seconds >= 55 && seconds <= 60, "seconds=" + seconds);
  }

  /** A value of 17 KiB keeps a receive buffer of 64 KiB, so fewer of them fit. */
  @Test
  void aValueCountsWithTheReceiveBufferThatItKeeps() throws Exception {
    int byteSize = 17 * 1024;
    try (Fixture small = Fixture.open(options -> options.maxValueByteSize(4 * 64 * 1024))) {
      for (int i = 0; i < 12; i++) {
        small.publish("key/" + i, image.slice(0, byteSize), PutOptions.none());
      }
      int kept = 0;
      for (int i = 0; i < 12; i++) {
        kept += small.get("/topics/key/" + i).status() == 200 ? 1 : 0;
      }
      assertEquals(4, kept);
    }
  }

  private double metric(String name) throws Exception {
    return fixture
        .get("/metrics")
        .text()
        .lines()
        .filter(line -> line.startsWith(name + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
        .findFirst()
        .orElse(-1);
  }

  /** 30 s without a byte that was taken, and one more for each 64 KiB that wait. */
  @Test
  void aClientMustTakeWhatItIsSentAtItsLeastRate() {
    long second = TimeUnit.SECONDS.toNanos(1);
    AtomicLong now = new AtomicLong();
    ReadingPace pace = new ReadingPace(now::get);
    now.addAndGet(3600 * second);
    assertFalse(pace.isTooSlow(0)); // Nothing is under way.
    pace.began();
    now.addAndGet(29 * second);
    assertFalse(pace.isTooSlow(0));
    now.addAndGet(2 * second);
    assertTrue(pace.isTooSlow(0));
    now.addAndGet(8 * second);
    assertFalse(pace.isTooSlow(10 * 65_536));
    now.addAndGet(2 * second);
    assertTrue(pace.isTooSlow(10 * 65_536));
    pace.began();
    pace.ended(); // One of two was taken.
    now.addAndGet(29 * second);
    assertFalse(pace.isTooSlow(0));
    now.addAndGet(2 * second);
    assertTrue(pace.isTooSlow(0));
    pace.ended();
    now.addAndGet(3600 * second);
    assertFalse(pace.isTooSlow(0));
  }

  /** Where the gateway itself stood still, a timer of its own comes too early for its client. */
  @Test
  void aDeadlineWaitsUntilItsClientHasHadThatTime() throws Exception {
    AtomicLong now = new AtomicLong();
    AtomicInteger count = new AtomicInteger();
    try (Timers timers = new Timers()) {
      CountDownLatch ran = new CountDownLatch(1);
      timers.after(
          Duration.ofMillis(20),
          now::get,
          () -> {
            count.incrementAndGet();
            ran.countDown();
          });
      Timers.Task cancelled = timers.after(Duration.ofMillis(20), now::get, count::incrementAndGet);
      assertFalse(ran.await(200, TimeUnit.MILLISECONDS));
      cancelled.cancel();
      now.set(TimeUnit.MILLISECONDS.toNanos(20));
      assertTrue(ran.await(20, TimeUnit.SECONDS));
      Thread.sleep(100);
      assertEquals(1, count.get());
    }
  }
}
