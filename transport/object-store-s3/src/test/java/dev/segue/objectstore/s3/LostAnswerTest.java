package dev.segue.objectstore.s3;

import static dev.segue.objectstore.ObjectStoreContract.MIB;
import static dev.segue.objectstore.ObjectStoreContract.failure;
import static dev.segue.objectstore.s3.FakeS3.send;
import static dev.segue.objectstore.s3.Uploads.MARK;
import static dev.segue.objectstore.s3.Uploads.there;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.objectstore.Data;
import dev.segue.objectstore.ObjectMetadata;
import dev.segue.objectstore.ObjectStore;
import dev.segue.objectstore.ObjectStoreContract;
import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.ObjectStoreException.Reason;
import dev.segue.objectstore.ObjectWriter;
import dev.segue.objectstore.StoreSettings;
import dev.segue.objectstore.StoreSettings.Checksums;
import dev.segue.objectstore.WriteOptions;
import dev.segue.objectstore.http.ScriptedServer;
import dev.segue.objectstore.spi.StoreUri;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests that were carried out though their answer never came, and lists without an end. */
@Timeout(60)
class LostAnswerTest {
  private static final SegmentedBytes BYTES = SegmentedBytes.copyOfUtf8("lock");

  /**
   * Carries the first PUT out, or another one's with the same bytes, and says nothing; from then on
   * something is there.
   */
  private static final class Server implements FakeS3.Answer {
    private final boolean isOurs;
    private final AtomicInteger puts = new AtomicInteger();
    private final AtomicReference<String> mark = new AtomicReference<>("another's");

    Server(boolean isOurs) {
      this.isOurs = isOurs;
    }

    @Override
    public void to(HttpExchange exchange, String request) throws IOException {
      if (request.startsWith("PUT")) {
        if (puts.incrementAndGet() == 1) {
          if (isOurs) {
            mark.set(exchange.getRequestHeaders().getFirst(MARK));
          }
          throw new IOException("the answer is lost");
        }
        send(exchange, 412, "<Error><Code>PreconditionFailed</Code></Error>");
        return;
      }
      there(exchange, BYTES, String.valueOf(mark.get()));
    }
  }

  private static List<WriteOptions> conditions() {
    return List.of(WriteOptions.NONE.ifAbsent(), WriteOptions.NONE.ifMatch("\"old\""));
  }

  @Test
  void aPutOnAConditionWhoseAnswerWasLostIsKnownByItsMark() throws Exception {
    for (WriteOptions condition : conditions()) {
      for (Checksums checksums : List.of(Checksums.CRC32C, Checksums.NONE)) {
        Server answers = new Server(true);
        try (FakeS3 server = new FakeS3(answers);
            ObjectStore store = server.open("", StoreSettings.defaults().checksums(checksums))) {
          assertEquals(4, store.put("lock", BYTES, condition).byteSize());
          assertEquals(2, answers.puts.get());
          assertEquals(Map.of(), store.metadata("lock").user());
        }
      }
    }
  }

  /** Who ends again does not know either whether the first end was carried out. */
  @Test
  void whoWritesALockAgainThatWasWrittenWithoutAnAnswerHasIt() throws Exception {
    for (boolean isOurs : new boolean[] {true, false}) {
      for (WriteOptions condition : conditions()) {
        Server answers = new Server(isOurs);
        StoreSettings settings = StoreSettings.defaults().attemptCount(1);
        try (FakeS3 server = new FakeS3(answers);
            ObjectStore store = server.open("", settings);
            ObjectWriter writer = store.write("lock", condition)) {
          writer.writeOwned(BYTES);
          failure(Reason.UNAVAILABLE, writer::finish);
          if (isOurs) {
            assertEquals(4, writer.finish().byteSize());
          } else {
            failure(condition.isIfAbsent() ? Reason.EXISTS : Reason.CHANGED, writer::finish);
          }
          assertEquals(2, answers.puts.get());
        }
      }
    }
  }

