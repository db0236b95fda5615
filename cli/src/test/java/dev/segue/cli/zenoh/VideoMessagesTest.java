package dev.segue.cli.zenoh;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class VideoMessagesTest {
  private static String line(Path path, long count, boolean isPaced) {
    return String.join(" ", VideoMessages.arguments(path, count, isPaced));
  }

  @Test
  void aFileIsReadAtItsOwnRateOrAsFastAsItIsTaken(@TempDir Path folder) throws Exception {
    Path film = Files.writeString(folder.resolve("film.mp4"), "");
    String end = " -pix_fmt rgb24 -c:v ppm -f image2pipe";
    assertEquals("-stream_loop 0 -i " + film + " -an -vf realtime" + end, line(film, 1, true));
    assertEquals("-stream_loop 2 -i " + film + " -an" + end, line(film, 3, false));
  }

  @Test
  void aCameraKeepsItsOwnRate() {
    assertEquals(
        "-f v4l2 -i /dev/video0 -an -pix_fmt rgb24 -c:v ppm -f image2pipe",
        line(Path.of("/dev/video0"), 1, true));
  }
}
