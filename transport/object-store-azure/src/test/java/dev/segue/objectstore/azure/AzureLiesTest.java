package dev.segue.objectstore.azure;

import static dev.segue.objectstore.ObjectStoreContract.failure;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.ObjectStore;
import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.ObjectStoreException.Reason;
import dev.segue.objectstore.ObjectWriter;
import dev.segue.objectstore.WriteOptions;
import dev.segue.objectstore.checksum.Crc;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Answers of an Azure service that leave out what matters, and copies that take their time. */
@Timeout(60)
class AzureLiesTest {
  private static final String NOW = "Thu, 01 Jan 2026 00:00:00 GMT";
  private static final String[] XML = {"Content-Type", "application/xml"};

  private final Arena arena = Arena.ofShared();
  private final HttpServer server;

  /** Method, path and query of each request, and whether it had the source's ETag. */
  private final List<String> asked = new CopyOnWriteArrayList<>();

  AzureLiesTest() throws IOException {
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
    return store(Map.of("SEGUE_ATTEMPTS", "2"), answer);
  }

  private ObjectStore store(Map<String, String> settings, Answer answer) throws IOException {
    server.createContext(
        "/",
        exchange -> {
          try (exchange;
              InputStream body = exchange.getRequestBody()) {
            body.transferTo(OutputStream.nullOutputStream());
            URI uri = exchange.getRequestURI();
            String query = uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery();
            String request = exchange.getRequestMethod() + " " + uri.getPath() + query;
            String pin = exchange.getRequestHeaders().getFirst("x-ms-source-if-match");
            asked.add(request + (pin == null ? "" : " of " + pin));
            answer.to(exchange, request);
          }
        });
    return Azurite.open("http://127.0.0.1:" + server.getAddress().getPort() + "/a", settings);
  }

  private static void send(HttpExchange exchange, int status, String body, String... headers)
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

  private static String blob(String name, String properties) {
    return "<EnumerationResults><Blobs><Blob><Name>"
        + name
        + "</Name><Properties>"
        + properties
        + "</Properties></Blob></Blobs>";
  }

  /**
   * Another one may have written the same bytes: of several that write a lock, one has it. By a
   * single attempt, who ends it again is told.
   */
  @ParameterizedTest
  @CsvSource({
    "true,4000,2", "false,4000,2", "true,16777217,2", "false,16777217,2",
    "true,4000,1", "false,4000,1", "true,16777217,1", "false,16777217,1"
  })
  void aWriteOnAConditionWhoseAnswerWasLostIsKnownByItsMark(
      boolean isOurs, int byteSize, int attemptCount) throws Exception {
    AtomicInteger ends = new AtomicInteger();
    AtomicReference<String> mark = new AtomicReference<>("another's");
    SegmentedBytes bytes = SegmentedBytes.copyOf(new byte[byteSize]);
    String crc = AzureChecksums.ofBlob(Crc.CRC64NVME.of(bytes));
    try (ObjectStore store =
            store(
                Map.of("SEGUE_ATTEMPTS", Integer.toString(attemptCount)),
                (e, request) -> {
                  String given = e.getRequestHeaders().getFirst("x-ms-meta-segue_write");
                  if (request.startsWith("PUT") && request.contains("comp=block&")) {
                    send(e, 201, "");
                  } else if (request.startsWith("PUT")) {
                    if (isOurs) {
                      mark.set(given);
                    }
                    // The first was carried out, and nobody learned of it.
                    boolean isFirst = ends.incrementAndGet() == 1;
                    send(
                        e,
                        isFirst ? 500 : 409,
                        "",
                        "x-ms-error-code",
                        isFirst ? "InternalError" : "BlobAlreadyExists");
                  } else {
                    blob(e, byteSize, crc, String.valueOf(mark.get()));
                  }
                });
        ObjectWriter writer = store.write("lock", WriteOptions.NONE.ifAbsent())) {
      writer.write(bytes);
      if (attemptCount == 1) {
        failure(Reason.UNAVAILABLE, writer::finish);
      }
      if (isOurs) {
        assertEquals(byteSize, writer.finish().byteSize());
      } else {
        failure(Reason.EXISTS, writer::finish);
      }
      assertEquals(2, ends.get());
    }
  }

  private static void blob(HttpExchange exchange, int byteSize, String crc, String mark)
      throws IOException {
    send(
        exchange,
        200,
        "",
        "ETag",
        "\"0x1\"",
        "Content-Length",
        Integer.toString(byteSize),
        "Last-Modified",
        NOW,
        "x-ms-meta-segue_crc64nvme",
        crc,
        "x-ms-meta-segue_write",
        mark);
  }

