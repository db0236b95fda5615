package dev.segue.tensor;

import dev.segue.bytes.CopyLedger;
import dev.segue.bytes.SegmentedBytes;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Builds what a checkpoint's pickle names out of the archive's storages. */
final class CheckpointReader implements Unpickler.Builder {
  private static final CopyLedger.Site STRIDED =
      CopyLedger.site(
          "tensor.strided", "the elements of a checkpoint's tensor lie in another order");
  private static final String PICKLE = "/data.pkl";

  /** PyTorch's own limit. */
  private static final int DIMENSION_COUNT_LIMIT = 64;

  /**
   * The memory built beside the views, such as copies of strided tensors: so many times the file.
   */
  private static final int LARGEST_RATIO = 4;

  private static final long SPARE_BYTE_SIZE = 1L << 20;

  private final Map<String, SegmentedBytes> entries;
  private final String root;
  private final long builtByteSizeLimit;
  private long builtByteSize;

  /** A name that can be called, or given as an argument. */
  private enum Known {
    ORDERED_DICT,
    SET,
    ENCODE,
    SIZE,
    TENSOR,
    TENSOR_OF_DTYPE,
    PARAMETER,
    UNTYPED_STORAGE
  }

  private record StorageType(ElementType type) {}

  private record Storage(@Nullable ElementType type, SegmentedBytes bytes) {}

  private CheckpointReader(Map<String, SegmentedBytes> entries, String root, long fileByteSize) {
    this.entries = entries;
    this.root = root;
    this.builtByteSizeLimit = LARGEST_RATIO * fileByteSize + SPARE_BYTE_SIZE;
  }

  static @Nullable Object read(SegmentedBytes file) throws TensorFormatException {
    Map<String, SegmentedBytes> entries = StoredZip.read("PyTorch", file);
    for (Map.Entry<String, SegmentedBytes> entry : entries.entrySet()) {
      int slash = entry.getKey().indexOf('/');
      if (slash > 0 && entry.getKey().substring(slash).equals(PICKLE)) {
        CheckpointReader reader =
            new CheckpointReader(entries, entry.getKey().substring(0, slash), file.byteSize());
        reader.checkOrder();
        return Unpickler.read(entry.getValue(), reader);
      }
    }
    throw bad("the archive has no data.pkl; it is not a checkpoint of torch.save");
  }

  private static TensorFormatException bad(String what) {
    return new TensorFormatException("PyTorch: " + what);
  }

  /**
   * Counts what is not a view: a pickle names one value as often as it likes, and each time a copy
   * is made of it.
   */
  private void build(long byteSize) throws TensorFormatException {
    builtByteSize += byteSize;
    if (builtByteSize > builtByteSizeLimit) {
      throw bad(
          "it asks for copies of byteSize="
              + builtByteSize
              + ", at most "
              + builtByteSizeLimit
              + " for a file of its size");
    }
  }

  private void checkOrder() throws TensorFormatException {
    SegmentedBytes order = entries.get(root + "/byteorder");
    if (order != null && !order.copyToUtf8String().equals("little")) {
      throw bad("byteorder=" + Excerpt.of(order.copyToUtf8String()) + ", only little is read");
    }
  }

  @Override
  public Object global(String module, String name) throws TensorFormatException {
    ElementType type = module.equals("torch") ? TorchTypes.ofStorage(name) : null;
    if (type != null) {
      return new StorageType(type);
    }
    ElementType dtype = module.equals("torch") ? TorchTypes.ofDtype(name) : null;
    if (dtype != null) {
      return dtype;
    }
    return switch (module + " " + name) {
      case "collections OrderedDict" -> Known.ORDERED_DICT;
      case "__builtin__ set", "builtins set" -> Known.SET;
      case "_codecs encode" -> Known.ENCODE;
      case "torch Size" -> Known.SIZE;
      case "torch._utils _rebuild_tensor_v2" -> Known.TENSOR;
      case "torch._utils _rebuild_tensor_v3" -> Known.TENSOR_OF_DTYPE;
      case "torch._utils _rebuild_parameter" -> Known.PARAMETER;
      case "torch.storage UntypedStorage" -> Known.UNTYPED_STORAGE;
      default ->
          throw bad(
              "it names "
                  + Excerpt.of(module + "." + name)
                  + ", which is neither a tensor nor a plain value; save a state_dict");
    };
  }

