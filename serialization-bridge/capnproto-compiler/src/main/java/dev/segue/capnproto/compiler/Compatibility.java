package dev.segue.capnproto.compiler;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Finds changes between two versions of schemas after which messages of one can't be read by the
 * other: what lies elsewhere, is of another type, has another default, or is gone.
 */
final class Compatibility {
  private final CodeRequest before;
  private final CodeRequest after;
  private final List<String> changes = new ArrayList<>();

  private Compatibility(CodeRequest before, CodeRequest after) {
    this.before = before;
    this.after = after;
  }

  /** Returns a line for each change. Declarations are compared by their ids. */
  static List<String> changes(CodeRequest before, CodeRequest after) {
    Compatibility compatibility = new Compatibility(before, after);
    for (Node node : before.nodes().values()) {
      compatibility.compare(node);
    }
    return compatibility.changes;
  }

  private void compare(Node old) {
    Node now = after.nodes().get(old.id());
    if (now == null) {
      boolean declared = before.files().stream().anyMatch(file -> isIn(old, file.id()));
      if (declared && !(old.body() instanceof Node.File)) {
        changes.add(old.displayName() + ": removed, or its id " + Ids.text(old.id()) + " changed");
      }
      return;
    }
    if (old.body().getClass() != now.body().getClass()) {
      changes.add(now.displayName() + ": was another kind of declaration");
    } else if (old.body() instanceof Node.Struct of) {
      compare(now, of, (Node.Struct) now.body());
    } else if (old.body() instanceof Node.EnumType of) {
      compareNames(now, of, (Node.EnumType) now.body());
    } else if (old.body() instanceof Node.Interface of) {
      compare(now, of, (Node.Interface) now.body());
    }
  }

  private boolean isIn(Node node, long fileId) {
    Node at = node;
    for (int i = 0; at != null && i < 100; i++) {
      if (at.id() == fileId) {
        return true;
      }
      at = before.nodes().get(at.scopeId());
    }
    return false;
  }

  /**
   * A field of a struct or of its groups, and the tags that unions around it have when it is set.
   */
  private record Placed(String name, Node.Field field, Map<Long, Integer> tags) {}

  private void compare(Node node, Node.Struct old, Node.Struct now) {
    if (old.isGroup()) {
      return;
    }
    Map<Integer, Placed> placed = new TreeMap<>();
    Map<Integer, Placed> earlier = new TreeMap<>();
    place(after, node.displayName() + ".", now, Map.of(), placed, 0);
    place(before, node.displayName() + ".", old, Map.of(), earlier, 0);
    earlier.forEach((ordinal, field) -> compare(ordinal, field, placed.get(ordinal)));
  }

  private static void place(
      CodeRequest request,
      String prefix,
      Node.Struct struct,
      Map<Long, Integer> tags,
      Map<Integer, Placed> placed,
      int depth) {
    for (Node.Field field : struct.fields()) {
      Map<Long, Integer> inner = new TreeMap<>(tags);
      if (field.isInUnion()) {
        inner.put(struct.discriminantOffset(), field.discriminant());
      }
      Node group = request.nodes().get(field.groupId());
      if (!field.isGroup()) {
        placed.put(field.ordinal(), new Placed(prefix + field.name(), field, inner));
      } else if (group != null && group.body() instanceof Node.Struct body && depth < 100) {
        place(request, prefix + field.name() + ".", body, inner, placed, depth + 1);
      }
    }
  }

  private void compare(int ordinal, Placed earlier, @Nullable Placed placed) {
    String name = earlier.name + " @" + ordinal;
    if (placed == null) {
      changes.add(name + ": removed");
      return;
    }
    Node.Field old = earlier.field;
    Node.Field now = placed.field;
    if (!isCompatible(old.type(), now.type())) {
      changes.add(name + ": is of another type");
    } else if (old.offset() != now.offset()) {
      changes.add(name + ": moved from offset " + old.offset() + " to " + now.offset());
    } else if (!SameValue.of(old.defaultValue(), now.defaultValue())) {
      changes.add(name + ": has another default value");
    }
    // A union that is new has the tag 0 in old messages.
    Map<Long, Integer> wanted = new TreeMap<>();
    placed.tags.keySet().forEach(offset -> wanted.put(offset, 0));
    wanted.putAll(earlier.tags);
    if (!wanted.equals(placed.tags)) {
      changes.add(name + ": has another tag in its union");
    }
  }

