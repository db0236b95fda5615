package dev.segue.capnproto.compiler;

import org.jspecify.annotations.Nullable;

/**
 * A constant's value, a default or an annotation's value.
 *
 * @param tag the tag of its type in schema.capnp
 * @param bits a number's bits, the low ones; 0 for a pointer
 * @param pointer what a text, data, list, struct or any pointer refers to
 */
record Value(int tag, long bits, @Nullable Wire pointer) {
  static final Value VOID = new Value(0, 0, null);

  /** Returns the value that a field of this type has when nothing is set. */
  static Value zero(Type type) {
    return new Value(type.tag(), 0, null);
  }
}
