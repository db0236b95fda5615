package dev.segue.objectstore.s3;

import static dev.segue.objectstore.ObjectStoreContract.failure;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.objectstore.Data;
import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.ObjectStore;
import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.ObjectStoreException.Reason;
import dev.segue.objectstore.ObjectWriter;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Answers of a server of S3 that leave out what matters, or claim what is not so. */
@Timeout(60)
class S3LiesTest {
  private static final String PART_ETAG = "\"0cc175b9c0f1b6a831c399e269772661\"";
  private static final Map<String, String> SETTINGS =
      Map.of("SEGUE_ATTEMPTS", "2", "SEGUE_PUT_PART_SIZE", "5MiB", "SEGUE_CHECKSUMS", "none");

  private final Arena arena = Arena.ofShared();
  private final HttpServer server;

  S3LiesTest() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.start();
  }

  @AfterEach
  void end() {
    server.stop(0);
    arena.close();
  }

  interface Answer {
    void to(HttpExchange exchange, String request) throws IOException;
  }

  private ObjectStore store(Answer answer) throws IOException {
    server.createContext(
        "/",
        exchange -> {
          try (exchange;
              InputStream body = exchange.getRequestBody()) {
            body.transferTo(OutputStream.nullOutputStream());
            String query = exchange.getRequestURI().getRawQuery();
            answer.to(exchange, exchange.getRequestMethod() + (query == null ? "" : " " + query));
          }
        });
    return S3Server.open("http://127.0.0.1:" + server.getAddress().getPort(), SETTINGS);
  }

  static void send(HttpExchange exchange, int status, String body, String... headers)
      throws IOException {
    for (int i = 0; i < headers.length; i += 2) {
      exchange.getResponseHeaders().set(headers[i], headers[i + 1]);
    }
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
    if (bytes.length > 0) {
      exchange.getResponseBody().write(bytes);
    }
  }

  private static String noSuchUpload() {
    return "<Error><Code>NoSuchUpload</Code><Message>gone</Message></Error>";
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>",
        "<ListBucketResult><Name>frames</Name></ListBucketResult>",
        "<ListBucketResult><IsTruncated>true</IsTruncated>"
            + "<NextContinuationToken>same</NextContinuationToken></ListBucketResult>",
        "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>elsewhere</Key>"
            + "<Size>1</Size></Contents></ListBucketResult>",
        "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>some/where/k</Key>"
            + "</Contents></ListBucketResult>",
      })
  void aListingThatMayLackObjectsIsNotBelieved(String body) throws Exception {
    try (ObjectStore store = store((e, request) -> send(e, 200, body))) {
      failure(Reason.UNTRUSTWORTHY, () -> store.list("", "", Optional.of("same")));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 7})
  void aListingThatGoesInACircleEnds(int pageCount) throws Exception {
    AtomicInteger pages = new AtomicInteger();
    try (ObjectStore store =
        store(
            (e, request) ->
                send(
                    e,
                    200,
                    "<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>t"
                        + pages.getAndIncrement() % pageCount
                        + "</NextContinuationToken></ListBucketResult>"))) {
      UncheckedIOException circle =
          assertThrows(UncheckedIOException.class, () -> store.objects("").count());
      assertTrue(circle.getCause() instanceof ObjectStoreException, circle::toString);
      assertEquals(Reason.UNTRUSTWORTHY, ((ObjectStoreException) circle.getCause()).reason());
      assertTrue(pages.get() <= 4 * pageCount, () -> "pages=" + pages);
    }
  }

  @Test
  void keysWithControlCharactersAreListed() throws Exception {
    String listed =
        "<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>"
            + "<Contents><Key>some/where/a%01b+c</Key><Size>1</Size><ETag>&quot;a&quot;</ETag>"
            + "<LastModified>2026-01-01T00:00:00.000Z</LastModified></Contents></ListBucketResult>";
    try (ObjectStore store =
        store((e, request) -> send(e, request.contains("encoding-type=url") ? 200 : 500, listed))) {
      assertEquals("a\u0001b c", store.list("", "", Optional.empty()).objects().getFirst().key());
    }
  }

  @Test
  void aDeletionThatTheServerDoesNotConfirmIsNotBelieved() throws Exception {
    try (ObjectStore store = store((e, request) -> send(e, 200, ""))) {
      failure(Reason.UNTRUSTWORTHY, () -> store.delete(List.of("a", "b")));
    }
  }

  /** It was looked at right before, which is all that can be done then. */
  @ParameterizedTest
  @CsvSource({"501,NotImplemented", "400,MalformedXML"})
  void aServerThatTakesNoConditionsIsAskedWithoutThem(int status, String code) throws Exception {
    AtomicInteger asked = new AtomicInteger();
    try (ObjectStore store =
        store(
            (e, request) -> {
              boolean isFirst = asked.incrementAndGet() == 1;
              send(
                  e,
                  isFirst ? status : 200,
                  isFirst
                      ? "<Error><Code>" + code + "</Code></Error>"
                      : "<DeleteResult><Deleted><Key>some/where/a</Key></Deleted></DeleteResult>");
            })) {
      List<ObjectInfo> kept = new ArrayList<>();
      store.delete(List.of(new ObjectInfo("a", 1, "\"e\"", Instant.EPOCH)), kept::add);
      assertEquals(List.of(), kept);
      assertEquals(2, asked.get());
    }
  }

  @Test
  void whatADeletionCanNotDeleteIsCounted() throws Exception {
    try (ObjectStore store =
        store(
            (e, request) ->
                send(
                    e,
                    200,
                    "<DeleteResult><Deleted><Key>some/where/a</Key></Deleted><Error><Key>some/where/b</Key>"
                        + "<Code>AccessDenied</Code></Error></DeleteResult>"))) {
      assertEquals(
          2, failure(Reason.DENIED, () -> store.delete(List.of("a", "b", "c"))).failedCount());
    }
  }

  @Test
  void aDeletionGoesOnBehindABatchThatFailed() throws Exception {
    AtomicInteger count = new AtomicInteger();
    try (ObjectStore store =
        store(
            (e, request) -> {
              boolean first = count.incrementAndGet() == 1;
              StringBuilder body = new StringBuilder("<DeleteResult>");
              if (first) {
                body.append("<Error><Key>some/where/k0</Key><Code>AccessDenied</Code></Error>");
              }
              for (int i = first ? 1 : 1000; i < (first ? 1000 : 1001); i++) {
                body.append("<Deleted><Key>some/where/k").append(i).append("</Key></Deleted>");
              }
              send(e, 200, body.append("</DeleteResult>").toString());
            })) {
      List<String> keys = java.util.stream.IntStream.range(0, 1001).mapToObj(i -> "k" + i).toList();
      failure(Reason.DENIED, () -> store.delete(keys));
      assertEquals(2, count.get());
    }
  }

  @Test
  void aHeadWithoutASizeIsNotBelieved() throws Exception {
    try (ObjectStore store =
        store(
            (e, request) -> {
              e.getResponseHeaders().set("ETag", "\"a\"");
              e.getResponseHeaders().set("Transfer-Encoding", "chunked");
              e.sendResponseHeaders(200, -1);
            })) {
      failure(Reason.UNTRUSTWORTHY, () -> store.head("k"));
    }
  }

  @Test
  void aHeadWithoutAnETagIsNotBelieved() throws Exception {
    try (ObjectStore store = store((e, request) -> send(e, 200, "", "Content-Length", "5"))) {
      failure(Reason.UNTRUSTWORTHY, () -> store.head("k"));
    }
  }

  @Test
  void anUploadWithoutAnIdIsNotBelieved() throws Exception {
    try (ObjectStore store =
            store((e, request) -> send(e, 200, "<InitiateMultipartUploadResult/>"));
        ObjectWriter writer = store.write("k")) {
      failure(
          Reason.UNTRUSTWORTHY,
          () -> writer.writeOwned(Data.regions(Data.random(arena, 6 << 20), 1 << 20)));
    }
  }

  @Test
  void aPutWithoutAnETagIsNotBelieved() throws Exception {
    try (ObjectStore store = store((e, request) -> send(e, 200, ""))) {
      failure(Reason.UNTRUSTWORTHY, () -> store.put("k", SegmentedBytes.copyOfUtf8("x")));
    }
  }

  private void checkFinish(Reason reason, boolean answersFirst, String etag, Answer complete)
      throws Exception {
    checkFinish(reason, answersFirst, false, etag, complete);
  }

  /**
   * Finishes an upload, whose end gets that answer.
   *
   * @param hasMark whether what is there then has the upload's
   */
  private void checkFinish(
      Reason reason, boolean answersFirst, boolean hasMark, String etag, Answer complete)
      throws Exception {
    AtomicReference<String> mark = new AtomicReference<>("another's");
    AtomicBoolean aborted = new AtomicBoolean();
    try (ObjectStore store =
        store(
            (e, request) -> {
              if (request.startsWith("POST uploads")) {
                if (hasMark) {
                  mark.set(e.getRequestHeaders().getFirst(Uploads.MARK));
                }
                send(
                    e,
                    200,
                    "<InitiateMultipartUploadResult><UploadId>u</UploadId>"
                        + "</InitiateMultipartUploadResult>");
              } else if (request.startsWith("PUT")) {
                send(e, 200, "", "ETag", PART_ETAG);
              } else if (request.startsWith("POST")) {
                complete.to(e, request);
              } else if (request.startsWith("HEAD")) {
                e.getResponseHeaders().set("Content-Length", Integer.toString(6 << 20));
                e.getResponseHeaders().set(Uploads.MARK, mark.get());
                send(e, 200, "", "ETag", etag, "Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT");
              } else if (request.startsWith("DELETE")) {
                aborted.set(true);
                send(e, 204, "");
              } else {
                send(e, 404, noSuchUpload());
              }
            })) {
      try (ObjectWriter writer = store.write("k")) {
        writer.writeOwned(Data.regions(Data.random(arena, 6 << 20), 1 << 20));
        if (answersFirst) {
          assertEquals(6 << 20, writer.finish().byteSize());
        } else {
          failure(reason, writer::finish);
        }
      }
      assertEquals(!answersFirst, aborted.get());
    }
  }

  @Test
  void anOlderObjectOfTheSameShapeIsNotTakenForOurs() throws Exception {
    checkFinish(
        Reason.NOT_FOUND,
        false,
        "\"11111111111111111111111111111111-2\"",
        (e, request) -> send(e, 404, noSuchUpload()));
  }

  @Test
  void anObjectThatThisUploadMayNotHaveMadeIsNotTakenForOurs() throws Exception {
    // It has the right ETag, but the first answer already says that there is no such upload.
    checkFinish(
        Reason.NOT_FOUND, false, ofTwoParts(), (e, request) -> send(e, 404, noSuchUpload()));
  }

  /** The MD5 of the two parts' MD5s, as S3 makes it. */
  private static String ofTwoParts() throws Exception {
    byte[] md5 = java.util.HexFormat.of().parseHex(PART_ETAG.replace("\"", ""));
    java.security.MessageDigest all = java.security.MessageDigest.getInstance("MD5");
    all.update(md5);
    all.update(md5);
    return "\"" + java.util.HexFormat.of().formatHex(all.digest()) + "-2\"";
  }

  /** Loses the first answer, and says of the next ones that there is no such upload. */
  private static Answer lost() {
    AtomicInteger count = new AtomicInteger();
    return (e, request) -> {
      if (count.incrementAndGet() == 1) {
        send(e, 500, "");
      } else {
        send(e, 404, noSuchUpload());
      }
    };
  }

  @Test
  void anEndWhoseAnswerWasLostIsFoundByItsMark() throws Exception {
    checkFinish(Reason.NOT_FOUND, true, true, "\"any\"", lost());
  }

  /** Another one may have written the same bytes by the same parts, with other metadata. */
  @Test
  void theETagOfThePartsAloneIsNotBelieved() throws Exception {
    checkFinish(Reason.NOT_FOUND, false, false, ofTwoParts(), lost());
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void anEndThatSaysNothingIsKnownByItsMark(boolean hasMark) throws Exception {
    checkFinish(
        Reason.UNTRUSTWORTHY, hasMark, hasMark, ofTwoParts(), (e, request) -> send(e, 200, ""));
  }

  @Test
  void anEndThatSaysNothingIsNotBelieved() throws Exception {
    checkFinish(
        Reason.UNTRUSTWORTHY,
        false,
        "\"11111111111111111111111111111111-2\"",
        (e, request) -> send(e, 200, ""));
  }

  /**
   * An older object of the same size lies where the copy goes; whoever moves deletes the source.
   */
  private static void older(HttpExchange exchange) throws IOException {
    exchange.getResponseHeaders().set("Content-Length", "10");
    send(exchange, 200, "", "ETag", "\"old\"", "Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "<CopyObjectResult></CopyObjectResult>"})
  void aCopyThatTheServerDoesNotConfirmIsNone(String body) throws Exception {
    try (ObjectStore store =
        store(
            (e, request) -> {
              if (request.equals("HEAD")) {
                older(e);
              } else {
                send(e, 200, body);
              }
            })) {
      failure(Reason.UNTRUSTWORTHY, () -> store.copy("from", "to"));
    }
  }

  /**
   * A store whose copy has the ETag "new", and where another size with an ETag is found behind it.
   */
  private ObjectStore copying(String foundEtag) throws Exception {
    AtomicInteger heads = new AtomicInteger();
    return store(
        (e, request) -> {
          if (!request.equals("HEAD")) {
            send(e, 200, "<CopyObjectResult><ETag>&quot;new&quot;</ETag></CopyObjectResult>");
          } else if (heads.incrementAndGet() == 1) {
            older(e);
          } else {
            e.getResponseHeaders().set("Content-Length", "4");
            send(e, 200, "", "ETag", foundEtag);
          }
        });
  }

  /** Whoever moves deletes the source behind it. */
  @Test
  void aCopyOfAnotherSizeIsNone() throws Exception {
    try (ObjectStore store = copying("\"new\"")) {
      failure(Reason.UNTRUSTWORTHY, () -> store.copy("from", "to"));
    }
  }

  /** Who replaces a version by what was told of it would replace another one's. */
  @Test
  void whoCopiesIsToldOfTheCopyWhateverComesBehindIt() throws Exception {
    try (ObjectStore store = copying("\"another\"")) {
      ObjectInfo copy = store.copy("from", "to");
      assertEquals("to", copy.key());
      assertEquals("\"new\"", copy.etag());
      assertEquals(10, copy.byteSize());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"begin", "part", "end"})
  void aCopyByPartsThatTheServerDoesNotConfirmIsNone(String silent) throws Exception {
    AtomicBoolean aborted = new AtomicBoolean();
    try (ObjectStore store =
        store(
            (e, request) -> {
              if (request.equals("HEAD")) {
                older(e);
              } else if (request.startsWith("DELETE")) {
                aborted.set(true);
                send(e, 204, "");
              } else if (request.startsWith("POST uploads")) {
                send(
                    e,
                    200,
                    silent.equals("begin")
                        ? ""
                        : "<InitiateMultipartUploadResult><UploadId>u</UploadId>"
                            + "</InitiateMultipartUploadResult>");
              } else if (request.startsWith("PUT")) {
                send(
                    e,
                    200,
                    silent.equals("part")
                        ? ""
                        : "<CopyPartResult><ETag>&quot;p&quot;</ETag></CopyPartResult>");
              } else {
                send(e, 200, "");
              }
            })) {
      failure(
          Reason.UNTRUSTWORTHY, () -> ((S3Store) store).copy((S3Store) store, "from", "to", 5, 5));
      assertEquals(!silent.equals("begin"), aborted.get());
    }
  }

  @Test
  void anEndlessErrorIsCutOff() throws Exception {
    try (ObjectStore store =
        store(
            (e, request) -> {
              e.sendResponseHeaders(403, 0);
              byte[] piece = new byte[1 << 20];
              java.util.Arrays.fill(piece, (byte) ' ');
              for (int i = 0; i < 1000; i++) {
                e.getResponseBody().write(piece);
              }
            })) {
      ObjectStoreException refused =
          failure(Reason.UNAVAILABLE, () -> store.list("", "", Optional.empty()));
      assertTrue(refused.getMessage().contains("byteSizeLimit"), refused::toString);
    }
  }

  @Test
  void anEndlessListingIsCutOff() throws Exception {
    try (ObjectStore store =
        store(
            (e, request) -> {
              e.sendResponseHeaders(200, 0);
              byte[] piece = new byte[1 << 20];
              java.util.Arrays.fill(piece, (byte) ' ');
              for (int i = 0; i < 1000; i++) {
                e.getResponseBody().write(piece);
              }
            })) {
      ObjectStoreException refused =
          failure(Reason.UNAVAILABLE, () -> store.list("", "", Optional.empty()));
      assertTrue(refused.getMessage().contains("byteSizeLimit"), refused::toString);
    }
  }
}
