package dev.segue.objectstore;

import static dev.segue.objectstore.ObjectStoreContract.failure;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.segue.objectstore.ObjectStoreException.Reason;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;

/** A server whose answers do not fit the question. */
@Timeout(60)
class LyingServerTest {
  private static final int SIZE = 100_000;
  private static final Map<String, String> SETTINGS =
      Map.of("SEGUE_GET_PART_SIZE", "64KiB", "SEGUE_GET_THRESHOLD", "1", "SEGUE_ATTEMPTS", "2");

  private final Arena arena = Arena.ofShared();
  private @Nullable HttpServer server;

  private interface Answer {
    void to(HttpExchange exchange, long first, long last) throws IOException;
  }

  private ObjectStore store(Answer answer) throws IOException {
    HttpServer made =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
    server = made;
    made.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    var _ =
        made.createContext(
            "/",
            exchange -> {
              String range = exchange.getRequestHeaders().getFirst("Range");
              String[] ends =
                  range == null ? new String[] {"0", "0"} : range.substring(6).split("-", 2);
              answer.to(exchange, Long.parseLong(ends[0]), Long.parseLong(ends[1]));
            });
    made.start();
    return S3Server.open(endpoint(), SETTINGS);
  }

  private String endpoint() {
    return "http://127.0.0.1:" + Objects.requireNonNull(server).getAddress().getPort();
  }

  @AfterEach
  void end() {
    Objects.requireNonNull(server).stop(0);
    arena.close();
  }

  private static void send(
      HttpExchange exchange,
      int status,
      @Nullable String range,
      @Nullable String etag,
      int byteSize)
      throws IOException {
    try (exchange) {
      if (range != null) {
        exchange.getResponseHeaders().set("Content-Range", range);
      }
      if (etag != null) {
        exchange.getResponseHeaders().set("ETag", etag);
      }
      byte[] body = new byte[byteSize];
      java.util.Arrays.fill(body, (byte) 'x');
      exchange.sendResponseHeaders(status, byteSize);
      exchange.getResponseBody().write(body);
    }
  }

  private void checkRefused(Reason reason, Answer answer) throws IOException {
    MemorySegment region = arena.allocate(SIZE);
    try (ObjectStore store = store(answer)) {
      failure(reason, () -> store.getRange("k", 0, region));
    }
  }

  @Test
  void anotherRangeIsRefusedBeforeAByteOfIt() throws Exception {
    MemorySegment region = arena.allocate(1000);
    try (ObjectStore store =
        store((e, first, last) -> send(e, 206, "bytes 5-1004/100000", "\"a\"", 1000))) {
      failure(Reason.UNTRUSTWORTHY, () -> store.getRange("k", 0, region));
      assertEquals(0, region.get(ValueLayout.JAVA_BYTE, 0));
    }
  }

  @Test
  void aWholeObjectInsteadOfARangeIsRefused() throws Exception {
    checkRefused(Reason.UNTRUSTWORTHY, (e, first, last) -> send(e, 200, null, "\"a\"", SIZE));
  }

  @Test
  void aLengthThatIsNotTheRangesIsRefused() throws Exception {
    checkRefused(
        Reason.UNTRUSTWORTHY,
        (e, first, last) -> send(e, 206, "bytes " + first + "-" + last + "/" + SIZE, "\"a\"", 7));
  }

  @Test
  void aRangeThatMakesNoSenseIsRefused() throws Exception {
    checkRefused(
        Reason.UNTRUSTWORTHY, (e, first, last) -> send(e, 206, "bytes x-y/z", "\"a\"", 10));
  }

  @Test
  void anAnswerWithoutETagIsRefused() throws Exception {
    checkRefused(
        Reason.UNTRUSTWORTHY,
        (e, first, last) ->
            send(
                e,
                206,
                "bytes " + first + "-" + last + "/" + SIZE,
                null,
                (int) (last - first + 1)));
  }

  @Test
  void anETagThatChangesInSpiteOfIfMatchIsAChangedObject() throws Exception {
    AtomicInteger count = new AtomicInteger();
    checkRefused(
        Reason.CHANGED,
        (e, first, last) ->
            send(
                e,
                206,
                "bytes " + first + "-" + last + "/" + SIZE,
                "\"" + count.incrementAndGet() + "\"",
                (int) (last - first + 1)));
  }

  @Test
  void expiredCredentialsAreAskedForAgain() throws Exception {
    AtomicInteger asked = new AtomicInteger();
    ObjectStore unused =
        store(
            (e, first, last) -> {
              String who = e.getRequestHeaders().getFirst("Authorization");
              if (who.contains("Credential=old1")) {
                try (e) {
                  byte[] body =
                      "<Error><Code>ExpiredToken</Code><Message>expired</Message></Error>"
                          .getBytes(java.nio.charset.StandardCharsets.UTF_8);
                  e.sendResponseHeaders(400, body.length);
                  e.getResponseBody().write(body);
                }
              } else {
                send(e, 206, "bytes 0-9/10", "\"a\"", 10);
              }
            });
    unused.close();
    try (ObjectStore store =
        S3Server.open(
            S3Server.BUCKET,
            endpoint(),
            SETTINGS,
            () ->
                AwsBasicCredentials.create(
                    asked.incrementAndGet() == 1 ? "old1" : "new2", "secret"))) {
      MemorySegment region = arena.allocate(10);
      assertEquals(10, store.getRange("k", 0, region).byteSize());
      assertEquals('x', region.get(ValueLayout.JAVA_BYTE, 9));
    }
  }
}
