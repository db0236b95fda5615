package dev.segue.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.CopyLedger;
import dev.segue.bytes.OffHeapPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.capnproto.LoanMessage;
import dev.segue.capnproto.schema.Frames;
import dev.segue.capnproto.schema.Frames.PixelFormat;
import dev.segue.http2.Http2Client;
import dev.segue.http2.Http2Limits;
import dev.segue.http2.Http2Server;
import dev.segue.http2.Http2StreamException;
import dev.segue.http2.Request;
import dev.segue.http2.Response;
import dev.segue.zenoh.Encoding;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.PutOptions;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Camera frames as files that an independent reader of images understands. */
class PictureTest {
  private static final int WIDTH = 14;
  private static final int HEIGHT = 6;
  private static final int RED = 200;
  private static final int GREEN = 120;
  private static final int BLUE = 40;
  private static final PictureRequest PNG = new PictureRequest(PictureKind.PNG, WIDTH);

  private Fixture fixture;
  private OffHeapPool pool;

  @BeforeEach
  void open() throws Exception {
    fixture = Fixture.open(options -> options);
    pool = new OffHeapPool(16 << 20);
  }

  @AfterEach
  void close() {
    fixture.close();
    pool.close();
  }

  @ParameterizedTest
  @CsvSource({
    "RGB8,bmp,0", "BGR8,bmp,0", "RGBA8,bmp,0", "MONO8,bmp,0", "MONO16,bmp,0", "YUYV,bmp,0",
    "NV12,bmp,0", "INT32,bmp,0", "RGB8,png,0", "RGBA8,png,0", "YUYV,jpeg,0", "BGR8,bmp,5",
    "MONO8,bmp,3", "RGBA8,bmp,8", "NV12,png,2", "BGR8,bmp,2"
  })
  void aRawFormatIsShown(PixelFormat format, String as, int rowPadding) throws Exception {
    publish("camera", format, rowPadding);
    Fixture.Answer answer = fixture.get("/topics/camera?as=" + as);
    assertEquals(200, answer.status(), answer.text());
    assertEquals("image/" + as, answer.header("content-type"));
    check(ImageIO.read(new ByteArrayInputStream(answer.body().copyToByteArray())), format, 1);
  }

  @Test
  void aNarrowerPictureLeavesPixelsOut() throws Exception {
    publish("camera", PixelFormat.RGBA8, 0);
    Fixture.Answer answer = fixture.get("/topics/camera?as=bmp&width=7");
    check(
        ImageIO.read(new ByteArrayInputStream(answer.body().copyToByteArray())),
        PixelFormat.RGBA8,
        2);
  }

  @Test
  void fittingPixelsAreNotConverted() throws Exception {
    publish("camera", PixelFormat.RGBA8, 0);
    CopyLedger.Snapshot before = CopyLedger.snapshot();
    assertEquals(200, fixture.get("/topics/camera?as=bmp").status());
    assertEquals(0, CopyLedger.snapshot().since(before).byteCount("gateway.pixels"));
    assertEquals(200, fixture.get("/topics/camera?as=png").status());
    assertEquals(
        4 * WIDTH * HEIGHT, CopyLedger.snapshot().since(before).byteCount("gateway.pixels"));
  }

  @Test
  void anImageGoesAsItIsAndAnythingElseIsRefused() throws Exception {
    fixture.publish(
        "image", SegmentedBytes.copyOfUtf8("not looked into"), encoding(Encoding.IMAGE_PNG));
    assertEquals("not looked into", fixture.get("/topics/image?as=bmp").text());
    fixture.publish("text", SegmentedBytes.copyOfUtf8("not a message"), PutOptions.none());
    assertEquals(415, fixture.get("/topics/text?as=bmp").status());
    assertEquals(400, fixture.get("/topics/text?as=gif").status());
  }

  /** One row: nothing but the payload says how long it can be. */
  @Test
  void aRowLongerThanThePayloadIsRefusedBeforeAnythingIsAllocated() throws Exception {
    try (LoanMessage message = LoanMessage.of(pool)) {
      var frame = message.initRoot(Frames.CameraFrame.factory);
      frame.setWidthPixels(4);
      frame.setHeightPixels(1);
      frame.setRowByteSize(Integer.MAX_VALUE);
      frame.setFormat(PixelFormat.RGB8);
      frame.initPixels(12);
      fixture.publish("camera", message.handOver(), encoding(Encoding.APPLICATION_CAPNPROTO));
    }
    for (String as : List.of("bmp", "png", "jpeg")) {
      assertEquals(415, fixture.get("/topics/camera?as=" + as).status());
    }
    Fixture.until("nothing to be lent", () -> KeptSample.heldCount() == 1);
  }

