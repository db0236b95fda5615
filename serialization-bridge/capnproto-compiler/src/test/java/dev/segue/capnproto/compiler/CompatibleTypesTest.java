package dev.segue.capnproto.compiler;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What keeps messages of one version from being read by the other. */
final class CompatibleTypesTest {
  private static final String DECLARATIONS =
      """
      @0xb5f2c3a1d4e59061;
      struct Box(T) { value @0 :T; }
      struct Point { x @0 :Int32; name @1 :Text; }
      interface Service {}
      """;

  private static List<String> changes(String old, String changed) throws SchemaException {
    return compiled(changed).incompatibilitiesWith(compiled(old));
  }

  private static CompiledSchemas compiled(String field) throws SchemaException {
    String text = DECLARATIONS + "struct Message { field @0 :" + field + "; }\n";
    return new SchemaCompiler(List.of()).compileText("message.capnp", text.getBytes(UTF_8));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "Int32 = 1 | Int32 = 2 | another default",
        "Text = \"a\" | Text = \"b\" | another default",
        "Text = \"a\" | Text | another default",
        "Data | Data = 0x\"00\" | another default",
        "List(Int32) = [1] | List(Int32) = [1, 2] | another default",
        "List(Text) = [\"a\"] | List(Text) = [\"b\"] | another default",
        "Point = (x = 1) | Point = (x = 2) | another default",
        "Point = (name = \"a\") | Point | another default",
        "List(Point) = [(x = 1)] | List(Point) = [(x = 2)] | another default",
        "Box(Text) | Box(Point) | another type",
        "Box(Box(Text)) | Box(Box(Point)) | another type",
        "List(Box(Text)) | List(Box(Point)) | another type",
        "AnyStruct | Text | another type",
        "Text | AnyStruct | another type",
        "AnyList | Point | another type",
        "Capability | Text | another type",
        "AnyStruct | AnyList | another type",
        "Int32 | Float32 | another type",
      })
  void whatIsReadOtherwiseIsNamed(String old, String changed, String expected)
      throws SchemaException {
    List<String> changes = changes(old, changed);
    assertEquals(1, changes.size(), changes::toString);
    assertTrue(changes.get(0).contains(expected), changes::toString);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "Text = \"a\" | Text = \"a\"",
        "Text | Text = \"\"",
        "Point = (x = 1, name = \"a\") | Point = (name = \"a\", x = 1)",
        "Point | Point = ()",
        "List(Int32) = [] | List(Int32)",
        "Float32 = nan | Float32 = nan",
        "Text | Data",
        "Text | AnyPointer",
        "AnyPointer | Box(Text)",
        "AnyStruct | Point",
        "AnyList | List(Text)",
        "AnyList | Data",
        "AnyPointer | AnyStruct",
        "Capability | Service",
        "Box(Text) | Box(Data)",
        "Box(Text) | Box(AnyPointer)",
        "Box(Text) | Box",
        "Box(List(Int32)) | Box(List(Int32))",
      })
  void whatIsReadAlikeIsNoChange(String old, String changed) throws SchemaException {
    assertEquals(List.of(), changes(old, changed));
  }

  @ParameterizedTest
  @CsvSource({"1, 0", "2, 1"})
  void aDefaultWhoseStructHasGrownIsTheSame(int x, int changeCount) throws SchemaException {
    String old = DECLARATIONS + "struct Message { point @0 :Point = (x = 1); }\n";
    String grown =
        old.replace("name @1 :Text;", "name @1 :Text; y @2 :Int64; more @3 :Text;")
            .replace("(x = 1)", "(x = " + x + ")");
    SchemaCompiler compiler = new SchemaCompiler(List.of());
    CompiledSchemas before = compiler.compileText("m.capnp", old.getBytes(UTF_8));
    CompiledSchemas after = compiler.compileText("m.capnp", grown.getBytes(UTF_8));
    assertEquals(changeCount, after.incompatibilitiesWith(before).size());
  }
}
