package dev.segue.capnproto.dynamic;

import java.util.List;

/** A declaration of a schema, as far as messages depend on it. */
sealed interface Declared {
  /** The name with its file: {@code robot.capnp:Pose}. */
  String displayName();

  /**
   * A struct or group.
   *
   * @param discriminantOffset where the union's tag lies, in units of 16 bits
   */
  record Struct(
      String displayName,
      long scopeId,
      int dataWordCount,
      int pointerCount,
      boolean isGroup,
      int discriminantCount,
      long discriminantOffset,
      List<Member> members)
      implements Declared {}

  /** An enum, its names by their values. */
  record EnumNames(String displayName, List<String> names) implements Declared {}

  /** A file, constant, annotation or interface. */
  record Other(String displayName) implements Declared {}

  /**
   * A field or group of a struct.
   *
   * @param discriminant the tag in the struct's union, {@link #NO_DISCRIMINANT} outside it
   * @param groupId a group's declaration, 0 for a field
   * @param offset in units of the field's size, or the index of its pointer
   * @param defaultBits a number's default, the low bits
   * @param value the declaration's value that holds a pointer's default
   */
  record Member(
      String name,
      int discriminant,
      long groupId,
      long offset,
      Written type,
      long defaultBits,
      StructAt value) {
    static final int NO_DISCRIMINANT = 0xFFFF;

    boolean isInUnion() {
      return discriminant != NO_DISCRIMINANT;
    }
  }

  /** A type as it is written: its parameters aren't bound yet. */
  sealed interface Written {}

  /** A type without parts. */
  record Plain(Scalar type) implements Written {}

  /** A list. */
  record ListOf(Written element) implements Written {}

  /** An enum. */
  record EnumOf(long id) implements Written {}

  /** A struct, with what the scopes around it are bound to. */
  record StructOf(long id, List<Scope> brand) implements Written {}

  /** A parameter of a generic declaration. */
  record Parameter(long scopeId, int index) implements Written {}

  /** The bindings of a scope's parameters; an inherited scope takes what it is where it is used. */
  record Scope(long id, boolean isInherited, List<Written> bindings) {}
}
