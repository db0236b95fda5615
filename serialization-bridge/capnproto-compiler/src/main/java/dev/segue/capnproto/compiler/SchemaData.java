package dev.segue.capnproto.compiler;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Nodes as encoded bytes, which hold the values of constants and the defaults of pointers. */
final class SchemaData {
  private final Map<Long, WireWriter.Segment> segments = new LinkedHashMap<>();

  /** Encodes a node. */
  void add(Node node) {
    segments.put(node.id(), WireWriter.segment(RequestWriter.node(node), values(node)));
  }

  /** Returns the values that generated code refers to. */
  private static Set<Wire> values(Node node) {
    Set<Wire> values = Collections.newSetFromMap(new IdentityHashMap<>());
    if (node.body() instanceof Node.Struct struct) {
      struct.fields().forEach(field -> add(values, field.defaultValue()));
    } else if (node.body() instanceof Node.Const of) {
      add(values, of.value());
    }
    return values;
  }

  private static void add(Set<Wire> values, Value value) {
    Wire target = value.pointer();
    if (target != null) {
      values.add(target);
    }
  }

  private WireWriter.Place place(Node node, Wire value) throws SchemaException {
    WireWriter.Segment segment = segments.get(node.id());
    WireWriter.Place place = segment == null ? null : segment.places().get(value);
    if (place == null) {
      throw new SchemaException("a value isn't part of its node: " + node.displayName());
    }
    return place;
  }

  static String segmentName(Node node) {
    return "Schemas.b_" + Long.toHexString(node.id());
  }

  /** Returns the arguments that name a list's or struct's default, or none. */
  String pointerDefault(Node node, @Nullable Wire value) throws SchemaException {
    return value == null ? "null, 0" : segmentName(node) + ", " + place(node, value).pointer();
  }

  /** Returns the arguments that name a text's or data's default, or none. */
  String blobDefault(Node node, @Nullable Wire value, int trailing) throws SchemaException {
    return value == null ? "null, 0, 0" : blob(node, value, trailing);
  }

  String blob(Node node, Wire value, int trailing) throws SchemaException {
    if (!(value instanceof Wire.Scalars list) || list.count() < trailing) {
      throw new SchemaException(
          "a text's or data's value is of another type: " + node.displayName());
    }
    return segmentName(node)
        + ".buffer, "
        + place(node, value).body()
        + ", "
        + (list.count() - trailing);
  }

  /** Writes the class that holds the segments. */
  void write(JavaText java) {
    java.line("public static final class Schemas {");
    java.line("public Schemas() {}");
    segments.forEach(
        (id, segment) -> {
          java.line("");
          java.line(
              "public static final org.capnproto.SegmentReader b_" + Long.toHexString(id) + " =");
          java.line("org.capnproto.GeneratedClassSupport.decodeRawBytes(");
          java.bytes(segment.bytes().array());
          java.line(")");
          java.line(");");
        });
    java.line("}");
  }
}
