package dev.segue.objectstore;

import static dev.segue.objectstore.ObjectStoreContract.MIB;
import static dev.segue.objectstore.ObjectStoreContract.failure;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.OffHeapPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.objectstore.FaultProxy.Kind;
import dev.segue.objectstore.ObjectStoreException.Reason;
import dev.segue.objectstore.checksum.Crc;
import dev.segue.objectstore.internal.RemoteStore;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.URI;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What every store that is asked over HTTP does behind a proxy that spoils its connections. */
@Timeout(120)
public abstract class FaultContract {
  public final Arena arena = Arena.ofShared();
  public final MemorySegment data = Data.random(arena, 12 * MIB);
  public FaultProxy proxy;
  public RemoteStore store;

  public abstract URI server();

  /** A store at the server's own address, or at another one that leads to it. */
  public abstract RemoteStore open(URI endpoint, Map<String, String> settings) throws IOException;

  /** The checksum that objects are stored with. */
  public abstract Crc crc();

  public ObjectStore direct() throws IOException {
    return open(server(), ObjectStoreContract.SETTINGS);
  }

  private RemoteStore spoilt(Map<String, String> settings) throws IOException {
    return open(URI.create(proxy.endpoint()), settings);
  }

  @BeforeEach
  void begin() throws Exception {
    try (ObjectStore direct = direct()) {
      direct.put("large", Data.regions(data, MIB));
      direct.put("small", Data.regions(data.asSlice(0, MIB), MIB));
    }
    proxy = new FaultProxy(server());
    Map<String, String> settings = new HashMap<>(ObjectStoreContract.SETTINGS);
    settings.put("SEGUE_STALL_TIMEOUT_MILLIS", "1500");
    settings.put("SEGUE_ATTEMPTS", "6");
    settings.put("SEGUE_GET_INFLIGHT", "6");
    store = spoilt(settings);
  }

  @AfterEach
  void end() throws Exception {
    store.close();
    proxy.close();
    arena.close();
  }

  @ParameterizedTest
  @EnumSource(names = {"RESET", "TRUNCATE", "STALL", "SLOW_DOWN", "RESET_REQUEST"})
  void everyRangeIsTriedAgainOnItsOwn(Kind kind) throws Exception {
    for (int i = 0; i < 5; i++) {
      proxy.add(kind, kind == Kind.RESET_REQUEST ? 100 : 200_000L * i + 10);
    }
    MemorySegment region = arena.allocate(12 * MIB);
    store.get("large", region);
    assertTrue(Data.same(region, data));
    assertTrue(proxy.isUsedUp());
    // One fault may hit the question for the checksum, whose answer ends before it.
    assertTrue(store.retriedCount() >= 4);
  }

  @ParameterizedTest
  @EnumSource(names = {"RESET", "TRUNCATE", "SLOW_DOWN", "RESET_REQUEST"})
  void everyPartIsTriedAgainOnItsOwn(Kind kind) throws Exception {
    for (int i = 0; i < 3; i++) {
      proxy.add(kind, kind == Kind.RESET_REQUEST ? 400_000L * i + 10 : 20);
    }
    SegmentedBytes bytes = Data.regions(data, 500_001);
    ObjectInfo put = store.put("up", bytes);
    assertEquals(12 * MIB, put.byteSize());
    assertFalse(bytes.isLent());
    MemorySegment region = arena.allocate(12 * MIB);
    store.get("up", region);
    assertTrue(Data.same(region, data));
    assertTrue(store.retriedCount() >= 3);
  }

  @Test
  void aCorruptedBodyIsCaughtByItsChecksumAndReadAgain() throws Exception {
    proxy.add(Kind.CORRUPT, 5000);
    MemorySegment region = arena.allocate(MIB);
    store.get("small", region);
    assertTrue(Data.same(region, data.asSlice(0, MIB)));
    assertEquals(1, store.retriedCount());
  }

  @Test
  void aBodyThatStaysCorruptedIsSaidToBe() throws Exception {
    for (int i = 0; i < 10; i++) {
      proxy.add(Kind.CORRUPT_ALL, 0);
    }
    ObjectStoreException failure =
        failure(Reason.CORRUPT, () -> store.get("small", arena.allocate(MIB)));
    assertTrue(failure.getMessage().contains("checksum"), failure::getMessage);
  }

  @Test
  void aCorruptedRangeIsCaughtByTheObjectsChecksumAndReadAgain() throws Exception {
    proxy.add(Kind.CORRUPT, 300_000);
    MemorySegment region = arena.allocate(12 * MIB);
    store.get("large", region);
    assertTrue(Data.same(region, data));
    assertEquals(1, store.retriedCount());
    proxy.add(Kind.CORRUPT, 300_000);
    try (OffHeapPool pool = new OffHeapPool(16 * MIB);
        RemoteStore another = spoilt(ObjectStoreContract.SETTINGS);
        ObjectBytes object = another.get("large", pool)) {
      assertTrue(Data.same(object.bytes(), data));
    }
  }

  @Test
  void aCorruptedRangeOfTheStoresOwnChoiceIsCaught() throws Exception {
    Map<String, String> oneRange = Map.of("SEGUE_GET_THRESHOLD", "1MiB", "SEGUE_GET_INFLIGHT", "1");
    try (RemoteStore another = spoilt(oneRange)) {
      proxy.add(Kind.CORRUPT, 9 * MIB);
      MemorySegment region = arena.allocate(12 * MIB);
      another.get("large", region);
      assertTrue(Data.same(region, data));
      assertEquals(1, another.retriedCount());
    }
  }

