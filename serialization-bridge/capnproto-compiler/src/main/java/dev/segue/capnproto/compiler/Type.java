package dev.segue.capnproto.compiler;

import java.util.List;

/** The type of a field, a constant or an annotation. */
sealed interface Type {
  /** A type without parts; the order is that of the tags of schema.capnp. */
  enum Simple implements Type {
    VOID(0, 0),
    BOOL(1, 1),
    INT8(2, 8),
    INT16(3, 16),
    INT32(4, 32),
    INT64(5, 64),
    UINT8(6, 8),
    UINT16(7, 16),
    UINT32(8, 32),
    UINT64(9, 64),
    FLOAT32(10, 32),
    FLOAT64(11, 64),
    TEXT(12, -1),
    DATA(13, -1);

    private final int tag;
    private final int bits;

    Simple(int tag, int bits) {
      this.tag = tag;
      this.bits = bits;
    }

    boolean isFloat() {
      return this == FLOAT32 || this == FLOAT64;
    }

    boolean isSigned() {
      return compareTo(INT8) >= 0 && compareTo(INT64) <= 0;
    }

    boolean isInteger() {
      return compareTo(INT8) >= 0 && compareTo(UINT64) <= 0;
    }
  }

  record ListOf(Type element) implements Type {}

  record EnumOf(long id, Brand brand) implements Type {}

  record StructOf(long id, Brand brand) implements Type {}

  record InterfaceOf(long id, Brand brand) implements Type {}

  /** A pointer to anything, any struct, any list or any capability. */
  record AnyPointer(int kind) implements Type {
    static final AnyPointer ANY = new AnyPointer(0);
    static final int ANY_KIND = 0;
    static final int STRUCT = 1;
    static final int LIST = 2;
    static final int CAPABILITY = 3;
  }

  /** A parameter of a generic declaration. */
  record Parameter(long scopeId, int index) implements Type {}

  /** A parameter of a generic method. */
  record MethodParameter(int index) implements Type {}

  /** Returns the size in a struct's data section, or -1 for what is a pointer. */
  default int bits() {
    if (this instanceof Simple simple) {
      return simple.bits;
    }
    return this instanceof EnumOf ? 16 : -1;
  }

  default boolean isPointer() {
    return bits() < 0;
  }

  /** Returns the tag of this type and of its values in schema.capnp. */
  default int tag() {
    if (this instanceof Simple simple) {
      return simple.tag;
    }
    if (this instanceof ListOf) {
      return 14;
    }
    if (this instanceof EnumOf) {
      return 15;
    }
    if (this instanceof StructOf) {
      return 16;
    }
    return this instanceof InterfaceOf ? 17 : 18;
  }

  /** Returns the code of the element size of a list of this type. */
  default int elementSize() {
    if (this instanceof StructOf) {
      return Wire.COMPOSITE;
    }
    return switch (bits()) {
      case 0 -> Wire.VOID;
      case 1 -> Wire.BIT;
      case 8 -> Wire.BYTE;
      case 16 -> Wire.TWO_BYTES;
      case 32 -> Wire.FOUR_BYTES;
      case 64 -> Wire.EIGHT_BYTES;
      default -> Wire.POINTER;
    };
  }

  /** The bindings of parameters of generic scopes, from the innermost scope outwards. */
  record Brand(List<Scope> scopes) {
    static final Brand NONE = new Brand(List.of());
  }

  /** The bindings of one scope; an inherited scope takes those of where the type is used. */
  record Scope(long id, boolean inherited, List<Type> bindings) {}
}
