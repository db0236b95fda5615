package dev.segue.cli.video;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.segue.testkit.Peers;
import java.nio.file.Path;
import java.util.List;

/** A video of one color: 128 × 96 pixels, 25 frames in a second. */
public final class GreenVideo {
  /** The color of all pixels, but for what its encoding changes. */
  public static final int RGB = 0x10C020;

  private GreenVideo() {}

  /** Makes it in a folder; the test is skipped where ffmpeg is not installed. */
  public static Path in(Path folder) throws Exception {
    assumeTrue(Ffmpeg.isInstalled(), "ffmpeg is not installed");
    Path video = folder.resolve("green.mkv");
    List<String> command =
        List.of(
            "ffmpeg",
            "-nostdin",
            "-loglevel",
            "error",
            "-f",
            "lavfi",
            "-i",
            "color=c=0x10C020:s=128x96:d=1:r=25",
            "-c:v",
            "ffv1",
            video.toString());
    Peers.run(command);
    return video;
  }

  /** Checks a pixel. */
  public static void assertGreen(int rgb) {
    for (int shift = 0; shift < 24; shift += 8) {
      assertEquals(RGB >> shift & 0xFF, rgb >> shift & 0xFF, 6, Integer.toHexString(rgb));
    }
  }
}
