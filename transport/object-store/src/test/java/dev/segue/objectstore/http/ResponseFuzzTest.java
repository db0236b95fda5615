package dev.segue.objectstore.http;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Mutated responses are read or refused, never anything else; {@code -Dsegue.seed=} repeats a run.
 */
@Timeout(120)
class ResponseFuzzTest {
  private static final List<String> SEEDS =
      List.of(
          "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nETag: \"x\"\r\n\r\nhello",
          "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-4/9\r\n"
              + "Content-Length: 5\r\n\r\nhello",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nA: b\r\n\r\n",
          "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
          "HTTP/1.0 200 OK\r\n\r\nhello");
  private static final List<String> PIECES =
      List.of(
          "\r\n",
          "\n",
          "\r",
          "\0",
          ":",
          " ",
          "\t",
          "Content-Length: 1\r\n",
          "9999999999999999999",
          "Transfer-Encoding: chunked\r\n",
          "HTTP/1.1 ",
          "0\r\n\r\n",
          "ffffffffffffffff",
          ";",
          "\u00ff");

  private static final long SEED = Long.getLong("segue.seed", System.nanoTime());

  @BeforeAll
  static void printSeed() {
    // At once: what goes wrong may be a timeout.
    System.out.println("ResponseFuzzTest: -Dsegue.seed=" + SEED);
  }

  @Test
  void headsAreParsedOrRefused() {
    Random random = new Random(SEED);
    for (int i = 0; i < 200_000; i++) {
      byte[] bytes = mutated(random);
      try {
        ResponseHead head = ResponseHead.parse(bytes);
        assertTrue(head.status() >= 100 && head.status() < 600, () -> "-Dsegue.seed=" + SEED);
        assertTrue(head.contentLength() < 0 || !head.chunked(), () -> "-Dsegue.seed=" + SEED);
      } catch (IOException e) {
        assertTrue(e.getMessage() != null, () -> "-Dsegue.seed=" + SEED);
      } catch (RuntimeException e) {
        throw new AssertionError("-Dsegue.seed=" + SEED, e);
      }
    }
  }

  @Test
  void responsesOnASocketAreReadOrRefused() throws Exception {
    Random random = new Random(SEED);
    try (ServerSocketChannel listening = ServerSocketChannel.open()) {
      listening.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      InetSocketAddress address = (InetSocketAddress) listening.getLocalAddress();
      for (int i = 0; i < 2_000; i++) {
        byte[] bytes = mutated(random);
        try (SocketChannel client = SocketChannel.open(address);
            SocketChannel server = listening.accept()) {
          Channels.newOutputStream(server).write(bytes);
          SocketChannel _ = server.shutdownOutput();
          read(client, bytes.length);
        } catch (IOException e) {
          assertTrue(e.getMessage() != null, () -> "-Dsegue.seed=" + SEED);
        } catch (RuntimeException e) {
          throw new AssertionError("-Dsegue.seed=" + SEED, e);
        }
      }
    }
  }

  private static void read(SocketChannel client, int byteSize) throws IOException {
    Connection connection =
        new Connection(
            new HttpEndpoint(false, "127.0.0.1", 1), new PlainWire(client), 64 << 10, null);
    ResponseHead head = connection.readHead();
    while (head.status() < 200) {
      head = connection.readHead();
    }
    BodyInput body = new BodyInput(connection, head, false);
    ByteBuffer into = ByteBuffer.allocateDirect(byteSize + 1);
    while (into.hasRemaining() && body.read(into) >= 0) {
      assertTrue(into.position() <= byteSize, () -> "more than was sent, -Dsegue.seed=" + SEED);
    }
  }

  private static byte[] mutated(Random random) {
    StringBuilder text = new StringBuilder(SEEDS.get(random.nextInt(SEEDS.size())));
    for (int i = random.nextInt(4); i >= 0; i--) {
      int at = random.nextInt(text.length() + 1);
      switch (random.nextInt(4)) {
        case 0 -> text.insert(at, PIECES.get(random.nextInt(PIECES.size())));
        case 1 -> text.delete(at, Math.min(text.length(), at + 1 + random.nextInt(4)));
        case 2 -> text.insert(at, (char) random.nextInt(256));
        default -> {
          if (at < text.length()) {
            text.setCharAt(at, (char) random.nextInt(256));
          }
        }
      }
    }
    return text.toString().getBytes(StandardCharsets.ISO_8859_1);
  }
}
