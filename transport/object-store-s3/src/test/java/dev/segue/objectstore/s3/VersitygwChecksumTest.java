package dev.segue.objectstore.s3;

import static dev.segue.objectstore.ObjectStoreContract.MIB;
import static dev.segue.objectstore.ObjectStoreContract.failure;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.objectstore.Data;
import dev.segue.objectstore.FaultProxy;
import dev.segue.objectstore.ObjectReader;
import dev.segue.objectstore.ObjectStoreContract;
import dev.segue.objectstore.ObjectStoreException.Reason;
import dev.segue.objectstore.checksum.Crc;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.URI;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.s3.model.ChecksumMode;
import software.amazon.awssdk.services.s3.model.ChecksumType;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;

/** Checksums with a server of other make, which verifies each of them; where it is installed. */
@Timeout(120)
class VersitygwChecksumTest {
  private static @Nullable Versitygw server;
  @TempDir static Path directory;

  private final Arena arena = Arena.ofShared();
  private final MemorySegment data = Data.random(arena, 12 * MIB + 77);
  private FaultProxy proxy;

  @BeforeAll
  static void start() throws Exception {
    Versitygw.assumeInstalled();
    server = Versitygw.start(directory);
  }

  @AfterAll
  static void stop() {
    if (server != null) {
      server.close();
    }
  }

  private static URI endpoint() {
    return Objects.requireNonNull(server).endpoint();
  }

  @BeforeEach
  void begin() throws IOException {
    proxy = new FaultProxy(endpoint());
  }

  @AfterEach
  void end() throws IOException {
    proxy.close();
    arena.close();
  }

  private S3Store open(String checksums) throws IOException {
    Map<String, String> settings = new HashMap<>(ObjectStoreContract.SETTINGS);
    settings.put("SEGUE_CHECKSUMS", checksums);
    return S3Server.open(proxy.endpoint(), settings);
  }

  private <T> T ask(Function<S3AsyncClient, CompletableFuture<T>> request) throws Exception {
    try (S3Clients clients = S3Server.clients(endpoint())) {
      return clients.send(request).get();
    }
  }

