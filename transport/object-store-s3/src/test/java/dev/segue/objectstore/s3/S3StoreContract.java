package dev.segue.objectstore.s3;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.objectstore.Data;
import dev.segue.objectstore.FaultProxy;
import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.ObjectStore;
import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.ObjectStoreException.Reason;
import dev.segue.objectstore.RemoteStoreContract;
import dev.segue.objectstore.spi.StoreUri;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.MetadataDirective;

/** What every S3 server does for us. */
abstract class S3StoreContract extends RemoteStoreContract {
  /** Where a server is that has {@link S3Server#BUCKET} and knows its credentials. */
  abstract URI endpoint();

  /** The uploads that an earlier test left: they are that test's failure. */
  private List<String> uploadsBefore = List.of();

  @BeforeEach
  void noteUploads() throws Exception {
    uploadsBefore = S3Server.unfinishedUploads(endpoint());
  }

  @Override
  public ObjectStore open() throws IOException {
    return S3Server.open(endpoint().toString(), SETTINGS);
  }

  @Override
  public void checkNoTrace() throws Exception {
    List<String> uploads = new ArrayList<>(S3Server.unfinishedUploads(endpoint()));
    uploads.removeAll(uploadsBefore);
    assertEquals(List.of(), uploads);
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
  void aLargeObjectIsCopiedByPartsWithItsMetadata() throws Exception {
    MemorySegment data = Data.random(arena, 17 * MIB + 3);
    store.put("plain", Data.regions(data, MIB));
    try (S3Store s3 = S3Server.open(endpoint().toString(), SETTINGS)) {
      describe("plain", "from");
      ObjectInfo copied = s3.copy(s3, "from", "to", MIB, 5 * MIB);
      assertEquals(data.byteSize(), copied.byteSize());
      // versitygw names what was uploaded in parts by its checksum.
      assertTrue(copied.etag().matches(".*-4\"|\"CRC64NVME-.*"), copied::etag);
      MemorySegment back = arena.allocate(data.byteSize());
      s3.get("to", back);
      assertTrue(Data.same(back, data));
      HeadObjectResponse head = headOf("to");
      assertEquals("image/x-raw", head.contentType());
      assertEquals(Map.of("camera", "seven"), s3.metadata("to").user());
      // Beside the source's it has the word alone that proves it when an answer is lost.
      assertEquals(Set.of("camera", S3Store.MARK), head.metadata().keySet());
      failure(Reason.NOT_FOUND, () -> s3.copy(s3, "nope", "x", MIB, 5 * MIB));
    }
  }

  @Test
  void aCopyByPartsThatFailsLeavesNothing() throws Exception {
    store.put("from", Data.regions(Data.random(arena, 12 * MIB), MIB));
    try (FaultProxy proxy = new FaultProxy(endpoint());
        S3Store spoilt = S3Server.open(proxy.endpoint(), Map.of("SEGUE_ATTEMPTS", "1"))) {
      proxy.denyFrom("partNumber=2");
      failure(Reason.DENIED, () -> spoilt.copy(spoilt, "from", "k", MIB, 5 * MIB));
    }
    assertFalse(store.exists("k"));
    checkNoTrace();
  }

  @Test
  void partsOfACopyAreNeverMoreThanTheStoreTakes() {
    for (long byteSize : new long[] {1, 5L << 30, 5L << 40, 48L << 40}) {
      long part = S3Copy.partByteSize(byteSize);
      assertTrue((byteSize + part - 1) / part <= 10_000, () -> "byteSize=" + byteSize);
      assertTrue(part <= 5L << 30);
    }
  }

  private void describe(String fromKey, String toKey) throws Exception {
    try (S3Clients clients = S3Server.clients(endpoint())) {
      clients
          .send(
              s3 ->
                  s3.copyObject(
                      request ->
                          request
                              .sourceBucket(S3Server.BUCKET)
                              .sourceKey("some/where/" + fromKey)
                              .destinationBucket(S3Server.BUCKET)
                              .destinationKey("some/where/" + toKey)
                              .metadataDirective(MetadataDirective.REPLACE)
                              .contentType("image/x-raw")
                              .metadata(Map.of("camera", "seven"))))
          .get();
    }
  }

  private HeadObjectResponse headOf(String key) throws Exception {
    try (S3Clients clients = S3Server.clients(endpoint())) {
      return clients
          .send(s3 -> s3.headObject(r -> r.bucket(S3Server.BUCKET).key("some/where/" + key)))
          .get();
    }
  }

  @Test
  void endpointsTakeTurns() throws Exception {
    try (FaultProxy one = new FaultProxy(endpoint());
        FaultProxy two = new FaultProxy(endpoint());
        ObjectStore both = S3Server.open(one.endpoint() + "," + two.endpoint(), SETTINGS)) {
      MemorySegment data = Data.random(arena, 12 * MIB);
      both.put("k", Data.regions(data, MIB));
      MemorySegment region = arena.allocate(12 * MIB);
      both.get("k", region);
      assertTrue(Data.same(region, data));
      assertTrue(one.connectionCount() > 0 && two.connectionCount() > 0);
      // About half of the bytes went through each.
      assertTrue(one.responseByteCount() > 3 * MIB, () -> "" + one.responseByteCount());
      assertTrue(two.responseByteCount() > 3 * MIB, () -> "" + two.responseByteCount());
    }
  }

  @Test
  void anEndpointThatIsDeadIsLeftOut() throws Exception {
    try (FaultProxy alive = new FaultProxy(endpoint());
        S3Store both = S3Server.open("http://127.0.0.1:1," + alive.endpoint(), SETTINGS)) {
      MemorySegment data = Data.random(arena, MIB);
      for (int i = 0; i < 200; i++) {
        both.put("k", Data.regions(data, MIB));
        MemorySegment region = arena.allocate(MIB);
        both.get("k", region);
        assertTrue(Data.same(region, data));
      }
      // It is tried again now and then, less and less.
      assertTrue(both.retriedCount() < 50, () -> "retriedCount=" + both.retriedCount());
    }
  }

  @Test
  void anEndpointThatDiesIsSurvived() throws Exception {
    FaultProxy dying = new FaultProxy(endpoint());
    try (dying;
        FaultProxy alive = new FaultProxy(endpoint());
        S3Store both = S3Server.open(dying.endpoint() + "," + alive.endpoint(), SETTINGS)) {
      MemorySegment data = Data.random(arena, 12 * MIB);
      both.put("k", Data.regions(data, MIB));
      MemorySegment region = arena.allocate(12 * MIB);
      for (int i = 0; i < 10; i++) {
        if (i == 2) {
          dying.close();
        }
        both.get("k", region.fill((byte) 0));
        assertTrue(Data.same(region, data));
      }
      assertTrue(both.retriedCount() > 0);
    }
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

  /** Such a key is in no request for many. */
  @Test
  void aVersionOfAKeyThatXmlCanNotSayIsDeleted() throws Exception {
    store.put("v/\u0007", SegmentedBytes.copyOfUtf8("old"));
    ObjectInfo old = store.head("v/\u0007");
    store.put("v/\u0007", SegmentedBytes.copyOfUtf8("newer"));
    List<String> kept = new ArrayList<>();
    if (deletesOnConditions()) {
      store.delete(List.of(old), version -> kept.add(version.key()));
      assertEquals(List.of("v/\u0007"), kept);
    }
    store.delete(List.of(store.head("v/\u0007")), version -> kept.add("none"));
    assertFalse(store.exists("v/\u0007"));
    assertFalse(kept.contains("none"));
  }
}
