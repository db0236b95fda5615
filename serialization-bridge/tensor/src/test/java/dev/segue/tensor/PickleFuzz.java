package dev.segue.tensor;

import dev.segue.bytes.SegmentedBytes;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Any bytes as the pickle of a checkpoint that has a few storages. */
public final class PickleFuzz {
  private PickleFuzz() {}

  /** Builds tensors and plain values, or ends in {@link TensorFormatException}. */
  public static void fuzzerTestOneInput(byte[] data) {
    Map<String, SegmentedBytes> entries = new LinkedHashMap<>();
    entries.put("archive/data.pkl", SegmentedBytes.copyOf(data));
    for (int i = 0; i < 8; i++) {
      entries.put("archive/data/" + i, SegmentedBytes.copyOf(new byte[48]));
    }
    try {
      @Nullable Object _ = PyTorch.read(StoredZip.write(entries));
    } catch (TensorFormatException refused) {
      Refusals.check(refused);
    }
  }
}
