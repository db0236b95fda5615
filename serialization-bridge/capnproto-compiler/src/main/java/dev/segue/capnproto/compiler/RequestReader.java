package dev.segue.capnproto.compiler;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Decodes a request that any compiler of schemas wrote. */
final class RequestReader {
  private static final int MAX_TYPE_DEPTH = 64;

  private RequestReader() {}

  /**
   * @throws SchemaException if the bytes aren't such a message, or contradict themselves
   */
  static CodeRequest request(byte[] message) throws SchemaException {
    try {
      Wire.Struct root = WireReader.readRoot(message);
      Map<Long, Node> nodes = new LinkedHashMap<>();
      for (Wire.Struct struct : list(root, 0)) {
        Node node = node(struct);
        if (nodes.put(node.id(), node) != null) {
          throw new WireException("two nodes have one id: " + Ids.text(node.id()));
        }
      }
      checkPlaces(nodes.values());
      Map<Long, CodeRequest.Comments> comments = new LinkedHashMap<>();
      for (Wire.Struct struct : list(root, 3)) {
        comments.put(struct.int64(0), comments(struct));
      }
      List<CodeRequest.File> files = new ArrayList<>();
      for (Wire.Struct struct : list(root, 1)) {
        files.add(file(struct));
      }
      return new CodeRequest(nodes, comments, files, Map.of());
    } catch (WireException e) {
      throw new SchemaException("not a request of a Cap'n Proto compiler: " + e.getMessage());
    }
  }

  /** A node that were in several others could multiply with each level. */
  private static void checkPlaces(Collection<Node> nodes) throws WireException {
    Set<Long> placed = new HashSet<>();
    for (Node node : nodes) {
      for (Node.Nested nested : node.nested()) {
        checkPlace(placed, nested.id(), node);
      }
      if (node.body() instanceof Node.Struct struct) {
        for (Node.Field field : struct.fields()) {
          if (field.isGroup()) {
            checkPlace(placed, field.groupId(), node);
          }
        }
      }
    }
  }

  private static void checkPlace(Set<Long> placed, long id, Node around) throws WireException {
    if (!placed.add(id)) {
      throw new WireException(
          "a node is in two places: " + Ids.text(id) + ", the second in " + around.displayName());
    }
  }

  private static List<Wire.Struct> list(Wire.Struct struct, int pointer) throws WireException {
    Wire target = struct.pointer(pointer);
    if (target == null) {
      return List.of();
    }
    if (target instanceof Wire.Structs list) {
      return list.elements();
    }
    throw new WireException("expected a list of structs, found another kind of pointer");
  }

  private static Wire.Struct struct(Wire.Struct struct, int pointer) throws WireException {
    Wire target = struct.pointer(pointer);
    if (target == null) {
      return new Wire.Struct(0, 0);
    }
    if (target instanceof Wire.Struct found) {
      return found;
    }
    throw new WireException("expected a struct, found another kind of pointer");
  }

  private static String text(Wire.Struct struct, int pointer) throws WireException {
    return Blobs.string(struct.pointer(pointer));
  }

  private static @Nullable String textOrNull(Wire.Struct struct, int pointer) throws WireException {
    byte[] bytes = Blobs.textBytes(struct.pointer(pointer));
    return bytes == null ? null : new String(bytes, StandardCharsets.UTF_8);
  }

  private static List<String> names(Wire.Struct struct, int pointer) throws WireException {
    List<String> names = new ArrayList<>();
    for (Wire.Struct element : list(struct, pointer)) {
      names.add(text(element, 0));
    }
    return names;
  }

  private static CodeRequest.File file(Wire.Struct struct) throws WireException {
    List<CodeRequest.Import> imports = new ArrayList<>();
    for (Wire.Struct element : list(struct, 1)) {
      imports.add(new CodeRequest.Import(element.int64(0), text(element, 0)));
    }
    return new CodeRequest.File(struct.int64(0), text(struct, 0), imports);
  }

  private static CodeRequest.Comments comments(Wire.Struct struct) throws WireException {
    List<CodeRequest.Comment> members = new ArrayList<>();
    for (Wire.Struct member : list(struct, 1)) {
      members.add(new CodeRequest.Comment(textOrNull(member, 0)));
    }
    return new CodeRequest.Comments(textOrNull(struct, 0), members);
  }

  private static Node node(Wire.Struct struct) throws WireException {
    List<Node.Nested> nested = new ArrayList<>();
    for (Wire.Struct element : list(struct, 1)) {
      nested.add(new Node.Nested(text(element, 0), element.int64(0)));
    }
    String displayName = text(struct, 0);
    long prefixLength = struct.unsigned32(8);
    // The length counts bytes; only names in other alphabets make it differ from characters.
    byte[] utf8 = displayName.getBytes(StandardCharsets.UTF_8);
    if (prefixLength > utf8.length) {
      throw new WireException(
          "a name's prefix is longer than the name: prefixLength="
              + prefixLength
              + " name="
              + displayName);
    }
    int prefix = new String(utf8, 0, (int) prefixLength, StandardCharsets.UTF_8).length();
    return new Node(
        struct.int64(0),
        displayName,
        prefix,
        struct.int64(16),
        names(struct, 5),
        struct.bool(288),
        nested,
        annotations(struct, 2),
        body(struct));
  }

