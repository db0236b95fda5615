package dev.segue.tensor;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** PyTorch's names of element types. */
final class TorchTypes {
  /** Types that have a class of storage of their own. */
  private static final Map<String, ElementType> STORAGES =
      Map.ofEntries(
          Map.entry("BoolStorage", ElementType.BOOL),
          Map.entry("CharStorage", ElementType.INT8),
          Map.entry("ByteStorage", ElementType.UINT8),
          Map.entry("ShortStorage", ElementType.INT16),
          Map.entry("IntStorage", ElementType.INT32),
          Map.entry("LongStorage", ElementType.INT64),
          Map.entry("HalfStorage", ElementType.FLOAT16),
          Map.entry("BFloat16Storage", ElementType.BFLOAT16),
          Map.entry("FloatStorage", ElementType.FLOAT32),
          Map.entry("DoubleStorage", ElementType.FLOAT64),
          Map.entry("ComplexFloatStorage", ElementType.COMPLEX64),
          Map.entry("ComplexDoubleStorage", ElementType.COMPLEX128));

  private static final Map<String, ElementType> DTYPES =
      Map.ofEntries(
          Map.entry("bool", ElementType.BOOL),
          Map.entry("int8", ElementType.INT8),
          Map.entry("uint8", ElementType.UINT8),
          Map.entry("int16", ElementType.INT16),
          Map.entry("uint16", ElementType.UINT16),
          Map.entry("int32", ElementType.INT32),
          Map.entry("uint32", ElementType.UINT32),
          Map.entry("int64", ElementType.INT64),
          Map.entry("uint64", ElementType.UINT64),
          Map.entry("float16", ElementType.FLOAT16),
          Map.entry("bfloat16", ElementType.BFLOAT16),
          Map.entry("float32", ElementType.FLOAT32),
          Map.entry("float64", ElementType.FLOAT64),
          Map.entry("complex64", ElementType.COMPLEX64),
          Map.entry("complex128", ElementType.COMPLEX128),
          Map.entry("float8_e4m3fn", ElementType.FLOAT8_E4M3),
          Map.entry("float8_e5m2", ElementType.FLOAT8_E5M2),
          Map.entry("float8_e4m3fnuz", ElementType.FLOAT8_E4M3FNUZ),
          Map.entry("float8_e5m2fnuz", ElementType.FLOAT8_E5M2FNUZ),
          Map.entry("float8_e8m0fnu", ElementType.FLOAT8_E8M0));

  private TorchTypes() {}

  static @Nullable ElementType ofStorage(String name) {
    return STORAGES.get(name);
  }

  static @Nullable ElementType ofDtype(String name) {
    return DTYPES.get(name);
  }

  /** The class of storage of a type; null if it has none of its own. */
  static @Nullable String storage(ElementType type) {
    return nameIn(STORAGES, type);
  }

  /** The name of a type; null if PyTorch has none. */
  static @Nullable String dtype(ElementType type) {
    return nameIn(DTYPES, type);
  }

  private static @Nullable String nameIn(Map<String, ElementType> names, ElementType type) {
    for (Map.Entry<String, ElementType> entry : names.entrySet()) {
      if (entry.getValue() == type) {
        return entry.getKey();
      }
    }
    return null;
  }
}
