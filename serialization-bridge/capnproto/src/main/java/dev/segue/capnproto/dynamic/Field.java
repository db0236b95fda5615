package dev.segue.capnproto.dynamic;

import org.jspecify.annotations.Nullable;

/**
 * A field of a struct, or a group of fields.
 *
 * @param member how the schema declares it
 * @param type a group's type is the struct of its fields
 * @param isGroup whether its fields lie in the struct around it
 * @param jsonName the name as JSON has it
 */
record Field(Declared.Member member, ValueType type, boolean isGroup, String jsonName) {
  Field(Declared.Member member, ValueType type, boolean isGroup) {
    this(member, type, isGroup, TextBuilder.jsonOf(member.name()));
  }

  String name() {
    return member.name();
  }

  boolean isPointer() {
    return !isGroup && type.bits() < 0;
  }

  /** The bits of a number in a struct, its default applied, not extended by its sign. */
  long bits(StructAt struct) {
    int bits = type.bits();
    return bits == 0 ? 0 : struct.bits(member.offset(), bits) ^ member.defaultBits();
  }

  /** Returns whether it has a value of its own: a group and a number always do. */
  boolean isSet(StructAt struct) {
    return !isPointer() || !struct.isNull(member.offset());
  }

  /** A struct's place, or that of its default; a group lies where the struct around it does. */
  StructAt struct(StructAt parent, MessageSchemas schemas) {
    if (isGroup) {
      return parent;
    }
    StructAt own = parent.struct(member.offset());
    if (own != null) {
      return own;
    }
    StructAt value = member.value().in(schemas.words(parent.words())).struct(0);
    return value == null ? parent.words().empty() : value;
  }

  /** A list's, text's or data's place, or that of its default; {@code null} for neither. */
  @Nullable ListAt list(StructAt parent, MessageSchemas schemas) {
    ListAt own = parent.list(member.offset());
    return own != null ? own : member.value().in(schemas.words(parent.words())).list(0);
  }
}
