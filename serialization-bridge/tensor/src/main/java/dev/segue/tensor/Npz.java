package dev.segue.tensor;

import dev.segue.bytes.SegmentedBytes;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * NumPy's {@code .npz}: a ZIP archive of {@code .npy} files, stored (as {@code numpy.savez} does),
 * so that they are views. Entries may be larger than 4 GiB (ZIP64). Each entry's elements begin at
 * a multiple of 64 in what {@link #write} makes.
 */
public final class Npz {
  private static final String SUFFIX = ".npy";

  private Npz() {}

  /**
   * The tensors of an archive by their names, without {@code .npy}: views. Each entry is checked
   * against its CRC-32, which reads all of it once.
   *
   * @throws TensorFormatException if it is not such an archive, or an entry is compressed (save it
   *     with {@code numpy.savez}), encrypted or damaged
   */
  public static Map<String, Tensor> read(SegmentedBytes file) throws TensorFormatException {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (Map.Entry<String, SegmentedBytes> entry : StoredZip.read("npz", file).entrySet()) {
      String name = entry.getKey();
      String stem =
          name.endsWith(SUFFIX) ? name.substring(0, name.length() - SUFFIX.length()) : name;
      if (tensors.put(stem, Npy.read(entry.getValue())) != null) {
        throw new TensorFormatException("npz: two entries are named " + Excerpt.of(stem));
      }
    }
    return tensors;
  }

  /**
   * An archive of named tensors: headers of its own and the tensors' segments, not joined.
   *
   * @throws IllegalArgumentException if NumPy has no such element type, or a name has more than
   *     65,531 bytes, or the character 0, where Python ends it: two names could become one
   */
  public static SegmentedBytes write(Map<String, Tensor> tensors) {
    Map<String, SegmentedBytes> files = new LinkedHashMap<>();
    for (Map.Entry<String, Tensor> each : tensors.entrySet()) {
      if (each.getKey().indexOf('\0') >= 0) {
        throw new IllegalArgumentException(
            "npz: name " + Excerpt.of(each.getKey()) + " has the character 0");
      }
      files.put(each.getKey() + SUFFIX, Npy.write(each.getValue()));
    }
    return StoredZip.write(files);
  }
}
