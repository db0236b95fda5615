package dev.segue.objectstore.s3;

import static dev.segue.objectstore.ObjectStoreContract.failure;
import static dev.segue.objectstore.s3.FakeS3.send;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.ObjectStore;
import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.ObjectStoreException.Reason;
import dev.segue.objectstore.StoreSettings;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Deletions that a server refuses, or answers in part. */
@Timeout(60)
class S3DeletionTest {
  private static final StoreSettings TWICE = StoreSettings.of(Map.of("SEGUE_ATTEMPTS", "2"));

  private static ObjectInfo version(String key) {
    return new ObjectInfo(key, 1, "\"e\"", Instant.EPOCH);
  }

  private static String error(String key, String code) {
    return "<Error>"
        + (key.isEmpty() ? "" : "<Key>" + key + "</Key>")
        + "<Code>"
        + code
        + "</Code></Error>";
  }

  private static String answer(String... entries) {
    return "<DeleteResult>" + String.join("", entries) + "</DeleteResult>";
  }

  /** A server that knows no conditional deletions says 501; one that knows no HEAD says it, too. */
  @Test
  void aVersionThatCanNotBeLookedAtStays() throws Exception {
    try (FakeS3 server =
            new FakeS3((e, request) -> send(e, request.startsWith("HEAD") ? 501 : 204, ""));
        ObjectStore store = server.open("&region=us-east-1", TWICE)) {
      assertThrows(ObjectStoreException.class, () -> store.delete(version("a")));
      assertEquals(0, server.count("DELETE"));
    }
  }

  /** As of two servers behind one address, of which one knows conditions. */
  @Test
  void whatWasRefusedBeforeConditionsWereIsTold() throws Exception {
    AtomicInteger requests = new AtomicInteger();
    try (FakeS3 server =
            new FakeS3(
                (e, request) -> {
                  switch (requests.incrementAndGet()) {
                    case 1 ->
                        send(
                            e,
                            200,
                            answer(
                                error("a", "AccessDenied"),
                                error("b", "SlowDown"),
                                error("c", "PreconditionFailed")));
                    case 2 -> send(e, 501, "<Error><Code>NotImplemented</Code></Error>");
                    default -> send(e, 200, answer("<Deleted><Key>b</Key></Deleted>"));
                  }
                });
        ObjectStore store =
            server.open("&region=us-east-1", StoreSettings.of(Map.of("SEGUE_ATTEMPTS", "3")))) {
      List<ObjectInfo> kept = new ArrayList<>();
      ObjectStoreException failure =
          failure(
              Reason.DENIED,
              () -> store.delete(List.of(version("a"), version("b"), version("c")), kept::add));
      assertEquals(1, failure.failedCount());
      assertEquals(List.of(version("c")), kept);
      assertEquals(3, requests.get());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a", "elsewhere"})
  void noMoreFailThanWereToBeDeleted(String key) throws Exception {
    String error = error(key, "AccessDenied");
    try (FakeS3 server =
            new FakeS3((e, request) -> send(e, 200, answer(error, error, error, error)));
        ObjectStore store = server.open("&region=us-east-1", TWICE)) {
      ObjectStoreException failure =
          assertThrows(ObjectStoreException.class, () -> store.delete(List.of("a", "b")));
      assertEquals(2, failure.failedCount(), failure::getMessage);
    }
  }
}
