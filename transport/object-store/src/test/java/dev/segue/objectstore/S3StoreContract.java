package dev.segue.objectstore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.objectstore.ObjectStoreException.Reason;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every S3 server does for us. */
abstract class S3StoreContract extends ObjectStoreContract {
  /** Where a server is that has {@link S3Server#BUCKET} and knows its credentials. */
  abstract URI endpoint();

  @Override
  ObjectStore open() throws IOException {
    return S3Server.open(endpoint().toString(), SETTINGS);
  }

  @BeforeEach
  void empty() throws IOException {
    List<String> keys = new ArrayList<>();
    store.list("", "", Optional.empty()).objects().forEach(info -> keys.add(info.key()));
    store.delete(keys);
  }

  @Override
  void checkNoTrace() throws Exception {
    List<String> uploads = S3Server.unfinishedUploads(endpoint());
    assertTrue(uploads.stream().noneMatch(key -> key.endsWith("/k")), uploads::toString);
  }

  @Test
  void aWrongSecretIsDenied() throws Exception {
    try (ObjectStore wrong =
        S3Server.open(
            S3Server.BUCKET,
            endpoint().toString(),
            SETTINGS,
            S3Server.credentials("test", "wrong"))) {
      failure(Reason.DENIED, () -> wrong.get("k", arena.allocate(10)));
      failure(Reason.DENIED, () -> wrong.put("k", SegmentedBytes.copyOfUtf8("x")));
    }
  }

  @Test
  void aMissingBucketIsNotFound() throws Exception {
    try (ObjectStore missing =
        S3Server.open("nosuch", endpoint().toString(), SETTINGS, S3Server.CREDENTIALS)) {
      failure(Reason.NOT_FOUND, () -> missing.get("k", arena.allocate(10)));
      failure(Reason.NOT_FOUND, () -> missing.put("k", SegmentedBytes.copyOfUtf8("x")));
      failure(Reason.NOT_FOUND, () -> missing.list("", "", Optional.empty()));
    }
  }

  @Test
  void anUnreachableServerIsUnavailable() throws Exception {
    try (ObjectStore nobody = S3Server.open("http://127.0.0.1:1", Map.of("SEGUE_ATTEMPTS", "2"))) {
      ObjectStoreException failure =
          failure(Reason.UNAVAILABLE, () -> nobody.get("k", arena.allocate(10)));
      assertTrue(failure.getMessage().contains("127.0.0.1:1"), failure::getMessage);
    }
  }

  @Test
  void endpointsTakeTurns() throws Exception {
    try (FaultProxy one = new FaultProxy(endpoint());
        FaultProxy two = new FaultProxy(endpoint());
        ObjectStore both = S3Server.open(one.endpoint() + "," + two.endpoint(), SETTINGS)) {
      MemorySegment data = Data.random(arena, 12 * MIB);
      ObjectInfo _ = both.put("k", Data.regions(data, MIB));
      MemorySegment region = arena.allocate(12 * MIB);
      ObjectInfo _ = both.get("k", region);
      assertTrue(Data.same(region, data));
      assertTrue(one.connectionCount() > 0 && two.connectionCount() > 0);
    }
  }

  @Test
  void presignedUrlsWorkForOthers() throws Exception {
    try (HttpClient other = HttpClient.newHttpClient()) {
      HttpResponse<String> put =
          other.send(
              HttpRequest.newBuilder(store.presignPut("k", Duration.ofMinutes(5)))
                  .PUT(HttpRequest.BodyPublishers.ofString("hello"))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      assertEquals(200, put.statusCode(), put::body);
      HttpResponse<String> get =
          other.send(
              HttpRequest.newBuilder(store.presignGet("k", Duration.ofMinutes(5))).build(),
              HttpResponse.BodyHandlers.ofString());
      assertEquals("hello", get.body());
    }
  }

  @Test
  void anInterruptEndsACallAndKeepsItsStatus() throws Exception {
    ObjectInfo _ = store.put("k", Data.regions(Data.random(arena, 6 * MIB), MIB));
    MemorySegment region = arena.allocate(6 * MIB);
    Thread.currentThread().interrupt();
    failure(Reason.CANCELLED, () -> store.get("k", region));
    assertTrue(Thread.interrupted());
  }

  @Test
  void urisThatMakeNoSenseAreRefused() {
    for (String uri :
        List.of("s3://", "s3:///k", "nope://b", "file://relative", "x", "s3://b?nope=1")) {
      IllegalArgumentException failure =
          assertThrows(IllegalArgumentException.class, () -> ObjectStore.open(uri).close());
      assertTrue(failure.toString().contains(uri), failure::toString);
    }
    assertThrows(
        IllegalArgumentException.class,
        () -> ObjectStore.open("s3://b?endpoint=nothing&region=x").close());
    assertFalse(StoreUri.parse("s3://b?anonymous=false").flag("anonymous", true));
  }
}
