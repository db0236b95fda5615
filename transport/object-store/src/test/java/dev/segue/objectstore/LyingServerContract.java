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
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is asked of a server, and answers that contradict the request or themselves. */
@Timeout(60)
public abstract class LyingServerContract {
  public static final int SIZE = 100_000;
  public static final Map<String, String> SETTINGS =
      Map.of("SEGUE_GET_PART_SIZE", "64KiB", "SEGUE_GET_THRESHOLD", "1", "SEGUE_ATTEMPTS", "2");

  public final Arena arena = Arena.ofShared();
  private final HttpServer server;

  public LyingServerContract() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.start();
  }

  /** The header that names the range that is asked for. */
  public abstract String rangeHeader();

  public abstract ObjectStore open(String endpoint, Map<String, String> settings)
      throws IOException;

  public String endpoint() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  @AfterEach
  void end() {
    server.stop(0);
    arena.close();
  }

  public interface Answer {
    void to(HttpExchange exchange, long first, long last) throws IOException;
  }

  public ObjectStore store(Answer answer) throws IOException {
    return store(answer, SETTINGS);
  }

  private ObjectStore store(Answer answer, Map<String, String> settings) throws IOException {
    server.createContext(
        "/",
        exchange -> {
          String range = exchange.getRequestHeaders().getFirst(rangeHeader());
          String[] ends =
              range == null ? new String[] {"0", "0"} : range.substring(6).split("-", 2);
          answer.to(exchange, Long.parseLong(ends[0]), Long.parseLong(ends[1]));
        });
    return open(endpoint(), settings);
  }

  public static void send(
      HttpExchange exchange, int status, @Nullable String range, @Nullable String etag, int size)
      throws IOException {
    try (exchange) {
      if (range != null) {
        exchange.getResponseHeaders().set("Content-Range", range);
      }
      if (etag != null) {
        exchange.getResponseHeaders().set("ETag", etag);
      }
      byte[] body = new byte[size];
      java.util.Arrays.fill(body, (byte) 'x');
      exchange.sendResponseHeaders(status, size);
      exchange.getResponseBody().write(body);
    }
  }

  public static String range(long first, long last) {
    return "bytes " + first + "-" + last + "/" + SIZE;
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
        Reason.UNTRUSTWORTHY, (e, first, last) -> send(e, 206, range(first, last), "\"a\"", 7));
  }

  @Test
  void anAnswerWithoutETagIsRefused() throws Exception {
    checkRefused(
        Reason.UNTRUSTWORTHY,
        (e, first, last) -> send(e, 206, range(first, last), null, (int) (last - first + 1)));
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
                range(first, last),
                "\"" + count.incrementAndGet() + "\"",
                (int) (last - first + 1)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"crc32c", "none"})
  void aLargeObjectGoesInNoMoreRangesThanAreInFlight(String checksums) throws Exception {
    long half = 12L << 20;
    Set<Long> ends = ConcurrentHashMap.newKeySet();
    Answer answer =
        (e, first, last) -> {
          if (e.getRequestMethod().equals("HEAD")) {
            e.sendResponseHeaders(404, -1);
            e.close();
            return;
          }
          ends.add(last);
          int byteSize = (int) (last - first + 1);
          send(e, 206, "bytes " + first + "-" + last + "/" + 2 * half, "\"a\"", byteSize);
        };
    Map<String, String> settings =
        Map.of("SEGUE_GET_INFLIGHT", "2", "SEGUE_GET_THRESHOLD", "1", "SEGUE_CHECKSUMS", checksums);
    try (ObjectStore store = store(answer, settings)) {
      assertEquals(2 * half, store.get("k", arena.allocate(2 * half)).byteSize());
      assertEquals(Set.of(half - 1, 2 * half - 1), ends);
    }
  }
}
