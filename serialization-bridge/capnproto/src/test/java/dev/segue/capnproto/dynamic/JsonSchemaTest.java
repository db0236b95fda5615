package dev.segue.capnproto.dynamic;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.capnproto.compiler.SchemaCompiler;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Schemas of messages as JSON schemas. */
final class JsonSchemaTest {
  private static MessageType type(String schema, String name) throws Exception {
    byte[] request =
        new SchemaCompiler(List.of())
            .compileText("t.capnp", ("@0xb5f2c3a1d4e59081;" + schema).getBytes(UTF_8))
            .toRequest();
    return MessageSchemas.fromRequest(request).type(name);
  }

  @Test
  void eachFieldHasTheTypeThatItsJsonHas() throws Exception {
    MessageType type =
        type(
            """
            struct All {
              flag @0 :Bool;
              small @1 :Int32;
              wide @2 :UInt64;
              real @3 :Float64;
              text @4 :Text;
              data @5 :Data;
              mode @6 :Mode;
              points @7 :List(Point);
              rows @8 :List(List(UInt8));
              group :group { any @9 :AnyPointer; none @10 :Void; }
              union { left @11 :Void; right @12 :Point; }
            }
            struct Point { x @0 :Float32; }
            enum Mode { off @0; }
            """,
            "All");
    assertEquals(
        "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",\"title\":\"t.capnp:All\","
            + "\"type\":\"object\",\"properties\":{"
            + "\"flag\":{\"type\":\"boolean\"},"
            + "\"small\":{\"type\":\"integer\"},"
            + "\"wide\":{\"type\":\"string\"},"
            + "\"real\":{\"type\":\"number\"},"
            + "\"text\":{\"type\":\"string\"},"
            + "\"data\":{\"type\":\"string\",\"contentEncoding\":\"base64\"},"
            + "\"mode\":{\"type\":\"string\"},"
            + "\"points\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":"
            + "{\"x\":{\"type\":\"number\"}}}},"
            + "\"rows\":{\"type\":\"array\",\"items\":{\"type\":\"array\",\"items\":"
            + "{\"type\":\"integer\"}}},"
            + "\"group\":{\"type\":\"object\",\"properties\":{\"any\":{\"type\":\"string\"}}},"
            + "\"right\":{\"type\":\"object\",\"properties\":{\"x\":{\"type\":\"number\"}}}}}",
        type.toJsonSchema());
  }

  @Test
  void aStructInsideItselfIsAnObject() throws Exception {
    MessageType type = type("struct Tree { left @0 :Tree; all @1 :List(Tree); }", "Tree");
    assertEquals(
        "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",\"title\":\"t.capnp:Tree\","
            + "\"type\":\"object\",\"properties\":{\"left\":{\"type\":\"object\"},"
            + "\"all\":{\"type\":\"array\",\"items\":{\"type\":\"object\"}}}}",
        type.toJsonSchema());
  }

  @Test
  void longNamesAreCut() throws Exception {
    StringBuilder schema = new StringBuilder("struct Wide {");
    for (int i = 0; i < 20; i++) {
      schema.append(" f").append("a".repeat(30_000)).append(i).append(" @").append(i);
      schema.append(" :Int32;");
    }
    String json = type(schema.append(" }").toString(), "Wide").toJsonSchema();
    assertTrue(json.length() < (1 << 18) + 1000, () -> "length=" + json.length());
    assertTrue(
        json.endsWith(":{\"type\":\"integer\"}}}"), () -> json.substring(json.length() - 40));
  }

  @Test
  void structsThatGrowWithEachLevelAreCut() throws Exception {
    StringBuilder schema = new StringBuilder("struct S0 { x @0 :Int32; }");
    for (int i = 1; i < 30; i++) {
      schema.append("struct S").append(i).append(" {");
      for (int k = 0; k < 10; k++) {
        schema
            .append(" f")
            .append(k)
            .append(" @")
            .append(k)
            .append(" :S")
            .append(i - 1)
            .append(";");
      }
      schema.append(" }");
    }
    String json = type(schema.toString(), "S29").toJsonSchema();
    assertTrue(json.length() < 1 << 19, () -> "length=" + json.length());
    assertEquals(
        json.chars().filter(c -> c == '{').count(), json.chars().filter(c -> c == '}').count());
  }
}
