package dev.segue.objectstore.s3;

import static dev.segue.objectstore.ObjectStoreContract.failure;
import static dev.segue.objectstore.s3.FakeS3.send;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import dev.segue.bytes.Loan;
import dev.segue.bytes.OffHeapPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.objectstore.Data;
import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.ObjectMetadata;
import dev.segue.objectstore.ObjectStore;
import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.ObjectStoreException.Reason;
import dev.segue.objectstore.ObjectWriter;
import dev.segue.objectstore.StoreSettings;
import dev.segue.objectstore.StoreSettings.Checksums;
import dev.segue.objectstore.WriteOptions;
import dev.segue.objectstore.spi.StoreUri;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;

/** What S3 is asked, and how often. */
@Timeout(60)
class S3RequestsTest {
  private static final StoreSettings PLAIN =
      StoreSettings.defaults().attemptCount(2).checksums(Checksums.NONE);
  private static final long LARGE = 100L << 20;

  private final Arena arena = Arena.ofShared();

  @AfterEach
  void end() {
    arena.close();
  }

  private static byte[] content(long from, long to) {
    byte[] bytes = new byte[Math.toIntExact(to - from)];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) ((from + i) * 31);
    }
    return bytes;
  }

  /** Answers as if there were a large object. */
  private static void large(HttpExchange exchange, String request) throws IOException {
    exchange.getResponseHeaders().set("ETag", "\"a\"");
    if (request.startsWith("HEAD")) {
      exchange.getResponseHeaders().set("Content-Length", Long.toString(LARGE));
      exchange.sendResponseHeaders(200, -1);
      return;
    }
    String[] ends = exchange.getRequestHeaders().getFirst("Range").substring(6).split("-", 2);
    long first = Long.parseLong(ends[0]);
    long last = Long.parseLong(ends[1]);
    exchange.getResponseHeaders().set("Content-Range", "bytes " + first + "-" + last + "/" + LARGE);
    byte[] bytes = content(first, last + 1);
    exchange.sendResponseHeaders(206, bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  @Test
  void twentySmallReadsAreTwentySmallRequests() throws Exception {
    try (FakeS3 server = new FakeS3(S3RequestsTest::large);
        ObjectStore store = server.open("", PLAIN);
        SeekableByteChannel channel = store.read("k").asChannel()) {
      for (int i = 0; i < 20; i++) {
        long at = (i * 37L % 20) * 5_000_000 + 11;
        ByteBuffer hundred = ByteBuffer.allocate(100);
        channel.position(at);
        while (hundred.hasRemaining()) {
          assertTrue(channel.read(hundred) > 0);
        }
        assertArrayEquals(content(at, at + 100), hundred.array());
      }
      assertEquals(20, server.count("GET"));
      for (FakeS3.Asked each : server.asked) {
        if (each.request().startsWith("GET")) {
          String[] ends = each.header("Range").substring(6).split("-", 2);
          assertTrue(Long.parseLong(ends[1]) - Long.parseLong(ends[0]) < 64 << 10, each::toString);
        }
      }
    }
  }

  private static void upload(HttpExchange exchange, String request, long endMillis)
      throws Exception {
    if (request.startsWith("POST uploads")) {
      send(
          exchange,
          200,
          "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>",
          "x-amz-request-id",
          "r");
    } else if (request.startsWith("POST")) {
      TimeUnit.MILLISECONDS.sleep(endMillis);
      send(
          exchange,
          200,
          "<CompleteMultipartUploadResult><ETag>&quot;e-1&quot;</ETag>"
              + "</CompleteMultipartUploadResult>",
          "x-amz-version-id",
          "v7");
    } else if (request.startsWith("PUT")) {
      send(exchange, 200, "", "ETag", "\"e\"", "x-amz-version-id", "v7");
    } else {
      send(exchange, 404, "");
    }
  }

  @Test
  void anEndOfAnUploadThatTakesLongIsNotAskedForTwice() throws Exception {
    StoreSettings impatient = PLAIN.stallTimeout(Duration.ofMillis(400));
    try (FakeS3 server = new FakeS3((e, request) -> upload(e, request, 1500));
        ObjectStore store = server.open("", impatient);
        ObjectWriter writer = store.write("k")) {
      writer.writeOwned(Data.regions(Data.random(arena, 9 << 20), 1 << 20));
      assertEquals("\"e-1\"", writer.finish().etag());
      assertEquals(1, server.count("POST uploadId"));
    }
  }

  @Test
  void aCopyThatTakesLongIsNotAskedForTwice() throws Exception {
    StoreSettings impatient = PLAIN.stallTimeout(Duration.ofMillis(400));
    try (FakeS3 server =
            new FakeS3(
                (e, request) -> {
                  if (request.startsWith("PUT")) {
                    TimeUnit.MILLISECONDS.sleep(1500);
                    send(e, 200, "<CopyObjectResult><ETag>&quot;c&quot;</ETag></CopyObjectResult>");
                  } else {
                    send(e, 200, "", "ETag", "\"a\"", "Content-Length", "5");
                  }
                });
        ObjectStore store = server.open("", impatient)) {
      assertEquals(5, store.copy("from", "to").byteSize());
      assertEquals(1, server.count("PUT"));
    }
  }

  @Test
  void aRequestThatIsNoLongWorkIsStillEndedWhenNothingMoves() throws Exception {
    StoreSettings impatient = PLAIN.stallTimeout(Duration.ofMillis(300));
    try (FakeS3 server =
            new FakeS3(
                (e, request) -> {
                  TimeUnit.SECONDS.sleep(5);
                  send(e, 200, "");
                });
        ObjectStore store = server.open("", impatient)) {
      ObjectStoreException failure = failure(Reason.UNAVAILABLE, () -> store.head("k"));
      assertTrue(failure.getMessage().contains("stallMillis=300"), failure::toString);
      assertEquals(2, server.count("HEAD"));
    }
  }

  @Test
  void aBucketInAnotherRegionIsFollowedOnce() throws Exception {
    try (FakeS3 server =
            new FakeS3(
                (e, request) -> {
                  String who = e.getRequestHeaders().getFirst("Authorization");
                  boolean there = who.contains("/eu-west-1/");
                  if (there) {
                    send(e, 200, "", "ETag", "\"a\"", "Content-Length", "5");
                  } else {
                    send(e, 301, "", "x-amz-bucket-region", "eu-west-1");
                  }
                });
        ObjectStore store = server.open("&region=us-east-1", PLAIN)) {
      assertEquals(5, store.head("k").byteSize());
      assertEquals(2, server.count("HEAD"));
      assertEquals(5, store.head("k").byteSize());
      assertEquals(3, server.count("HEAD"));
    }
  }

  @Test
  void aServerThatSendsInCirclesIsGivenUp() throws Exception {
    try (FakeS3 server =
            new FakeS3(
                (e, request) -> {
                  String who = e.getRequestHeaders().getFirst("Authorization");
                  String other = who.contains("/eu-west-1/") ? "us-east-1" : "eu-west-1";
                  send(e, 301, "", "x-amz-bucket-region", other);
                });
        ObjectStore store = server.open("&region=us-east-1", PLAIN)) {
      ObjectStoreException failure = failure(Reason.OTHER, () -> store.head("k"));
      assertEquals(301, failure.status());
      assertEquals(2, server.count("HEAD"));
    }
  }

  @Test
  void aServerThatNamesEverOtherRegionsIsFollowedToAFew() throws Exception {
    AtomicInteger count = new AtomicInteger();
    Set<String> regions = ConcurrentHashMap.newKeySet();
    try (FakeS3 server =
            new FakeS3(
                (e, request) -> {
                  String who = e.getRequestHeaders().getFirst("Authorization");
                  regions.add(who.split("/", -1)[2]);
                  send(e, 301, "", "x-amz-bucket-region", "region-" + count.incrementAndGet());
                });
        ObjectStore store = server.open("&region=us-east-1", PLAIN)) {
      for (int i = 0; i < 12; i++) {
        ObjectStoreException failure = failure(Reason.OTHER, () -> store.head("k"));
        assertEquals(301, failure.status());
      }
      assertTrue(count.get() > 12, () -> "requests=" + count);
      assertTrue(regions.size() <= 5, () -> "regions=" + regions);
    }
  }

  @Test
  void aFaultIsData() throws Exception {
    try (FakeS3 server =
            new FakeS3(
                (e, request) ->
                    send(
                        e,
                        403,
                        "<Error><Code>AccessDenied</Code><Message>no</Message></Error>",
                        "x-amz-request-id",
                        "R17"));
        ObjectStore store = server.open("", PLAIN)) {
      ObjectStoreException failure =
          failure(Reason.DENIED, () -> store.get("k", arena.allocate(10)));
      assertEquals("k", failure.key());
      assertEquals(403, failure.status());
      assertEquals("AccessDenied", failure.code());
      assertEquals("R17", failure.requestId());
    }
  }

  @Test
  void keysThatXmlCantSayAreDeletedOnTheirOwnAndKeepNoOthers() throws Exception {
    try (FakeS3 server =
            new FakeS3(
                (e, request) -> {
                  if (request.startsWith("DELETE")) {
                    send(e, 403, "<Error><Code>AccessDenied</Code></Error>");
                  } else {
                    send(
                        e,
                        200,
                        "<DeleteResult><Deleted><Key>a</Key></Deleted><Deleted><Key>z</Key>"
                            + "</Deleted></DeleteResult>");
                  }
                });
        ObjectStore store = server.open("", PLAIN)) {
      ObjectStoreException failure =
          failure(Reason.DENIED, () -> store.delete(List.of("a", "b\u0001", "z")));
      assertTrue(
          failure.getMessage().contains("failedCount=1 of objectCount=3"), failure::toString);
      assertEquals("b\u0001", failure.key());
      assertEquals(1, server.count("DELETE"));
      assertEquals(1, server.count("POST delete"));
    }
  }

  @Test
  void optionsOfAWriteAreAskedForWithWholeObjectsAndWithParts() throws Exception {
    WriteOptions options =
        WriteOptions.NONE
            .storageClass("STANDARD_IA")
            .encryption("aws:kms", "key-1")
            .tags(Map.of("keep", "1 y"));
    try (FakeS3 server = new FakeS3((e, request) -> upload(e, request, 0));
        ObjectStore store = server.open("&requesterPays", PLAIN)) {
      ObjectInfo whole = store.put("k", SegmentedBytes.copyOfUtf8("x"), options);
      assertEquals("v7", whole.versionId());
      try (ObjectWriter writer = store.write("k", options)) {
        writer.writeOwned(Data.regions(Data.random(arena, 9 << 20), 1 << 20));
        assertEquals("v7", writer.finish().versionId());
      }
      FakeS3.Asked put = server.asked.getFirst();
      FakeS3.Asked begin = server.asked.get(1);
      assertEquals("POST uploads", begin.request().replace("=", ""));
      for (FakeS3.Asked each : List.of(put, begin)) {
        assertEquals("STANDARD_IA", each.header("x-amz-storage-class"));
        assertEquals("aws:kms", each.header("x-amz-server-side-encryption"));
        assertEquals("key-1", each.header("x-amz-server-side-encryption-aws-kms-key-id"));
        assertEquals("keep=1%20y", each.header("x-amz-tagging").replace("+", "%20"));
      }
      for (FakeS3.Asked each : server.asked) {
        assertEquals("requester", each.header("x-amz-request-payer"), each::toString);
      }
    }
  }

  @Test
  void aCopyOfAnotherBucketIsOneRequest() throws Exception {
    try (FakeS3 server =
        new FakeS3(
            (e, request) -> {
              if (request.startsWith("PUT")) {
                send(e, 200, "<CopyObjectResult><ETag>&quot;c&quot;</ETag></CopyObjectResult>");
              } else {
                send(e, 200, "", "ETag", "\"a\"", "Content-Length", "5");
              }
            })) {
      try (ObjectStore target = server.open("", PLAIN);
          ObjectStore source =
              S3Server.open("frames", server.endpoint(), Map.of(), S3Server.CREDENTIALS);
          ObjectStore elsewhere =
              S3Server.open("frames", "http://127.0.0.1:1", Map.of(), S3Server.CREDENTIALS)) {
        assertEquals(5, target.copyFrom(source, "from", "to").orElseThrow().byteSize());
        FakeS3.Asked put =
            server.asked.stream()
                .filter(each -> each.request().startsWith("PUT"))
                .findFirst()
                .orElseThrow();
        assertEquals("/b/to", put.path());
        assertEquals("frames/some/where/from", put.header("x-amz-copy-source"));
        assertEquals("\"a\"", put.header("x-amz-copy-source-if-match"));
        assertTrue(target.copyFrom(elsewhere, "from", "to").isEmpty());
      }
    }
  }

  /** A pool knows nothing of stores. */
  @Test
  @SuppressWarnings("try") // it is closed before the block ends
  void aCallThatWaitsForMemoryEndsWithItsStore() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    try (FakeS3 server =
            new FakeS3(
                (e, request) -> {
                  send(e, 200, "12345", "ETag", "\"a\"");
                  asked.countDown();
                });
        OffHeapPool pool = new OffHeapPool(4096);
        ObjectStore store = server.open("", PLAIN)) {
      Loan all = pool.loan(4096);
      Thread closing =
          Thread.startVirtualThread(
              () -> {
                try {
                  asked.await();
                  Thread.sleep(200);
                } catch (InterruptedException e) {
                  throw new IllegalStateException(e);
                }
                store.close();
              });
      failure(Reason.CANCELLED, () -> store.get("k", pool));
      closing.join();
      all.close();
      // Nobody is left that takes it.
      pool.loan(4096).close();
    }
  }

  @Test
  void whatAStoreCanNotDeleteJustNowIsAskedForAgain() throws Exception {
    AtomicInteger requests = new AtomicInteger();
    try (FakeS3 server =
            new FakeS3(
                (e, request) ->
                    send(
                        e,
                        200,
                        requests.incrementAndGet() == 1
                            ? "<DeleteResult><Deleted><Key>a</Key></Deleted>"
                                + "<Error><Key>b</Key><Code>SlowDown</Code></Error>"
                                + "<Error><Key>c</Key><Code>AccessDenied</Code></Error>"
                                + "</DeleteResult>"
                            : "<DeleteResult><Deleted><Key>b</Key></Deleted></DeleteResult>"));
        ObjectStore store = server.open("", PLAIN)) {
      ObjectStoreException failure =
          failure(Reason.DENIED, () -> store.delete(List.of("a", "b", "c")));
      assertTrue(
          failure.getMessage().contains("failedCount=1 of objectCount=3"), failure::toString);
      assertEquals(2, requests.get());
    }
  }

  @Test
  void whatAStoreNeverDeletesIsAFaultOfEachKey() throws Exception {
    try (FakeS3 server =
            new FakeS3(
                (e, request) ->
                    send(
                        e,
                        200,
                        "<DeleteResult><Deleted><Key>a</Key></Deleted>"
                            + "<Error><Key>b</Key><Code>InternalError</Code></Error>"
                            + "<Error><Key>c</Key><Code>SlowDown</Code></Error></DeleteResult>"));
        ObjectStore store = server.open("", PLAIN)) {
      ObjectStoreException failure =
          failure(Reason.UNAVAILABLE, () -> store.delete(List.of("a", "b", "c")));
      assertTrue(
          failure.getMessage().contains("failedCount=2 of objectCount=3"), failure::toString);
      assertEquals(2, server.count("POST"));
    }
  }

  @Test
  void metadataThatNoFieldCarriesIsRefusedAtOnce() throws Exception {
    try (FakeS3 server = new FakeS3((e, request) -> send(e, 200, "", "ETag", "\"a\""));
        ObjectStore store = server.open("", StoreSettings.defaults())) {
      for (ObjectMetadata each :
          List.of(
              ObjectMetadata.NONE.user(Map.of("n", "日本")),
              ObjectMetadata.NONE.user(Map.of("n", "é")),
              ObjectMetadata.NONE.user(Map.of("ü", "v")),
              ObjectMetadata.NONE.contentType("text/plain\r\nx-amz-acl: public-read"))) {
        WriteOptions options = WriteOptions.NONE.metadata(each);
        assertThrows(
            IllegalArgumentException.class,
            () -> store.put("k", SegmentedBytes.copyOfUtf8("x"), options));
        assertThrows(IllegalArgumentException.class, () -> store.write("k", options));
      }
      assertEquals(List.of(), server.asked);
    }
  }

  /** It was begun for more, and nothing of that was stored. */
  @Test
  void aResumedUploadMayEndAsAnEmptyObject(@TempDir Path directory) throws Exception {
    Path journal =
        Files.writeString(
            directory.resolve("journal"),
            "segue-upload 1\nobject s3://b/k\nupload 8388608 u\nchecksum none\n");
    try (FakeS3 server =
            new FakeS3(
                (e, request) -> {
                  if (request.startsWith("GET") && !journal.toFile().exists()) {
                    send(e, 404, "<Error><Code>NoSuchUpload</Code></Error>");
                  } else if (request.startsWith("GET")) {
                    send(
                        e,
                        200,
                        "<ListPartsResult><IsTruncated>false</IsTruncated></ListPartsResult>");
                  } else if (request.startsWith("POST")) {
                    send(e, 400, "<Error><Code>MalformedXML</Code></Error>");
                  } else {
                    send(e, 200, "", "ETag", "\"a\"");
                  }
                });
        ObjectStore store = server.open("", PLAIN);
        ObjectWriter writer = store.write("k", journal)) {
      assertEquals(0, writer.finish().byteSize());
      assertTrue(server.count("DELETE uploadId=u") > 0);
      assertEquals(0, server.count("POST"));
    }
    assertTrue(Files.notExists(journal));
  }

  @Test
  void signingAUrlLeavesTheCredentialsOfTheStoreOpen() throws Exception {
    AtomicInteger ends = new AtomicInteger();
    final class Closeable implements AwsCredentialsProvider, AutoCloseable {
      @Override
      public AwsCredentials resolveCredentials() {
        return S3Server.CREDENTIALS.resolveCredentials();
      }

      @Override
      public void close() {
        ends.incrementAndGet();
      }
    }
    try (S3Store store =
        S3Store.open(
            StoreUri.parse("s3://b?endpoint=http://127.0.0.1:1"), PLAIN, new Closeable(), null)) {
      assertTrue(store.presignGet("k", Duration.ofHours(1)).toString().contains("X-Amz-Signature"));
      assertTrue(store.presignPut("k", Duration.ofHours(1)).toString().contains("X-Amz-Signature"));
      assertEquals(0, ends.get());
    }
  }
}
