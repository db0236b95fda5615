package dev.segue.objectstore.s3;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.OffHeapPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.objectstore.Data;
import dev.segue.objectstore.ObjectBytes;
import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.ObjectPage;
import dev.segue.objectstore.ObjectReader;
import dev.segue.objectstore.ObjectStore;
import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.ObjectWriter;
import dev.segue.objectstore.StoreSettings;
import dev.segue.objectstore.s3.MemoryS3.Stored;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever a server answers, a call gives the right bytes or an exception: never wrong bytes, never
 * a hang. {@code -Dsegue.seed=} repeats a run, {@code -Dsegue.hostile.seconds=} makes it longer.
 */
@Timeout(1800)
class HostileS3Test {
  private static final long SEED = Long.getLong("segue.seed", System.nanoTime());
  private static final int SECONDS = Integer.getInteger("segue.hostile.seconds", 8);
  private static final int OBJECT_COUNT = 12;
  private static final int PART = 5 << 20;
  private static final StoreSettings SETTINGS =
      StoreSettings.defaults()
          .attemptCount(4)
          .stallTimeout(Duration.ofMillis(250))
          .rangeByteSize(64 << 10)
          .rangeInflightCount(4)
          .readAheadByteSize(256 << 10)
          .putPartByteSize(PART);

  @TempDir Path directory;

  private final Random random = new Random(SEED);
  private final Arena arena = Arena.ofShared();
  private final List<String> keys = new ArrayList<>();
  private HostileS3 server;
  private ObjectStore whole;
  private ObjectStore ranged;
  private int step;
  private int rightCount;

  @BeforeEach
  void begin() throws Exception {
    System.out.println("HostileS3Test: -Dsegue.seed=" + SEED);
    server = new HostileS3(SEED);
    whole = open(SETTINGS);
    ranged = open(SETTINGS.wholeGetByteSize(0));
    for (int i = 0; i < OBJECT_COUNT; i++) {
      String key = (i % 3 == 0 ? HostileS3.UNCHECKED : "o") + "/" + i;
      keys.add(key);
      store(key, 1111 + random.nextInt(9) * 20_202);
    }
  }

  private ObjectStore open(StoreSettings settings) throws Exception {
    return S3Server.open("b", server.endpoint(), S3Server.CREDENTIALS, settings);
  }

  @AfterEach
  void end() throws Exception {
    whole.close();
    ranged.close();
    server.close();
    arena.close();
  }

  private static String named(String key) {
    return "some/where/" + key;
  }

  private void store(String key, int byteSize) {
    byte[] bytes = new byte[byteSize];
    new Random(key.hashCode()).nextBytes(bytes);
    server.model.objects.put(named(key), Stored.of(bytes, "\"" + key.hashCode() + "\""));
  }

  private byte[] content(String key) {
    return Objects.requireNonNull(server.model.objects.get(named(key)), this::said).bytes();
  }

  private String said() {
    return "step=" + step + " -Dsegue.seed=" + SEED;
  }

  private void checkSame(byte[] wanted, MemorySegment got) {
    assertArrayEquals(wanted, got.toArray(ValueLayout.JAVA_BYTE), this::said);
  }

  /** One call of a store, which checks what it gives. */
  private interface Work {
    void run() throws Exception;
  }

  private void get(ObjectStore store, String key) throws Exception {
    byte[] wanted = content(key);
    MemorySegment region = arena.allocate(wanted.length + 100);
    ObjectInfo info = store.get(key, region);
    checkSame(wanted, region.asSlice(0, info.byteSize()));
  }

  private void getRange(ObjectStore store, String key, Random choice) throws Exception {
    byte[] wanted = content(key);
    int from = choice.nextInt(wanted.length);
    int to = from + 1 + choice.nextInt(wanted.length - from);
    MemorySegment region = arena.allocate(to - from);
    store.getRange(key, from, region);
    checkSame(java.util.Arrays.copyOfRange(wanted, from, to), region);
  }

  private void getByPool(ObjectStore store, String key) throws Exception {
    try (OffHeapPool pool = new OffHeapPool(1 << 20)) {
      try (ObjectBytes object = store.get(key, pool)) {
        assertEquals(SegmentedBytes.copyOf(content(key)), object.bytes(), this::said);
      } finally {
        assertEquals(1 << 20, pool.availableByteSize(), this::said);
      }
    }
  }

  private void getMany(ObjectStore store) throws Exception {
    List<String> got = new ArrayList<>();
    try (OffHeapPool pool = new OffHeapPool(2 << 20)) {
      store.getMany(
          keys,
          pool,
          new ObjectStore.ManyHandler() {
            @Override
            public void accept(ObjectBytes object) {
              try (object) {
                String key = object.info().key();
                got.add(key);
                assertEquals(
                    SegmentedBytes.copyOf(content(key)), object.bytes(), HostileS3Test.this::said);
              }
            }

            @Override
            public void failed(String key, ObjectStoreException failure) {
              got.add(key);
            }
          });
      assertEquals(2 << 20, pool.availableByteSize(), this::said);
    }
    got.sort(null);
    assertEquals(keys.stream().sorted().toList(), got, this::said);
  }

  private void read(ObjectStore store, String key) throws Exception {
    try (ObjectReader reader = store.read(key);
        InputStream in = reader.asInputStream()) {
      assertArrayEquals(content(key), in.readAllBytes(), this::said);
    }
  }

  private void put(ObjectStore store, String key, int byteSize) throws Exception {
    MemorySegment data = Data.random(arena, byteSize);
    try {
      ObjectInfo info = store.put(key, Data.regions(data, 100_000));
      assertEquals(byteSize, info.byteSize(), this::said);
      checkSame(content(key), data);
    } catch (ObjectStoreException e) {
      checkAbsentOr(key, data);
      throw e;
    }
  }

