package dev.segue.cli.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.segue.cli.video.Ffmpeg;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

final class FfmpegCommandTest {
  private final FrameOptions options = new FrameOptions();

  FfmpegCommandTest() {
    options.width = 640;
    options.height = 480;
    options.fps = 12.5;
  }

  @Test
  void aVideoIsRepeatedAtTheRateThatWasAskedFor() {
    assertEquals(
        "ffmpeg -nostdin -loglevel error -stream_loop -1 -i /film.mp4 -an -vf"
            + " fps=12.5,scale=640:480:force_original_aspect_ratio=decrease,"
            + "pad=640:480:(ow-iw)/2:(oh-ih)/2,setsar=1 -pix_fmt rgba -f rawvideo pipe:1",
        line(VideoFrames.arguments(Path.of("/film.mp4"), false, options)));
  }

  @Test
  void aCameraKeepsItsOwnRate() {
    assertEquals(
        "ffmpeg -nostdin -loglevel error -f v4l2 -i /dev/video0 -an -vf"
            + " scale=640:480:force_original_aspect_ratio=decrease,"
            + "pad=640:480:(ow-iw)/2:(oh-ih)/2,setsar=1 -pix_fmt rgba -f rawvideo pipe:1",
        line(VideoFrames.arguments(Path.of("/dev/video0"), true, options)));
  }

  private static String line(List<String> arguments) {
    return String.join(" ", Ffmpeg.command(arguments));
  }
}