  @Test
  void rangesThatStayCorruptedAreSaidToBe() throws Exception {
    for (int i = 0; i < 100; i++) {
      proxy.add(Kind.CORRUPT_ALL, 0);
    }
    ObjectStoreException failure =
        failure(Reason.CORRUPT, () -> store.get("large", arena.allocate(12 * MIB)));
    assertTrue(failure.getMessage().contains("large"), failure::getMessage);
    assertTrue(failure.getMessage().contains(crc().name()), failure::getMessage);
    assertEquals(2, store.retriedCount());
  }

  @Test
  void aStreamWithACorruptedByteEndsWithAnErrorInsteadOfItsLastChunk() throws Exception {
    proxy.add(Kind.CORRUPT, Long.MAX_VALUE);
    try (ObjectReader reader = store.read("large")) {
      proxy.add(Kind.CORRUPT, 300_000);
      long byteSize = 0;
      for (int i = 0; i < 11; i++) {
        try (ObjectBytes chunk = reader.next().orElseThrow()) {
          byteSize += chunk.bytes().byteSize();
        }
      }
      assertEquals(11 * MIB, byteSize);
      ObjectStoreException failure = failure(Reason.CORRUPT, reader::next);
      assertTrue(failure.getMessage().contains("large"), failure::getMessage);
      failure(Reason.CORRUPT, reader::next);
      reader.seek(0);
      for (int i = 0; i < 12; i++) {
        reader.next().orElseThrow().close();
      }
      assertTrue(reader.next().isEmpty());
    }
  }

  @Test
  void aSmallStreamWithACorruptedByteIsReadAgain() throws Exception {
    proxy.add(Kind.CORRUPT, Long.MAX_VALUE);
    try (ObjectReader reader = store.read("small")) {
      proxy.add(Kind.CORRUPT, 300_000);
      try (ObjectBytes chunk = reader.next().orElseThrow()) {
        assertTrue(Data.same(chunk.bytes(), data.asSlice(0, MIB)));
      }
      assertTrue(reader.next().isEmpty());
    }
  }

  @Test
  void withoutChecksumsNothingIsChecked() throws Exception {
    try (RemoteStore trusting =
        spoilt(Map.of("SEGUE_GET_THRESHOLD", "1MiB", "SEGUE_CHECKSUMS", "none"))) {
      proxy.add(Kind.CORRUPT, 300_000);
      MemorySegment region = arena.allocate(12 * MIB);
      trusting.get("large", region);
      assertFalse(Data.same(region, data));
    }
  }

  @Test
  void aServerThatStaysAwayIsUnavailableAndNothingIsLeft() throws Exception {
    for (int i = 0; i < 100; i++) {
      proxy.add(Kind.RESET, 10);
    }
    try (OffHeapPool pool = new OffHeapPool(16 * MIB)) {
      failure(Reason.UNAVAILABLE, () -> store.get("small", pool));
      assertEquals(16 * MIB, pool.availableByteSize());
    }
    SegmentedBytes bytes = Data.regions(data.asSlice(0, MIB), 1000);
    failure(Reason.UNAVAILABLE, () -> store.put("up", bytes));
    assertFalse(bytes.isLent());
  }

  @Test
  void anObjectThatChangesUnderAReadIsAnErrorThatSaysSo() throws Exception {
    try (ObjectReader reader = store.read("large");
        ObjectStore direct = direct()) {
      reader.next().orElseThrow().close();
      direct.put("large", Data.regions(data.asSlice(5, 11 * MIB), MIB));
      ObjectStoreException failure =
          failure(
              Reason.CHANGED,
              () -> {
                for (Optional<ObjectBytes> next = reader.next();
                    next.isPresent();
                    next = reader.next()) {
                  next.get().close();
                }
              });
      assertTrue(failure.getMessage().contains("large"), failure::getMessage);
    }
  }

  @Test
  void memoryThatIsClosedInFlightIsAnException() throws Exception {
    proxy.add(Kind.STALL, 300_000);
    Arena mine = Arena.ofShared();
    MemorySegment region = mine.allocate(12 * MIB);
    Thread closer =
        Thread.ofVirtual()
            .start(
                () -> {
                  while (mine.scope().isAlive()) {
                    try {
                      mine.close();
                    } catch (IllegalStateException e) {
                      Thread.onSpinWait();
                    }
                  }
                });
    assertTrue(
        org.junit.jupiter.api.Assertions.assertThrows(
                Exception.class, () -> store.get("large", region))
            instanceof IllegalStateException);
    closer.join();
  }

  @Test
  void aWriterThatFailsLeavesNoObject() throws Exception {
    for (int i = 0; i < 200; i++) {
      proxy.add(Kind.RESET_REQUEST, 3 * MIB);
    }
    SegmentedBytes bytes = Data.regions(data, MIB);
    failure(Reason.UNAVAILABLE, () -> store.put("never", bytes));
    assertFalse(bytes.isLent());
    try (ObjectStore direct = direct()) {
      assertFalse(direct.exists("never"));
    }
  }
}