  /** Another one may have written the same bytes, with other metadata. */
  @ParameterizedTest
  @CsvSource({"4000,false", "16777217,false", "16777217,true"})
  void anAnswerThatConfirmsNothingDoesNotMakeAnothersBlobOurs(int byteSize, boolean isOurs)
      throws Exception {
    AtomicReference<String> mark = new AtomicReference<>("another's");
    SegmentedBytes bytes = SegmentedBytes.copyOf(new byte[byteSize]);
    String crc = AzureChecksums.ofBlob(Crc.CRC64NVME.of(bytes));
    try (ObjectStore store =
        store(
            (e, request) -> {
              if (request.startsWith("PUT")) {
                if (isOurs && request.contains("comp=blocklist")) {
                  mark.set(e.getRequestHeaders().getFirst("x-ms-meta-segue_write"));
                }
                send(e, 201, "");
              } else {
                blob(e, byteSize, crc, String.valueOf(mark.get()));
              }
            })) {
      if (isOurs) {
        assertEquals(byteSize, store.put("k", bytes).byteSize());
      } else {
        failure(Reason.UNTRUSTWORTHY, () -> store.put("k", bytes));
      }
    }
  }

  /** Blobs keep no checksum of their own: the upload's mark tells, also where there is none. */
  @ParameterizedTest
  @CsvSource({"true,true", "true,false", "false,true", "false,false"})
  void whatWasStoredWithoutAnAnswerIsNotSentAgain(
      boolean isOurs, boolean hasChecksum, @TempDir Path directory) throws Exception {
    Path journal = directory.resolve("journal");
    SegmentedBytes bytes = SegmentedBytes.copyOf(new byte[17 << 20]);
    AtomicReference<String> mark = new AtomicReference<>("");
    AtomicReference<String> crc = new AtomicReference<>();
    try (ObjectStore store =
        store(
            Map.of("SEGUE_ATTEMPTS", "2", "SEGUE_CHECKSUMS", hasChecksum ? "crc64nvme" : "none"),
            (e, request) -> {
              if (request.startsWith("PUT") && request.contains("comp=block&")) {
                send(e, 201, "");
              } else if (request.startsWith("PUT")) {
                String given = e.getRequestHeaders().getFirst("x-ms-meta-segue_write");
                mark.set(isOurs ? given : "another's");
                crc.set(e.getRequestHeaders().getFirst("x-ms-meta-segue_crc64nvme"));
                send(e, 500, "", "x-ms-error-code", "InternalError");
              } else if (request.startsWith("GET")) {
                send(e, 200, "<BlockList><UncommittedBlocks/></BlockList>", XML);
              } else {
                e.getResponseHeaders().set("x-ms-meta-segue_write", String.valueOf(mark.get()));
                if (crc.get() != null) {
                  e.getResponseHeaders().set("x-ms-meta-segue_crc64nvme", crc.get());
                }
                String byteSize = Long.toString(bytes.byteSize());
                send(
                    e,
                    200,
                    "",
                    "ETag",
                    "\"0x1\"",
                    "Content-Length",
                    byteSize,
                    "Last-Modified",
                    NOW);
              }
            })) {
      try (ObjectWriter writer = store.write("k", journal)) {
        writer.writeOwned(bytes);
        failure(Reason.UNAVAILABLE, writer::finish);
      }
      assertEquals(hasChecksum, crc.get() != null);
      try (ObjectWriter writer = store.write("k", journal)) {
        assertEquals(isOurs ? bytes.byteSize() : 0, writer.resumeByteOffset());
        if (isOurs) {
          assertEquals(bytes.byteSize(), writer.finish().byteSize());
        }
      }
      assertFalse(Files.exists(journal));
    }
  }

  @Test
  void aJournalOfAContainerThatIsNotThereIsKept(@TempDir Path directory) throws Exception {
    Path journal = directory.resolve("journal");
    String noted =
        "segue-upload 1\nobject az://frames/some/where/k\nupload 8388608 0123\nchecksum crc64nvme\n";
    Files.writeString(journal, noted);
    try (ObjectStore store =
        store((e, request) -> send(e, 404, "", "x-ms-error-code", "ContainerNotFound"))) {
      failure(Reason.NOT_FOUND, () -> store.write("k", journal).close());
    }
    assertEquals(noted, Files.readString(journal));
  }

