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

  private GeneratedSchemas(List<String> names, ByteBuffer[] nodes) {
    this.names = names;
    this.nodes = nodes;
  }

  /**
   * Finds the declarations of the file that a struct's class was generated from.
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
    for (Class<?> inner : at.getClasses()) {
      if (withoutUnderscores(inner.getSimpleName()).equals("Schemas")) {
        addNodes(inner, nodes);
      }
    }
    if (nodes.isEmpty() || names.isEmpty()) {
      throw new IllegalArgumentException(
          struct + " isn't a class that was generated from a schema of Cap'n Proto");
    }
    return new GeneratedSchemas(List.copyOf(names), nodes.toArray(ByteBuffer[]::new));
  }

  private static void addNodes(Class<?> schemas, List<ByteBuffer> nodes) {
    for (var field : schemas.getFields()) {
      if (field.getName().startsWith(FIELD_PREFIX)
          && Modifier.isStatic(field.getModifiers())
          && field.getType() == SegmentReader.class) {
        try {
          SegmentReader node = (SegmentReader) field.get(null);
          nodes.add(node.buffer.duplicate().order(ByteOrder.LITTLE_ENDIAN));
        } catch (IllegalAccessException e) {
          throw new IllegalArgumentException(
              schemas + " can't be read: export its package from its module", e);
        }
      }
    }
  }

  /** Names that Java took have an underscore behind them in the classes. */
  private static String withoutUnderscores(String name) {
    return name.endsWith("_") ? name.substring(0, name.length() - 1) : name;
  }

  ByteBuffer[] nodes() {
    return nodes;
  }

  /** Whether a declaration is the struct: {@code file.capnp:Outer.Inner}. */
  boolean isStruct(String displayName) {
    String scoped = displayName.substring(displayName.indexOf(':') + 1);
    return scoped.equals(String.join(".", names));
  }
}
