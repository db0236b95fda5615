package dev.segue.capnproto.compiler;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Compiled schemas: what a compiler hands to a generator of code.
 *
 * @param nodes the declarations by their ids, in the order in which they were found
 * @param comments the doc comments by the ids of nodes
 * @param files the files that were named to the compiler
 * @param places where the ids of files stand, by those ids; none in a request of another compiler
 */
record CodeRequest(
    Map<Long, Node> nodes,
    Map<Long, Comments> comments,
    List<File> files,
    Map<Long, Place> places) {
  /** A place in the text of a schema. */
  record Place(Source source, Span span) {}

  /**
   * The comments of a node and of its fields, enumerants or methods.
   *
   * @param members in the order of the node's members; {@code null} where one has no comment
   */
  record Comments(@Nullable String node, List<Comment> members) {
    static final Comments NONE = new Comments(null, List.of());

    @Nullable String member(int index) {
      return index < members.size() ? members.get(index).text() : null;
    }
  }

  record Comment(@Nullable String text) {}

  record File(long id, String name, List<Import> imports) {}

  record Import(long id, String name) {}

  /** Returns an error in a file as a whole, which is shown at its id. */
  SchemaException fault(Node file, String message) {
    Place place = places.get(file.id());
    return place == null
        ? new SchemaException(file.displayName() + ": " + message)
        : new SchemaException(List.of(place.source.diagnostic(place.span, message)));
  }

  Node node(long id) throws SchemaException {
    Node node = nodes.get(id);
    if (node == null) {
      throw new SchemaException("a request lacks a node: id=@0x" + Long.toHexString(id));
    }
    return node;
  }
}
