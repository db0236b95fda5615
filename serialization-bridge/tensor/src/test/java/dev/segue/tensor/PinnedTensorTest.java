package dev.segue.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.segue.bytes.Loan;
import dev.segue.bytes.LoanPool;
import dev.segue.bytes.OffHeapPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.objectstore.ObjectStore;
import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.StoreSettings;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A set of tensors that is replaced while some of it is loaded. */
class PinnedTensorTest {
  private static final String KEY = "state.safetensors";

  private static Tensor filled(int value, int count) {
    byte[] all = new byte[count];
    java.util.Arrays.fill(all, (byte) value);
    return Tensor.of(ElementType.UINT8, new long[] {count}, SegmentedBytes.copyOf(all));
  }

  private static Map<String, Tensor> state(String first, String second) {
    Map<String, Tensor> state = new LinkedHashMap<>();
    state.put(first, filled(first.charAt(0), 64));
    state.put(second, filled(second.charAt(0), 64));
    return state;
  }

  /** Does something before its n-th loan. */
  private record Meddling(LoanPool pool, AtomicInteger countdown, Runnable action)
      implements LoanPool {
    @Override
    public Optional<Loan> tryLoan(long byteSize) {
      if (countdown.decrementAndGet() == 0) {
        action.run();
      }
      return pool.tryLoan(byteSize);
    }

    @Override
    public Optional<Loan> tryLoan(long byteSize, java.time.Duration timeout) {
      return tryLoan(byteSize);
    }

    @Override
    public long availableByteSize() {
      return pool.availableByteSize();
    }

    @Override
    public long capacityByteSize() {
      return pool.capacityByteSize();
    }

    @Override
    public void close() {
      pool.close();
    }
  }

  @Test
  void whatIsReplacedMeanwhileIsAnErrorAndNeverAnotherTensorsBytes(@TempDir Path directory)
      throws Exception {
    try (ObjectStore store = ObjectStore.open("file://" + directory, StoreSettings.defaults());
        OffHeapPool pool = new OffHeapPool(1 << 20)) {
      for (int nth = 1; nth <= 3; nth++) {
        TensorStore.save(store, KEY, state("aa", "bb"));
        LoanPool meddling =
            new Meddling(
                pool,
                new AtomicInteger(nth),
                () -> {
                  try {
                    TensorStore.save(store, KEY, state("bb", "aa"));
                  } catch (java.io.IOException e) {
                    throw new java.io.UncheckedIOException(e);
                  }
                });
        try (TensorStore.Loaded loaded =
            TensorStore.load(store, KEY, List.of("aa", "bb"), meddling)) {
          assertEquals(state("aa", "bb"), loaded.tensors(), "nth=" + nth);
          assertEquals(3, nth, "it was replaced in between");
        } catch (ObjectStoreException e) {
          assertEquals(ObjectStoreException.Reason.CHANGED, e.reason());
        }
        assertEquals(1 << 20, pool.availableByteSize());
      }
    }
  }

  @Test
  void aSubsetIsLoadedByNames(@TempDir Path directory) throws Exception {
    try (ObjectStore store = ObjectStore.open("file://" + directory, StoreSettings.defaults());
        OffHeapPool pool = new OffHeapPool(1 << 20)) {
      TensorStore.save(store, KEY, state("aa", "bb"), Map.of("step", "7"));
      try (TensorStore.Loaded loaded = TensorStore.load(store, KEY, List.of("bb"), pool)) {
        assertEquals(Map.of("bb", filled('b', 64)), loaded.tensors());
        assertEquals(Map.of("step", "7"), loaded.metadata());
      }
      assertThrows(
          TensorFormatException.class,
          () -> TensorStore.load(store, KEY, List.of("aa", "no"), pool));
      store.put("short", SegmentedBytes.copyOfUtf8("short"));
      assertThrows(TensorFormatException.class, () -> TensorStore.load(store, "short", "a", pool));
      assertEquals(1 << 20, pool.availableByteSize());
    }
  }

