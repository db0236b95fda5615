package dev.segue.tensor;

import org.jspecify.annotations.Nullable;

/** The type of a tensor's elements; all are little-endian. */
public enum ElementType {
  /** A truth value in one byte. */
  BOOL("|b1", "BOOL", 8),
  /** A signed byte. */
  INT8("|i1", "I8", 8),
  /** An unsigned byte. */
  UINT8("|u1", "U8", 8),
  /** A signed number of two bytes. */
  INT16("<i2", "I16", 16),
  /** An unsigned number of two bytes. */
  UINT16("<u2", "U16", 16),
  /** A signed number of four bytes. */
  INT32("<i4", "I32", 32),
  /** An unsigned number of four bytes. */
  UINT32("<u4", "U32", 32),
  /** A signed number of eight bytes. */
  INT64("<i8", "I64", 64),
  /** An unsigned number of eight bytes. */
  UINT64("<u8", "U64", 64),
  /** Four bits, two of them exponent and one mantissa (OCP MX), packed. */
  FLOAT4_E2M1(null, "F4", 4),
  /** Six bits, two of them exponent and three mantissa (OCP MX), packed. */
  FLOAT6_E2M3(null, "F6_E2M3", 6),
  /** Six bits, three of them exponent and two mantissa (OCP MX), packed. */
  FLOAT6_E3M2(null, "F6_E3M2", 6),
  /** Eight bits, four of them exponent; no infinities (OCP, PyTorch's {@code float8_e4m3fn}). */
  FLOAT8_E4M3(null, "F8_E4M3", 8),
  /** Eight bits, five of them exponent (OCP, PyTorch's {@code float8_e5m2}). */
  FLOAT8_E5M2(null, "F8_E5M2", 8),
  /** Eight bits of exponent and nothing else: a scale (OCP MX). */
  FLOAT8_E8M0(null, "F8_E8M0", 8),
  /** {@link #FLOAT8_E4M3} with another bias, no infinities and no negative zero. */
  FLOAT8_E4M3FNUZ(null, "F8_E4M3FNUZ", 8),
  /** {@link #FLOAT8_E5M2} with another bias, no infinities and no negative zero. */
  FLOAT8_E5M2FNUZ(null, "F8_E5M2FNUZ", 8),
  /** IEEE half precision. */
  FLOAT16("<f2", "F16", 16),
  /** The upper half of a single precision number; NumPy has none. */
  BFLOAT16(null, "BF16", 16),
  /** IEEE single precision. */
  FLOAT32("<f4", "F32", 32),
  /** IEEE double precision. */
  FLOAT64("<f8", "F64", 64),
  /** A real and an imaginary part of single precision. */
  COMPLEX64("<c8", "C64", 64),
  /** A real and an imaginary part of double precision; safetensors has none. */
  COMPLEX128("<c16", null, 128);

  private final @Nullable String numpy;
  private final @Nullable String safetensors;
  private final int bitSize;

  ElementType(@Nullable String numpy, @Nullable String safetensors, int bitSize) {
    this.numpy = numpy;
    this.safetensors = safetensors;
    this.bitSize = bitSize;
  }

  /** The size of one element in bits; less than 8 for those that are packed. */
  public int bitSize() {
    return bitSize;
  }

  /**
   * The size of one element.
   *
   * @throws UnsupportedOperationException if it has less than a byte: see {@link #bitSize()}
   */
  public int byteSize() {
    if (bitSize < Byte.SIZE) {
      throw new UnsupportedOperationException(
          "byteSize of " + this + ": its elements are packed, bitSize=" + bitSize);
    }
    return bitSize / Byte.SIZE;
  }

  /** Returns the alignment in bytes that reading an element needs. */
  int alignmentByteSize() {
    return switch (this) {
      case COMPLEX64 -> Float.BYTES;
      case COMPLEX128 -> Double.BYTES;
      default -> Math.max(1, bitSize / Byte.SIZE);
    };
  }

  @Nullable String numpy() {
    return numpy;
  }

  @Nullable String safetensors() {
    return safetensors;
  }

  static ElementType ofNumpy(String descr) throws TensorFormatException {
    for (ElementType type : values()) {
      // One byte has no order, so NumPy's reader takes any mark there.
      if (descr.equals(type.numpy)
          || (type.bitSize == Byte.SIZE
              && type.numpy != null
              && descr.length() == 3
              && "<>=|".indexOf(descr.charAt(0)) >= 0
              && descr.substring(1).equals(type.numpy.substring(1)))) {
        return type;
      }
    }
    throw new TensorFormatException(
        "npy: descr=" + Excerpt.of(descr) + " is none of the little-endian element types");
  }

  static ElementType ofSafetensors(String name) throws TensorFormatException {
    for (ElementType type : values()) {
      if (name.equals(type.safetensors)) {
        return type;
      }
    }
    throw new TensorFormatException("safetensors: dtype=" + Excerpt.of(name) + " is not known");
  }
}
