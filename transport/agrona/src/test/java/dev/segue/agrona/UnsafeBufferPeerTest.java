package dev.segue.agrona;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class UnsafeBufferPeerTest {

  @Test
  void answersAsAgronasOwnBufferDoes() throws IOException, InterruptedException {
    long seed = Long.getLong("segue.seed", System.nanoTime());
    System.out.println("segue.seed=" + seed);
    Process peer =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty(
                    "surefire.test.class.path", System.getProperty("java.class.path")),
                UnsafeBufferPeer.class.getName(),
                Long.toString(seed))
            .redirectErrorStream(true)
            .start();
    try {
      String output = new String(peer.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertTrue(peer.waitFor(60, TimeUnit.SECONDS));
      assertEquals("same answers: true", output.strip());
    } finally {
      peer.destroyForcibly();
    }
  }
}
