package dev.segue.capnproto.compiler;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The types that every schema knows. */
enum Builtin {
  VOID(1000, "Void"),
  BOOL(1001, "Bool"),
  INT8(1002, "Int8"),
  INT16(1003, "Int16"),
  INT32(1004, "Int32"),
  INT64(1005, "Int64"),
  UINT8(1006, "UInt8"),
  UINT16(1007, "UInt16"),
  UINT32(1008, "UInt32"),
  UINT64(1009, "UInt64"),
  FLOAT32(1010, "Float32"),
  FLOAT64(1011, "Float64"),
  TEXT(1012, "Text"),
  DATA(1013, "Data"),
  LIST(1014, "List"),
  ANY_POINTER(1015, "AnyPointer"),
  ANY_STRUCT(1016, "AnyStruct"),
  ANY_LIST(1017, "AnyList"),
  CAPABILITY(1018, "Capability");

  private static final Map<String, Builtin> BY_NAME = new HashMap<>();

  static {
    for (Builtin builtin : values()) {
      BY_NAME.put(builtin.word, builtin);
    }
  }

  private final long id;
  private final String word;

  Builtin(long id, String word) {
    this.id = id;
    this.word = word;
  }

  static @Nullable Builtin named(String name) {
    return BY_NAME.get(name);
  }

  /** Returns the builtin of a type that has no parts. */
  static Builtin of(Type type) {
    for (Builtin builtin : values()) {
      if (type.equals(builtin.type())) {
        return builtin;
      }
    }
    throw new IllegalArgumentException("type=" + type);
  }

  String word() {
    return word;
  }

  /** Returns the type, {@code null} for {@code List}, which needs a parameter. */
  @Nullable Type type() {
    return switch (this) {
      case LIST -> null;
      case ANY_POINTER -> Type.AnyPointer.ANY;
      case ANY_STRUCT -> new Type.AnyPointer(Type.AnyPointer.STRUCT);
      case ANY_LIST -> new Type.AnyPointer(Type.AnyPointer.LIST);
      case CAPABILITY -> new Type.AnyPointer(Type.AnyPointer.CAPABILITY);
      default -> Type.Simple.valueOf(name());
    };
  }

  /** Returns an id for telling scopes apart; real ids have their highest bit set. */
  long id() {
    return id;
  }

  int parameterCount() {
    return this == LIST ? 1 : 0;
  }

  boolean isPointer() {
    Type type = type();
    return type == null || type.isPointer();
  }

  Resolved.Target target() {
    return new Resolved.Target(null, this);
  }
}
