package dev.segue.objectstore.s3;

import static dev.segue.objectstore.ObjectStoreContract.MIB;
import static dev.segue.objectstore.ObjectStoreContract.failure;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.objectstore.Data;
import dev.segue.objectstore.FaultProxy;
import dev.segue.objectstore.FaultProxy.Kind;
import dev.segue.objectstore.ObjectStore;
import dev.segue.objectstore.ObjectStoreContract;
import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.ObjectStoreException.Reason;
import dev.segue.objectstore.ObjectWriter;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Uploads through a proxy that spoils their requests. */
@Timeout(120)
class UploadFaultTest {
  private static S3Server server;

  private final Arena arena = Arena.ofShared();
  private final MemorySegment data = Data.random(arena, 12 * MIB);
  private FaultProxy proxy;
  private S3Store store;

  @BeforeAll
  static void startServer() throws Exception {
    server = new S3Server();
  }

  @AfterAll
  static void stopServer() {
    server.close();
  }

  @BeforeEach
  void begin() throws IOException {
    proxy = new FaultProxy(server.endpoint());
    Map<String, String> settings = new HashMap<>(ObjectStoreContract.SETTINGS);
    settings.put("SEGUE_STALL_TIMEOUT_MILLIS", "3000");
    settings.put("SEGUE_ATTEMPTS", "6");
    store = S3Server.open(proxy.endpoint(), settings);
  }

  @AfterEach
  void end() throws IOException {
    store.close();
    proxy.close();
    arena.close();
  }

  private void checkStored(String key, MemorySegment bytes) throws Exception {
    MemorySegment back = arena.allocate(bytes.byteSize());
    store.get(key, back);
    assertTrue(Data.same(back, bytes));
  }

  @ParameterizedTest
  @EnumSource(names = {"RESET_REQUEST", "STALL_REQUEST", "CORRUPT_REQUEST"})
  void everyPartIsSentAgainOnItsOwn(Kind kind) throws Exception {
    for (int i = 0; i < 3; i++) {
      proxy.add(kind, 400_000L * (i + 1));
    }
    SegmentedBytes bytes = Data.regions(data, 500_001);
    store.put("up", bytes);
    assertFalse(bytes.isLent());
    assertTrue(proxy.isUsedUp());
    assertTrue(store.retriedCount() >= 3);
    checkStored("up", data);
  }

  @Test
  void anUploadThatStaysCorruptedIsSaidToBe() throws Exception {
    for (int i = 0; i < 20; i++) {
      proxy.add(Kind.CORRUPT_REQUEST, 100_000);
    }
    SegmentedBytes bytes = Data.regions(data.asSlice(0, MIB), MIB);
    ObjectStoreException failure = failure(Reason.CORRUPT, () -> store.put("bad", bytes));
    assertTrue(failure.getMessage().contains("bad"), failure::getMessage);
    assertFalse(bytes.isLent());
    try (ObjectStore direct = server.open(ObjectStoreContract.SETTINGS)) {
      assertFalse(direct.exists("bad"));
    }
  }

  @Test
  void aSlowLineIsNoFault() throws Exception {
    MemorySegment large = data.asSlice(0, 4 * MIB);
    try (ObjectStore direct = server.open(ObjectStoreContract.SETTINGS)) {
      direct.put("large", Data.regions(large, MIB));
    }
    proxy.add(Kind.TRICKLE, 0);
    // Longer than a stall may last.
    checkStored("large", large);
    MemorySegment small = data.asSlice(0, MIB / 2);
    store.put("small", Data.regions(small, MIB));
    checkStored("small", small);
    assertEquals(0, store.retriedCount());
  }

  @Test
  void aStoreThatAsksForFewerRequestsGetsThemLater() throws Exception {
    for (int i = 0; i < 3; i++) {
      proxy.add(Kind.SLOW_DOWN, 0);
    }
    long start = System.nanoTime();
    store.put("k", Data.regions(data.asSlice(0, 1000), 1000));
    // At least a quarter of 200, 400 and 800 ms.
    assertTrue(System.nanoTime() - start >= 350_000_000);
    assertEquals(3, store.retriedCount());
  }

  @Test
  void whatHasGoneIsToldWhileAPartIsOnItsWay() throws Exception {
    AtomicLong moved = new AtomicLong();
    AtomicInteger count = new AtomicInteger();
    try (ObjectWriter writer = store.write("k")) {
      writer.whenMoved(
          byteCount -> {
            moved.addAndGet(byteCount);
            count.incrementAndGet();
          });
      writer.writeOwned(Data.regions(data, MIB));
      writer.finish();
    }
    assertTrue(moved.get() >= 12 * MIB, moved::toString);
    assertTrue(count.get() >= 48, count::toString);
    checkStored("k", data);
  }

  @Test
  void aWriterGoesOnBehindAnInterrupt() throws Exception {
    ByteBuffer left = data.asByteBuffer();
    ReadableByteChannel source =
        new ReadableByteChannel() {
          @Override
          public int read(ByteBuffer target) {
            if (!left.hasRemaining()) {
              return -1;
            }
            int count = Math.min(left.remaining(), target.remaining());
            target.put(left.slice(left.position(), count));
            left.position(left.position() + count);
            return count;
          }

          @Override
          public boolean isOpen() {
            return true;
          }

          @Override
          public void close() {}
        };
    int interruptCount = 0;
    try (ObjectWriter writer = store.write("k")) {
      Thread.currentThread().interrupt();
      int idleCount = 0;
      for (int count = 0; count >= 0; ) {
        try {
          count = writer.writeFrom(source);
          idleCount = count == 0 ? idleCount + 1 : 0;
          assertTrue(idleCount < 10, "nothing is written any more");
        } catch (ObjectStoreException e) {
          assertEquals(Reason.CANCELLED, e.reason());
          assertTrue(Thread.interrupted());
          interruptCount++;
        }
      }
      writer.finish();
    }
    assertEquals(1, interruptCount);
    checkStored("k", data);
  }

  @Test
  void theFirstPartIsOnItsWayBeforeTheSecondIsFull() throws Exception {
    try (ObjectWriter writer = store.write("k")) {
      writer.writeChunk(data.asSlice(0, 5 * MIB));
      while (proxy.requestByteCount() < 5 * MIB) {
        Thread.sleep(1);
      }
      writer.writeChunk(data.asSlice(5 * MIB));
      writer.finish();
    }
    checkStored("k", data);
  }
}