  /** Each row that is lent on its own is an object of some hundred bytes, for each viewer. */
  @Test
  void rowsThatAreLentToViewersWhoDoNotReadAreBounded() throws Exception {
    int height = 30_000;
    try (LoanMessage message = LoanMessage.of(pool)) {
      var frame = message.initRoot(Frames.CameraFrame.factory);
      frame.setWidthPixels(1);
      frame.setHeightPixels(height);
      frame.setRowByteSize(1);
      frame.setFormat(PixelFormat.MONO8);
      frame.initPixels(height);
      fixture.publish("narrow", message.handOver(), encoding(Encoding.APPLICATION_CAPNPROTO));
    }
    try (Http2Client client =
        Http2Client.builder("localhost", fixture.port())
            .limits(Http2Limits.defaults().withWindowByteSize(65_535))
            .connectionCount(1)
            .connect()) {
      List<CompletionStage<Response>> pictures = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        pictures.add(client.send(Request.get("/topics/narrow?as=bmp")));
      }
      int refused = 0;
      for (CompletionStage<Response> each : pictures) {
        refused += Fixture.await(each).status() == 503 ? 1 : 0;
      }
      assertTrue(refused >= 50, "refused=" + refused);
    }
    Fixture.until(
        "the room to come back", () -> fixture.get("/topics/narrow?as=bmp").status() == 200);
  }

  /** Viewers of the same size share one file. */
  @Test
  void aPictureIsEncodedOnceForAllWhoWantThatSize() throws Exception {
    publish("camera", PixelFormat.RGB8, 0);
    CopyLedger.Snapshot before = CopyLedger.snapshot();
    for (int i = 0; i < 5; i++) {
      assertEquals(200, fixture.get("/topics/camera?as=png").status());
    }
    assertEquals(
        3 * WIDTH * HEIGHT, CopyLedger.snapshot().since(before).byteCount("gateway.pixels"));
    assertEquals(200, fixture.get("/topics/camera?as=png&width=7").status());
    assertTrue(
        CopyLedger.snapshot().since(before).byteCount("gateway.pixels") > 3 * WIDTH * HEIGHT);
  }

  /** ImageIO's own streams would write each picture into a file first. */
  @Test
  void aPictureIsMadeWithoutATemporaryFile(@TempDir Path folder) throws Exception {
    String before = System.getProperty("java.io.tmpdir");
    publish("camera", PixelFormat.RGB8, 0);
    System.setProperty("java.io.tmpdir", folder.resolve("nowhere").toString());
    try {
      assertEquals(200, fixture.get("/topics/camera?as=png").status());
      assertEquals(200, fixture.get("/topics/camera?as=jpeg").status());
    } finally {
      System.setProperty("java.io.tmpdir", before);
    }
  }

  /** Against an array, with seeks as a writer of PNG does them. */
  @Test
  void whatIsWrittenIntoAPictureFileIsThere() throws Exception {
    long seed = Long.getLong("segue.seed", System.nanoTime());
    Random random = new Random(seed);
    byte[] expected = new byte[300_000];
    int size = 0;
    PictureFile file = new PictureFile();
    for (int i = 0; i < 500; i++) {
      int at = random.nextInt(size + 1);
      byte[] part = new byte[Math.min(random.nextInt(3_000), expected.length - at)];
      random.nextBytes(part);
      file.seek(at);
      file.write(part, 0, part.length);
      System.arraycopy(part, 0, expected, at, part.length);
      size = Math.max(size, at + part.length);
    }
    assertEquals(size, file.length(), "-Dsegue.seed=" + seed);
    byte[] copy = new byte[size];
    file.copyTo(java.lang.foreign.MemorySegment.ofArray(copy));
    byte[] read = new byte[size];
    file.seek(0);
    file.readFully(read);
    assertEquals(-1, file.read());
    for (byte[] each : List.of(copy, read)) {
      assertTrue(Arrays.equals(each, Arrays.copyOf(expected, size)), "-Dsegue.seed=" + seed);
    }
  }

  @Test
  void theListingSaysWhatCanBeShown() throws Exception {
    publish("camera", PixelFormat.MONO8, 0);
    fixture.publish("json", SegmentedBytes.copyOfUtf8("{}"), encoding(Encoding.APPLICATION_JSON));
    fixture.publish("image", SegmentedBytes.copyOfUtf8("x"), encoding(Encoding.IMAGE_JPEG));
    String listing = fixture.get("/topics").text();
    assertTrue(listing.contains("\"view\":\"camera\""), listing);
    assertTrue(
        listing.contains("\"camera\":{\"format\":\"mono8\",\"width\":14,\"height\":6}"), listing);
    assertTrue(listing.contains("\"view\":\"text\""), listing);
    assertTrue(listing.contains("\"view\":\"image\""), listing);
  }

  private static PutOptions encoding(Encoding encoding) {
    return PutOptions.none().encoding(encoding);
  }

  private void publish(String key, PixelFormat format, int rowPadding) throws Exception {
    int row =
        switch (format) {
              case RGB8, BGR8 -> 3 * WIDTH;
              case RGBA8, INT32 -> 4 * WIDTH;
              case MONO16, YUYV -> 2 * WIDTH;
              default -> WIDTH;
            }
            + rowPadding;
    int rows = format == PixelFormat.NV12 ? HEIGHT + HEIGHT / 2 : HEIGHT;
    try (LoanMessage message = LoanMessage.of(pool)) {
      var frame = message.initRoot(Frames.CameraFrame.factory);
      frame.setWidthPixels(WIDTH);
      frame.setHeightPixels(HEIGHT);
      frame.setRowByteSize(row);
      frame.setFormat(format);
      var pixels = frame.initPixels(row * rows).asByteBuffer();
      for (int y = 0; y < rows; y++) {
        for (int x = 0; x < WIDTH; x++) {
          pixels.position(y * row);
          put(pixels, format, x, y);
        }
      }
      fixture.publish(key, message.handOver(), encoding(Encoding.APPLICATION_CAPNPROTO));
    }
  }

  /** Brightness 90 of YUV's limited range is (90 - 16) * 255 / 219 = 86. */
  private static void put(java.nio.ByteBuffer pixels, PixelFormat format, int x, int y) {
    int start = pixels.position();
    switch (format) {
      case RGB8 -> put(pixels, start + 3 * x, RED, GREEN, BLUE + x);
      case BGR8 -> put(pixels, start + 3 * x, BLUE + x, GREEN, RED);
      case RGBA8 -> put(pixels, start + 4 * x, RED, GREEN, BLUE + x, 255);
      case MONO8 -> put(pixels, start + x, RED + x);
      case MONO16 -> put(pixels, start + 2 * x, 77, RED + x);
      case INT32 -> put(pixels, start + 4 * x, RED + x, 0, 0, 0);
      case YUYV -> put(pixels, start + 2 * x, 90, 128);
      default -> put(pixels, start + x, y < HEIGHT ? 90 : 128);
    }
  }

  private static void put(java.nio.ByteBuffer pixels, int at, int... values) {
    for (int i = 0; i < values.length; i++) {
      pixels.put(at + i, (byte) values[i]);
    }
  }

  private static void check(BufferedImage image, PixelFormat format, int step) {
    assertEquals(WIDTH / step, image.getWidth());
    assertEquals(HEIGHT / step, image.getHeight());
    for (int y = 0; y < image.getHeight(); y++) {
      for (int x = 0; x < image.getWidth(); x++) {
        int expected =
            switch (format) {
              case RGB8, BGR8, RGBA8 -> rgb(RED, GREEN, BLUE + x * step);
              case YUYV, NV12 -> rgb(86, 86, 86);
              default -> rgb(RED + x * step, RED + x * step, RED + x * step);
            };
        int actual = pixel(image, x, y);
        assertTrue(
            isNear(expected, actual),
            () ->
                format
                    + ": "
                    + Integer.toHexString(actual)
                    + " for "
                    + Integer.toHexString(expected));
      }
    }
  }

  /** Others were remembered in its place before a viewer came: that one has it made again. */
  @Test
  void aPictureThatWasLetGoOfIsMadeAgain() {
    SharedPicture shared =
        new SharedPicture(new Picture("image/png", SegmentedBytes.empty(), List.of(), false));
    shared.use().close();
    shared.release();
    assertThrows(CancellationException.class, shared::use);
  }

  /** A picture takes seconds of a thread that others wait for. */
  @Test
  void aPictureIsGivenUpWhoseClientHasGone() throws Exception {
    try (Samples samples = new Samples();
        LiveSocket live = LiveSocket.open(1 << 20);
        PictureMaker maker = new PictureMaker(pool, new PixelBudget(1 << 20));
        LentSample lent = samples.lend()) {
      PixelBudget pixels = new PixelBudget(1 << 20);
      for (PictureKind kind : List.of(PictureKind.PNG, PictureKind.JPEG)) {
        assertThrows(
            CancellationException.class, () -> kind.of(lent, WIDTH, () -> false, pool, pixels));
      }
      maker.of(lent, PNG, live.call).orElseThrow().close();
      live.client.close();
      Fixture.until("the client to have gone", live.call::isOver);
      assertThrows(CancellationException.class, () -> maker.of(lent, PNG, live.call));
    }
    Fixture.until("nothing but the newest to be kept", () -> KeptSample.heldCount() == 1);
  }

  /** Also an Error: nobody waits for an answer that never comes, and no sample stays lent. */
  @Test
  void anErrorWhileAPictureIsMadeIsAnsweredAndReleasesTheSample() throws Exception {
    PictureRequest bmp = new PictureRequest(PictureKind.BMP, WIDTH); // on this thread
    try (Samples samples = new Samples();
        PictureMaker maker = new PictureMaker(new BrokenPool(), new PixelBudget(1 << 20));
        Http2Server server =
            Http2Server.builder(
                    exchange -> {
                      GatewayExchange call = Fixture.callOf(exchange, 1 << 20, new Timers());
                      if (exchange.request().path().equals("/one")) {
                        new SampleResponse(call, Samples.KEY, bmp, maker).respond(samples.lend());
                      } else {
                        new StreamPump(
                                call,
                                samples.topics,
                                Samples.KEY,
                                new NoSink(),
                                new MultipartFormat(call, bmp, maker, pool),
                                Runnable::run,
                                1,
                                1 << 20,
                                (_, _) -> {})
                            .begin(samples.topics.matching(Samples.KEY), 0);
                      }
                    })
                .start();
        Http2Client client =
            Http2Client.builder("localhost", server.address().getPort()).connect()) {
      assertEquals(503, Fixture.answerOf(client.send(Request.get("/one"))).status());
      var stream = client.send(Request.get("/stream"));
      ExecutionException ended =
          assertThrows(ExecutionException.class, () -> Fixture.await(stream));
      assertTrue(ended.getCause() instanceof Http2StreamException, () -> "" + ended.getCause());
      Fixture.until("nothing to be lent", () -> samples.budget.lentByteSize() == 0);
    }
    Fixture.until("nothing but the newest to be kept", () -> KeptSample.heldCount() == 1);
  }

  /** The camera's topic, of which samples are lent without a gateway. */
  private final class Samples implements AutoCloseable {
    private static final KeyExpr KEY = KeyExpr.of("camera");

    private final LentBudget budget = new LentBudget(1 << 20);
    private final Topics topics =
        Topics.open(fixture.session, List.of(KEY), 10, 1 << 20, pool, budget);

    Samples() throws Exception {
      Fixture.until(
          "the frame",
          () -> {
            publish("camera", PixelFormat.RGB8, 0);
            return topics.find(KEY).isPresent();
          });
    }

    LentSample lend() {
      Topic topic = topics.find(KEY).orElseThrow();
      return topic.lendNewest(InetAddress.getLoopbackAddress()).lent().orElseThrow();
    }

    @Override
    public void close() {
      topics.close();
      budget.close();
    }
  }

  /** Takes what it gets. */
  private static final class NoSink implements SampleSink {
    @Override
    public CompletionStage<Void> send(SegmentedBytes bytes) {
      return CompletableFuture.completedStage(null);
    }

    @Override
    public long queuedByteSize() {
      return 0;
    }

    @Override
    public void awaitRoom(Runnable action) {}

    @Override
    public void end() {}
  }

  /** Java takes a gray palette for linear light: the sample is what stands in the file. */
  private static int pixel(BufferedImage image, int x, int y) {
    int sample = image.getRaster().getSample(x, y, 0);
    return image.getRaster().getNumBands() == 1
        ? rgb(sample, sample, sample)
        : image.getRGB(x, y) & 0xFFFFFF;
  }

  private static int rgb(int red, int green, int blue) {
    return red << 16 | green << 8 | blue;
  }

  /** JPEG is not exact. */
  private static boolean isNear(int a, int b) {
    boolean near = true;
    for (int shift = 0; shift < 24; shift += 8) {
      near &= Math.abs((a >> shift & 0xFF) - (b >> shift & 0xFF)) <= 2;
    }
    return near;
  }
}
