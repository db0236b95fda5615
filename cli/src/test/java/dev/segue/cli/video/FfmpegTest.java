package dev.segue.cli.video;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

final class FfmpegTest {
  private static String all(Ffmpeg from) throws Exception {
    ByteBuffer target = ByteBuffer.allocateDirect(100);
    int count = from.read(target);
    byte[] read = new byte[count];
    target.flip().get(read);
    return new String(read, StandardCharsets.UTF_8);
  }

  @Test
  void whatAProcessWroteBeforeItEndedIsRead() throws Exception {
    for (int i = 0; i < 300; i++) {
      try (Ffmpeg brief = Ffmpeg.run(List.of("/bin/echo", "frame"))) {
        assertEquals("frame\n", all(brief));
      }
    }
  }

  @Test
  void aFaultIsSeenLongAfterTheLastByte() throws Exception {
    String script = "echo frame; exec >&-; sleep 2; echo broken >&2; exit 3";
    try (Ffmpeg failing = Ffmpeg.run(List.of("sh", "-c", script))) {
      assertEquals("frame\n", all(failing));
      assertTrue(failing.hasFailed());
      assertEquals("broken", failing.lastError());
    }
  }
}