  private HeadObjectResponse head(String key) throws Exception {
    return ask(
        s3 ->
            s3.headObject(
                request ->
                    request
                        .bucket(S3Server.BUCKET)
                        .key("some/where/" + key)
                        .checksumMode(ChecksumMode.ENABLED)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"crc32c", "crc64nvme"})
  void bothChecksumsAreThoseOfTheWholeObject(String checksums) throws Exception {
    try (S3Store store = open(checksums)) {
      store.put("large", Data.regions(data, 700_001));
      store.put("small", Data.regions(data.asSlice(0, MIB), 1000));
      for (String key : new String[] {"large", "small"}) {
        HeadObjectResponse head = head(key);
        assertEquals(ChecksumType.FULL_OBJECT, head.checksumType());
        Crc crc = checksums.equals("crc32c") ? Crc.CRC32C : Crc.CRC64NVME;
        String stored = crc == Crc.CRC32C ? head.checksumCRC32C() : head.checksumCRC64NVME();
        MemorySegment bytes = key.equals("small") ? data.asSlice(0, MIB) : data;
        assertEquals(crc.base64(crc.of(bytes.asByteBuffer())), stored);
        MemorySegment back = arena.allocate(bytes.byteSize());
        store.get(key, back);
        assertTrue(Data.same(back, bytes));
        assertEquals(0, store.retriedCount());
      }
    }
  }

  /** What is read is checked by what it was stored with, whatever the settings say. */
  @ParameterizedTest
  @ValueSource(strings = {"crc32c", "crc64nvme"})
  void aCorruptedByteIsFoundByEitherChecksum(String readers) throws Exception {
    for (String writers : new String[] {"crc32c", "crc64nvme"}) {
      try (S3Store store = open(writers)) {
        store.put("large", Data.regions(data, MIB));
        store.put("small", Data.regions(data.asSlice(0, MIB), MIB));
      }
      for (String key : new String[] {"large", "small"}) {
        try (S3Store store = open(readers)) {
          proxy.add(FaultProxy.Kind.CORRUPT, 300_000);
          MemorySegment bytes = key.equals("small") ? data.asSlice(0, MIB) : data;
          MemorySegment back = arena.allocate(bytes.byteSize());
          store.get(key, back);
          assertTrue(Data.same(back, bytes));
          assertTrue(proxy.isUsedUp());
          assertEquals(1, store.retriedCount());
        }
      }
    }
  }

  @Test
  void anObjectWithTheChecksumOfItsPartsIsCheckedToo() throws Exception {
    try (S3Store store = open("crc32c")) {
      storeComposite("composite");
      assertEquals(ChecksumType.COMPOSITE, head("composite").checksumType());
      MemorySegment back = arena.allocate(data.byteSize());
      store.get("composite", back);
      assertTrue(Data.same(back, data));
      assertEquals(0, store.retriedCount());
    }
    try (S3Store store = open("crc32c")) {
      proxy.add(FaultProxy.Kind.CORRUPT, 300_000);
      MemorySegment back = arena.allocate(data.byteSize());
      store.get("composite", back);
      assertTrue(Data.same(back, data));
      assertEquals(1, store.retriedCount());
    }
    try (S3Store store = open("crc32c")) {
      // The questions for the checksum and for the size of a part share a connection.
      proxy.add(FaultProxy.Kind.CORRUPT, Long.MAX_VALUE);
      for (int i = 0; i < 20; i++) {
        proxy.add(FaultProxy.Kind.CORRUPT, 300_000);
      }
      try (ObjectReader reader = store.read("composite")) {
        failure(
            Reason.CORRUPT,
            () -> {
              while (true) {
                reader.next().orElseThrow().close();
              }
            });
      }
    }
  }

  @Test
  void partsNeedNotBeEquallyLarge() throws Exception {
    MemorySegment bytes = Data.random(arena, 34 * MIB);
    long[] sizes = {10 * MIB, 8 * MIB, 6 * MIB, 10 * MIB};
    try (CompositeUpload upload =
        new CompositeUpload(S3Server.clients(endpoint()), "some/where/unequal")) {
      long at = 0;
      for (long size : sizes) {
        upload.put(bytes.asSlice(at, size));
        at += size;
      }
      upload.finish();
    }
    try (S3Store store = open("crc32c")) {
      MemorySegment back = arena.allocate(bytes.byteSize());
      store.get("unequal", back);
      assertTrue(Data.same(back, bytes));
      try (ObjectReader reader = store.read("unequal")) {
        for (var chunk = reader.next(); chunk.isPresent(); chunk = reader.next()) {
          chunk.get().close();
        }
      }
      assertEquals(0, store.retriedCount());
    }
    try (S3Store store = open("crc32c")) {
      proxy.add(FaultProxy.Kind.CORRUPT, 300_000);
      MemorySegment back = arena.allocate(bytes.byteSize());
      store.get("unequal", back);
      assertTrue(Data.same(back, bytes));
      assertEquals(1, store.retriedCount());
    }
  }

  /** As SDKs did before there were checksums of whole multipart objects. */
  private void storeComposite(String key) throws Exception {
    try (CompositeUpload upload =
        new CompositeUpload(S3Server.clients(endpoint()), "some/where/" + key)) {
      upload.put(data.asSlice(0, 5 * MIB));
      upload.put(data.asSlice(5 * MIB, 5 * MIB));
      upload.put(data.asSlice(10 * MIB));
      upload.finish();
    }
  }

  @Test
  void aCorruptedUploadIsRefusedByTheServerAndSentAgain() throws Exception {
    try (S3Store store = open("crc64nvme")) {
      proxy.add(FaultProxy.Kind.CORRUPT_REQUEST, 300_000);
      store.put("up", Data.regions(data.asSlice(0, MIB), MIB));
      assertEquals(1, store.retriedCount());
      MemorySegment back = arena.allocate(MIB);
      store.get("up", back);
      assertTrue(Data.same(back, data.asSlice(0, MIB)));
    }
  }

  @Test
  void aLargeObjectIsCopiedByPartsAndKeepsItsChecksum() throws Exception {
    try (S3Store store = open("crc64nvme")) {
      store.put("from", Data.regions(data, MIB));
      store.copy(store, "from", "to", MIB, 5 * MIB);
      assertEquals(head("from").checksumCRC64NVME(), head("to").checksumCRC64NVME());
      MemorySegment back = arena.allocate(data.byteSize());
      store.get("to", back);
      assertTrue(Data.same(back, data));
    }
  }
}
