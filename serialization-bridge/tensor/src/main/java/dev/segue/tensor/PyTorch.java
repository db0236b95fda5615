package dev.segue.tensor;

import dev.segue.bytes.SegmentedBytes;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Checkpoints of PyTorch ({@code .pt}, {@code .pth}, as {@code torch.save} writes them since 1.6):
 * a ZIP archive with a pickle and the tensors' storages, stored, so that they are views.
 *
 * <p>Nothing but tensors and plain values is built: numbers, texts, bytes ({@link SegmentedBytes}),
 * lists and tuples ({@link java.util.List}), dictionaries ({@link Map}), sets, {@code torch.Size}
 * and {@code torch.dtype} ({@link ElementType}). A pickle that names anything else is refused.
 *
 * <pre>{@code
 * Map<String, Tensor> state = PyTorch.readStateDict(store.get("model.pt", pool).bytes());
 * store.put("model.pt", PyTorch.write(state));      // torch.load("model.pt", weights_only=True)
 * }</pre>
 */
public final class PyTorch {
  private PyTorch() {}

  /**
   * Returns what was saved.
   *
   * <p>A tensor whose elements do not lie in C order, such as a transposed one, is copied (ledger:
   * {@code tensor.strided}); all others are views.
   *
   * @throws TensorFormatException if it is not such an archive, is damaged, or names what is
   *     neither a tensor nor a plain value
   */
  public static @Nullable Object read(SegmentedBytes file) throws TensorFormatException {
    return CheckpointReader.read(file);
  }

  /**
   * Returns the tensors of a saved {@code state_dict} by name; everything else in it is left out.
   *
   * @throws TensorFormatException as {@link #read} does, or if no dictionary of tensors was saved
   */
  public static Map<String, Tensor> readStateDict(SegmentedBytes file)
      throws TensorFormatException {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    if (read(file) instanceof Map<?, ?> saved) {
      for (Map.Entry<?, ?> entry : saved.entrySet()) {
        if (entry.getKey() instanceof String name && entry.getValue() instanceof Tensor tensor) {
          tensors.put(name, tensor);
        }
      }
      if (!tensors.isEmpty() || saved.isEmpty()) {
        return tensors;
      }
    }
    throw new TensorFormatException("PyTorch: what was saved is not a dictionary of tensors");
  }

  /**
   * A checkpoint of a {@code state_dict}, which {@code torch.load(weights_only=True)} takes:
   * headers of its own and the tensors' segments, not joined.
   *
   * @throws IllegalArgumentException if PyTorch has no such element type, or a name is not text
   */
  public static SegmentedBytes write(Map<String, Tensor> stateDict) {
    return CheckpointWriter.write(stateDict);
  }
}