  @Test
  void aListingThatIsWholeIsBelieved() throws Exception {
    String listed =
        blob("some/where/k", "<Content-Length>5</Content-Length><Etag>0x1</Etag>")
            + "<NextMarker/></EnumerationResults>";
    try (ObjectStore store =
        store((e, request) -> send(e, 200, listed, "Content-Type", "application/xml"))) {
      assertEquals(5, store.list("", "", Optional.empty()).objects().getFirst().byteSize());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "<EnumerationResults><Blobs>",
        "<EnumerationResults><Blobs></Blobs><NextMarker>same</NextMarker></EnumerationResults>",
        "<EnumerationResults><Blobs><Blob><Name>elsewhere</Name><Properties><Content-Length>1"
            + "</Content-Length></Properties></Blob></Blobs><NextMarker/></EnumerationResults>",
        "<EnumerationResults><Blobs><Blob><Name>some/where/k</Name><Properties></Properties>"
            + "</Blob></Blobs><NextMarker/></EnumerationResults>",
      })
  void aListingThatMayLackBlobsIsNotBelieved(String body) throws Exception {
    try (ObjectStore store =
        store((e, request) -> send(e, 200, body, "Content-Type", "application/xml"))) {
      failure(Reason.UNTRUSTWORTHY, () -> store.list("", "", Optional.of("same")));
    }
  }

  @Test
  void aHeadWithoutASizeOrAnETagIsNotBelieved() throws Exception {
    AtomicInteger count = new AtomicInteger();
    try (ObjectStore store =
        store(
            (e, request) -> {
              if (count.getAndIncrement() % 2 == 0) {
                e.getResponseHeaders().set("ETag", "\"a\"");
                e.getResponseHeaders().set("Transfer-Encoding", "chunked");
                e.sendResponseHeaders(200, -1);
              } else {
                send(e, 200, "", "Content-Length", "5");
              }
            })) {
      failure(Reason.UNTRUSTWORTHY, () -> store.head("k"));
      failure(Reason.UNTRUSTWORTHY, () -> store.head("k"));
    }
  }

  @Test
  void aDeletionGoesOnBehindABlobThatFails() throws Exception {
    try (ObjectStore store =
        store(
            (e, request) -> {
              boolean locked = request.endsWith("/b");
              send(e, locked ? 409 : 202, "", "x-ms-error-code", locked ? "BlobImmutable" : "");
            })) {
      ObjectStoreException failure =
          failure(Reason.OTHER, () -> store.delete(List.of("a", "b", "c")));
      assertTrue(
          failure.getMessage().contains("failedCount=1 of objectCount=3"), failure::toString);
      assertEquals("b", failure.key());
      assertEquals("BlobImmutable", failure.code());
      assertEquals(3, asked.size());
    }
  }

  /** A service that copies, and says after so many questions how that went. */
  private ObjectStore copying(int pendingCount, String status, String otherId) throws IOException {
    AtomicInteger polls = new AtomicInteger();
    return store(
        (e, request) -> {
          if (request.startsWith("PUT") && request.contains("comp=copy")) {
            send(e, 204, "");
          } else if (request.startsWith("PUT")) {
            send(e, 202, "", "x-ms-copy-id", "c1", "x-ms-copy-status", "pending");
          } else if (request.endsWith("/from")) {
            send(e, 200, "", "ETag", "\"s\"", "Content-Length", "9", "Last-Modified", NOW);
          } else {
            int count = polls.incrementAndGet();
            boolean over = count > pendingCount;
            send(
                e,
                200,
                "",
                "ETag",
                "\"t\"",
                "Content-Length",
                "9",
                "Last-Modified",
                NOW,
                "x-ms-copy-id",
                over ? otherId : "c1",
                "x-ms-copy-status",
                over ? status : "pending",
                "x-ms-copy-progress",
                (over ? 9 : Math.min(count, 8)) + "/9",
                "x-ms-copy-status-description",
                "told");
          }
        });
  }

  private boolean isAborted() {
    return asked.stream()
        .anyMatch(each -> each.contains("comp=copy") && each.contains("copyid=c1"));
  }

  @Test
  void aCopyIsPinnedToItsSourceWaitedForAndTold() throws Exception {
    AtomicLong told = new AtomicLong();
    try (ObjectStore store = copying(3, "success", "c1")) {
      assertEquals(9, store.copy("from", "to", told::addAndGet).byteSize());
      assertEquals(9, told.get());
      assertTrue(asked.stream().anyMatch(each -> each.endsWith("/to of \"s\"")), asked::toString);
      assertFalse(isAborted());
    }
  }

