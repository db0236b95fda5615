package dev.segue.capnproto.compiler;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which changes of a schema are found to keep messages from being read. */
final class CompatibilityTest {
  private static final String AROUND =
      """
      @0xb5f2c3a1d4e59001;
      struct Wrapped @0xb5f2c3a1d4e59002 { value @0 :TYPE; name @1 :Text; }
      struct Box @0xb5f2c3a1d4e59003 (T) { value @0 :T; }
      struct Other @0xb5f2c3a1d4e59004 {}
      enum Kind @0xb5f2c3a1d4e59005 { raw @0; other @1; }
      struct Subject @0xb5f2c3a1d4e59006 { MEMBERS }
      """;

  private static List<String> changes(String type, String old, String now) throws SchemaException {
    return compile(type, now).incompatibilitiesWith(compile(type, old));
  }

  private static CompiledSchemas compile(String type, String members) throws SchemaException {
    String text = AROUND.replace("TYPE", type).replace("MEMBERS", members);
    return new SchemaCompiler(List.of()).compileText("x.capnp", text.getBytes(UTF_8));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          a @0 :Int32;            | a @0 :Int32; b @1 :Text;
          a @0 :Int32;            | union { a @0 :Int32; b @1 :Text; }
          a @0 :Int32;            | g :group { a @0 :Int32; b @1 :Text; }
          a @0 :Text;             | a @0 :Data;
          a @0 :List(UInt8);      | a @0 :Data;
          a @0 :AnyPointer;       | a @0 :Other;
          a @0 :Kind;             | a @0 :UInt16;
          a @0 :Box(Text);        | a @0 :Box(Data);
          a @0 :Box;              | a @0 :Box(Other);
          a @0 :Box(AnyPointer);  | a @0 :Box(Other);
          """)
  void aChangeThatMessagesSurviveIsNone(String old, String now) throws SchemaException {
    assertEquals(List.of(), changes("Text", old, now));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          a @0 :Int32;         | a @0 :Int64;         | is of another type
          a @0 :Int32;         | a @0 :UInt32;        | is of another type
          a @0 :Other;         | a @0 :Wrapped;       | is of another type
          a @0 :Box(Text);     | a @0 :Box(Other);    | is of another type
          a @0 :Box(Wrapped);  | a @0 :Box(Other);    | is of another type
          a @0 :List(Text);    | a @0 :List(Other);   | is of another type
          a @0 :Int32 = 3;     | a @0 :Int32;         | has another default value
          a @0 :Int32;         | struct Empty {}      | removed
          """)
  void aChangeThatBreaksMessagesIsNamed(String old, String now, String change)
      throws SchemaException {
    assertEquals(List.of("x.capnp:Subject.a @0: " + change), changes("Text", old, now));
  }

  @ParameterizedTest
  @ValueSource(strings = {"Int8", "Float64", "Text", "Data", "Kind", "List(Int32)"})
  void elementsOfAListMayBecomeTheFirstFieldsOfStructs(String type) throws SchemaException {
    String elements = "a @0 :List(" + type + ");";
    String structs = "a @0 :List(Wrapped);";
    assertEquals(List.of(), changes(type, elements, structs));
    assertEquals(List.of(), changes(type, structs, elements));
  }

  @ParameterizedTest
  @ValueSource(strings = {"Bool", "Other"})
  void bitsAndStructsMayNot(String type) throws SchemaException {
    assertEquals(
        List.of("x.capnp:Subject.a @0: is of another type"),
        changes(type, "a @0 :List(" + type + ");", "a @0 :List(Wrapped);"));
  }

  @Test
  void anotherParameterOfAGenericTypeIsAnotherType() throws SchemaException {
    String old = "struct Pair(K, V) { a @0 :K; b @1 :List(List(Entry(K))); struct Entry(T) {} }";
    String now = old.replace(":K;", ":V;").replace("Entry(K)", "Entry(V)");
    assertEquals(
        List.of(
            "x.capnp:Subject.Pair.a @0: is of another type",
            "x.capnp:Subject.Pair.b @1: is of another type"),
        changes("Text", old, now));
  }

  @ParameterizedTest
  @CsvSource({"UInt16, 5", "Text, \"x\"", "Kind, other"})
  void elementsMayNotBecomeFieldsWithAnotherDefault(String type, String value)
      throws SchemaException {
    String elements = "a @0 :List(" + type + "); struct First { b @0 :" + type + " = " + value;
    String structs = elements.replace("List(" + type + ")", "List(First)");
    List<String> named = List.of("x.capnp:Subject.a @0: is of another type");
    assertEquals(named, changes("Text", elements + "; }", structs + "; }"));
    assertEquals(named, changes("Text", structs + "; }", elements + "; }"));
  }
}