  @Override
  public Object call(Object callable, List<@Nullable Object> arguments, Unpickler.Budget budget)
      throws TensorFormatException {
    if (!(callable instanceof Known known)) {
      throw bad("it calls what can't be called");
    }
    return switch (known) {
      case ORDERED_DICT -> dictionary(arguments);
      case SET -> set(arguments, budget);
      case ENCODE -> encoded(arguments);
      case SIZE -> argument(arguments, 0, List.class);
      case TENSOR -> tensor(arguments, null, budget);
      case TENSOR_OF_DTYPE -> tensor(arguments, argument(arguments, 6, ElementType.class), budget);
      case PARAMETER -> argument(arguments, 0, Tensor.class);
      case UNTYPED_STORAGE -> throw bad("it makes a storage of its own");
    };
  }

  /** Its items follow; those that were given as arguments would be lost. */
  private static Object dictionary(List<@Nullable Object> arguments) throws TensorFormatException {
    if (!arguments.isEmpty()) {
      throw bad("a dictionary is made of arguments, which is not read");
    }
    return new LinkedHashMap<Object, Object>();
  }

  private static Object set(List<@Nullable Object> arguments, Unpickler.Budget budget)
      throws TensorFormatException {
    LinkedHashSet<Object> set = new LinkedHashSet<>();
    List<?> values = argument(arguments, 0, List.class);
    for (Object value : values) {
      if (!(value instanceof String || value instanceof Number || value instanceof Boolean)) {
        throw bad("a set has an element that is neither text nor a number");
      }
      budget.spendOnKey(value);
      set.add(value);
    }
    return set;
  }

