package dev.segue.tensor;

import dev.segue.bytes.SegmentedBytes;

/** Any bytes as a {@code .npy} file. */
public final class NpyFuzz {
  private NpyFuzz() {}

  /** Reads it, or ends in {@link TensorFormatException}; what was read is written as it is. */
  public static void fuzzerTestOneInput(byte[] data) {
    Tensor read;
    try {
      read = Npy.read(SegmentedBytes.copyOf(data));
    } catch (TensorFormatException refused) {
      Refusals.check(refused);
      return;
    }
    try {
      if (!Npy.read(Npy.write(read)).equals(read)) {
        throw new AssertionError("another one: " + read);
      }
    } catch (TensorFormatException e) {
      throw new AssertionError(read.toString(), e);
    }
  }
}
