package dev.segue.http2;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Fields that RFC 9113 section 8.2.1 calls malformed end the stream and reach no handler. */
@Timeout(60)
class FieldTest {
  private static byte[] literal(String name, String value) {
    byte[] bytes = new byte[3 + name.length() + value.length()];
    bytes[1] = (byte) name.length();
    for (int i = 0; i < name.length(); i++) {
      bytes[2 + i] = (byte) name.charAt(i);
    }
    bytes[2 + name.length()] = (byte) value.length();
    for (int i = 0; i < value.length(); i++) {
      bytes[3 + name.length() + i] = (byte) value.charAt(i);
    }
    return bytes;
  }

  private static byte[] block(String... namesAndValues) {
    java.io.ByteArrayOutputStream all = new java.io.ByteArrayOutputStream();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      all.writeBytes(literal(namesAndValues[i], namesAndValues[i + 1]));
    }
    return all.toByteArray();
  }

  private static byte[] get(String method, String path, String authority, String... more) {
    String[] all = new String[8 + more.length];
    String[] first = {":method", method, ":scheme", "http", ":path", path, ":authority", authority};
    System.arraycopy(first, 0, all, 0, 8);
    System.arraycopy(more, 0, all, 8, more.length);
    return block(all);
  }

  @Test
  void eachEndsItsStreamAndReachesNoHandler() throws Exception {
    AtomicInteger handled = new AtomicInteger();
    try (Http2Server server =
            Http2Server.builder(
                    exchange -> {
                      handled.incrementAndGet();
                      exchange.respond(204);
                    })
                .grace(Duration.ofMillis(100))
                .threadCount(1)
                .start();
        RawPeer peer = new RawPeer(server.address()).start(65_535, 65_535, 16_384)) {
      List<byte[]> blocks =
          List.of(
              get("GET", "/", "a", "x", "a\r\nb"),
              get("GET", "/", "a", "x", "a\nb"),
              get("GET", "/", "a", "x", "a\0b"),
              get("GET", "/", "a", "x", " a"),
              get("GET", "/", "a", "x", "a\t"),
              get("GET", "/", "a", "x y", "a"),
              get("GET", "/", "a", "x\r\ny", "a"),
              get("GET", "/", "a", "x:y", "a"),
              get("GET\r\nX: y", "/", "a"),
              get("GE T", "/", "a"),
              get("GET", "/ x", "a"),
              get("GET", "/\r\nx", "a"),
              get("GET", "x", "a"),
              get("GET", "/", "a b"),
              get("GET", "/", "user@a"),
              get("GET", "/", "a\r\nX: y"));
      int id = 1;
      for (byte[] block : blocks) {
        peer.send(RawPeer.HEADERS, RawPeer.END_HEADERS | RawPeer.END_STREAM, id, block);
        RawPeer.Frame reset = peer.await(RawPeer.RST_STREAM);
        assertEquals(id, reset.streamId());
        assertEquals(1, reset.code());
        id += 2;
      }
      assertEquals(0, handled.get());
      peer.send(
          RawPeer.HEADERS, RawPeer.END_HEADERS | RawPeer.END_STREAM, id, get("GET", "/", "a"));
      assertEquals(id, peer.await(RawPeer.HEADERS).streamId());
    }
  }

  /** Browsers send them one by one, RFC 9113 section 8.2.3. */
  @Test
  void cookiesAreOneFieldAgain() throws Exception {
    CompletableFuture<Headers> got = new CompletableFuture<>();
    try (Http2Server server =
            Http2Server.builder(
                    exchange -> {
                      got.complete(exchange.request().headers());
                      exchange.respond(204);
                    })
                .grace(Duration.ofMillis(100))
                .threadCount(1)
                .start();
        RawPeer peer = new RawPeer(server.address()).start(65_535, 65_535, 16_384)) {
      byte[] block =
          get("GET", "/", "a", "cookie", "a=1", "x", "y", "cookie", "b=2", "cookie", "c");
      peer.send(RawPeer.HEADERS, RawPeer.END_HEADERS | RawPeer.END_STREAM, 1, block);
      assertEquals("[cookie, a=1; b=2; c, x, y]", got.get(20, TimeUnit.SECONDS).toString());
    }
  }
}
