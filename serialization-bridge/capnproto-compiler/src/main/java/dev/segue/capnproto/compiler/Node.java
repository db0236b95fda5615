package dev.segue.capnproto.compiler;

import java.util.List;

/**
 * A declaration that has an id: a file, struct, group, enum, interface, constant or annotation.
 *
 * @param displayName the file and the path in it: {@code dir/file.capnp:Outer.Inner}
 * @param prefixLength how much of the display name is in front of the name itself
 * @param scopeId the node around it, 0 for a file
 */
record Node(
    long id,
    String displayName,
    int prefixLength,
    long scopeId,
    List<String> parameters,
    boolean isGeneric,
    List<Nested> nested,
    List<Annotation> annotations,
    Body body) {
  String name() {
    return displayName.substring(prefixLength);
  }

  record Nested(String name, long id) {}

  record Annotation(long id, Type.Brand brand, Value value) {}

  /** The properties of one kind of node. */
  sealed interface Body {}

  record File() implements Body {}

  /** A struct or group. */
  record Struct(
      int dataWordCount,
      int pointerCount,
      boolean isGroup,
      int discriminantCount,
      long discriminantOffset,
      List<Field> fields)
      implements Body {}

  record EnumType(List<Enumerant> enumerants) implements Body {}

  record Interface(List<Method> methods, List<Superclass> superclasses) implements Body {}

  record Const(Type type, Value value) implements Body {}

  record AnnotationType(Type type, int targets) implements Body {}

  /**
   * A member of a struct: a slot, or a group where {@code groupId} isn't 0.
   *
   * @param discriminant the tag in the struct's union, 0xffff outside it
   * @param ordinal the explicit ordinal, or -1
   * @param offset a slot's offset in units of its size, or the index of its pointer
   */
  record Field(
      String name,
      int codeOrder,
      List<Annotation> annotations,
      int discriminant,
      int ordinal,
      long groupId,
      long offset,
      Type type,
      Value defaultValue,
      boolean hadExplicitDefault) {
    static final int NO_DISCRIMINANT = 0xffff;

    boolean isGroup() {
      return groupId != 0;
    }

    boolean isInUnion() {
      return discriminant != NO_DISCRIMINANT;
    }
  }

  record Enumerant(String name, int codeOrder, List<Annotation> annotations) {}

  record Superclass(long id, Type.Brand brand) {}

  record Method(
      String name,
      int codeOrder,
      List<String> implicitParameters,
      long paramStructId,
      Type.Brand paramBrand,
      long resultStructId,
      Type.Brand resultBrand,
      List<Annotation> annotations) {}
}