  /** What is refused whole is refused in parts. */
  @Test
  void aPartOfAFileThatIsNoneIsRefused(@TempDir Path directory) throws Exception {
    try (ObjectStore store = ObjectStore.open("file://" + directory, StoreSettings.defaults());
        OffHeapPool pool = new OffHeapPool(1 << 20)) {
      for (String header :
          List.of(
              "{'a':{'dtype':'U8','shape':[4],'data_offsets':[0,4]},"
                  + "'b':{'dtype':'U8','shape':[4],'data_offsets':[2,6]}}",
              "{'a':{'dtype':'U8','shape':[4],'data_offsets':[0,4]}}",
              "{'a':{'dtype':'U8','shape':[4],'data_offsets':[0,4]},"
                  + "'b':{'dtype':'U8','shape':[3],'data_offsets':[4,6]}}")) {
        byte[] json = header.replace((char) 39, '"').getBytes(StandardCharsets.UTF_8);
        ByteBuffer file = ByteBuffer.allocate(8 + json.length + 6).order(ByteOrder.LITTLE_ENDIAN);
        file.putLong(json.length).put(json);
        store.put("none", SegmentedBytes.copyOf(file.array()));
        assertThrows(TensorFormatException.class, () -> TensorStore.load(store, "none", pool));
        assertThrows(TensorFormatException.class, () -> TensorStore.load(store, "none", "a", pool));
      }
      assertEquals(1 << 20, pool.availableByteSize());
    }
  }

  /** Each has room, both have not: who held one waited ten minutes for itself. */
  @Test
  @Timeout(60)
  void moreTensorsThanThePoolHoldsAreRefusedAtOnce(@TempDir Path directory) throws Exception {
    try (ObjectStore store = ObjectStore.open(directory.toUri().toString());
        OffHeapPool pool = new OffHeapPool(8192)) {
      Map<String, Tensor> state = new LinkedHashMap<>();
      state.put("a", filled(1, 5000));
      state.put("b", filled(2, 3000));
      state.put("c", filled(3, 3000));
      TensorStore.save(store, KEY, state);
      ObjectStoreException refused =
          assertThrows(
              ObjectStoreException.class,
              () -> TensorStore.load(store, KEY, List.of("a", "b"), pool));
      assertEquals(ObjectStoreException.Reason.RANGE, refused.reason());
      assertEquals(8192, pool.availableByteSize());
      try (TensorStore.Loaded loaded = TensorStore.load(store, KEY, List.of("b", "c", "b"), pool)) {
        assertEquals(state.get("b"), loaded.tensors().get("b"));
        assertEquals(state.get("c"), loaded.tensors().get("c"));
        assertEquals(2, loaded.memory().size());
      }
    }
  }

  /** Two that each held a tensor and waited for the other's. */
  @Test
  @Timeout(60)
  void tensorsWaitForTheRoomOfAllAndHoldNoneMeanwhile(@TempDir Path directory) throws Exception {
    try (ObjectStore store = ObjectStore.open(directory.toUri().toString());
        OffHeapPool pool = new OffHeapPool(8192)) {
      Map<String, Tensor> state = new LinkedHashMap<>();
      state.put("b", filled(2, 3000));
      state.put("c", filled(3, 3000));
      TensorStore.save(store, KEY, state);
      Loan held = pool.loan(4096);
      CompletableFuture<TensorStore.Loaded> loading =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return TensorStore.load(store, KEY, List.of("b", "c"), pool);
                } catch (java.io.IOException e) {
                  throw new java.io.UncheckedIOException(e);
                }
              });
      assertThrows(
          java.util.concurrent.TimeoutException.class,
          () -> loading.get(200, TimeUnit.MILLISECONDS));
      // The other half is not kept from anybody.
      try (Loan other = pool.tryLoan(4096, java.time.Duration.ofSeconds(20)).orElseThrow()) {
        assertEquals(4096, other.byteSize());
      }
      held.close();
      try (TensorStore.Loaded loaded = loading.get(20, TimeUnit.SECONDS)) {
        assertEquals(state, loaded.tensors());
      }
    }
  }
}
