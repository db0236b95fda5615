package dev.segue.capnproto.dynamic;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.capnproto.DecodeException;
import org.jspecify.annotations.Nullable;

/** A struct of a schema, its parameters bound. Its fields are worked out when they are needed. */
final class StructType implements ValueType {
  private final MessageSchemas schemas;
  private final long id;
  private final Map<Long, List<ValueType>> bindings;
  private final int weight;
  private volatile @Nullable Fields fields;

  /**
   * The members of a struct.
   *
   * @param all its members, in the order of their declarations in the compiled schema
   */
  record Fields(Declared.Struct declared, List<Field> all, Map<String, Field> byName) {}

  StructType(MessageSchemas schemas, long id, Map<Long, List<ValueType>> bindings) {
    this.schemas = schemas;
    this.id = id;
    this.bindings = bindings;
    long sum = 1;
    for (List<ValueType> types : bindings.values()) {
      for (ValueType type : types) {
        sum += type.weight();
      }
    }
    weight = (int) Math.min(sum, Integer.MAX_VALUE / 2);
  }

  long id() {
    return id;
  }

  String name() {
    return schemas.declared(id).displayName();
  }

  MessageSchemas schemas() {
    return schemas;
  }

  /**
   * Returns what the parameters of the structs around it and of its own stand for, by their ids.
   */
  Map<Long, List<ValueType>> bindings() {
    return bindings;
  }

  @Override
  public int weight() {
    return weight;
  }

  @Override
  public int bits() {
    return -1;
  }

  /** Returns how many fields it has, without working them out. */
  int memberCount() {
    return schemas.declaredStruct(id).members().size();
  }

  /** Returns whether its fields are worked out, or there is room for them. */
  boolean hasRoomForFields() {
    return fields != null || bindings.isEmpty() || schemas.hasRoomForBound(memberCount());
  }

  /** Works the fields out once. */
  Fields fields() {
    Fields known = fields;
    if (known == null) {
      known = workedOut();
      fields = known;
    }
    return known;
  }

  private Fields workedOut() {
    Declared.Struct declared = schemas.declaredStruct(id);
    if (!bindings.isEmpty()) {
      schemas.takeBound(declared.members().size());
    }
    List<Field> all = declared.members().stream().map(this::field).toList();
    if (!bindings.isEmpty()) {
      // What the types of its fields are bound to takes memory as well.
      schemas.takeBound(all.stream().mapToLong(field -> field.type().weight() - 1L).sum());
    }
    Map<String, Field> byName = new LinkedHashMap<>();
    for (Field field : all) {
      byName.put(field.name(), field);
      if (field.member().isInUnion()
          && field.member().discriminant() >= declared.discriminantCount()) {
        throw new DecodeException(
            "a union of " + name() + " has no room for the tag of its member " + field.name());
      }
    }
    return new Fields(declared, all, byName);
  }

  private Field field(Declared.Member member) {
    if (member.groupId() == 0) {
      return new Field(member, schemas.bind(member.type(), bindings), false);
    }
    Declared.Struct group = schemas.declaredStruct(member.groupId());
    if (!group.isGroup() || group.scopeId() != id) {
      throw new DecodeException(
          "the group " + group.displayName() + " isn't one of " + name() + ", which refers to it");
    }
    // Its fields may name the parameters of the structs around it.
    return new Field(member, schemas.struct(member.groupId(), bindings), true);
  }

  /** The tag of the member of the union that is set, whether or not the schema knows it. */
  int tag(StructAt struct) {
    Declared.Struct declared = fields().declared;
    return declared.discriminantCount() == 0
        ? Declared.Member.NO_DISCRIMINANT
        : (int) struct.bits(declared.discriminantOffset(), 16);
  }

  @Override
  @SuppressWarnings("ReferenceEquality") // types of different schemas are different
  public boolean equals(@Nullable Object other) {
    return other instanceof StructType type
        && type.schemas == schemas
        && type.id == id
        && type.bindings.equals(bindings);
  }

  @Override
  public int hashCode() {
    return Objects.hash(id, bindings);
  }

  @Override
  public String toString() {
    return name() + "@0x" + Long.toHexString(id);
  }
}
