package dev.segue.capnproto.compiler;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The declaration of a statement. The kind determines which fields are set. */
final class Declaration {
  /** The kinds of declarations; those that become nodes of a schema first. */
  enum Kind {
    FILE("a file"),
    CONST("a constant"),
    ANNOTATION("an annotation"),
    ENUM("an enum"),
    STRUCT("a struct"),
    INTERFACE("an interface"),
    USING("an alias"),
    ENUMERANT("an enumerant"),
    FIELD("a field"),
    UNION("a union"),
    GROUP("a group"),
    METHOD("a method"),
    ID("an id"),
    FILE_ANNOTATION("an annotation of the file");

    private final String words;

    Kind(String words) {
      this.words = words;
    }

    boolean isNode() {
      return compareTo(INTERFACE) <= 0;
    }

    boolean isMember() {
      return this == FIELD || this == UNION || this == GROUP;
    }

    @Override
    public String toString() {
      return words;
    }
  }

  final Kind kind;
  Expression.Name name;
  Span span;
  @Nullable Numbered id;
  @Nullable Numbered ordinal;
  List<Expression.Name> parameters = List.of();
  final List<Declaration> members = new ArrayList<>();
  List<Use> annotations = List.of();
  @Nullable String doc;

  /** The type of a field, constant or annotation; the target of an alias. */
  @Nullable Expression type;

  /** The value of a constant, the default of a field. */
  @Nullable Expression value;

  List<Expression> superclasses = List.of();
  @Nullable Parameters arguments;
  @Nullable Parameters results;

  /** The targets of an annotation: a bit for each {@link Target}. */
  int targets;

  Declaration(Kind kind, Expression.Name name, Span span) {
    this.kind = kind;
    this.name = name;
    this.span = span;
  }

  Expression type() {
    if (type == null) {
      throw new IllegalStateException(kind + " has no type");
    }
    return type;
  }

  Expression value() {
    if (value == null) {
      throw new IllegalStateException(kind + " has no value");
    }
    return value;
  }

  Numbered ordinal() {
    if (ordinal == null) {
      throw new IllegalStateException(kind + " has no ordinal");
    }
    return ordinal;
  }

  /** An id or ordinal. */
  record Numbered(long value, Span span) {}

  /** An annotation that is applied to something; no value stands for void. */
  record Use(Expression name, @Nullable Expression value) {}

  /** A method's parameters or results: a list, the name of a struct, or {@code stream}. */
  record Parameters(@Nullable List<Declaration> list, @Nullable Expression struct, Span span) {
    boolean isStream() {
      return list == null && struct == null;
    }
  }

  /** The targets of annotations, in the order of the schema's bits. */
  enum Target {
    FILE(1),
    CONST(1 << 1),
    ENUM(1 << 2),
    ENUMERANT(1 << 3),
    STRUCT(1 << 4),
    FIELD(1 << 5),
    UNION(1 << 6),
    GROUP(1 << 7),
    INTERFACE(1 << 8),
    METHOD(1 << 9),
    PARAM(1 << 10),
    ANNOTATION(1 << 11);

    static final int ALL = (1 << 12) - 1;

    private final int bit;

    Target(int bit) {
      this.bit = bit;
    }

    int bit() {
      return bit;
    }
  }
}
