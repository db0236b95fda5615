package dev.segue.capnproto.compiler;

import org.jspecify.annotations.Nullable;

/** A placed field of a struct, or a group in it. */
final class FieldDraft {
  final String name;
  final int codeOrder;
  final int discriminant;
  final Declaration declaration;
  final boolean isParameter;
  int ordinal = -1;
  @Nullable StructDraft group;
  Type type = Type.Simple.VOID;
  long offset;
  private @Nullable Value value;
  private boolean compiling;

  FieldDraft(Declaration declaration, int codeOrder, int discriminant, boolean isParameter) {
    name = declaration.name.text();
    this.declaration = declaration;
    this.codeOrder = codeOrder;
    this.discriminant = discriminant;
    this.isParameter = isParameter;
  }

  boolean isInUnion() {
    return discriminant != Node.Field.NO_DISCRIMINANT;
  }

  Declaration.Target target() {
    if (isParameter) {
      return Declaration.Target.PARAM;
    }
    return switch (declaration.kind) {
      case UNION -> Declaration.Target.UNION;
      case GROUP -> Declaration.Target.GROUP;
      default -> Declaration.Target.FIELD;
    };
  }

  /** Returns the default value; compiles it by the values of the scope it stands in. */
  Value value(Values values) {
    if (value != null) {
      return value;
    }
    if (compiling) {
      values.problem(declaration.name.span(), "the default value depends on itself");
      return Value.zero(type);
    }
    compiling = true;
    Expression source = declaration.value;
    if (source == null) {
      value = Value.zero(type);
    } else if (isParameter
        && source instanceof Expression.Relative relative
        && relative.name().equals("null")) {
      if (!type.isPointer()) {
        values.problem(source.span(), "only a parameter that is a pointer can be null");
      }
      value = Value.zero(type);
    } else {
      value = values.value(source, type);
    }
    compiling = false;
    return value;
  }
}