  /** A struct may take the place of an AnyPointer and Text that of Data, and the reverse. */
  private boolean isCompatible(Type old, Type now) {
    if (old.equals(now)) {
      return true;
    }
    if (old instanceof Type.ListOf one && now instanceof Type.ListOf other) {
      return isCompatible(one.element(), other.element())
          || isFirstField(one.element(), after, other.element())
          || isFirstField(other.element(), before, one.element());
    }
    if (old instanceof Type.StructOf one && now instanceof Type.StructOf other) {
      return one.id() == other.id() && isCompatible(one.brand(), other.brand());
    }
    if (old instanceof Type.InterfaceOf one && now instanceof Type.InterfaceOf other) {
      return one.id() == other.id() && isCompatible(one.brand(), other.brand());
    }
    if (isParameter(old) && isParameter(now)) {
      // Another one: what it is bound to where the type is used is another type.
      return false;
    }
    boolean bytes =
        (old == Type.Simple.TEXT && now == Type.Simple.DATA)
            || (old == Type.Simple.DATA && now == Type.Simple.TEXT)
            || (isBytes(old) && isBytes(now));
    boolean any = mayBe(old, now) || mayBe(now, old);
    boolean enumAsNumber =
        (old instanceof Type.EnumOf && now == Type.Simple.UINT16)
            || (now instanceof Type.EnumOf && old == Type.Simple.UINT16);
    return bytes || any || enumAsNumber;
  }

  /** A parameter that isn't bound is an AnyPointer. */
  private boolean isCompatible(Type.Brand old, Type.Brand now) {
    for (Type.Scope one : old.scopes()) {
      for (Type.Scope other : now.scopes()) {
        int count = one.id() == other.id() ? one.bindings().size() : 0;
        for (int i = 0; i < Math.min(count, other.bindings().size()); i++) {
          if (!isCompatible(one.bindings().get(i), other.bindings().get(i))) {
            return false;
          }
        }
      }
    }
    return true;
  }

  /** The elements of a list may become the first fields of structs; those of bits may not. */
  private boolean isFirstField(Type element, CodeRequest request, Type structs) {
    if (element == Type.Simple.BOOL
        || element instanceof Type.StructOf
        || !(structs instanceof Type.StructOf of)) {
      return false;
    }
    Node node = request.nodes().get(of.id());
    if (node == null || !(node.body() instanceof Node.Struct struct)) {
      return false;
    }
    for (Node.Field field : struct.fields()) {
      if (field.ordinal() == 0) {
        // An element has no default: as the field it would read as the field's.
        return field.offset() == 0
            && !field.isInUnion()
            && isCompatible(element, field.type())
            && SameValue.of(Value.zero(field.type()), field.defaultValue());
      }
    }
    return false;
  }

  private static boolean isParameter(Type type) {
    return type instanceof Type.Parameter || type instanceof Type.MethodParameter;
  }

  private static boolean isBytes(Type type) {
    return type == Type.Simple.DATA
        || type.equals(new Type.ListOf(Type.Simple.UINT8))
        || type.equals(new Type.ListOf(Type.Simple.INT8));
  }

  /**
   * Returns whether a type stands for any pointer, or for any of the kind that the other one is of.
   */
  private static boolean mayBe(Type any, Type type) {
    if (isParameter(any)) {
      return type.isPointer();
    }
    return any instanceof Type.AnyPointer of
        && switch (of.kind()) {
          case Type.AnyPointer.ANY_KIND -> type.isPointer();
          case Type.AnyPointer.STRUCT -> type instanceof Type.StructOf;
          case Type.AnyPointer.LIST ->
              type instanceof Type.ListOf || type == Type.Simple.TEXT || type == Type.Simple.DATA;
          default -> type instanceof Type.InterfaceOf;
        };
  }

  private void compareNames(Node node, Node.EnumType old, Node.EnumType now) {
    for (int i = 0; i < old.enumerants().size(); i++) {
      String name = node.displayName() + "." + old.enumerants().get(i).name() + " @" + i;
      if (i >= now.enumerants().size()) {
        changes.add(name + ": removed");
      }
    }
  }

  private void compare(Node node, Node.Interface old, Node.Interface now) {
    for (int i = 0; i < old.methods().size(); i++) {
      Node.Method method = old.methods().get(i);
      String name = node.displayName() + "." + method.name() + " @" + i;
      if (i >= now.methods().size()) {
        changes.add(name + ": removed");
      } else if (method.paramStructId() != now.methods().get(i).paramStructId()
          || method.resultStructId() != now.methods().get(i).resultStructId()) {
        changes.add(name + ": takes or returns another struct");
      }
    }
  }
}
