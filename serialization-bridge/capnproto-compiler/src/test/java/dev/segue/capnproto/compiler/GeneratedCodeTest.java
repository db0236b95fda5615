package dev.segue.capnproto.compiler;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Generated classes, compiled and used: their messages are those of the C++ tools. */
final class GeneratedCodeTest {
  private static final Path SCHEMAS = Path.of("src", "test", "capnp").toAbsolutePath();
  private static final List<String> NAMES =
      List.of(
          "types.capnp",
          "layout.capnp",
          "generics.capnp",
          "interfaces.capnp",
          "annotations.capnp",
          "other/imported.capnp");

  private static final String EVERYTHING =
      """
      (boolField = true, int8Field = -123, int16Field = -12345, int32Field = -12345678,
       int64Field = -123456789012345, uInt8Field = 234, uInt16Field = 45678,
       uInt32Field = 3456789012, uInt64Field = 12345678901234567890, float32Field = 1234.5,
       float64Field = -123e45, textField = "foo", dataField = 0x"01 02 ff",
       structField = (textField = "inner", enumField = green), enumField = lightBlue,
       voidList = [void, void, void],
       boolList = [false, false, false, false, false, false, false, false, true],
       int8List = [0, -1], int16List = [0, -2], int32List = [0, -3], int64List = [0, -4],
       uInt8List = [0, 200], uInt16List = [0, 60000], uInt32List = [0, 4000000000],
       uInt64List = [0, 18446744073709551615], float32List = [0, 0.5], float64List = [0, 0.25],
       textList = ["", "t"], dataList = ["", 0x"07"], structList = [(), (int32Field = 5)],
       enumList = [red, green], listList = [[], [0, 6]], textListList = [[], ["deep"]],
       structListList = [[(int8Field = 8)]], enumListList = [[[lightBlue, red]]], class = 9)
      """;
  private static final String INNER =
      """
      (number = 43, words = "w", flag = false, list = [4, 0], pair = (first = 10, second = "s"),
       sub = (deep = "d", deeper = (b = false)))
      """;
  private static final String USES =
      """
      (text = (value = "word", next = (), some = (member = "some", number = 5)),
       list = (value = [0, 3]))
      """;

  @TempDir private static Path directory;
  private static JavaSources sources = new JavaSources(List.of(), List.of());
  private static Class<?> exchange = Object.class;

  @BeforeAll
  static void generateAndCompile() throws Exception {
    sources = new SchemaCompiler(List.of()).compile(SCHEMAS, NAMES).toJava("generated");
    Path classes = Javac.compile(directory, sources.files(), Path.of("src", "test", "exchange"));
    URL[] path = {classes.toUri().toURL()};
    exchange =
        new URLClassLoader(path, GeneratedCodeTest.class.getClassLoader())
            .loadClass("exchange.Exchange");
  }

  private static byte[] call(String method, Object... arguments) throws Exception {
    Class<?>[] types = arguments.length == 0 ? new Class<?>[0] : new Class<?>[] {byte[].class};
    try {
      Object result = exchange.getMethod(method, types).invoke(null, arguments);
      return result == null ? new byte[0] : (byte[]) result;
    } catch (InvocationTargetException e) {
      throw new AssertionError(method + ": " + e.getCause(), e.getCause());
    }
  }

  private static List<String> capnp(String command, String schema, String type) {
    return List.of(
        "capnp",
        command,
        "-I",
        Oracle.builtins().toString(),
        SCHEMAS.resolve(schema).toString(),
        type);
  }

  @ParameterizedTest
  @CsvSource({
    "Everything, types.capnp, Everything",
    "Inner, types.capnp, Inner",
    "Box, generics.capnp, Uses"
  })
  void messagesGoBothWaysToTheCppTools(String method, String schema, String type) throws Exception {
    Oracle.assumeInstalled();
    String text = type.equals("Everything") ? EVERYTHING : type.equals("Inner") ? INNER : USES;
    Oracle.Result theirs =
        Oracle.run(text.replace("\n", " ").getBytes(UTF_8), capnp("encode", schema, type));
    assertEquals("", theirs.errors());
    call("read" + method, theirs.output());
    Oracle.Result read = Oracle.run(call("build" + method), capnp("decode", schema, type));
    assertEquals("", read.errors());
    Oracle.Result expected = Oracle.run(theirs.output(), capnp("decode", schema, type));
    assertEquals(new String(expected.output(), UTF_8), new String(read.output(), UTF_8));
  }

  @Test
  void defaultsAreThoseOfTheSchema() throws Exception {
    call("defaultsAreThoseOfTheSchema");
  }

  @Test
  void constantsAreThoseOfTheSchema() throws Exception {
    call("constantsAreThoseOfTheSchema");
  }

  @Test
  void initializingAGroupClearsWhatAnotherMemberLeft() throws Exception {
    call("initializingAGroupClearsIt");
  }

