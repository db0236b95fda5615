package dev.segue.recording;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.segue.zenoh.CongestionControl;
import dev.segue.zenoh.Encoding;
import dev.segue.zenoh.Priority;
import dev.segue.zenoh.Reliability;
import dev.segue.zenoh.SampleKind;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** The channel of a sample for which a file had none left, in its private record. */
class SampleChannelTest {
  private static void assertKept(String key, String encoding) throws IOException {
    SampleChannel channel =
        new SampleChannel(
            key,
            new Encoding(encoding),
            SampleKind.DELETE,
            Priority.DATA,
            CongestionControl.DROP,
            true,
            Reliability.RELIABLE);
    assertEquals(channel, SampleChannel.of(new String(channel.toBytes(), StandardCharsets.UTF_8)));
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
}
