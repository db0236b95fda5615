package dev.segue.objectstore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.objectstore.ObjectStoreException.Reason;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AzureStoreTest extends ObjectStoreContract {
  private static Azurite server;

  @BeforeAll
  static void startServer() throws Exception {
    server = Azurite.start();
  }

  @AfterAll
  static void stopServer() throws Exception {
    if (server != null) {
      server.close();
    }
  }

  @Override
  ObjectStore open() throws IOException {
    return server.open(SETTINGS);
  }

  @BeforeEach
  void empty() throws IOException {
    List<String> keys = new ArrayList<>();
    store.list("", "", Optional.empty()).objects().forEach(info -> keys.add(info.key()));
    store.delete(keys);
  }

  /**
   * Blocks that nobody commits are the service's to drop; no blob is there, not even an empty one.
   */
  @Override
  void checkNoTrace() throws Exception {
    assertTrue(store.list("", "", Optional.empty()).objects().isEmpty());
  }

  @Test
  void aWrongKeyIsDenied() throws Exception {
    try (ObjectStore wrong =
        Azurite.open(
            Azurite.CONTAINER,
            server.endpoint().toString(),
            SETTINGS,
            Azurite.environment("d3Jvbmc="))) {
      failure(Reason.DENIED, () -> wrong.get("k", arena.allocate(10)));
      failure(Reason.DENIED, () -> wrong.put("k", SegmentedBytes.copyOfUtf8("x")));
    }
  }

  @Test
  void aMissingContainerIsNotFound() throws Exception {
    try (ObjectStore missing =
        Azurite.open("nosuch", server.endpoint().toString(), SETTINGS, Azurite.environment())) {
      failure(Reason.NOT_FOUND, () -> missing.get("k", arena.allocate(10)));
      failure(Reason.NOT_FOUND, () -> missing.put("k", SegmentedBytes.copyOfUtf8("x")));
      failure(Reason.NOT_FOUND, () -> missing.list("", "", Optional.empty()));
    }
  }

  @Test
  void anUnreachableServerIsUnavailable() throws Exception {
    try (ObjectStore nobody =
        Azurite.open("http://127.0.0.1:1/segue", Map.of("SEGUE_ATTEMPTS", "2"))) {
      ObjectStoreException failure =
          failure(Reason.UNAVAILABLE, () -> nobody.get("k", arena.allocate(10)));
      assertTrue(failure.getMessage().contains("127.0.0.1:1"), failure::getMessage);
    }
  }

  @Test
  void presignedUrlsWorkForOthers() throws Exception {
    try (HttpClient other = HttpClient.newHttpClient()) {
      HttpResponse<String> put =
          other.send(
              HttpRequest.newBuilder(store.presignPut("k", Duration.ofMinutes(5)))
                  .header("x-ms-blob-type", "BlockBlob")
                  .PUT(HttpRequest.BodyPublishers.ofString("hello"))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      assertEquals(201, put.statusCode(), put::body);
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
    Map<String, String> wrong =
        Map.of(
            "az://", "az://",
            "az:///k", "container",
            "az://c?region=x", "endpoint, account, anonymous",
            "az://c?account=a&endpoint=nothing", "endpoint=nothing",
            "file:///tmp?account=a", "file has none");
    wrong.forEach(
        (uri, said) -> {
          IllegalArgumentException failure =
              assertThrows(IllegalArgumentException.class, () -> ObjectStore.open(uri).close());
          assertTrue(failure.toString().contains(said), failure::toString);
        });
  }
}
