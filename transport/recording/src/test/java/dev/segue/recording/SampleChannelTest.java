package dev.segue.recording;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.segue.zenoh.CongestionControl;
import dev.segue.zenoh.Encoding;
import dev.segue.zenoh.Priority;
import dev.segue.zenoh.Reliability;
import dev.segue.zenoh.SampleKind;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The channel of a sample for which a file had none left, in its private record. */
class SampleChannelTest {
  private static SampleChannel channel(String key, String encoding) {
    return new SampleChannel(
        key,
        new Encoding(encoding),
        SampleKind.DELETE,
        Priority.DATA,
        CongestionControl.DROP,
        true,
        Reliability.RELIABLE);
  }

  private static void assertKept(String key, String encoding) throws IOException {
    SampleChannel channel = channel(key, encoding);
    assertEquals(channel, SampleChannel.of(channel.toBytes()));
  }

  /** It was played under the key that its encoding named. */
  @Test
  void zerosInAKeyOrAnEncodingBelongToIt() throws Exception {
    assertKept("robot/x", "text/plain");
    assertKept("robot/x", "x\0key=robot/other");
    assertKept("robot/x", "x\0y=z\0\0");
    assertKept("robot/x\0y/z", "x");
    assertKept("robot/x\0key=robot/other", "x\0");
  }

  /** One could not be played, others were played otherwise than they were recorded. */
  @Test
  void noFieldIsForged() throws Exception {
    assertKept("robot/x", "x\0zenoh.kind=bogus");
    assertKept("robot/x", "x\0zenoh.kind=put\0zenoh.express=false\0zenoh.priority=data");
    assertKept("robot/x", "x\0zenoh.congestion_control=block");
    assertKept("robot/x", "x\0zenoh.reliability=best_effort");
    assertKept("robot/x", "x\0zenoh.encoding=y");
    assertKept("robot/x\0zenoh.encoding=y", "x");
    assertKept("robot/x\0zenoh.congestion_control=block\0zenoh.encoding=y", "x");
    assertKept("zenoh.key_length=3", "zenoh.key_length=3\0key=y");
    assertKept("roboter/süd/€\0", "ü");
  }

  private static SampleChannel old(String key, String encoding) throws IOException {
    String last = "\0zenoh.express=true\0zenoh.kind=delete\0zenoh.priority=data";
    String begin = "key=" + key + "\0zenoh.congestion_control=drop\0zenoh.encoding=" + encoding;
    return SampleChannel.of((begin + last + "\0zenoh.reliability=reliable").getBytes(UTF_8));
  }

  /** Without the key's length, and in the order of the names. */
  @Test
  void recordingsOfBeforeAreRead() throws Exception {
    for (String encoding : List.of("text/plain", "x\0zenoh.kind=bogus", "x\0key=y\0", "ü")) {
      for (String key : List.of("robot/x", "robot/x\0key=y", "robot/x\0zenoh.encoding=y")) {
        assertEquals(channel(key, encoding), old(key, encoding));
      }
    }
  }

  @Test
  void whatNoRecorderWritesIsRefused() {
    byte[] whole = channel("robot/x", "text/plain").toBytes();
    for (int i = 0; i < whole.length; i++) {
      byte[] cut = Arrays.copyOf(whole, i);
      assertThrows(IOException.class, () -> SampleChannel.of(cut), new String(cut, UTF_8));
    }
    String text = new String(whole, UTF_8);
    for (String length : List.of("8", "6", "-1", "99999999999", "")) {
      byte[] wrong = text.replaceFirst("=7", "=" + length).getBytes(UTF_8);
      assertThrows(IOException.class, () -> SampleChannel.of(wrong), length);
    }
  }
}