  /** Of several that write the same lock, one has it. */
  @Test
  void anothersObjectOfTheSameBytesIsNotTakenForOurs() throws Exception {
    for (WriteOptions condition : conditions()) {
      Server answers = new Server(false);
      try (FakeS3 server = new FakeS3(answers);
          ObjectStore store = server.open("", StoreSettings.defaults())) {
        failure(
            condition.isIfAbsent() ? Reason.EXISTS : Reason.CHANGED,
            () -> store.put("lock", BYTES, condition));
        assertEquals(2, answers.puts.get());
      }
    }
  }

  /** Round and round, and ever on without a part. */
  @ParameterizedTest
  @ValueSource(ints = {2, Integer.MAX_VALUE})
  void aListOfPartsThatNeverEndsIsRefused(int markerCount, @TempDir Path directory)
      throws Exception {
    Path journal = directory.resolve("journal");
    Files.writeString(
        journal, "segue-upload 1\nobject s3://b/k\nupload 8388608 u\nchecksum crc32c\n");
    AtomicInteger pages = new AtomicInteger();
    try (FakeS3 server =
            new FakeS3(
                (e, request) ->
                    send(
                        e,
                        200,
                        "<ListPartsResult><IsTruncated>true</IsTruncated><NextPartNumberMarker>"
                            + (1 + pages.incrementAndGet() % markerCount)
                            + "</NextPartNumberMarker></ListPartsResult>"));
        ObjectStore store = server.open("", StoreSettings.defaults())) {
      failure(Reason.UNTRUSTWORTHY, () -> store.write("k", journal));
      assertTrue(pages.get() < 10, () -> "pages=" + pages);
    }
  }

  /** MD5s of parts, and the ETag that S3 makes of both. */
  private static final String PART_ETAG = "\"900150983cd24fb0d6963f7d28e17f72\"";

  private static final String ETAG_OF_PARTS = etagOf(2);

