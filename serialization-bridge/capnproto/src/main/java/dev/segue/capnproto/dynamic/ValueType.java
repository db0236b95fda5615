package dev.segue.capnproto.dynamic;

import java.util.List;

/** The type of a value in a message, its parameters bound. */
sealed interface ValueType permits Scalar, ValueType.ListType, ValueType.EnumType, StructType {
  /**
   * Returns how many types it is made of; types that grow with each use of a generic are refused by
   * it.
   */
  int weight();

  /** The bits of a value, 0 for nothing, -1 for what a pointer leads to. */
  int bits();

  /** A list. */
  record ListType(ValueType element) implements ValueType {
    @Override
    public int weight() {
      return element.weight() + 1;
    }

    @Override
    public int bits() {
      return -1;
    }
  }

  /** An enum, its names by their values. */
  record EnumType(String name, List<String> names) implements ValueType {
    @Override
    public int weight() {
      return 1;
    }

    @Override
    public int bits() {
      return 16;
    }
  }
}
