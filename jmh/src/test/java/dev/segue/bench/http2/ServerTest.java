package dev.segue.bench.http2;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ServerTest {
  @Test
  void whoListensOnAServersPortBeforeItIsNotMeasuredInItsPlace(@TempDir Path directory)
      throws Exception {
    try (ServerSocket other = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      IOException error =
          assertThrows(
              IOException.class,
              () ->
                  new Server(
                      "h2o",
                      List.of("sleep", "5"),
                      false,
                      other.getLocalPort(),
                      directory.resolve("log")));
      assertTrue(String.valueOf(error.getMessage()).contains("somebody listens"), error::toString);
    }
  }
}
