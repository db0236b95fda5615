package dev.segue.tensor;

import dev.segue.bytes.Loan;
import dev.segue.bytes.LoanPool;
import dev.segue.bytes.OffHeapPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.objectstore.ObjectBytes;
import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.ObjectReader;
import dev.segue.objectstore.ObjectStore;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Saves and loads named tensors, such as a training state, as one safetensors object of any store.
 *
 * <pre>{@code
 * TensorStore.save(store, "step-1000.safetensors", state);
 * try (TensorStore.Loaded loaded = TensorStore.load(store, "step-1000.safetensors", pool)) {
 *   Tensor weights = loaded.tensors().get("weights");
 * }
 * }</pre>
 *
 * <p>Everything is loaded from one version of the object: if it is replaced during the load, that
 * is an error with reason {@code CHANGED}, never a mixture.
 */
public final class TensorStore {
  private TensorStore() {}

  /**
   * Tensors in memory of a pool; views until this is closed.
   *
   * @param metadata of the file, its {@code __metadata__}
   * @param memory what the tensors are views of
   */
  public record Loaded(
      ObjectInfo info,
      Map<String, Tensor> tensors,
      Map<String, String> metadata,
      List<ObjectBytes> memory)
      implements AutoCloseable {
    /** Gives the memory back. Idempotent. */
    @Override
    public void close() {
      memory.forEach(ObjectBytes::close);
    }
  }

  /** Writes the tensors' own segments, parts at a time: no more memory is needed than theirs. */
  public static ObjectInfo save(ObjectStore store, String key, Map<String, Tensor> tensors)
      throws IOException {
    return save(store, key, tensors, Map.of());
  }

  /** The same with metadata of the file ({@code __metadata__}). */
  public static ObjectInfo save(
      ObjectStore store, String key, Map<String, Tensor> tensors, Map<String, String> metadata)
      throws IOException {
    return store.put(key, Safetensors.write(tensors, metadata));
  }

  /** Reads the object once into memory of a pool; the tensors are views of it. */
  public static Loaded load(ObjectStore store, String key, LoanPool pool) throws IOException {
    ObjectBytes memory = store.get(key, pool);
    boolean loaded = false;
    try {
      Loaded all =
          new Loaded(
              memory.info(),
              Safetensors.read(memory.bytes()),
              Safetensors.metadata(memory.bytes()),
              List.of(memory));
      loaded = true;
      return all;
    } finally {
      if (!loaded) {
        memory.close();
      }
    }
  }

  /** Reads one tensor of a saved set, without the others: its range alone. */
  public static Loaded load(ObjectStore store, String key, String name, LoanPool pool)
      throws IOException {
    return load(store, key, List.of(name), pool);
  }

  /**
   * Reads some tensors of a saved set: only their ranges, each into a loan of its own. It waits
   * until the pool has room for all of them.
   *
   * @throws TensorFormatException if there is no tensor of one of the names, or the object is no
   *     such file
   * @throws dev.segue.objectstore.ObjectStoreException with reason RANGE if the pool can't hold
   *     them together; an {@link OffHeapPool} gives out blocks of powers of two
   */
  public static Loaded load(ObjectStore store, String key, Collection<String> names, LoanPool pool)
      throws IOException {
    // The reader keeps to the version that it was opened with.
    try (ObjectReader reader = store.read(key)) {
      long byteSize = reader.info().byteSize();
      long headerByteSize = headerByteSize(reader, byteSize);
      SafetensorsHeader.Parsed header = header(reader, headerByteSize);
      long from = Safetensors.SIZE_BYTE_SIZE + headerByteSize;
      Safetensors.ordered(header.entries(), byteSize - from);
      Map<String, SafetensorsHeader.Entry> wanted = new LinkedHashMap<>();
      for (String name : names) {
        SafetensorsHeader.Entry entry = header.entries().get(name);
        if (entry == null) {
          throw new TensorFormatException(
              "safetensors: no tensor " + Excerpt.of(name) + " in " + key);
        }
        wanted.put(name, entry);
      }
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      List<ObjectBytes> memory = read(reader, from, wanted, pool, tensors);
      return new Loaded(reader.info(), tensors, header.metadata(), memory);
    }
  }

  private static long headerByteSize(ObjectReader reader, long byteSize) throws IOException {
    if (byteSize < Safetensors.SIZE_BYTE_SIZE) {
      throw new TensorFormatException("safetensors: file too short: byteSize=" + byteSize);
    }
    try (OffHeapPool own = new OffHeapPool(4096);
        ObjectBytes size = reader.range(0, Safetensors.SIZE_BYTE_SIZE, own)) {
      return Safetensors.checkHeaderByteSize(
          size.bytes().reader().readLong(), byteSize - Safetensors.SIZE_BYTE_SIZE);
    }
  }

  private static SafetensorsHeader.Parsed header(ObjectReader reader, long headerByteSize)
      throws IOException {
    try (OffHeapPool own = new OffHeapPool(Math.max(4096, headerByteSize));
        ObjectBytes header = reader.range(Safetensors.SIZE_BYTE_SIZE, headerByteSize, own)) {
      return SafetensorsHeader.parse(header.bytes());
    }
  }

  /** Reads the elements of tensors, and adds these; returns the memory that they are in. */
  private static List<ObjectBytes> read(
      ObjectReader reader,
      long from,
      Map<String, SafetensorsHeader.Entry> wanted,
      LoanPool pool,
      Map<String, Tensor> tensors)
      throws IOException {
    // No store reads an empty range, and no pool lends one.
    List<Long> byteSizes =
        wanted.values().stream()
            .map(SafetensorsHeader.Entry::byteSize)
            .filter(size -> size > 0)
            .toList();
    List<Loan> loans =
        TensorLoans.take(pool, byteSizes, "load of tensors of " + reader.info().key());
    boolean loaded = false;
    try {
      List<ObjectBytes> memory = new ArrayList<>();
      Iterator<Loan> free = loans.iterator();
      for (Map.Entry<String, SafetensorsHeader.Entry> each : wanted.entrySet()) {
        SafetensorsHeader.Entry entry = each.getValue();
        SegmentedBytes elements = SegmentedBytes.empty();
        if (entry.byteSize() > 0) {
          Loan loan = free.next();
          long byteOffset = from + entry.begin();
          reader.range(byteOffset, loan.segment());
          elements = loan.handOver();
          memory.add(new ObjectBytes(reader.info(), byteOffset, elements, loan::close));
        }
        tensors.put(each.getKey(), entry.of(elements));
      }
      loaded = true;
      return memory;
    } finally {
      if (!loaded) {
        loans.forEach(Loan::close);
      }
    }
  }
}
