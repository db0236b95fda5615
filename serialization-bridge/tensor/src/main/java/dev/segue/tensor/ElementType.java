package dev.segue.tensor;

import org.jspecify.annotations.Nullable;

/** What one element of a tensor is; all are little-endian. */
public enum ElementType {
  /** A truth value in one byte. */
  BOOL("|b1", "BOOL", 1),
  /** A signed byte. */
  INT8("|i1", "I8", 1),
  /** An unsigned byte. */
  UINT8("|u1", "U8", 1),
  /** A signed number of two bytes. */
  INT16("<i2", "I16", 2),
  /** An unsigned number of two bytes. */
  UINT16("<u2", "U16", 2),
  /** A signed number of four bytes. */
  INT32("<i4", "I32", 4),
  /** An unsigned number of four bytes. */
  UINT32("<u4", "U32", 4),
  /** A signed number of eight bytes. */
  INT64("<i8", "I64", 8),
  /** An unsigned number of eight bytes. */
  UINT64("<u8", "U64", 8),
  /** IEEE half precision. */
  FLOAT16("<f2", "F16", 2),
  /** The upper half of a single precision number; NumPy has none. */
  BFLOAT16(null, "BF16", 2),
  /** IEEE single precision. */
  FLOAT32("<f4", "F32", 4),
  /** IEEE double precision. */
  FLOAT64("<f8", "F64", 8);

  private final @Nullable String numpy;
  private final String safetensors;
  private final int byteSize;

  ElementType(@Nullable String numpy, String safetensors, int byteSize) {
    this.numpy = numpy;
    this.safetensors = safetensors;
    this.byteSize = byteSize;
  }

  /** The size of one element. */
  public int byteSize() {
    return byteSize;
  }

  @Nullable String numpy() {
    return numpy;
  }

  String safetensors() {
    return safetensors;
  }

  static ElementType ofNumpy(String descr) throws TensorFormatException {
    for (ElementType type : values()) {
      // One byte has no order, so NumPy's reader takes any mark there.
      if (descr.equals(type.numpy)
          || (type.byteSize == 1
              && type.numpy != null
              && descr.length() == 3
              && "<>=|".indexOf(descr.charAt(0)) >= 0
              && descr.substring(1).equals(type.numpy.substring(1)))) {
        return type;
      }
    }
    throw new TensorFormatException(
        "npy: descr=" + descr + " is none of the little-endian element types");
  }

  static ElementType ofSafetensors(String name) throws TensorFormatException {
    for (ElementType type : values()) {
      if (name.equals(type.safetensors)) {
        return type;
      }
    }
    throw new TensorFormatException("safetensors: dtype=" + name + " is not known");
  }
}
