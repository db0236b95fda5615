package dev.segue.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.OffHeapPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.capnproto.CapnProtoException;
import dev.segue.capnproto.MessageView;
import dev.segue.capnproto.schema.Frames;
import dev.segue.capnproto.topic.TopicType;
import dev.segue.cli.video.GreenVideo;
import dev.segue.zenoh.Config;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Sample;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.Subscriber;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code segue pub --video}, as a process of its own. */
@Timeout(240)
class VideoCommandTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir Path directory;
  private final OffHeapPool pool = new OffHeapPool(1 << 20);

  private record Frame(long captureTimeNanos, long sequence, int rgb) {}

  @AfterEach
  void close() {
    pool.close();
  }

  private List<Frame> framesOf(int count, String... more) throws Exception {
    Path video = GreenVideo.in(directory);
    List<Frame> frames = new ArrayList<>();
    try (Session session = Session.open(Config.isolated().listen("tcp/127.0.0.1:0"));
        Subscriber subscriber = session.declareSubscriber(KeyExpr.of("film"))) {
      List<String> line = new ArrayList<>(List.of("pub", "film", "--video", video.toString()));
      line.addAll(List.of("-e", session.locators().getFirst(), "--no-scouting", "--wait", "60"));
      line.addAll(List.of(more));
      try (SegueProcess pub = SegueProcess.start(directory, line.toArray(String[]::new))) {
        for (int i = 0; i < count; i++) {
          try (Sample sample = subscriber.receive(PATIENCE).orElseThrow()) {
            assertEquals(TopicType.of(Frames.CameraFrame.factory).encoding(), sample.encoding());
            assertTrue(sample.isSharedMemory());
            frames.add(frameOf(sample.payload()));
          }
        }
        assertEquals(0, pub.await(), pub.err());
        assertTrue(pub.out().startsWith("film: " + count + " samples"), pub.out());
      }
    }
    return frames;
  }

  private Frame frameOf(SegmentedBytes payload) throws CapnProtoException {
    try (MessageView view = MessageView.of(payload, pool)) {
      return view.read(
          Frames.CameraFrame.factory,
          frame -> {
            SegmentedBytes pixels = view.bytesOf(frame.getPixels());
            assertEquals(Frames.PixelFormat.RGB8, frame.getFormat());
            assertEquals(
                List.of(128, 96, 3 * 128),
                List.of(frame.getWidthPixels(), frame.getHeightPixels(), frame.getRowByteSize()));
            assertEquals(3 * 128 * 96, pixels.byteSize());
            int rgb = 0;
            for (int i = 0; i < 3; i++) {
              rgb = rgb << 8 | (pixels.byteAt(3 * (128 * 48 + 64) + i) & 0xFF);
            }
            return new Frame(frame.getCaptureTimeNanos(), frame.getSequence(), rgb);
          });
    }
  }

  @Test
  void eachFrameOfAVideoIsAMessageAtItsOwnRate() throws Exception {
    List<Frame> frames = framesOf(25);
    for (int i = 0; i < frames.size(); i++) {
      assertEquals(i, frames.get(i).sequence());
      GreenVideo.assertGreen(frames.get(i).rgb());
    }
    long nanos = frames.getLast().captureTimeNanos() - frames.getFirst().captureTimeNanos();
    assertTrue(nanos > 700_000_000L, "nanos=" + nanos); // 960 ms, but for a late first one
  }

  @Test
  void aVideoIsPublishedAsOftenAsItIsAskedForAndAtTheRate() throws Exception {
    List<Frame> frames = framesOf(50, "-n", "2", "--rate", "200");
    assertEquals(49, frames.getLast().sequence());
    GreenVideo.assertGreen(frames.getLast().rgb());
  }

  @Test
  void whatIsNoVideoFailsWithWhatFfmpegSays() throws Exception {
    GreenVideo.in(directory);
    Path text = Files.writeString(directory.resolve("poem.mp4"), "not a video");
    try (SegueProcess pub =
        SegueProcess.start(
            directory, "pub", "k", "--video", text.toString(), "--no-scouting", "--wait", "0")) {
      assertEquals(1, pub.await(), pub.out());
      String said = "segue pub: --video " + text + ": ffmpeg ended before frame sequence=0: ";
      assertTrue(pub.err().startsWith(said), pub.err());
    }
  }

  @Test
  void withoutFfmpegTheCommandSaysWhatToInstall() throws Exception {
    Path video = Files.writeString(directory.resolve("film.mp4"), "");
    Path err = directory.resolve("err.txt");
    ProcessBuilder builder =
        SegueProcess.builder(directory, "pub", "k", "--video", video.toString())
            .redirectError(err.toFile());
    builder.environment().put("PATH", directory.toString());
    assertEquals(1, builder.start().waitFor());
    assertEquals(
        "segue pub: --video "
            + video
            + ": ffmpeg reads videos and cameras, and is not on the PATH; install it (apt install"
            + " ffmpeg, brew install ffmpeg)\n",
        Files.readString(err));
    String missing = directory.resolve("none.mp4").toString();
    CommandRun run = CommandRun.of("pub", "k", "--video", missing);
    assertEquals(1, run.status(), run::toString);
    assertTrue(run.err().contains("no such file"), run::toString);
  }
}
