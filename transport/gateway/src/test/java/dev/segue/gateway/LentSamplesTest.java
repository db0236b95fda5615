package dev.segue.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.CopyLedger;
import dev.segue.bytes.Loan;
import dev.segue.bytes.OffHeapPool;
import dev.segue.bytes.PoolExhaustedException;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.capnproto.LoanMessage;
import dev.segue.capnproto.schema.Frames;
import dev.segue.http2.BodyPiece;
import dev.segue.http2.Http2Client;
import dev.segue.http2.Http2Limits;
import dev.segue.http2.Request;
import dev.segue.http2.Response;
import dev.segue.zenoh.Backlog;
import dev.segue.zenoh.CongestionControl;
import dev.segue.zenoh.Encoding;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.PutOptions;
import dev.segue.zenoh.Qos;
import dev.segue.zenoh.ShmPool;
import dev.segue.zenoh.Subscriber;
import dev.segue.zenoh.SubscriberOptions;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What clients hold of samples is bounded, and is never more than a publisher can do without. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class LentSamplesTest {
  private static final KeyExpr CAMERA = KeyExpr.of("camera");
  private static final Qos BLOCK = Qos.defaults().congestionControl(CongestionControl.BLOCK);
  private static final int FRAME = 1 << 20;

  private static Http2Client slowClient(Fixture fixture) throws Exception {
    return Http2Client.builder("localhost", fixture.port())
        .limits(Http2Limits.defaults().withWindowByteSize(65_535))
        .connect();
  }

  private static void publishShared(Fixture fixture, ShmPool pool) throws Exception {
    Optional<Loan> taken = pool.tryLoan(FRAME, Duration.ofSeconds(20));
    assertTrue(taken.isPresent(), "the publisher's pool is used up");
    try (Loan loan = taken.get()) {
      fixture.publisher.put(CAMERA, loan.handOver(), BLOCK, PutOptions.none());
    }
  }

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

  /** How many samples have come, once no more of {@link Fixture#publish} come. */
  private static double received(Fixture fixture) throws Exception {
    double before = -1;
    double now = metric(fixture, "segue_samples_total");
    while (now != before) {
      Thread.sleep(300);
      before = now;
      now = metric(fixture, "segue_samples_total");
    }
    return now;
  }

  /** Without the budget the stream keeps all four loans, and the fifth frame is never published. */
  @Test
  void aReaderThatLagsNeverHoldsThePublishersPool() throws Exception {
    try (Fixture fixture = Fixture.openShared(options -> options);
        ShmPool pool = ShmPool.create(4L * FRAME)) {
      Fixture.until(
          "a frame to arrive",
          () -> {
            publishShared(fixture, pool);
            return fixture.get("/topics/camera").status() == 200;
          });
      CopyLedger.Snapshot before = CopyLedger.snapshot();
      try (Http2Client client = slowClient(fixture)) {
        Response stream = Fixture.await(client.send(Request.get("/topics/camera?stream=frames")));
        assertEquals(200, stream.status());
        for (int i = 0; i < 40; i++) {
          publishShared(fixture, pool);
          if (i % 4 == 0) {
            assertEquals(200, Fixture.await(client.send(Request.get("/topics/camera"))).status());
          }
        }
        // Those that are read meanwhile, and the newest.
        Fixture.until(
            "all but one loan to come back",
            () -> {
              pool.collect();
              return pool.availableByteSize() >= 3L * FRAME;
            });
      }
      assertTrue(
          CopyLedger.snapshot().since(before).byteCount("gateway.laggingReaders") >= 10L * FRAME);
    }
    Fixture.until("all samples to be released", () -> KeptSample.heldCount() == 0);
  }

  /** An image is shown as it is: remembered as a picture it kept its loan for those to come. */
  @Test
  void anImageThatWasLookedAtAsAPictureIsNotKept() throws Exception {
    PutOptions jpeg = PutOptions.none().encoding(Encoding.IMAGE_JPEG);
    try (Fixture fixture = Fixture.openShared(options -> options);
        ShmPool pool = ShmPool.create(4L * FRAME)) {
      for (int i = 0; i < 12; i++) {
        double before = metric(fixture, "segue_samples_total");
        Fixture.until(
            "a frame to arrive",
            () -> {
              Optional<Loan> taken = pool.tryLoan(FRAME, Duration.ofSeconds(20));
              assertTrue(taken.isPresent(), "the publisher's pool is used up");
              try (Loan loan = taken.get()) {
                fixture.publisher.put(CAMERA, loan.handOver(), BLOCK, jpeg);
              }
              Thread.sleep(5);
              return metric(fixture, "segue_samples_total") > before;
            });
        for (String as : List.of("png", "jpeg", "bmp")) {
          assertEquals(200, fixture.get("/topics/camera?as=" + as).status());
        }
      }
      Fixture.until(
          "all but one loan to come back",
          () -> {
            pool.collect();
            return pool.availableByteSize() >= 3L * FRAME;
          });
    }
    Fixture.until("all samples to be released", () -> KeptSample.heldCount() == 0);
  }

  /** One connection with many requests of which it reads nothing. */
  @Test
  void requestsOfOneClientHoldHalfOfTheBudgetAtMost() throws Exception {
    try (Fixture fixture = Fixture.open(options -> options.maxLentByteSize(8L << 20))) {
      SegmentedBytes frame = SegmentedBytes.copyOf(new byte[FRAME]);
      fixture.publish("camera", frame, PutOptions.none());
      try (Http2Client client = slowClient(fixture)) {
        int refused = 0;
        double before = received(fixture);
        for (int i = 0; i < 20; i++) {
          fixture.publisher.put(CAMERA, frame, BLOCK, PutOptions.none());
          double count = before + i + 1;
          Fixture.until(
              "the frame to arrive", () -> metric(fixture, "segue_samples_total") >= count);
          Response response = Fixture.await(client.send(Request.get("/topics/camera")));
          refused += response.status() == 503 ? 1 : 0;
        }
        assertTrue(refused >= 14, "refused=" + refused);
        assertTrue(metric(fixture, "segue_lent_bytes") <= 4L << 20);
        assertTrue(KeptSample.heldCount() <= 6, "held=" + KeptSample.heldCount());
      }
      Fixture.until("what was lent to be back", () -> metric(fixture, "segue_lent_bytes") == 0);
      assertEquals(200, fixture.get("/topics/camera").status());
    }
    Fixture.until("all samples to be released", () -> KeptSample.heldCount() == 0);
  }

  /** The core waits in native code then: on threads that nobody else needs. */
  @Test
  @SuppressWarnings("try") // it is closed before the block ends
  void putsThatBlockStopNeitherStreamsNorListsNorEachOther() throws Exception {
    try (Fixture fixture = Fixture.open(options -> options);
        Subscriber stuck =
            fixture.publisher.declareSubscriber(
                CAMERA, SubscriberOptions.defaults().backlog(Backlog.hold(1)))) {
      SegmentedBytes frame = SegmentedBytes.copyOf(new byte[FRAME]);
      List<CompletionStage<Fixture.Answer>> puts = new ArrayList<>();
      for (int i = 0; i < 60; i++) {
        puts.add(
            Fixture.begin(
                fixture
                    .client()
                    .send(Request.of("PUT", "/topics/camera?congestion=block"), frame)));
      }
      Fixture.until("puts to block", () -> puttingThreads() >= 4);
      for (int i = 0; i < 20; i++) {
        assertEquals(200, fixture.get("/topics").status()); // on a virtual thread
        assertEquals(200, fixture.get("/healthz").status());
      }
      stuck.close();
      for (CompletionStage<Fixture.Answer> put : puts) {
        int status = Fixture.await(put).status();
        assertTrue(status == 204 || status == 503, "status=" + status);
      }
    }
    Fixture.until("all samples to be released", () -> KeptSample.heldCount() == 0);
  }

  /** How many of the gateway's own threads are inside a put. */
  private static long puttingThreads() {
    return Thread.getAllStackTraces().entrySet().stream()
        .filter(each -> each.getKey().getName().equals("segue-gateway-puts"))
        .filter(
            each ->
                Arrays.stream(each.getValue())
                    .anyMatch(frame -> frame.getClassName().startsWith("dev.segue.zenoh.")))
        .count();
  }

  /** Beyond its bound a picture is refused before pixels are allocated. */
  @Test
  void pixelsOfPicturesAreBounded() throws Exception {
    int side = 1000;
    try (Fixture fixture = Fixture.open(options -> options);
        OffHeapPool pool = new OffHeapPool(64 << 20);
        LentBudget budget = new LentBudget(64 << 20);
        Topics topics =
            Topics.open(
                fixture.session, List.of(KeyExpr.of("frames")), 10, 64 << 20, pool, budget)) {
      Fixture.until(
          "the frame to arrive",
          () -> {
            try (LoanMessage message = LoanMessage.of(pool)) {
              var frame = message.initRoot(Frames.CameraFrame.factory);
              frame.setWidthPixels(side);
              frame.setHeightPixels(side);
              frame.setRowByteSize(side);
              frame.setFormat(Frames.PixelFormat.MONO8);
              frame.initPixels(side * side);
              fixture.publisher.put(
                  KeyExpr.of("frames"), message.handOver(), BLOCK, PutOptions.none());
            }
            Thread.sleep(5);
            return topics.valueByteSize() > 0;
          });
      Topic topic = topics.find(KeyExpr.of("frames")).orElseThrow();
      try (LentSample lent =
          topic.lendNewest(InetAddress.getLoopbackAddress()).lent().orElseThrow()) {
        for (PictureKind kind : List.of(PictureKind.PNG, PictureKind.JPEG)) {
          PixelBudget small = new PixelBudget(6L * side * side - 1);
          assertThrows(
              PoolExhaustedException.class, () -> kind.of(lent, side, () -> true, pool, small));
          PixelBudget enough = new PixelBudget(6L * side * side);
          for (int i = 0; i < 3; i++) { // It is given back.
            kind.of(lent, side, () -> true, pool, enough).orElseThrow().close();
          }
        }
      }
    }
    Fixture.until("all samples to be released", () -> KeptSample.heldCount() == 0);
  }

  /** Streams that begin while samples come get the last one, and none after a newer one. */
  @Test
  void everyStreamGetsTheNewestSampleInTheEndAndNoOlderOneAfterIt() throws Exception {
    int connectionCount = 9;
    int streamCount = 100;
    int last = 300;
    try (Fixture fixture =
        Fixture.open(options -> options.maxStreamCount(2 * connectionCount * streamCount))) {
      fixture.publish("pose", SegmentedBytes.copyOfUtf8("x"), PutOptions.none());
      long first = (long) received(fixture);
      Thread publishing =
          Thread.startVirtualThread(
              () -> {
                for (int i = 0; i < last; i++) {
                  try {
                    fixture.publisher.put(
                        KeyExpr.of("pose"),
                        SegmentedBytes.copyOfUtf8("y"),
                        BLOCK,
                        PutOptions.none());
                    Thread.sleep(2);
                  } catch (Exception e) {
                    throw new IllegalStateException(e);
                  }
                }
              });
      List<Http2Client> clients = new ArrayList<>();
      List<CompletableFuture<Void>> streams = new ArrayList<>();
      try {
        for (int i = 0; i < connectionCount; i++) {
          clients.add(Http2Client.builder("localhost", fixture.port()).connect());
        }
        String[] paths = {"/topics/pose?stream=sse", "/topics/**?stream=sse"};
        for (int i = 0; i < streamCount; i++) {
          for (Http2Client client : clients) {
            CompletableFuture<Void> seen = new CompletableFuture<>();
            streams.add(seen);
            var _ =
                client
                    .send(Request.get(paths[i % 2]))
                    .whenComplete(
                        (response, fault) -> {
                          if (fault != null) {
                            seen.completeExceptionally(fault);
                          } else {
                            new Events(response, first + last, seen).read();
                          }
                        });
          }
        }
        publishing.join();
        CompletableFuture.allOf(streams.toArray(CompletableFuture[]::new))
            .get(60, TimeUnit.SECONDS);
      } finally {
        clients.forEach(Http2Client::close);
      }
    }
  }

  /** Reads sequence numbers until the last one. */
  private static final class Events {
    private static final Pattern SEQUENCE = Pattern.compile("\"sequence\":(\\d+),");

    private final Response response;
    private final long last;
    private final CompletableFuture<Void> seen;
    private String rest = "";
    private long before;

    Events(Response response, long last, CompletableFuture<Void> seen) {
      this.response = response;
      this.last = last;
      this.seen = seen;
    }

    void read() {
      var _ =
          response
              .body()
              .read()
              .whenComplete(
                  (piece, fault) -> {
                    if (fault != null || piece.isEmpty()) {
                      seen.completeExceptionally(
                          new IllegalStateException("ended after sequence=" + before, fault));
                      return;
                    }
                    try (BodyPiece data = piece.get()) {
                      rest += new String(data.bytes().copyToByteArray(), StandardCharsets.UTF_8);
                    }
                    take();
                    if (!seen.isDone()) {
                      read();
                    }
                  });
    }

    private void take() {
      int end = rest.lastIndexOf("\n\n");
      if (end < 0) {
        return;
      }
      Matcher found = SEQUENCE.matcher(rest.substring(0, end));
      while (found.find()) {
        long sequence = Long.parseLong(found.group(1));
        if (sequence <= before) {
          seen.completeExceptionally(
              new IllegalStateException("sequence=" + sequence + " after " + before));
        }
        before = sequence;
      }
      rest = rest.substring(end + 2);
      if (before == last) {
        seen.complete(null);
      }
    }
  }
}