  @Test
  void aRequestOfTheCppCompilerGivesTheSameClasses() throws Exception {
    Oracle.assumeInstalled();
    byte[] request = Oracle.compile(SCHEMAS, NAMES).output();
    List<JavaFile> theirs = CompiledSchemas.fromRequest(request).toJava("generated").files();
    for (int i = 0; i < NAMES.size(); i++) {
      assertEquals(sources.files().get(i).text(), theirs.get(i).text());
    }
  }

  @Test
  void classesAreTheSameInEachRun() throws SchemaException {
    assertEquals(
        sources, new SchemaCompiler(List.of()).compile(SCHEMAS, NAMES).toJava("generated"));
  }

  @Test
  void interfacesAreLeftOutWithALineEach() {
    assertTrue(
        sources
            .notes()
            .contains(
                "interfaces.capnp:Service: left out, since the Java runtime has no interfaces"));
    assertTrue(
        sources
            .notes()
            .contains(
                "interfaces.capnp:Holder.service: left out, since the Java runtime has no interfaces"));
  }

  @Test
  void commentsOfTheSchemaAreJavadocWithoutMarkup() {
    String types = sources.files().get(0).text();
    assertTrue(types.contains("* A struct with everything.\n"), types);
    assertTrue(
        types.contains(
            "* <p>Indented &#60;b&#62;text&#60;&#47;b&#62; &#38; more &#42;&#47; &#64;here &#92;u0041."),
        types);
    assertTrue(types.contains("/**\n     * the first\n     */\n    RED,"), types);
  }

  @Test
  void namesThatJavaOrTheClassesTakeAreChanged() throws Exception {
    String schema =
        """
        @0xb5f2c3a1d4e59001;
        struct Clash {
          class @0 :Text;
          struct Clash { struct Reader { struct Builder {} } }
          reader :group { factory :group { a @1 :Int32; } }
          union { which @2 :Clash; notInSchema @3 :Reader; }
          struct Reader { x @4 :Int32; }
          struct Schemas { string @0 :String; }
          struct String { object @0 :Text; }
        }
        struct Schemas {}
        struct Builder { builder @0 :Builder; }
        enum Object { a @0; clash @1; }
        """
            .replace("x @4", "x @0");
    CompiledSchemas compiled =
        new SchemaCompiler(List.of()).compileText("clash.capnp", schema.getBytes(UTF_8));
    Path own = Files.createDirectories(directory.resolve("clash"));
    JavaSources java = compiled.toJava("");
    assertEquals("ClashSchema.java", java.files().get(0).path());
    Javac.compile(own, java.files(), null);
  }

  @Test
  void largeConstantsAndManyFieldsCompile() throws Exception {
    StringBuilder schema = new StringBuilder("@0xb5f2c3a1d4e59001;\nconst large :Text = \"");
    schema.append("x\\0\\xc3\\xa4\\\"".repeat(30_000)).append("\";\nstruct Many {\n");
    for (int i = 0; i < 2000; i++) {
      schema.append("field").append(i).append(" @").append(i).append(" :Text;\n");
    }
    schema.append("}\n");
    CompiledSchemas compiled =
        new SchemaCompiler(List.of()).compileText("large.capnp", schema.toString().getBytes(UTF_8));
    Path own = Files.createDirectories(directory.resolve("large"));
    Javac.compile(own, compiled.toJava("large").files(), null);
  }

  @Test
  void filesWhoseClassesWouldBeWrittenOverEachOtherAreRefused(@TempDir Path schemas)
      throws Exception {
    String java =
        "using Java = import \"/capnp/java.capnp\";\n$Java.package(\"a\");\nstruct A {}\n";
    Files.createDirectories(schemas.resolve("sub"));
    Oracle.write(schemas, "robot.capnp", "@0xb5f2c3a1d4e59001;\n" + java);
    Oracle.write(schemas, "sub/robot.capnp", "@0xb5f2c3a1d4e59002;\n" + java);
    CompiledSchemas compiled =
        new SchemaCompiler(List.of()).compile(schemas, List.of("robot.capnp", "sub/robot.capnp"));
    SchemaException e = assertThrows(SchemaException.class, () -> compiled.toJava(""));
    assertEquals(
        "sub/robot.capnp:1:2: its class would be written over that of robot.capnp: a/Robot.java; give"
            + " it another $Java.outerClassname or $Java.package",
        e.diagnostics().get(0).summary());
  }

  @Test
  void emptyFilesGiveAClass() throws IOException, SchemaException {
    JavaSources java =
        new SchemaCompiler(List.of())
            .compileText("my-empty file.capnp", "@0xb5f2c3a1d4e59001;".getBytes(UTF_8))
            .toJava("some.where");
    assertEquals("some/where/MyEmptyFile.java", java.files().get(0).path());
    Javac.compile(Files.createDirectories(directory.resolve("empty")), java.files(), null);
  }
}