  private static Node.Body body(Wire.Struct node) throws WireException {
    return switch (node.unsigned16(12)) {
      case 0 -> new Node.File();
      case 1 -> {
        List<Node.Field> fields = new ArrayList<>();
        for (Wire.Struct field : list(node, 3)) {
          fields.add(field(field));
        }
        yield new Node.Struct(
            node.unsigned16(14),
            node.unsigned16(24),
            node.bool(224),
            node.unsigned16(30),
            node.unsigned32(32),
            fields);
      }
      case 2 -> {
        List<Node.Enumerant> enumerants = new ArrayList<>();
        for (Wire.Struct element : list(node, 3)) {
          enumerants.add(
              new Node.Enumerant(text(element, 0), element.unsigned16(0), annotations(element, 1)));
        }
        yield new Node.EnumType(enumerants);
      }
      case 3 -> {
        List<Node.Method> methods = new ArrayList<>();
        for (Wire.Struct method : list(node, 3)) {
          methods.add(method(method));
        }
        List<Node.Superclass> superclasses = new ArrayList<>();
        for (Wire.Struct element : list(node, 4)) {
          superclasses.add(new Node.Superclass(element.int64(0), brand(element, 0, 0)));
        }
        yield new Node.Interface(methods, superclasses);
      }
      case 4 -> new Node.Const(type(struct(node, 3), 0), value(struct(node, 4)));
      case 5 -> new Node.AnnotationType(type(struct(node, 3), 0), node.unsigned16(14));
      default ->
          throw new WireException("a node is of an unknown kind: tag=" + node.unsigned16(12));
    };
  }

  private static Node.Field field(Wire.Struct field) throws WireException {
    boolean group = field.unsigned16(8) == 1;
    if (field.unsigned16(8) > 1) {
      throw new WireException("a field is of an unknown kind: tag=" + field.unsigned16(8));
    }
    long groupId = group ? field.int64(16) : 0;
    if (group && groupId == 0) {
      throw new WireException("a group has no id");
    }
    return new Node.Field(
        text(field, 0),
        field.unsigned16(0),
        annotations(field, 1),
        field.unsigned16(2) ^ Node.Field.NO_DISCRIMINANT,
        field.unsigned16(10) == 1 ? field.unsigned16(12) : -1,
        groupId,
        group ? 0 : field.unsigned32(4),
        group ? Type.Simple.VOID : type(struct(field, 2), 0),
        group ? Value.VOID : value(struct(field, 3)),
        !group && field.bool(128));
  }

  private static Node.Method method(Wire.Struct method) throws WireException {
    return new Node.Method(
        text(method, 0),
        method.unsigned16(0),
        names(method, 4),
        method.int64(8),
        brand(method, 2, 0),
        method.int64(16),
        brand(method, 3, 0),
        annotations(method, 1));
  }

  private static List<Node.Annotation> annotations(Wire.Struct struct, int pointer)
      throws WireException {
    List<Node.Annotation> annotations = new ArrayList<>();
    for (Wire.Struct element : list(struct, pointer)) {
      annotations.add(
          new Node.Annotation(element.int64(0), brand(element, 1, 0), value(struct(element, 0))));
    }
    return annotations;
  }

  private static Type.Brand brand(Wire.Struct struct, int pointer, int depth) throws WireException {
    List<Type.Scope> scopes = new ArrayList<>();
    for (Wire.Struct scope : list(struct(struct, pointer), 0)) {
      boolean inherited = scope.unsigned16(8) == 1;
      List<Type> bindings = new ArrayList<>();
      if (!inherited) {
        for (Wire.Struct binding : list(scope, 0)) {
          bindings.add(
              binding.unsigned16(0) == 1
                  ? type(struct(binding, 0), depth + 1)
                  : Type.AnyPointer.ANY);
        }
      }
      scopes.add(new Type.Scope(scope.int64(0), inherited, bindings));
    }
    return scopes.isEmpty() ? Type.Brand.NONE : new Type.Brand(scopes);
  }

  private static Type type(Wire.Struct type, int depth) throws WireException {
    if (depth > MAX_TYPE_DEPTH) {
      throw new WireException("a type is nested too deep: limit=" + MAX_TYPE_DEPTH);
    }
    int tag = type.unsigned16(0);
    Type.Simple[] simple = Type.Simple.values();
    if (tag < simple.length) {
      return simple[tag];
    }
    return switch (tag) {
      case 14 -> new Type.ListOf(type(struct(type, 0), depth + 1));
      case 15 -> new Type.EnumOf(type.int64(8), brand(type, 0, depth + 1));
      case 16 -> new Type.StructOf(type.int64(8), brand(type, 0, depth + 1));
      case 17 -> new Type.InterfaceOf(type.int64(8), brand(type, 0, depth + 1));
      case 18 ->
          switch (type.unsigned16(8)) {
            case 0 -> new Type.AnyPointer(type.unsigned16(10));
            case 1 -> new Type.Parameter(type.int64(16), type.unsigned16(10));
            case 2 -> new Type.MethodParameter(type.unsigned16(10));
            default -> throw new WireException("a pointer's type is of an unknown kind");
          };
      default -> throw new WireException("a type is of an unknown kind: tag=" + tag);
    };
  }

  private static Value value(Wire.Struct value) throws WireException {
    int tag = value.unsigned16(0);
    long bits =
        switch (tag) {
          case 1 -> value.bits(16, 1);
          case 2, 6 -> value.bits(16, 8);
          case 3, 7, 15 -> value.bits(16, 16);
          case 4, 8, 10 -> value.bits(32, 32);
          case 5, 9, 11 -> value.bits(64, 64);
          case 0, 12, 13, 14, 16, 17, 18 -> 0;
          default -> throw new WireException("a value is of an unknown kind: tag=" + tag);
        };
    Wire pointer = tag >= 12 && tag != 15 && tag != 17 ? value.pointer(0) : null;
    return new Value(tag, bits, pointer);
  }
}
