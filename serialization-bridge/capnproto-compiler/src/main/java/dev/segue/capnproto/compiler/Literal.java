package dev.segue.capnproto.compiler;

import org.jspecify.annotations.Nullable;

/** An expression's value by itself, before it is fitted to the type that is wanted. */
sealed interface Literal {
  record VoidValue() implements Literal {}

  record Bool(boolean value) implements Literal {}

  /** A whole number from -2^63 to 2^64 - 1: its low 64 bits, and whether it is below zero. */
  record Whole(long bits, boolean negative) implements Literal {}

  record Real(double value) implements Literal {}

  record Text(Bytes value) implements Literal {}

  record Data(Bytes value) implements Literal {}

  record Enumerant(long enumId, int ordinal) implements Literal {}

  /** A list or struct of exactly this type. */
  record Pointer(Type type, @Nullable Wire target) implements Literal {}

  default String describe() {
    if (this instanceof VoidValue) {
      return "void";
    }
    if (this instanceof Bool) {
      return "a Bool";
    }
    if (this instanceof Whole || this instanceof Real) {
      return "a number";
    }
    if (this instanceof Text) {
      return "a text";
    }
    if (this instanceof Data) {
      return "data";
    }
    if (this instanceof Enumerant) {
      return "an enumerant";
    }
    return this instanceof Pointer pointer && pointer.type() instanceof Type.ListOf
        ? "a list"
        : "a struct";
  }
}
