package dev.segue.capnproto.dynamic;

import java.util.List;

/** A type without parts; the first ones in the order of the tags of schema.capnp. */
enum Scalar implements ValueType {
  VOID("Void", 0),
  BOOL("Bool", 1),
  INT8("Int8", 8),
  INT16("Int16", 16),
  INT32("Int32", 32),
  INT64("Int64", 64),
  UINT8("UInt8", 8),
  UINT16("UInt16", 16),
  UINT32("UInt32", 32),
  UINT64("UInt64", 64),
  FLOAT32("Float32", 32),
  FLOAT64("Float64", 64),
  TEXT("Text", -1),
  DATA("Data", -1),
  ANY_POINTER("AnyPointer", -1),
  CAPABILITY("Capability", -1);

  /** The number of tags of schema.capnp that stand for a type of their own. */
  static final int PLAIN_COUNT = 14;

  private static final List<Scalar> BY_TAG = List.of(values());

  private final String word;
  private final int bits;

  Scalar(String word, int bits) {
    this.word = word;
    this.bits = bits;
  }

  /** The type of a tag of schema.capnp below {@link #PLAIN_COUNT}. */
  static Scalar ofTag(int tag) {
    return BY_TAG.get(tag);
  }

  /** Returns how the schema language writes it. */
  String word() {
    return word;
  }

  @Override
  public int bits() {
    return bits;
  }

  @Override
  public int weight() {
    return 1;
  }

  boolean isSigned() {
    return this == INT8 || this == INT16 || this == INT32 || this == INT64;
  }

  boolean isFloat() {
    return this == FLOAT32 || this == FLOAT64;
  }

  /** Extends the bits of a signed number by its sign. */
  long extended(long value) {
    return isSigned() ? value << (Long.SIZE - bits) >> (Long.SIZE - bits) : value;
  }

  /** The value of a float's bits. */
  double asDouble(long value) {
    return this == FLOAT32 ? Float.intBitsToFloat((int) value) : Double.longBitsToDouble(value);
  }
}
