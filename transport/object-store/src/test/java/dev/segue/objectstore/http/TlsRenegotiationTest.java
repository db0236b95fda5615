package dev.segue.objectstore.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.segue.objectstore.TestAuthority;
import java.io.IOException;
import java.io.Writer;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Servers that ask for a new handshake (TLS 1.2) or new keys (1.3) go on sending meanwhile. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class TlsRenegotiationTest {
  private static final Path OPENSSL = Path.of("/usr/bin/openssl");

  @TempDir Path directory;

  @ParameterizedTest
  @CsvSource({"tls1_2,r,3", "tls1_2,r,100", "tls1_3,K,3", "tls1_3,K,100"})
  void whatIsSentMeanwhileArrives(String version, String command, int readByteSize)
      throws Exception {
    assumeTrue(Files.isExecutable(OPENSSL));
    TestAuthority authority = TestAuthority.create(directory);
    int port = freePort();
    Process server =
        new ProcessBuilder(
                OPENSSL.toString(),
                "s_server",
                "-accept",
                "127.0.0.1:" + port,
                "-cert",
                authority.certificate().toString(),
                "-cert_chain",
                authority.certificate().toString(),
                "-key",
                authority.key().toString(),
                "-" + version,
                "-legacy_renegotiation")
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("said").toFile())
            .start();
    try (SocketChannel channel = connected(port);
        Writer typed = server.outputWriter()) {
      TlsWire wire =
          new TlsWire(new PlainWire(channel), authority.engines().engine("127.0.0.1", port));
      type(typed, "before\n");
      assertEquals("before\n", read(wire, readByteSize));
      type(typed, command + "\n");
      while (channel.socket().getInputStream().available() == 0) {
        // What the server asks for is here; only then it is told to send more.
        TimeUnit.MILLISECONDS.sleep(5);
      }
      type(typed, "behind\n");
      assertEquals("behind\n", read(wire, readByteSize));
      ByteBuffer[] asked = {StandardCharsets.UTF_8.encode("asked.\n")};
      while (asked[0].hasRemaining()) {
        wire.write(asked, 0, 1);
      }
      type(typed, "answer\n");
      assertEquals("answer\n", read(wire, readByteSize));
    } finally {
      server.destroyForcibly().waitFor();
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static SocketChannel connected(int port) throws Exception {
    while (true) {
      try {
        return SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      } catch (ConnectException e) {
        TimeUnit.MILLISECONDS.sleep(20);
      }
    }
  }

  private static void type(Writer to, String line) throws IOException {
    to.write(line);
    to.flush();
  }

  private static String read(TlsWire wire, int readByteSize) throws IOException {
    StringBuilder all = new StringBuilder();
    while (all.length() < 7) {
      ByteBuffer some = ByteBuffer.allocate(Math.min(readByteSize, 7 - all.length()));
      if (wire.read(some) < 0) {
        return all + " and the end";
      }
      all.append(StandardCharsets.UTF_8.decode(some.flip()));
    }
    return all.toString();
  }
}
