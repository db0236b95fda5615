package dev.segue.capnproto.dynamic;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.capnproto.DecodeException;

/**
 * Reads the declarations of a {@code CodeGeneratorRequest} of schema.capnp. Offsets are those of
 * that schema.
 */
final class SchemaReader {
  private static final int MAX_TYPE_DEPTH = 64;

  /**
   * A declaration and a field consist of five words at least, its name included. In a list of
   * structs without words they would take memory that the message doesn't have.
   */
  private static final int FEWEST_WORDS = 4;

  /** What is allowed in any message. */
  private static final int FEWEST = 64;

  private final Map<Long, Declared> declarations = new HashMap<>();
  private final Set<Long> files = new HashSet<>();

  private final long limit;
  private long memberCount;

  private SchemaReader(long limit) {
    this.limit = limit;
  }

  /**
   * Reads the request at a message's root.
   *
   * @param wordCount the words of the message
   */
  static SchemaReader read(StructAt request, long wordCount) {
    SchemaReader reader = new SchemaReader(FEWEST + wordCount / FEWEST_WORDS);
    ListAt nodes = request.structs(0);
    reader.checkCount("declarations", nodes.count());
    for (int i = 0; i < nodes.count(); i++) {
      reader.add(nodes.struct(i));
    }
    ListAt files = request.structs(1);
    for (int i = 0; i < files.count(); i++) {
      reader.files.add(files.struct(i).int64(0));
    }
    return reader;
  }

  Map<Long, Declared> declarations() {
    return declarations;
  }

  /** The ids of the files that the compiler was asked for. */
  Set<Long> files() {
    return files;
  }

  /** Reads single nodes, each the root of a segment of its own. */
  static SchemaReader readNodes(List<StructAt> nodes) {
    SchemaReader reader = new SchemaReader(Long.MAX_VALUE);
    nodes.forEach(reader::add);
    return reader;
  }

  private void add(StructAt node) {
    long id = node.int64(0);
    if (declarations.put(id, declared(node)) != null) {
      throw new DecodeException("two declarations have the id @0x" + Long.toHexString(id));
    }
  }

  private Declared declared(StructAt node) {
    String name = node.text(0);
    return switch (node.unsigned16(12)) {
      case 1 ->
          new Declared.Struct(
              name,
              node.int64(16),
              node.unsigned16(14),
              node.unsigned16(24),
              node.bool(224),
              node.unsigned16(30),
              node.unsigned32(32),
              members(node.structs(3)));
      case 2 -> new Declared.EnumNames(name, names(node.structs(3)));
      default -> new Declared.Other(name);
    };
  }

  private void checkCount(String what, long count) {
    if (count > limit) {
      throw new DecodeException(
          "schemas have more "
              + what
              + " than they have room for: count="
              + count
              + " limit="
              + limit);
    }
  }

  private static List<String> names(ListAt enumerants) {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < enumerants.count(); i++) {
      names.add(enumerants.struct(i).text(0));
    }
    return List.copyOf(names);
  }

  private List<Declared.Member> members(ListAt fields) {
    memberCount += fields.count();
    checkCount("fields", memberCount);
    List<Declared.Member> members = new ArrayList<>();
    for (int i = 0; i < fields.count(); i++) {
      members.add(member(fields.struct(i)));
    }
    return List.copyOf(members);
  }

  private static Declared.Member member(StructAt field) {
    int kind = field.unsigned16(8);
    if (kind > 1) {
      throw new DecodeException("a field is of an unknown kind: tag=" + kind);
    }
    StructAt value = field.structOrEmpty(3);
    boolean isGroup = kind == 1;
    return new Declared.Member(
        field.text(0),
        field.unsigned16(2) ^ Declared.Member.NO_DISCRIMINANT,
        isGroup ? field.int64(16) : 0,
        isGroup ? 0 : field.unsigned32(4),
        isGroup ? new Declared.Plain(Scalar.VOID) : type(field.structOrEmpty(2), 0),
        isGroup ? 0 : defaultBits(value),
        value);
  }

  private static long defaultBits(StructAt value) {
    return switch (value.unsigned16(0)) {
      case 1 -> value.bits(16, 1);
      case 2, 6 -> value.bits(2, 8);
      case 3, 7, 15 -> value.bits(1, 16);
      case 4, 8, 10 -> value.bits(1, 32);
      case 5, 9, 11 -> value.bits(1, 64);
      default -> 0;
    };
  }

  private static Declared.Written type(StructAt type, int depth) {
    if (depth > MAX_TYPE_DEPTH) {
      throw new DecodeException("a type is nested too deep: limit=" + MAX_TYPE_DEPTH);
    }
    int tag = type.unsigned16(0);
    if (tag < Scalar.PLAIN_COUNT) {
      return new Declared.Plain(Scalar.ofTag(tag));
    }
    return switch (tag) {
      case 14 -> new Declared.ListOf(type(type.structOrEmpty(0), depth + 1));
      case 15 -> new Declared.EnumOf(type.int64(8));
      case 16 -> new Declared.StructOf(type.int64(8), brand(type.structOrEmpty(0), depth + 1));
      case 17 -> new Declared.Plain(Scalar.CAPABILITY);
      case 18 -> pointer(type);
      default -> throw new DecodeException("a type is of an unknown kind: tag=" + tag);
    };
  }

  private static Declared.Written pointer(StructAt type) {
    return switch (type.unsigned16(8)) {
      case 0 ->
          new Declared.Plain(type.unsigned16(10) == 3 ? Scalar.CAPABILITY : Scalar.ANY_POINTER);
      case 1 -> new Declared.Parameter(type.int64(16), type.unsigned16(10));
      default -> new Declared.Plain(Scalar.ANY_POINTER);
    };
  }

  private static List<Declared.Scope> brand(StructAt brand, int depth) {
    List<Declared.Scope> scopes = new ArrayList<>();
    ListAt found = brand.structs(0);
    for (int i = 0; i < found.count(); i++) {
      StructAt scope = found.struct(i);
      boolean isInherited = scope.unsigned16(8) == 1;
      List<Declared.Written> bindings = new ArrayList<>();
      if (!isInherited) {
        ListAt bound = scope.structs(0);
        for (int j = 0; j < bound.count(); j++) {
          StructAt binding = bound.struct(j);
          bindings.add(
              binding.unsigned16(0) == 1
                  ? type(binding.structOrEmpty(0), depth)
                  : new Declared.Plain(Scalar.ANY_POINTER));
        }
      }
      scopes.add(new Declared.Scope(scope.int64(0), isInherited, List.copyOf(bindings)));
    }
    return List.copyOf(scopes);
  }
}