  @ParameterizedTest
  @CsvSource({"failed,c1,OTHER", "aborted,c1,OTHER", "pending,c2,CHANGED"})
  void aCopyThatEndsOtherwiseIsAnError(String status, String id, Reason reason) throws Exception {
    try (ObjectStore store = copying(1, status, id)) {
      ObjectStoreException failure = failure(reason, () -> store.copy("from", "to"));
      assertTrue(failure.getMessage().contains(id.equals("c1") ? "told" : "c2"), failure::toString);
      assertEquals("from", failure.key());
    }
  }

  @Test
  void aCopyThatIsGivenUpIsAborted() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    AtomicReference<Throwable> ended = new AtomicReference<>();
    try (ObjectStore store = copying(Integer.MAX_VALUE, "pending", "c1")) {
      Thread copying =
          Thread.ofPlatform()
              .start(
                  () -> {
                    try {
                      store.copy("from", "to", count -> begun.countDown());
                    } catch (Throwable e) {
                      ended.set(e);
                    }
                  });
      begun.await();
      copying.interrupt();
      copying.join();
      assertTrue(
          ended.get() instanceof ObjectStoreException e && e.reason() == Reason.CANCELLED,
          () -> String.valueOf(ended.get()));
      assertTrue(isAborted(), asked::toString);
    }
  }

  /** The service leaves a blob without a byte where it was to copy to. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aCopyThatIsGivenUpOrFailsLeavesNoEmptyBlob(boolean isGivenUp) throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    AtomicReference<String> status = new AtomicReference<>("pending");
    AtomicInteger polls = new AtomicInteger();
    try (ObjectStore store =
        store(
            (e, request) -> {
              if (request.startsWith("DELETE")) {
                boolean isIt = "\"t\"".equals(e.getRequestHeaders().getFirst("If-Match"));
                send(e, isIt ? 202 : 412, "");
              } else if (request.startsWith("PUT") && request.contains("comp=copy")) {
                boolean isPending = status.compareAndSet("pending", "aborted");
                send(e, isPending ? 204 : 409, "", "x-ms-error-code", "NoPendingCopyOperation");
              } else if (request.startsWith("PUT")) {
                send(e, 202, "", "x-ms-copy-id", "c1", "x-ms-copy-status", "pending");
              } else if (request.endsWith("/from")) {
                send(e, 200, "", "ETag", "\"s\"", "Content-Length", "9", "Last-Modified", NOW);
              } else {
                if (!isGivenUp && polls.incrementAndGet() == 2) {
                  status.set("failed");
                }
                send(
                    e,
                    200,
                    "",
                    "ETag",
                    "\"t\"",
                    "Content-Length",
                    "0",
                    "Last-Modified",
                    NOW,
                    "x-ms-copy-id",
                    "c1",
                    "x-ms-copy-progress",
                    "1/9",
                    "x-ms-copy-status",
                    String.valueOf(status.get()));
              }
            })) {
      AtomicReference<Throwable> ended = new AtomicReference<>();
      Thread copying =
          Thread.ofPlatform()
              .start(
                  () -> {
                    try {
                      store.copy("from", "to", count -> begun.countDown());
                    } catch (Throwable e) {
                      ended.set(e);
                    }
                  });
      begun.await();
      if (isGivenUp) {
        copying.interrupt();
      }
      copying.join();
      assertTrue(ended.get() instanceof ObjectStoreException, () -> String.valueOf(ended.get()));
      assertTrue(
          asked.stream().anyMatch(each -> each.startsWith("DELETE") && each.endsWith("/to")),
          asked::toString);
    }
  }

  @Test
  void aCopyWhoseFirstAnswerWasLostIsWaitedFor() throws Exception {
    AtomicInteger puts = new AtomicInteger();
    AtomicReference<String> source = new AtomicReference<>("");
    try (ObjectStore store =
        store(
            (e, request) -> {
              if (request.startsWith("PUT") && puts.incrementAndGet() == 1) {
                source.set(e.getRequestHeaders().getFirst("x-ms-copy-source"));
                send(e, 500, "");
              } else if (request.startsWith("PUT")) {
                send(e, 409, "", "x-ms-error-code", "PendingCopyOperation");
              } else {
                send(
                    e,
                    200,
                    "",
                    "ETag",
                    "\"s\"",
                    "Content-Length",
                    "9",
                    "Last-Modified",
                    NOW,
                    "x-ms-copy-id",
                    "c1",
                    "x-ms-copy-source",
                    String.valueOf(source.get()),
                    "x-ms-copy-status",
                    "success");
              }
            })) {
      assertEquals(9, store.copy("from", "to").byteSize());
      assertEquals(2, puts.get());
    }
  }

  /**
   * Somebody else copies the same blob to the same place, and began before this version was
   * written; the source is another one by the third look, if that is asked for.
   *
   * @param lostCount how many of our requests got no answer
   */
  private ObjectStore copyingOfAnother(int lostCount, String etagThen) throws IOException {
    AtomicInteger puts = new AtomicInteger();
    AtomicReference<String> source = new AtomicReference<>("");
    return store(
        (e, request) -> {
          if (request.startsWith("PUT") && request.contains("comp=copy")) {
            send(e, 204, "");
          } else if (request.startsWith("PUT")) {
            source.set(e.getRequestHeaders().getFirst("x-ms-copy-source"));
            boolean isLost = puts.incrementAndGet() <= lostCount;
            send(
                e, isLost ? 500 : 409, "", "x-ms-error-code", isLost ? "" : "PendingCopyOperation");
          } else if (request.endsWith("/from")) {
            String etag = puts.get() == 0 ? "\"s\"" : etagThen;
            send(e, 200, "", "ETag", etag, "Content-Length", "9", "Last-Modified", NOW);
          } else {
            send(
                e,
                200,
                "",
                "ETag",
                "\"t\"",
                "Content-Length",
                "9",
                "Last-Modified",
                NOW,
                "x-ms-copy-id",
                "c1",
                "x-ms-copy-source",
                String.valueOf(source.get()),
                "x-ms-copy-status",
                "success");
          }
        });
  }

  /** It may be of an older version: who moves deletes the source. */
  @ParameterizedTest
  @CsvSource({"0,s", "0,s2", "1,s2"})
  void anothersCopyIsNotTakenForOurs(int lostCount, String etagThen) throws Exception {
    try (ObjectStore store = copyingOfAnother(lostCount, "\"" + etagThen + "\"")) {
      ObjectStoreException failure =
          assertThrows(ObjectStoreException.class, () -> store.copy("from", "to"), asked::toString);
      assertEquals(
          lostCount == 0 ? "PendingCopyOperation" : "CHANGED",
          lostCount == 0 ? failure.code() : failure.reason().name(),
          failure::toString);
      assertFalse(isAborted(), asked::toString);
      assertTrue(asked.stream().noneMatch(each -> each.startsWith("DELETE")), asked::toString);
    }
  }

  /** Of a version that is there while it is copied: the service copies no other then. */
  @Test
  void aCopyThatMayBeAnothersIsNotAborted() throws Exception {
    AtomicInteger puts = new AtomicInteger();
    AtomicReference<String> source = new AtomicReference<>("");
    CountDownLatch waiting = new CountDownLatch(1);
    try (ObjectStore store =
        store(
            (e, request) -> {
              if (request.startsWith("PUT")) {
                source.set(e.getRequestHeaders().getFirst("x-ms-copy-source"));
                boolean isLost = puts.incrementAndGet() == 1;
                send(
                    e,
                    isLost ? 500 : 409,
                    "",
                    "x-ms-error-code",
                    isLost ? "" : "PendingCopyOperation");
              } else if (request.endsWith("/from")) {
                send(e, 200, "", "ETag", "\"s\"", "Content-Length", "9", "Last-Modified", NOW);
              } else {
                waiting.countDown();
                send(
                    e,
                    200,
                    "",
                    "ETag",
                    "\"t\"",
                    "Content-Length",
                    "0",
                    "Last-Modified",
                    NOW,
                    "x-ms-copy-id",
                    "c1",
                    "x-ms-copy-source",
                    String.valueOf(source.get()),
                    "x-ms-copy-status",
                    "pending");
              }
            })) {
      AtomicReference<Throwable> ended = new AtomicReference<>();
      Thread copying =
          Thread.ofPlatform()
              .start(
                  () -> {
                    try {
                      store.copy("from", "to");
                    } catch (Throwable e) {
                      ended.set(e);
                    }
                  });
      waiting.await();
      copying.interrupt();
      copying.join();
      assertTrue(
          ended.get() instanceof ObjectStoreException e && e.reason() == Reason.CANCELLED,
          () -> String.valueOf(ended.get()));
      assertFalse(isAborted(), asked::toString);
      assertTrue(asked.stream().noneMatch(each -> each.startsWith("DELETE")), asked::toString);
    }
  }

  /** What a proxy or a portal says in the service's place confirms nothing. */
  @ParameterizedTest
  @CsvSource({"200,\"e\",4", "201,,4", "200,\"e\",16777217", "201,,16777217"})
  void anAnswerOfSomebodyElseStoresNothing(int status, String etag, int byteSize) throws Exception {
    SegmentedBytes bytes = SegmentedBytes.copyOf(new byte[byteSize]);
    try (ObjectStore store =
        store(
            (e, request) -> {
              if (etag != null) {
                e.getResponseHeaders().set("ETag", etag);
              }
              send(e, request.contains("comp=block&") ? 201 : status, status == 200 ? "hi" : "");
            })) {
      failure(Reason.UNTRUSTWORTHY, () -> store.put("k", bytes));
    }
  }

  /** They have the folder's name: as objects, nothing could be copied into it. */
  @Test
  void blobsThatStandForFoldersAreNoObjects() throws Exception {
    String folder =
        "<Blob><Name>some/where/f</Name><Properties><Content-Length>0</Content-Length></Properties>"
            + "<Metadata><hdi_isfolder>true</hdi_isfolder></Metadata></Blob>";
    String inside =
        "<Blob><Name>some/where/f/k</Name><Properties><Content-Length>0</Content-Length></Properties></Blob>";
    try (ObjectStore store =
        store(
            (e, request) ->
                send(
                    e,
                    200,
                    "<EnumerationResults><Blobs>"
                        + (request.contains("include=metadata")
                            ? folder
                            : folder.replaceAll("<Metadata>.*</Metadata>", ""))
                        + inside
                        + "</Blobs><NextMarker/></EnumerationResults>",
                    "Content-Type",
                    "application/xml"))) {
      assertEquals(
          List.of("f/k"),
          store.list("", "", Optional.empty()).objects().stream().map(ObjectInfo::key).toList());
    }
  }

  /** A copy that tells ever more bytes, also more than there are, is none that goes on. */
  @Test
  void aCopyThatTellsMoreBytesThanThereAreEnds() throws Exception {
    AtomicLong told = new AtomicLong();
    AtomicInteger polls = new AtomicInteger();
    try (ObjectStore _ =
            store(
                (e, request) -> {
                  if (request.startsWith("PUT") && request.contains("comp=copy")) {
                    send(e, 204, "");
                  } else if (request.startsWith("PUT")) {
                    send(e, 202, "", "x-ms-copy-id", "c1", "x-ms-copy-status", "pending");
                  } else {
                    send(
                        e,
                        200,
                        "",
                        "ETag",
                        "\"t\"",
                        "Content-Length",
                        "9",
                        "Last-Modified",
                        NOW,
                        "x-ms-copy-id",
                        "c1",
                        "x-ms-copy-status",
                        "pending",
                        "x-ms-copy-progress",
                        10 * polls.incrementAndGet() + "/9");
                  }
                });
        ObjectStore store =
            Azurite.open(
                "http://127.0.0.1:" + server.getAddress().getPort() + "/a",
                Map.of("SEGUE_ATTEMPTS", "2", "SEGUE_STALL_TIMEOUT_MILLIS", "1000"))) {
      failure(Reason.UNAVAILABLE, () -> store.copy("from", "to", told::addAndGet));
      assertEquals(9, told.get());
    }
  }

  @Test
  void aCopyOfAnotherSizeIsNone() throws Exception {
    try (ObjectStore store =
        store(
            (e, request) -> {
              if (request.startsWith("PUT")) {
                send(e, 202, "", "x-ms-copy-id", "c1", "x-ms-copy-status", "success");
              } else {
                boolean isSource = request.endsWith("/from");
                send(
                    e,
                    200,
                    "",
                    "ETag",
                    isSource ? "\"s\"" : "\"t\"",
                    "Content-Length",
                    isSource ? "9" : "4",
                    "Last-Modified",
                    NOW,
                    "x-ms-copy-id",
                    isSource ? "" : "c1",
                    "x-ms-copy-status",
                    "success");
              }
            })) {
      failure(Reason.UNTRUSTWORTHY, () -> store.copy("from", "to"));
    }
  }
}
