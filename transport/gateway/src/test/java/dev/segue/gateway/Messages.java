package dev.segue.gateway;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Collects the whole messages of a WebSocket of the JDK's client. */
final class Messages implements WebSocket.Listener {
  private static final HttpClient CLIENT = HttpClient.newHttpClient();

  final LinkedBlockingQueue<String> texts = new LinkedBlockingQueue<>();
  final LinkedBlockingQueue<ByteBuffer> binaries = new LinkedBlockingQueue<>();
  final LinkedBlockingQueue<Integer> ends = new LinkedBlockingQueue<>();
  private final StringBuilder text = new StringBuilder();
  private byte[] binary = new byte[0];

  WebSocket open(Fixture fixture, String protocol, String path) {
    return CLIENT
        .newWebSocketBuilder()
        .subprotocols(protocol)
        .buildAsync(URI.create("ws://localhost:" + fixture.port() + path), this)
        .join();
  }

  @Override
  public @Nullable CompletionStage<?> onText(WebSocket socket, CharSequence part, boolean last) {
    text.append(part);
    if (last) {
      texts.add(text.toString());
      text.setLength(0);
    }
    socket.request(1);
    return null;
  }

  @Override
  public @Nullable CompletionStage<?> onBinary(WebSocket socket, ByteBuffer part, boolean last) {
    ByteBuffer joined = ByteBuffer.allocate(binary.length + part.remaining());
    joined.put(binary).put(part);
    binary = joined.array();
    if (last) {
      binaries.add(ByteBuffer.wrap(binary).order(ByteOrder.LITTLE_ENDIAN));
      binary = new byte[0];
    }
    socket.request(1);
    return null;
  }

  @Override
  public @Nullable CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
    ends.add(code);
    return null;
  }

  /** The next text with a part in it; others before it are dropped. */
  String text(String part) throws InterruptedException {
    while (true) {
      String next = texts.poll(30, TimeUnit.SECONDS);
      assertTrue(next != null, "waited in vain for " + part);
      if (next != null && next.contains(part)) {
        return next;
      }
    }
  }

  ByteBuffer binary() throws InterruptedException {
    ByteBuffer next = binaries.poll(30, TimeUnit.SECONDS);
    assertTrue(next != null, "waited in vain for a binary message");
    return Objects.requireNonNull(next);
  }

  /** The code that the socket was closed with. */
  int end() throws InterruptedException {
    Integer code = ends.poll(30, TimeUnit.SECONDS);
    assertTrue(code != null, "waited in vain for the end");
    return Objects.requireNonNull(code);
  }
}
