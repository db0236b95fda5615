package dev.segue.objectstore.azure;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.azure.core.util.BinaryData;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.objectstore.Data;
import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.ObjectReader;
import dev.segue.objectstore.ObjectStore;
import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.ObjectStoreException.Reason;
import dev.segue.objectstore.ObjectWriter;
import dev.segue.objectstore.RemoteStoreContract;
import dev.segue.objectstore.StoreSettings;
import dev.segue.objectstore.checksum.Crc;
import dev.segue.objectstore.spi.StoreUri;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class AzureStoreTest extends RemoteStoreContract {
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
  public ObjectStore open() throws IOException {
    return server.open(SETTINGS);
  }

  /**
   * Blocks that nobody commits are the service's to drop; no blob is there, not even an empty one.
   */
  @Override
  public void checkNoTrace() throws Exception {
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
  void aFaultIsToldInTheServicesOwnWords() throws Exception {
    ObjectStoreException get =
        failure(Reason.NOT_FOUND, () -> store.get("nope", arena.allocate(10)));
    assertTrue(
        get.getMessage()
            .endsWith("nope: status=404 BlobNotFound: The specified blob does not exist."),
        get::getMessage);
    ObjectStoreException head = failure(Reason.NOT_FOUND, () -> store.head("nope"));
    assertTrue(head.getMessage().endsWith("nope: status=404 BlobNotFound"), head::getMessage);
    ObjectStoreException copy = failure(Reason.NOT_FOUND, () -> store.copy("nope", "k"));
    assertTrue(copy.getMessage().contains("status=404"), copy::getMessage);
    assertFalse(copy.getMessage().contains("<"), copy::getMessage);
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

  private ObjectStore openAs(Map<String, String> environment) throws IOException {
    return Azurite.open(Azurite.CONTAINER, server.endpoint().toString(), SETTINGS, environment);
  }

  @Test
  void aSasTokenDoesWhatItPermits() throws Exception {
    try (AzureClients clients = server.clients();
        ObjectStore signed =
            openAs(Map.of("AZURE_STORAGE_SAS_TOKEN", "?" + Azurite.sasToken(clients)))) {
      MemorySegment data = Data.random(arena, 12 * MIB);
      signed.put("k", Data.regions(data, MIB));
      MemorySegment region = arena.allocate(12 * MIB);
      assertEquals(12 * MIB, signed.copy("k", "copied").byteSize());
      signed.get("copied", region);
      assertTrue(Data.same(region, data));
      assertThrows(
          UnsupportedOperationException.class, () -> signed.presignGet("k", Duration.ofMinutes(1)));
      ObjectStoreException failure = failure(Reason.NOT_FOUND, () -> signed.head("nope"));
      assertFalse(failure.toString().contains("sig="), failure::toString);
    }
  }

  @Test
  void aConnectionStringSaysAll() throws Exception {
    String connection =
        "AccountName="
            + Azurite.ACCOUNT
            + ";AccountKey="
            + Azurite.KEY
            + ";BlobEndpoint="
            + server.endpoint()
            + ";";
    try (ObjectStore other =
        AzureStore.open(
            StoreUri.parse("az://" + Azurite.CONTAINER + "/some/where"),
            StoreSettings.of(SETTINGS),
            Map.of("AZURE_STORAGE_CONNECTION_STRING", connection),
            null)) {
      store.put("k", SegmentedBytes.copyOfUtf8("hello"));
      assertEquals(5, other.head("k").byteSize());
    }
  }

  @Test
  void whoIsAnonymousIsDenied() throws Exception {
    try (ObjectStore nobody =
        AzureStore.open(
            StoreUri.parse(
                "az://" + Azurite.CONTAINER + "?anonymous&endpoint=" + server.endpoint()),
            StoreSettings.of(SETTINGS),
            Azurite.environment(),
            null)) {
      ObjectStoreException failure =
          assertThrows(ObjectStoreException.class, () -> nobody.get("k", arena.allocate(10)));
      // The service does not say that there is a container which one may not read.
      assertTrue(
          failure.reason() == Reason.DENIED || failure.reason() == Reason.NOT_FOUND,
          failure::toString);
    }
  }

  @Test
  void aKeyWithoutAnAccountIsAnErrorThatSaysWhatToDo() {
    for (Map<String, String> environment :
        List.of(Map.<String, String>of(), Map.of("AZURE_STORAGE_KEY", Azurite.KEY))) {
      IllegalArgumentException failure =
          assertThrows(IllegalArgumentException.class, () -> openNowhere(environment));
      assertTrue(failure.toString().contains("?account=NAME"), failure::toString);
    }
  }

  @Test
  void noCredentialsAtAllAreAnErrorThatNamesThem() {
    IllegalArgumentException failure =
        assertThrows(
            IllegalArgumentException.class,
            () ->
                AzureStore.open(
                        StoreUri.parse("az://c?account=a&endpoint=http://127.0.0.1:1/a"),
                        StoreSettings.defaults(),
                        Map.of(),
                        null)
                    .close());
    assertTrue(failure.toString().contains("AZURE_STORAGE_SAS_TOKEN"), failure::toString);
  }

  private static void openNowhere(Map<String, String> environment) {
    String endpoint = environment.isEmpty() ? "" : "?endpoint=http://127.0.0.1:1/a";
    AzureStore.open(
            StoreUri.parse("az://c" + endpoint), StoreSettings.defaults(), environment, null)
        .close();
  }

  @Test
  void theHttpClientCarriesWhateverTheSdkSends() throws Exception {
    byte[] bytes = Data.random(arena, 3 * MIB).asSlice(0, 3 * MIB).toArray(ValueLayout.JAVA_BYTE);
    try (AzureClients clients = server.clients()) {
      var container = clients.service().getBlobContainerAsyncClient(Azurite.CONTAINER);
      var blob = container.getBlobAsyncClient("some/where/sdk");
      blob.upload(BinaryData.fromBytes(bytes), true).block();
      assertArrayEquals(bytes, blob.downloadContent().block().toBytes());
      // Who stops in the middle leaves no thread behind, nor a connection that is half read.
      assertEquals(1, blob.downloadStream().take(1).count().block());
      assertArrayEquals(bytes, blob.downloadContent().block().toBytes());
      MemorySegment region = arena.allocate(3 * MIB);
      AzureRegionSink sink = AzureRegionSink.choosing(headers -> region);
      sink.with(blob.downloadStreamWithResponse(null, null, null, false))
          .flatMap(response -> response.getValue().then())
          .block();
      assertEquals(3 * MIB, sink.filledByteSize());
      assertTrue(Data.same(region, Data.random(arena, 3 * MIB)));
    }
  }

  @Test
  void aBlobThatOthersWroteIsReadUnchecked() throws Exception {
    byte[] bytes = Data.random(arena, 6 * MIB).toArray(ValueLayout.JAVA_BYTE);
    try (AzureClients clients = server.clients()) {
      var container = clients.service().getBlobContainerAsyncClient(Azurite.CONTAINER);
      var blob = container.getBlobAsyncClient("some/where/theirs");
      blob.upload(BinaryData.fromBytes(bytes), true).block();
    }
    MemorySegment region = arena.allocate(6 * MIB);
    store.get("theirs", region);
    assertTrue(Data.same(region, MemorySegment.ofArray(bytes)));
    try (ObjectReader reader = store.read("theirs")) {
      reader.next().orElseThrow().close();
    }
  }

  @Test
  void theChecksumOfTheWholeIsTheOneOfItsParts() throws Exception {
    MemorySegment data = Data.random(arena, 13 * MIB + 5);
    SegmentedBytes bytes = Data.regions(data, 700_001);
    try (ObjectWriter writer = store.write("k")) {
      writer.writeOwned(bytes);
      writer.finish();
    }
    try (AzureClients clients = server.clients()) {
      var container = clients.service().getBlobContainerAsyncClient(Azurite.CONTAINER);
      var properties = container.getBlobAsyncClient("some/where/k").getProperties().block();
      assertEquals(
          Crc.CRC64NVME.base64(Crc.CRC64NVME.of(bytes)),
          properties.getMetadata().get("segue_crc64nvme"));
    }
  }

  @Test
  void ofTwoWritersOfOneBlobTheFirstToFinishWins() throws Exception {
    try (ObjectWriter late = store.write("k");
        ObjectWriter early = store.write("k")) {
      late.writeOwned(Data.regions(Data.random(arena, 6 * MIB), MIB));
      early.writeOwned(Data.regions(Data.random(arena, 11 * MIB), MIB));
      ObjectInfo first = early.finish();
      ObjectStoreException failure = failure(Reason.CHANGED, late::finish);
      assertTrue(failure.getMessage().contains("InvalidBlockList"), failure::getMessage);
      assertEquals(first.etag(), store.head("k").etag());
    }
  }

  @Test
  void aWriterThatIsClosedLeavesTheOldBlob() throws Exception {
    ObjectInfo old = store.put("k", SegmentedBytes.copyOfUtf8("old"));
    try (ObjectWriter writer = store.write("k")) {
      writer.writeOwned(Data.regions(Data.random(arena, 6 * MIB), MIB));
    }
    assertEquals(old.etag(), store.head("k").etag());
  }

  @Test
  void namesOfAnyCharactersAreKept() throws Exception {
    for (String key : List.of("a b+c%d", "ä/ö?x=1&y#z", "日本/語", "a:b@c=d;e,f'g(h)")) {
      store.put(key, SegmentedBytes.copyOfUtf8(key));
      try (ObjectWriter writer = store.write(key + ".parts")) {
        writer.writeOwned(Data.regions(Data.random(arena, 6 * MIB), MIB));
        writer.finish();
      }
      MemorySegment region = arena.allocate(100);
      ObjectInfo got = store.get(key, region);
      assertEquals(key, region.asSlice(0, got.byteSize() + 1).getString(0));
      assertEquals(
          List.of(key, key + ".parts"),
          store.list(key, "", Optional.empty()).objects().stream().map(ObjectInfo::key).toList());
    }
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