  /** Protocol 2 has no bytes: they are text of Latin-1. */
  private Object encoded(List<@Nullable Object> arguments) throws TensorFormatException {
    if (!argument(arguments, 1, String.class).equals("latin1")) {
      throw bad("it encodes a text as other than latin1");
    }
    String text = argument(arguments, 0, String.class);
    build(text.length());
    return SegmentedBytes.copyOf(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  private static <T> T argument(List<@Nullable Object> arguments, int index, Class<T> type)
      throws TensorFormatException {
    Object value = index < arguments.size() ? arguments.get(index) : null;
    if (!type.isInstance(value)) {
      throw bad("argument " + index + " is not a " + type.getSimpleName());
    }
    return type.cast(value);
  }

  @Override
  public Object persistent(@Nullable Object id, Unpickler.Budget budget)
      throws TensorFormatException {
    if (!(id instanceof List<?> list) || list.size() < 5 || !"storage".equals(list.get(0))) {
      throw bad("it names something outside that is not a storage");
    }
    @Nullable ElementType type = list.get(1) instanceof StorageType of ? of.type() : null;
    if (type == null && list.get(1) != Known.UNTYPED_STORAGE) {
      throw bad("a storage has no known type");
    }
    // Only a text: a list may contain itself, or itself twice at each of many levels.
    if (!(list.get(2) instanceof String name)) {
      throw bad("a storage's name is not text");
    }
    budget.spend(name.length());
    SegmentedBytes bytes = entries.get(root + "/data/" + name);
    if (bytes == null || !(list.get(4) instanceof Long count)) {
      throw bad("storage " + Excerpt.of(name) + " is not in the archive");
    }
    long elementByteSize = type == null ? 1 : type.byteSize();
    if (count < 0 || count > bytes.byteSize() / elementByteSize) {
      throw bad(
          "storage "
              + Excerpt.of(name)
              + " elementCount="
              + count
              + ", its byteSize="
              + bytes.byteSize());
    }
    return new Storage(type, bytes.slice(0, count * elementByteSize));
  }

  private Tensor tensor(
      List<@Nullable Object> arguments, @Nullable ElementType dtype, Unpickler.Budget budget)
      throws TensorFormatException {
    checkNotLazy(arguments, dtype == null ? 6 : 7, budget);
    Storage storage = argument(arguments, 0, Storage.class);
    ElementType type = dtype == null ? storage.type() : dtype;
    if (type == null) {
      throw bad("a tensor of an untyped storage has no type");
    }
    long offset = argument(arguments, 1, Long.class);
    long[] shape = numbers(argument(arguments, 2, List.class));
    long[] strides = numbers(argument(arguments, 3, List.class));
    budget.spend((long) Long.BYTES * shape.length);
    try {
      long byteSize = Tensor.byteSize(type, shape);
      long byteOffset = Math.multiplyExact(offset, (long) type.byteSize());
      if (strides.length != shape.length) {
        throw bad(
            "a tensor has " + shape.length + " dimensions and " + strides.length + " strides");
      }
      if (byteSize == 0 || isInOrder(shape, strides)) {
        SegmentedBytes view =
            byteSize == 0 ? SegmentedBytes.empty() : storage.bytes().slice(byteOffset, byteSize);
        return Tensor.of(type, shape, view);
      }
      return copied(type, shape, strides, storage.bytes(), byteOffset, byteSize);
    } catch (IllegalArgumentException | ArithmeticException | IndexOutOfBoundsException e) {
      throw bad("a tensor does not fit its storage: " + e.getMessage());
    }
  }

  /**
   * PyTorch notes of a tensor that its elements are to be negated or conjugated when they are read:
   * a view of the storage would have other values.
   */
  private static void checkNotLazy(
      List<@Nullable Object> arguments, int index, Unpickler.Budget budget)
      throws TensorFormatException {
    Object bits = index < arguments.size() ? arguments.get(index) : null;
    if (bits == null) {
      return;
    }
    if (!(bits instanceof Map<?, ?> map)) {
      throw bad("argument " + index + " of a tensor is not a dictionary");
    }
    budget.spend((long) Long.BYTES * map.size());
    for (Map.Entry<?, ?> bit : map.entrySet()) {
      if (!Boolean.FALSE.equals(bit.getValue())) {
        throw bad(
            "the elements of a tensor are not those of its storage ("
                + Excerpt.of(String.valueOf(bit.getKey()))
                + "); save its resolve_conj() or resolve_neg()");
      }
    }
  }

  private static long[] numbers(List<?> list) throws TensorFormatException {
    if (list.size() > DIMENSION_COUNT_LIMIT) {
      throw bad("dimensionCount=" + list.size() + ", at most " + DIMENSION_COUNT_LIMIT);
    }
    long[] numbers = new long[list.size()];
    for (int i = 0; i < numbers.length; i++) {
      if (!(list.get(i) instanceof Long number) || number < 0) {
        throw bad("a dimension or a stride is not a number");
      }
      numbers[i] = number;
    }
    return numbers;
  }

  private static boolean isInOrder(long[] shape, long[] strides) {
    long expected = 1;
    for (int i = shape.length - 1; i >= 0; i--) {
      if (shape[i] != 1 && strides[i] != expected) {
        return false;
      }
      expected = Math.multiplyExact(expected, shape[i]);
    }
    return true;
  }

  private Tensor copied(
      ElementType type,
      long[] shape,
      long[] strides,
      SegmentedBytes storage,
      long byteOffset,
      long byteSize)
      throws TensorFormatException {
    build(byteSize);
    int size = type.byteSize();
    MemorySegment to = Arena.ofAuto().allocate(byteSize, Long.BYTES);
    long[] index = new long[shape.length];
    for (long at = 0; at < byteSize; at += size) {
      long from = byteOffset;
      for (int i = 0; i < index.length; i++) {
        from = Math.addExact(from, Math.multiplyExact(index[i] * size, strides[i]));
      }
      storage.copyTo(from, to, at, size);
      for (int i = index.length - 1; i >= 0 && ++index[i] == shape[i]; i--) {
        index[i] = 0;
      }
    }
    STRIDED.record(byteSize);
    return Tensor.of(
        type, shape, SegmentedBytes.fromSegments(new ArrayList<>(List.of(to.asReadOnly())), false));
  }
}
