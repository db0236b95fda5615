package dev.segue.capnproto.compiler;

import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Nodes as encoded bytes, which hold the values of constants and the defaults of pointers. */
final class SchemaData {
  private final Map<Long, byte[]> segments = new LinkedHashMap<>();
  private final Map<Long, IdentityHashMap<Wire, WireWriter.Place>> places = new HashMap<>();

  /** Encodes a node. */
  void add(Node node) {
    IdentityHashMap<Wire, WireWriter.Place> found = new IdentityHashMap<>();
    segments.put(node.id(), WireWriter.segment(RequestWriter.node(node), found));
    places.put(node.id(), found);
  }

  private WireWriter.Place place(Node node, Wire value) throws SchemaException {
    IdentityHashMap<Wire, WireWriter.Place> found = places.get(node.id());
    WireWriter.Place place = found == null ? null : found.get(value);
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
        (id, bytes) -> {
          java.line("");
          java.line(
              "public static final org.capnproto.SegmentReader b_" + Long.toHexString(id) + " =");
          java.line("org.capnproto.GeneratedClassSupport.decodeRawBytes(");
          java.bytes(bytes);
          java.line(")");
          java.line(");");
        });
    java.line("}");
  }
}
