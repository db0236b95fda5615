package dev.segue.tensor;

import dev.segue.bytes.SegmentedBytes;
import java.util.Map;

/** Any bytes as a file of safetensors. */
public final class SafetensorsFuzz {
  private SafetensorsFuzz() {}

  /** Reads it, or ends in {@link TensorFormatException}; what was read is written as it is. */
  public static void fuzzerTestOneInput(byte[] data) {
    Map<String, Tensor> read;
    try {
      read = Safetensors.read(SegmentedBytes.copyOf(data));
    } catch (TensorFormatException refused) {
      Refusals.check(refused);
      return;
    }
    try {
      if (!Safetensors.read(Safetensors.write(read)).equals(read)) {
        throw new AssertionError("others: " + read);
      }
    } catch (TensorFormatException e) {
      throw new AssertionError(read.toString(), e);
    } catch (IllegalArgumentException _) {
      // A name that is no text.
    }
  }
}
