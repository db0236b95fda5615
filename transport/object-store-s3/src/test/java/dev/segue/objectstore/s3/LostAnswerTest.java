package dev.segue.objectstore.s3;

import static dev.segue.objectstore.ObjectStoreContract.failure;
import static dev.segue.objectstore.s3.FakeS3.send;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.objectstore.ObjectStore;
import dev.segue.objectstore.ObjectStoreException.Reason;
import dev.segue.objectstore.StoreSettings;
import dev.segue.objectstore.WriteOptions;
import dev.segue.objectstore.checksum.Crc;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Requests that were carried out though their answer never came, and lists without an end. */
@Timeout(60)
class LostAnswerTest {
  private static final SegmentedBytes OURS = SegmentedBytes.copyOfUtf8("ours");
  private static final SegmentedBytes THEIRS = SegmentedBytes.copyOfUtf8("them");

  /** Carries the first PUT out and says nothing; from then on something is there. */
  private static void conditional(
      HttpExchange exchange, String request, AtomicInteger puts, SegmentedBytes there)
      throws IOException {
    if (request.startsWith("PUT")) {
      if (puts.incrementAndGet() == 1) {
        throw new IOException("the answer is lost");
      }
      send(exchange, 412, "<Error><Code>PreconditionFailed</Code></Error>");
    } else {
      String crc = Crc.CRC32C.base64(Crc.CRC32C.of(there));
      send(
          exchange,
          200,
          "",
          "ETag",
          "\"e\"",
          "Content-Length",
          "4",
          "x-amz-checksum-crc32c",
          crc,
          "x-amz-checksum-type",
          "FULL_OBJECT");
    }
  }

  @Test
  void aPutOnAConditionWhoseAnswerWasLostIsKnownByItsChecksum() throws Exception {
    AtomicInteger puts = new AtomicInteger();
    try (FakeS3 server = new FakeS3((e, request) -> conditional(e, request, puts, OURS));
        ObjectStore store = server.open("", StoreSettings.defaults())) {
      assertEquals(4, store.put("lock", OURS, WriteOptions.NONE.ifAbsent()).byteSize());
      assertEquals(2, puts.get());
    }
  }

  @Test
  void anothersObjectIsNotTakenForOurs() throws Exception {
    AtomicInteger puts = new AtomicInteger();
    try (FakeS3 server = new FakeS3((e, request) -> conditional(e, request, puts, THEIRS));
        ObjectStore store = server.open("", StoreSettings.defaults())) {
      var _ = failure(Reason.EXISTS, () -> store.put("lock", OURS, WriteOptions.NONE.ifAbsent()));
      assertEquals(2, puts.get());
    }
  }

  @Test
  void aListOfPartsThatGoesRoundIsRefused(@TempDir Path directory) throws Exception {
    Path journal = directory.resolve("journal");
    Path _ =
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
                            + (1 + pages.incrementAndGet() % 2)
                            + "</NextPartNumberMarker></ListPartsResult>"));
        ObjectStore store = server.open("", StoreSettings.defaults())) {
      var _ = failure(Reason.UNTRUSTWORTHY, () -> store.write("k", journal));
      assertTrue(pages.get() < 10, () -> "pages=" + pages);
    }
  }
}
