package dev.segue.agrona;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.segue.testkit.ChildProcess;
import dev.segue.testkit.Peers;
import dev.segue.testkit.Seeds;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class UnsafeBufferPeerTest {

  @Test
  void answersAsAgronasOwnBufferDoes() throws IOException, InterruptedException {
    long seed = Seeds.of("UnsafeBufferPeerTest");
    String output =
        Peers.run(
            ChildProcess.java(
                List.of("--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED"),
                ChildProcess.classPath(),
                UnsafeBufferPeer.class,
                Long.toString(seed)));
    assertEquals("same answers: true", output.strip());
  }
}