  private static String etagOf(int partCount) {
    try {
      MessageDigest all = MessageDigest.getInstance("MD5");
      for (int i = 0; i < partCount; i++) {
        all.update(HexFormat.of().parseHex(PART_ETAG.replace("\"", "")));
      }
      return "\"" + HexFormat.of().formatHex(all.digest()) + "-" + partCount + "\"";
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Carries out the end of a copy by two parts and says nothing of it.
   *
   * @param mark of what is there then
   * @param checksum of that; the source's is {@link #CHECKSUM}
   */
  private static void copy(
      HttpExchange exchange,
      String request,
      AtomicInteger ends,
      Function<String, String> mark,
      String checksum,
      AtomicReference<String> given)
      throws IOException {
    if (request.startsWith("POST uploads")) {
      given.set(exchange.getRequestHeaders().getFirst(MARK));
      send(
          exchange,
          200,
          "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>");
    } else if (request.startsWith("PUT")) {
      send(exchange, 200, "<CopyPartResult><ETag>" + PART_ETAG + "</ETag></CopyPartResult>");
    } else if (request.startsWith("POST")) {
      if (ends.incrementAndGet() == 1) {
        throw new IOException("the answer is lost");
      }
      send(exchange, 404, "<Error><Code>NoSuchUpload</Code></Error>");
    } else {
      boolean isSource = exchange.getRequestURI().getPath().endsWith("/from");
      // The ETag says nothing: another one may have copied the same.
      String etag = isSource ? "\"source\"" : ETAG_OF_PARTS;
      String there = isSource ? "the source's" : mark.apply(String.valueOf(given.get()));
      send(
          exchange,
          200,
          "",
          "ETag",
          etag,
          "Content-Length",
          "10",
          MARK,
          there,
          "x-amz-checksum-crc64nvme",
          isSource ? CHECKSUM : checksum,
          "x-amz-checksum-type",
          "FULL_OBJECT");
    }
  }

  private static final String CHECKSUM = "AAAAAAAAAAE=";

  /**
   * Copies by two parts.
   *
   * @param reason why that fails; null where it does not
   */
  private static void checkCopy(
      @Nullable Reason reason, String checksum, Function<String, String> mark) throws Exception {
    AtomicInteger ends = new AtomicInteger();
    AtomicReference<String> given = new AtomicReference<>();
    try (FakeS3 server = new FakeS3((e, request) -> copy(e, request, ends, mark, checksum, given));
        S3Store store = server.open("", StoreSettings.defaults())) {
      if (reason == null) {
        assertEquals(10, store.copy(store, "from", "to", 5, 5).byteSize());
      } else {
        failure(reason, () -> store.copy(store, "from", "to", 5, 5));
      }
      assertEquals(2, ends.get());
      assertEquals(reason == null, server.count("DELETE") == 0);
    }
  }

  @Test
  void aCopyByPartsWhoseLastAnswerWasLostIsKnownByItsMark() throws Exception {
    checkCopy(null, CHECKSUM, mark -> mark);
  }

  /** As one whose answer came: it may have pieces of several versions of its source. */
  @Test
  void aCopyByPartsWhoseLastAnswerWasLostHasTheChecksumOfItsSource() throws Exception {
    checkCopy(Reason.CORRUPT, "AAAAAAAAAAI=", mark -> mark);
  }

  /** Also where that has the same parts. */
  @Test
  void anothersObjectIsNotTakenForACopyByParts() throws Exception {
    checkCopy(Reason.NOT_FOUND, CHECKSUM, mark -> "another's");
    checkCopy(Reason.NOT_FOUND, CHECKSUM, mark -> "the source's");
  }

  /** Stores a part, or a copied one, a while after it arrived, and notes what it does. */
  private static final class SlowStorage implements FakeS3.Answer {
    private final List<String> done = new CopyOnWriteArrayList<>();
    private final CountDownLatch arrived = new CountDownLatch(2);
    private final long storingMillis;

    SlowStorage(long storingMillis) {
      this.storingMillis = storingMillis;
    }

    @Override
    public void to(HttpExchange exchange, String request) throws Exception {
      if (request.startsWith("POST uploads")) {
        send(
            exchange,
            200,
            "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>");
      } else if (request.startsWith("PUT") && request.contains("partNumber=1")) {
        arrived.countDown();
        arrived.await();
        send(exchange, 403, "<Error><Code>AccessDenied</Code></Error>");
      } else if (request.startsWith("PUT")) {
        arrived.countDown();
        // Long enough for an abort that waits for nothing to come first.
        Thread.sleep(storingMillis);
        done.add("stored");
        String body = "<CopyPartResult><ETag>" + PART_ETAG + "</ETag></CopyPartResult>";
        send(exchange, 200, body, "ETag", PART_ETAG);
      } else if (request.startsWith("DELETE")) {
        done.add("aborted");
        send(exchange, 204, "");
      } else if (request.startsWith("HEAD")) {
        send(exchange, 200, "", "ETag", "\"source\"", "Content-Length", "10");
      } else {
        send(exchange, 404, "<Error><Code>NoSuchUpload</Code></Error>");
      }
    }
  }

  @Test
  void aPartThatTheServerIsStoringIsStoredBeforeItsUploadIsAborted() throws Exception {
    SlowStorage answers = new SlowStorage(500);
    try (FakeS3 server = new FakeS3(answers);
        Arena arena = Arena.ofShared();
        ObjectStore store = server.open("", StoreSettings.of(ObjectStoreContract.SETTINGS))) {
      try (ObjectWriter writer = store.write("k")) {
        writer.writeOwned(Data.regions(Data.random(arena, 10 * MIB), MIB));
        answers.arrived.await();
      }
    }
    assertEquals(List.of("stored", "aborted"), answers.done);
  }

  @Test
  void aPartThatTheServerIsCopyingIsCopiedBeforeItsUploadIsAborted() throws Exception {
    for (boolean interrupted : new boolean[] {false, true}) {
      SlowStorage answers = new SlowStorage(500);
      try (FakeS3 server = new FakeS3(answers);
          S3Store store = server.open("", StoreSettings.defaults())) {
        Thread copying = Thread.currentThread();
        if (interrupted) {
          Thread.startVirtualThread(
              () -> {
                try {
                  answers.arrived.await();
                  copying.interrupt();
                } catch (InterruptedException e) {
                  throw new IllegalStateException(e);
                }
              });
        }
        assertThrows(ObjectStoreException.class, () -> store.copy(store, "from", "to", 5, 5));
        assertEquals(interrupted, Thread.interrupted());
      }
      assertEquals(List.of("aborted", "stored", "aborted"), answers.done);
    }
  }

  /** Longer than the caller is kept: the last abort follows by itself. */
  @Test
  void aPartThatTakesLongToBeCopiedBringsNoUploadBack() throws Exception {
    SlowStorage answers = new SlowStorage(3000);
    StoreSettings settings = StoreSettings.defaults().stallTimeout(Duration.ofSeconds(1));
    try (FakeS3 server = new FakeS3(answers);
        S3Store store = server.open("", settings)) {
      assertThrows(ObjectStoreException.class, () -> store.copy(store, "from", "to", 5, 5));
      assertFalse(answers.done.contains("stored"));
      while (!answers.done.contains("stored") || !answers.done.getLast().equals("aborted")) {
        Thread.sleep(10);
      }
    }
    assertEquals("aborted", answers.done.getFirst());
  }

  /** S3 says so of writes that meet, and asks for another try. */
  @Test
  void aWriteThatMetAnotherOneIsTriedAgain() throws Exception {
    AtomicInteger puts = new AtomicInteger();
    try (FakeS3 server =
            new FakeS3(
                (e, request) -> {
                  if (puts.incrementAndGet() == 1) {
                    send(e, 409, "<Error><Code>ConditionalRequestConflict</Code></Error>");
                  } else {
                    send(e, 200, "", "ETag", "\"e\"");
                  }
                });
        ObjectStore store = server.open("", StoreSettings.defaults())) {
      assertEquals(4, store.put("lock", BYTES, WriteOptions.NONE.ifAbsent()).byteSize());
      assertEquals(2, puts.get());
    }
  }

  /** Names of fields have no case, and servers and proxies write them as they like. */
  @Test
  void metadataHasItsNamesInLowerCase() throws Exception {
    try (ScriptedServer server =
            ScriptedServer.of(
                """
                HTTP/1.1 200 OK
                Content-Length: 4
                ETag: "e"
                X-Amz-Meta-Owner: Me
                X-Amz-Meta-Segue-Write: w

                """
                    .replace("\n", "\r\n"));
        S3Store store =
            S3Store.open(
                StoreUri.parse("s3://b?endpoint=" + server.uri()),
                StoreSettings.defaults(),
                S3Server.CREDENTIALS,
                null)) {
      assertEquals(Map.of("owner", "Me"), store.metadata("k").user());
    }
  }

  /** Bytes prove nothing, whatever the answer that doesn't say whose object it is. */
  @Test
  void anAnswerThatConfirmsNothingDoesNotMakeAnothersObjectOurs() throws Exception {
    List<WriteOptions> all = new ArrayList<>(conditions());
    all.add(WriteOptions.NONE);
    for (WriteOptions condition : all) {
      try (FakeS3 server =
              new FakeS3(
                  (e, request) -> {
                    if (request.startsWith("PUT")) {
                      send(e, 200, "");
                    } else {
                      there(e, BYTES, "another's");
                    }
                  });
          ObjectStore store = server.open("", StoreSettings.defaults().attemptCount(2))) {
        failure(Reason.UNTRUSTWORTHY, () -> store.put("lock", BYTES, condition));
      }
    }
  }

  /**
   * S3 takes 2,048 B of names and values: a write that has less by itself is not refused for the
   * mark, which is left out.
   */
  @ParameterizedTest
  @CsvSource({"2001,true", "2002,false", "2048,false"})
  void theMarkIsLeftOutWhereTheMetadataHasNoRoomForIt(int byteSize, boolean isMarked)
      throws Exception {
    String value = "x".repeat(byteSize - "owner".length());
    WriteOptions options =
        WriteOptions.NONE.metadata(ObjectMetadata.NONE.user(Map.of("owner", value)));
    AtomicReference<String> mark = new AtomicReference<>();
    FakeS3.Answer answers =
        (e, request) -> {
          mark.set(e.getRequestHeaders().getFirst(MARK));
          assertEquals(value, e.getRequestHeaders().getFirst("x-amz-meta-owner"));
          send(e, 200, "", "ETag", "\"e\"");
        };
    try (FakeS3 server = new FakeS3(answers);
        ObjectStore store = server.open("", StoreSettings.defaults())) {
      store.put("lock", BYTES, options.ifAbsent());
      assertEquals(isMarked, mark.get() != null);
    }
  }

  @ParameterizedTest
  @CsvSource({"2001,true", "2002,false"})
  void theMarkOfACopyIsLeftOutWhereTheMetadataHasNoRoomForIt(int byteSize, boolean isMarked)
      throws Exception {
    String value = "x".repeat(byteSize - "owner".length());
    AtomicReference<String> mark = new AtomicReference<>();
    FakeS3.Answer answers =
        (e, request) -> {
          if (request.startsWith("POST uploads")) {
            mark.set(e.getRequestHeaders().getFirst(MARK));
            send(e, 403, "<Error><Code>AccessDenied</Code></Error>");
          } else {
            send(
                e,
                200,
                "",
                "ETag",
                "\"e\"",
                "Content-Length",
                "10",
                MARK,
                "the source's",
                "x-amz-meta-owner",
                value);
          }
        };
    try (FakeS3 server = new FakeS3(answers);
        S3Store store = server.open("", StoreSettings.defaults())) {
      failure(Reason.DENIED, () -> store.copy(store, "from", "to", 5, 5));
      assertEquals(isMarked, mark.get() != null);
    }
  }

  /** A server may drop the upload whose condition is not met, and say so to the first request. */
  @ParameterizedTest
  @CsvSource({"true,true", "true,false", "false,true", "false,false"})
  void anUploadThatIsGoneIsKnownByItsMark(boolean isOurs, boolean isOnCondition) throws Exception {
    AtomicInteger ends = new AtomicInteger();
    AtomicReference<String> mark = new AtomicReference<>("another's");
    try (Arena arena = Arena.ofShared()) {
      SegmentedBytes bytes = Data.regions(Data.random(arena, 17 * MIB), MIB);
      try (FakeS3 server =
              new FakeS3(
                  (e, request) -> {
                    if (request.startsWith("POST uploads")) {
                      if (isOurs) {
                        mark.set(e.getRequestHeaders().getFirst(MARK));
                      }
                      send(
                          e,
                          200,
                          "<InitiateMultipartUploadResult><UploadId>u</UploadId>"
                              + "</InitiateMultipartUploadResult>");
                    } else if (request.startsWith("PUT")) {
                      send(e, 200, "", "ETag", "\"p\"");
                    } else if (request.startsWith("POST") && ends.incrementAndGet() == 1) {
                      throw new IOException("the answer is lost");
                    } else if (request.startsWith("HEAD")) {
                      there(e, bytes, String.valueOf(mark.get()));
                    } else {
                      send(e, 404, "<Error><Code>NoSuchUpload</Code></Error>");
                    }
                  });
          ObjectStore store = server.open("", StoreSettings.defaults())) {
        WriteOptions condition = isOnCondition ? WriteOptions.NONE.ifAbsent() : WriteOptions.NONE;
        if (isOurs) {
          assertEquals(17 * MIB, store.put("lock", bytes, condition).byteSize());
        } else {
          failure(Reason.NOT_FOUND, () -> store.put("lock", bytes, condition));
        }
      }
    }
    assertEquals(2, ends.get());
  }

  @Test
  void theBeginOfAnUploadIsNotTriedAgainAndAgainForOneWhoIsInterrupted() throws Exception {
    Thread uploading = Thread.currentThread();
    FakeS3.Answer lost =
        (exchange, request) -> {
          uploading.interrupt();
          throw new IOException("the answer is lost");
        };
    StoreSettings settings = StoreSettings.defaults().putPartByteSize(5 * MIB);
    try (FakeS3 server = new FakeS3(lost);
        ObjectStore store = server.open("&region=us-east-1", settings)) {
      SegmentedBytes bytes = SegmentedBytes.copyOf(new byte[(int) (11 * MIB)]);
      assertThrows(ObjectStoreException.class, () -> store.put("k", bytes, WriteOptions.NONE));
      assertTrue(Thread.interrupted());
      // The second may be on its way when the interrupt is noticed.
      assertTrue(server.count("POST uploads") <= 2, server.asked::toString);
      assertTrue(server.count("POST uploads") >= 1, server.asked::toString);
    }
  }
}
