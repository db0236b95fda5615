package dev.segue.cli.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.segue.cli.CommandFailedException;
import dev.segue.cli.terminal.ProgressLine;
import dev.segue.cli.video.Ffmpeg;
import dev.segue.cli.video.GreenVideo;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The whole demo, with its processes, on small frames. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
final class DemoRunTest {
  // More than the 64 KiB of a network batch, so that what comes over the network is in pieces.
  private static final int WIDTH = 192;
  private static final int HEIGHT = 128;
  private static final int FRAME_BYTE_SIZE = WIDTH * HEIGHT * 4;
  // Descriptor, message head, attachment and the core's own headers.
  private static final long SMALL_BYTE_SIZE = 600;

  @TempDir private Path folder = Path.of("");

  private static FrameOptions options(String... from) {
    FrameOptions options = new FrameOptions();
    options.width = WIDTH;
    options.height = HEIGHT;
    options.fps = 100;
    options.seconds = 0.3;
    options.from = from.length == 0 ? null : from[0];
    return options;
  }

  private List<LaneResult> run(FrameOptions options)
      throws IOException, CommandFailedException, InterruptedException {
    ProgressLine silent = ProgressLine.silent(new PrintWriter(Writer.nullWriter()));
    try (Conductor conductor = new Conductor(options, picture(), silent)) {
      List<LaneResult> results = conductor.run();
      assertEquals(picture(), conductor.picture().orElseThrow());
      return results;
    }
  }

  private Path picture() {
    return folder.resolve("last frame.png");
  }

  @Test
  void eachLaneLosesNothingAndCopiesWhatItSays() throws Exception {
    List<LaneResult> lanes = run(options());

    assertEquals(List.of(Lane.values()), lanes.stream().map(LaneResult::lane).toList());
    for (LaneResult lane : lanes) {
      assertTrue(lane.frames() >= 1 && lane.frames() <= 30, lane::toString);
      assertEquals(0, lane.framesLost(), lane::toString);
      assertTrue(lane.latencyNanos().p50() > 0, lane::toString);
      assertTrue(lane.putP50Nanos() > 0, lane::toString);
    }
    LaneResult copy = lanes.get(0);
    assertCopied(copy, 2 * FRAME_BYTE_SIZE, copy.publisherCopiedPerFrame());
    assertEquals(
        List.of("bytes.copyTo", "zenoh.network"), List.copyOf(copy.publisherCopies().keySet()));
    assertCopied(copy, FRAME_BYTE_SIZE, copy.subscriberCopiedPerFrame());
    LaneResult borrow = lanes.get(1);
    assertCopied(borrow, FRAME_BYTE_SIZE, borrow.publisherCopiedPerFrame());
    assertEquals(List.of("zenoh.network"), List.copyOf(borrow.publisherCopies().keySet()));
    LaneResult shm = lanes.get(2);
    assertCopied(shm, 0, shm.publisherCopiedPerFrame());
    assertEquals(List.of(), List.copyOf(shm.publisherCopies().keySet()));
    assertCopied(shm, 0, shm.subscriberCopiedPerFrame());
    assertFalse(shm.subscriberCopies().containsKey("capnproto.gather"), shm::toString);
    LaneResult iceoryx2 = lanes.get(3);
    assertEquals(Map.of(), iceoryx2.publisherCopies());
    assertEquals(Map.of(), iceoryx2.subscriberCopies());
  }

  private static void assertCopied(LaneResult lane, long expected, long actual) {
    assertTrue(
        actual >= expected && actual <= expected + SMALL_BYTE_SIZE,
        () -> "copied " + actual + ", expected " + expected + " and a little: " + lane);
  }

  @Test
  void thePictureIsTheLastFrameOfThePattern() throws Exception {
    long last = 59 + run(options()).get(2).frames();
    BufferedImage image = ImageIO.read(picture().toFile());
    assertEquals(WIDTH, image.getWidth());
    assertEquals(HEIGHT, image.getHeight());
    assertTrue(
        LongStream.rangeClosed(0, last).anyMatch(sequence -> isPattern(image, sequence)),
        "the picture is none of the frames up to " + last);
  }

  private static boolean isPattern(BufferedImage image, long sequence) {
    try (Arena arena = Arena.ofConfined();
        TestPattern pattern = new TestPattern(WIDTH, HEIGHT)) {
      MemorySegment frame = arena.allocate(FRAME_BYTE_SIZE, Integer.BYTES);
      pattern.capture(frame, Lane.SHM, sequence);
      return same(image, frame);
    }
  }

  private static boolean same(BufferedImage image, MemorySegment frame) {
    for (int i = 0; i < WIDTH * HEIGHT; i++) {
      int argb = image.getRGB(i % WIDTH, i / WIDTH);
      int rgba = frame.getAtIndex(TestPattern.RGBA, i);
      if (argb != (rgba >>> 8 | 0xFF000000)) {
        return false;
      }
    }
    return true;
  }

  @Test
  void imagesOfAFolderAreFittedIntoTheFrame() throws Exception {
    Path images = Files.createDirectory(folder.resolve("images"));
    BufferedImage red = new BufferedImage(20, 30, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < 600; i++) {
      red.setRGB(i % 20, i / 20, 0xC01020);
    }
    ImageIO.write(red, "png", images.resolve("a.png").toFile());
    Files.writeString(images.resolve("notes.txt"), "not an image");

    run(options(images.toString()));

    BufferedImage image = ImageIO.read(picture().toFile());
    assertEquals(0xFFC01020, image.getRGB(WIDTH / 2, HEIGHT / 2));
    assertEquals(0xFF000000, image.getRGB(1, HEIGHT / 2));
  }

  @Test
  void aVideoGoesFromFfmpegIntoTheLanes() throws Exception {
    run(options(GreenVideo.in(folder).toString()));

    GreenVideo.assertGreen(ImageIO.read(picture().toFile()).getRGB(WIDTH / 2, HEIGHT / 2));
  }

  @Test
  void whatFfmpegCannotReadIsOneClearError() throws Exception {
    assumeTrue(Ffmpeg.isInstalled(), "ffmpeg is not installed");
    Path text = Files.writeString(folder.resolve("poem.mp4"), "not a video");
    var failure = assertThrows(CommandFailedException.class, () -> run(options(text.toString())));
    assertTrue(
        String.valueOf(failure.getMessage()).contains("ffmpeg ended before frame sequence=0"),
        failure::toString);
  }

  @Test
  void theProcessesEndWhenTheDemoIsClosedInTheMiddle() throws Exception {
    FrameOptions options = options();
    options.seconds = 60;
    ProgressLine silent = ProgressLine.silent(new PrintWriter(Writer.nullWriter()));
    Conductor conductor = new Conductor(options, picture(), silent);
    Thread closer =
        Thread.ofPlatform()
            .start(
                () -> {
                  try {
                    Thread.sleep(1500);
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                  conductor.close();
                });
    assertThrows(InterruptedException.class, conductor::run);
    closer.join();
    for (ProcessHandle process : conductor.processes()) {
      process.onExit().get(60, TimeUnit.SECONDS);
    }
  }
}
