package dev.segue.capnproto.compiler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Requests that no compiler of schemas writes. */
final class RequestTest {
  private static final int DEPTH = 60;

  /** A chain of structs in a file, each of which declares the next some times. */
  private static byte[] nested(int times) {
    List<Node> nodes = new ArrayList<>();
    nodes.add(node(0, new Node.File(), times));
    for (int i = 1; i <= DEPTH; i++) {
      nodes.add(node(i, struct(false, List.of()), i < DEPTH ? times : 0));
    }
    return message(nodes);
  }

  /** A struct whose groups lie in each other, each some times. */
  private static byte[] grouped(int times) {
    List<Node> nodes = new ArrayList<>();
    nodes.add(node(0, new Node.File(), 1));
    for (int i = 1; i <= DEPTH; i++) {
      List<Node.Field> fields = new ArrayList<>();
      for (int j = 0; j < times && i < DEPTH; j++) {
        fields.add(group("g" + j, id(i + 1)));
      }
      nodes.add(node(i, struct(i > 1, fields), 0));
    }
    return message(nodes);
  }

  private static long id(int index) {
    return Long.MIN_VALUE | index + 1;
  }

  private static Node node(int index, Node.Body body, int nestedCount) {
    List<Node.Nested> nested = new ArrayList<>();
    for (int i = 0; i < nestedCount; i++) {
      nested.add(new Node.Nested("Inner", id(index + 1)));
    }
    long scopeId = index == 0 ? 0 : id(index - 1);
    return new Node(id(index), "x.capnp", 0, scopeId, List.of(), false, nested, List.of(), body);
  }

  private static Node.Struct struct(boolean isGroup, List<Node.Field> fields) {
    return new Node.Struct(0, 0, isGroup, 0, 0, fields);
  }

  private static Node.Field group(String name, long id) {
    return new Node.Field(
        name,
        0,
        List.of(),
        Node.Field.NO_DISCRIMINANT,
        -1,
        id,
        0,
        Type.Simple.VOID,
        Value.VOID,
        false);
  }

  private static byte[] message(List<Node> nodes) {
    Map<Long, Node> byId = new LinkedHashMap<>();
    nodes.forEach(node -> byId.put(node.id(), node));
    CodeRequest.File file = new CodeRequest.File(id(0), "x.capnp", List.of());
    return RequestWriter.message(new CodeRequest(byId, Map.of(), List.of(file), Map.of()));
  }

  @Test
  void nodesThatLieInOneAnotherOnceAreRead() throws SchemaException {
    assertEquals(1, CompiledSchemas.fromRequest(nested(1)).toJava("").files().size());
    assertEquals(1, CompiledSchemas.fromRequest(grouped(1)).toJava("").files().size());
  }

  @Test
  void aNodeInTwoPlacesIsRefusedInsteadOfMultiplying() {
    assertTwoPlaces(nested(2));
    assertTwoPlaces(grouped(2));
  }

  private static void assertTwoPlaces(byte[] request) {
    SchemaException e =
        assertThrows(SchemaException.class, () -> CompiledSchemas.fromRequest(request));
    assertTrue(e.getMessage().contains("a node is in two places"), e::getMessage);
  }
}
