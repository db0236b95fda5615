package dev.segue.tensor;

import dev.segue.bytes.LoanPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.objectstore.ObjectBytes;
import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.ObjectStore;
import java.io.IOException;
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
 */
public final class TensorStore {
  private TensorStore() {}

  /** Tensors in memory of a pool; views until this is closed. */
  public record Loaded(ObjectInfo info, Map<String, Tensor> tensors, ObjectBytes memory)
      implements AutoCloseable {
    /** Gives the memory back. Idempotent. */
    @Override
    public void close() {
      memory.close();
    }
  }

  /** Writes the tensors' own segments, parts at a time: no more memory is needed than theirs. */
  public static ObjectInfo save(ObjectStore store, String key, Map<String, Tensor> tensors)
      throws IOException {
    return store.put(key, Safetensors.write(tensors));
  }

  /** Reads the object once into memory of a pool; the tensors are views of it. */
  public static Loaded load(ObjectStore store, String key, LoanPool pool) throws IOException {
    ObjectBytes memory = store.get(key, pool);
    try {
      return new Loaded(memory.info(), Safetensors.read(memory.bytes()), memory);
    } catch (IOException | RuntimeException e) {
      memory.close();
      throw e;
    }
  }

  /** Reads one tensor of a saved set, without the others: its range alone. */
  public static Loaded load(ObjectStore store, String key, String name, LoanPool pool)
      throws IOException {
    long headerByteSize;
    try (ObjectBytes size = store.getRange(key, 0, 8, pool)) {
      headerByteSize = size.bytes().reader().readLong();
    }
    if (headerByteSize < 2 || headerByteSize > pool.capacityByteSize()) {
      throw new TensorFormatException(
          "safetensors: headerByteSize=" + headerByteSize + " of " + key);
    }
    SafetensorsHeader.Entry entry;
    try (ObjectBytes header = store.getRange(key, 8, headerByteSize, pool)) {
      entry = SafetensorsHeader.parse(header.bytes().copyToUtf8String()).get(name);
    }
    if (entry == null || entry.end() < entry.begin()) {
      throw new TensorFormatException("safetensors: no tensor " + name + " in " + key);
    }
    long byteSize = entry.end() - entry.begin();
    // No store reads an empty range, so one without elements takes a few bytes of the header.
    ObjectBytes memory =
        byteSize == 0
            ? store.getRange(key, 0, 8, pool)
            : store.getRange(key, 8 + headerByteSize + entry.begin(), byteSize, pool);
    try {
      SegmentedBytes elements = memory.bytes().slice(0, byteSize);
      Tensor tensor = entry.of(elements);
      return new Loaded(memory.info(), Map.of(name, tensor), memory);
    } catch (IllegalArgumentException e) {
      memory.close();
      throw new TensorFormatException("safetensors: tensor " + name + ": " + e.getMessage());
    }
  }
}
