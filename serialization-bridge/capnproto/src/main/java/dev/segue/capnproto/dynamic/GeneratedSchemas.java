package dev.segue.capnproto.dynamic;

import java.lang.reflect.Modifier;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.capnproto.SegmentReader;

/** The encoded declarations that generated classes carry in their {@code Schemas}. */
final class GeneratedSchemas {
  private static final String FIELD_PREFIX = "b_";

  private final List<String> names;
  private final ByteBuffer[] nodes;
  private final int ownCount;

  private GeneratedSchemas(List<String> names, ByteBuffer[] nodes, int ownCount) {
    this.names = names;
    this.nodes = nodes;
    this.ownCount = ownCount;
  }

  /**
   * Finds the declarations of the file that a struct's class was generated from, and of the files
   * that it imports, by the types of its fields.
   *
   * @throws IllegalArgumentException if it isn't such a class, or lies in a package that its module
   *     doesn't export
   */
  static GeneratedSchemas of(Class<?> struct) {
    Deque<String> names = new ArrayDeque<>();
    Class<?> at = struct;
    for (Class<?> outer = at.getEnclosingClass(); outer != null; outer = at.getEnclosingClass()) {
      names.addFirst(withoutUnderscores(at.getSimpleName()));
      at = outer;
    }
    List<ByteBuffer> nodes = new ArrayList<>();
    try {
      addNodes(at, nodes);
    } catch (IllegalAccessException e) {
      throw new IllegalArgumentException(
          at + " can't be read: export its package from its module", e);
    }
    if (nodes.isEmpty() || names.isEmpty()) {
      throw new IllegalArgumentException(
          struct + " isn't a class that was generated from a schema of Cap'n Proto");
    }
    int ownCount = nodes.size();
    for (Class<?> imported : GeneratedImports.of(at)) {
      try {
        addNodes(imported, nodes);
      } catch (IllegalAccessException _) {
        // Whoever reads a field of its types is told that the declaration is missing.
      }
    }
    return new GeneratedSchemas(List.copyOf(names), nodes.toArray(ByteBuffer[]::new), ownCount);
  }

  private static void addNodes(Class<?> file, List<ByteBuffer> nodes)
      throws IllegalAccessException {
    for (Class<?> inner : file.getClasses()) {
      if (withoutUnderscores(inner.getSimpleName()).equals("Schemas")) {
        for (var field : inner.getFields()) {
          if (field.getName().startsWith(FIELD_PREFIX)
              && Modifier.isStatic(field.getModifiers())
              && field.getType() == SegmentReader.class) {
            SegmentReader node = (SegmentReader) field.get(null);
            nodes.add(node.buffer.duplicate().order(ByteOrder.LITTLE_ENDIAN));
          }
        }
      }
    }
  }

  /** Names that Java took have an underscore behind them in the classes. */
  private static String withoutUnderscores(String name) {
    return name.endsWith("_") ? name.substring(0, name.length() - 1) : name;
  }

  /** Those of the struct's own file come first. */
  ByteBuffer[] nodes() {
    return nodes;
  }

  /** Returns how many are of the struct's own file. */
  int ownCount() {
    return ownCount;
  }

  /** Returns whether a declaration is the struct: {@code file.capnp:Outer.Inner}. */
  boolean isStruct(String displayName) {
    String scoped = displayName.substring(displayName.indexOf(':') + 1);
    return scoped.equals(String.join(".", names));
  }
}
