package dev.segue.bench.http2;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bench.harness.Contender;
import dev.segue.bench.peers.Http2Peer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ServerTest {
  @Test
  void aResponseOfAnotherSizeIsNotMeasured(@TempDir Path directory) throws Exception {
    Path file = Files.createFile(directory.resolve("file"));
    List<String> command = new ArrayList<>(Contender.javaCommand(Http2Peer.class));
    command.add(file.toString());
    try (Server server = new Server("segue", command, false, 0, directory.resolve("log"));
        Client client = new Client(server, file)) {
      client.get("/bytes/1000", 2, 1000);
      assertThrows(IOException.class, () -> client.get("/bytes/1000", 1, 1001));
    }
  }

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