  private void checkAbsentOr(String key, MemorySegment data) {
    Stored there = server.model.objects.get(named(key));
    if (there != null) {
      checkSame(there.bytes(), data);
    }
  }

  private void resume(ObjectStore store, String key) throws Exception {
    MemorySegment data = Data.random(arena, 2 * PART + 77_777);
    Path journal = directory.resolve("journal-" + step);
    try (ObjectWriter writer = store.write(key, journal)) {
      writer.writeOwned(Data.regions(data.asSlice(0, PART + 1000), 1 << 20));
    }
    try (ObjectWriter writer = store.write(key, journal)) {
      writer.writeOwned(Data.regions(data.asSlice(writer.resumeByteOffset()), 1 << 20));
      assertEquals(data.byteSize(), writer.finish().byteSize(), this::said);
      checkSame(content(key), data);
    } catch (ObjectStoreException e) {
      checkAbsentOr(key, data);
      throw e;
    } finally {
      Files.deleteIfExists(journal);
    }
  }

  private void list(ObjectStore store) throws Exception {
    List<String> got = new ArrayList<>();
    Optional<String> token = Optional.empty();
    do {
      ObjectPage page = store.list("", "", token);
      page.objects().forEach(info -> got.add(named(info.key())));
      token = page.nextToken();
    } while (token.isPresent());
    assertEquals(List.copyOf(server.model.objects.keySet()), got, this::said);
  }

  private void copy(ObjectStore store, String key, String to) throws Exception {
    store.copy(key, to);
    assertArrayEquals(content(key), content(to), this::said);
  }

  private void delete(ObjectStore store, List<String> some) throws Exception {
    store.delete(some);
    for (String key : some) {
      assertTrue(!server.model.objects.containsKey(named(key)), this::said);
    }
  }

  private Work work(Random choice) {
    ObjectStore store = choice.nextBoolean() ? whole : ranged;
    String key = keys.get(choice.nextInt(keys.size()));
    String fresh = "new/" + step;
    return switch (choice.nextInt(13)) {
      case 0, 1 -> () -> get(whole, key);
      case 2, 3 -> () -> get(ranged, key);
      case 4 -> () -> getByPool(store, key);
      case 5 -> () -> getRange(store, HostileS3.UNCHECKED + "/3", choice);
      case 6 -> () -> read(store, key);
      case 7 -> () -> getMany(store);
      case 8 -> () -> put(store, fresh, 1111 + choice.nextInt(100_000));
      case 9 -> () -> put(store, fresh, 2 * PART + 1111);
      case 10 -> () -> resume(store, fresh);
      case 11 -> () -> list(store);
      default ->
          choice.nextBoolean()
              ? () -> copy(store, key, fresh)
              : () -> {
                store("gone/" + step, 1111);
                delete(store, List.of("gone/" + step, fresh));
              };
    };
  }

  /** Runs a call; it ends in time, and with nothing but the right bytes or a fault of the store. */
  private void run(Work work) throws Exception {
    FutureTask<Boolean> task =
        new FutureTask<>(
            () -> {
              try {
                work.run();
                return true;
              } catch (ObjectStoreException e) {
                return false;
              }
            });
    Thread thread = Thread.ofPlatform().start(task);
    try {
      rightCount += task.get(120, TimeUnit.SECONDS) ? 1 : 0;
    } catch (TimeoutException e) {
      AssertionError hang = new AssertionError("a call hangs, " + said());
      hang.setStackTrace(thread.getStackTrace());
      throw hang;
    } catch (ExecutionException e) {
      throw new AssertionError(said(), e.getCause());
    }
  }

  @Test
  void whateverTheServerAnswersTheBytesAreRightOrThereIsAnException() throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
    for (step = 0; System.nanoTime() < end; step++) {
      server.spoil(random.nextInt(4) * 0.2);
      run(work(new Random(SEED + step)));
    }
    server.spoil(0);
    int before = rightCount;
    for (String key : keys) {
      run(() -> get(ranged, key));
    }
    run(() -> list(whole));
    // The stores are as good as new.
    assertEquals(before + keys.size() + 1, rightCount, this::said);
    System.out.println("HostileS3Test: stepCount=" + step + " rightCount=" + before);
    assertTrue(before > 0, this::said);
  }

  @Test
  void anAnswerThatEndsAtAnyByteIsAnException() throws Exception {
    store("small", 300);
    try (ObjectStore once = open(SETTINGS.attemptCount(1))) {
      checkCut(() -> get(once, "small"));
      checkCut(() -> getRange(once, "small", new Random(1)));
      checkCut(() -> once.head("small"));
      checkCut(() -> once.list("small", "", Optional.empty()));
      checkCut(() -> once.put("put", SegmentedBytes.copyOfUtf8("hello")));
      checkCut(() -> once.delete("put"));
      checkCut(() -> once.delete(List.of("put", "x")));
      checkCut(
          () -> {
            try (ObjectWriter writer = once.write("parts")) {
              writer.writeOwned(Data.regions(Data.random(arena, PART), PART));
              writer.finish();
            }
          });
    }
  }

  private void checkCut(org.junit.jupiter.api.function.Executable work) throws Exception {
    server.cut(-1);
    try {
      work.execute();
    } catch (Throwable e) {
      throw new AssertionError("without a cut", e);
    }
    int byteSize = Math.min(700, server.lastByteSize());
    for (int at = 0; at < byteSize; at += byteSize > 600 ? 7 : 1) {
      server.cut(at);
      int cut = at;
      assertThrows(ObjectStoreException.class, work, () -> "cut at byteOffset=" + cut);
    }
    server.cut(-1);
  }
}
