package dev.segue.capnproto.compiler;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Wrong schemas: what is said, and that the C++ compiler finds fault with the same line. */
final class ErrorTest {
  private static final String ID = "@0xb5f2c3a1d4e59001;\n";
  private static final String ID_OF_SECOND = "@0xb5f2c3a1d4e59002;\n";
  private static final Pattern THEIRS = Pattern.compile("[^:]*:([0-9]+):[0-9-]+: error: ");

  @TempDir private Path directory;

  /** A schema behind the line of its id, and where and what its first error is. */
  record Wrong(String text, int line, int column, String message) {
    @Override
    public String toString() {
      return text;
    }
  }

  private static Wrong wrong(String text, int line, int column, String message) {
    return new Wrong(text, line, column, message);
  }

  static List<Wrong> wrongs() {
    return List.of(
        wrong("struct Foo { a @0 :Int32 }", 2, 26, "expected ';' or '{', found '}'"),
        wrong("struct Foo { a @0 Int32; }", 2, 19, "expected ':' and a type"),
        wrong("struct Foo { a :Int32; }", 2, 14, "expected an ordinal such as @0"),
        wrong("struct Foo { a @0 :; }", 2, 20, "expected a type"),
        wrong("struct Foo {", 2, 12, "expected '}' for this '{'"),
        wrong("struct Foo { } }", 2, 16, "no block is open"),
        wrong("struct foo { }", 2, 8, "must begin with a capital letter"),
        wrong("struct Foo { Bar @0 :Text; }", 2, 14, "must begin with a lower-case letter"),
        wrong("struct Foo { a_b @0 :Text; }", 2, 14, "without underscores"),
        wrong("struct Foo { a @0 :Text; a @1 :Text; }", 2, 26, "'a' is declared twice"),
        wrong("struct Foo { a @0 :Text; b @0 :Text; }", 2, 29, "duplicate ordinal @0"),
        wrong("struct Foo { a @0 :Text; b @2 :Text; }", 2, 29, "expected ordinal @1"),
        wrong("struct Foo { a @0 :Bar; }", 2, 20, "not defined: Bar"),
        wrong("struct Foo { a @0 :List; }", 2, 20, "List(Type)"),
        wrong("struct Foo { a @0 :List(Int32, Text); }", 2, 20, "expected 1 parameters"),
        wrong("struct Foo { a @0 :List(AnyPointer); }", 2, 20, "can't have elements"),
        wrong("struct Foo { a @0 :Text(Int32); }", 2, 20, "'Text' has no parameters"),
        wrong("struct Foo(T) { a @0 :Foo(Int32); }", 2, 27, "only pointer types"),
        wrong("struct Foo { a @0 :Int8 = 128; }", 2, 27, "doesn't fit Int8"),
        wrong("struct Foo { a @0 :UInt8 = -1; }", 2, 28, "doesn't fit UInt8"),
        wrong("struct Foo { a @0 :Int8 = \"x\"; }", 2, 27, "expected Int8, found a text"),
        wrong("struct Foo { a @0 :Text = 3; }", 2, 27, "expected Text, found a number"),
        wrong("struct Foo { a @0 :Foo = (b = 3); }", 2, 27, "no field 'b'"),
        wrong("struct Foo { union { a @0 :Text; } }", 2, 14, "at least two members"),
        wrong("struct Foo { g :group { } }", 2, 14, "at least one member"),
        wrong("struct Foo { a @0 :Text; union @1 { b @2 :Text; } }", 2, 34, "':'"),
        wrong("struct Foo { g :group { a @0 :Text; struct Bar {} } }", 2, 37, "expected a field"),
        wrong("struct Foo { union { a @0 :Text; const b :Int8 = 1; } }", 2, 34, "expected a field"),
        wrong("enum Foo { a @0; b @2; }", 2, 21, "expected ordinal @1"),
        wrong("enum Foo { a @0; struct Bar {} }", 2, 25, "an ordinal such as @0"),
        wrong("const a :Int32;", 2, 15, "expected '=' after a constant's type"),
        wrong("const a :Int32 = .b;", 2, 18, "not defined in this file: b"),
        wrong("const a :Int32 = b;\nconst b :Int32 = 3;", 2, 18, "must be qualified"),
        wrong("const a :Int32 = .b;\nconst b :Int32 = .a;", 2, 7, "depends on itself"),
        wrong("using A = B;\nusing B = A;", 2, 7, "stands for itself"),
        wrong("using A = import \"missing.capnp\";", 2, 18, "no such file"),
        wrong("using A = import \"/missing.capnp\";", 2, 18, "isn't on the import path"),
        wrong("struct Foo $bar {}", 2, 13, "not defined: bar"),
        wrong("annotation a(field) :Void;\nstruct Foo $a {}", 3, 13, "can't be applied here"),
        wrong("annotation a(struct) :Text;\nstruct Foo $a {}", 3, 13, "needs a value: Text"),
        wrong("annotation a(thing) :Text;", 2, 14, "not a target"),
        wrong("struct Foo @0x1234 {}", 2, 13, "highest bit must be set"),
        wrong(
            "struct Foo @0x8765432112345678 {}\nstruct Bar @0x8765432112345678 {}",
            3,
            13,
            "duplicate id @0x8765432112345678"),
        wrong("struct Foo { a @65536 :Text; }", 2, 17, "limit=65535"),
        wrong("struct Foo { a @0 :Text = \"x; }", 2, 27, "expected '\"' before the end"),
        wrong("struct Foo { a @0 :Text = \"\\q\"; }", 2, 28, "unknown escape"),
        wrong("struct Foo { a @0 :Int32 = 12ab; }", 2, 28, "not a number"),
        wrong("struct Foo { a @0 :Data = 0x\"1\"; }", 2, 30, "two hexadecimal digits"),
        wrong("struct Foo { a @0 :(Int32; }", 2, 26, "expected ',' or ')'"),
        wrong("interface Foo { a @0 (b :Bar); }", 2, 26, "not defined: Bar"),
        wrong("interface Foo extends(Bar) {}\nstruct Bar {}", 2, 23, "expected an interface"),
        wrong("struct Foo { a @0 :Text = embed \"no\"; }", 2, 33, "can't embed"),
        wrong("; ", 2, 1, "expected a declaration"),
        wrong("$;", 2, 2, "expected an annotation's name"),
        wrong("\u00e4;", 2, 1, "expected a declaration, found a byte 0xc3"));
  }

  @ParameterizedTest
  @MethodSource("wrongs")
  void anErrorHasItsPlaceAndWhatWasExpected(Wrong wrong) throws IOException {
    Oracle.write(directory, "wrong.capnp", ID + wrong.text);
    SchemaException e =
        assertThrows(
            SchemaException.class,
            () -> new SchemaCompiler(List.of()).compile(directory, List.of("wrong.capnp")));
    Diagnostic first = e.diagnostics().get(0);
    assertEquals("wrong.capnp:" + wrong.line + ":" + wrong.column, place(first), e::getMessage);
    assertTrue(first.message().contains(wrong.message), e::getMessage);
    String[] lines = first.toString().split("\n", -1);
    assertEquals((ID + wrong.text).split("\n", -1)[wrong.line - 1], lines[1]);
    assertEquals(wrong.column - 1, lines[2].indexOf('^'));
  }

  private static String place(Diagnostic diagnostic) {
    return diagnostic.file() + ":" + diagnostic.line() + ":" + diagnostic.column();
  }

  @ParameterizedTest
  @MethodSource("wrongs")
  void theCppCompilerFindsFaultWithTheSameLine(Wrong wrong) throws IOException {
    Oracle.assumeInstalled();
    Oracle.write(directory, "wrong.capnp", ID + wrong.text);
    Oracle.Result theirs = Oracle.compile(directory, List.of("wrong.capnp"));
    Matcher matcher = THEIRS.matcher(theirs.errors());
    boolean same = false;
    while (matcher.find()) {
      same |= Integer.parseInt(matcher.group(1)) == wrong.line;
    }
    assertEquals(0, theirs.output().length, theirs.errors());
    assertTrue(same, theirs::errors);
  }

  @Test
  void aFileWithoutAnIdIsToldOneThatItCanHave() {
    SchemaException e = refuse("struct Foo {}");
    assertTrue(
        e.getMessage().matches("(?s)x.capnp:1:1: a file needs an id: .*@0x[89a-f][0-9a-f]{15};.*"));
  }

  /** Two files, and the error of compiling the first with its place. */
  record Pair(String first, String second, String place, String message) {
    @Override
    public String toString() {
      return first + " with " + second;
    }
  }

  static List<Pair> pairs() {
    return List.of(
        new Pair(
            ID + "using B = import \"b.capnp\";\nconst x :Int32 = B.y;",
            ID_OF_SECOND + "using A = import \"a.capnp\";\nconst y :Int32 = A.x;",
            "a.capnp:3:7",
            "depends on itself"),
        new Pair(
            ID + "using X = import \"b.capnp\".Y;",
            ID_OF_SECOND + "using Y = import \"a.capnp\".X;",
            "a.capnp:2:7",
            "stands for itself"),
        new Pair(
            ID + "using B = import \"b.capnp\";\nstruct A { b @0 :B.B; }",
            ID + "struct B {}",
            "b.capnp:1:2",
            "duplicate id @0xb5f2c3a1d4e59001: it is that of a.capnp:1:2"),
        new Pair(
            ID + "using B = import \"b.capnp\";\nstruct A { b @0 :B.B; }",
            ID_OF_SECOND + "using C = import \"c.capnp\";\nstruct B { c @0 :C.C; }",
            "b.capnp:2:18",
            "no such file"),
        new Pair(
            ID + "using B = import \"b.capnp\";\nstruct A { b @0 :B.B; }",
            ID_OF_SECOND + "struct B { a @0 :Text; c @2 :Text; }",
            "b.capnp:2:27",
            "expected ordinal @1"),
        new Pair(
            ID + "using B = import \"b.capnp\";\nstruct A { b @0 :B.B; }",
            "struct B {}",
            "b.capnp:1:1",
            "a file needs an id"));
  }

  @ParameterizedTest
  @MethodSource("pairs")
  void anErrorOfAnImportedFileHasItsPlaceThere(Pair pair) throws IOException {
    Oracle.write(directory, "a.capnp", pair.first);
    Oracle.write(directory, "b.capnp", pair.second);
    SchemaException e =
        assertThrows(
            SchemaException.class,
            () -> new SchemaCompiler(List.of()).compile(directory, List.of("a.capnp")));
    Diagnostic first = e.diagnostics().get(0);
    assertEquals(pair.place, place(first), e::getMessage);
    assertTrue(first.message().contains(pair.message), e::getMessage);
  }

  @ParameterizedTest
  @MethodSource("pairs")
  void theCppCompilerFindsFaultWithThePairAsWell(Pair pair) throws IOException {
    Oracle.assumeInstalled();
    Oracle.write(directory, "a.capnp", pair.first);
    Oracle.write(directory, "b.capnp", pair.second);
    Oracle.Result theirs = Oracle.compile(directory, List.of("a.capnp"));
    assertEquals(0, theirs.output().length, theirs.errors());
  }

  @Test
  void severalErrorsAreToldInOneRun() {
    SchemaException e = refuse(ID + "struct Foo { a @0 :Bar; b @1 :Baz; c @3 :Text; }");
    assertEquals(3, e.diagnostics().size());
  }

  @Test
  void aTabBeforeTheErrorIsKeptInFrontOfTheCaret() {
    SchemaException e = refuse(ID + "\tstruct foo {}");
    assertTrue(e.getMessage().endsWith("\n\tstruct foo {}\n\t       ^^^"), e::getMessage);
  }

  @Test
  void aLineThatIsTooLongToReadIsNotShown() {
    SchemaException e = refuse(ID + "struct Foo { " + "a @0 :Bar; ".repeat(400) + "}");
    Diagnostic first = e.diagnostics().get(0);
    assertEquals(2, first.line());
    assertEquals("", first.sourceLine());
    assertEquals(first.summary(), first.toString());
  }

  @Test
  void whatATerminalWouldObeyIsReplacedInErrors() {
    SchemaException e =
        refuse(
            ID + "using A = import \"/\u009b2J\u001b[2J\"; # \u009b \u001b \u202e \u2028 \u007f");
    assertTrue(
        e.getMessage()
            .codePoints()
            .allMatch(c -> c == '\n' || (c >= ' ' && c < 0x7f) || c == 0xfffd),
        e::getMessage);
  }

  @Test
  void textThatIsNotUtf8IsRefusedAtItsFirstByte() {
    byte[] text = (ID + "# comment ?").getBytes(UTF_8);
    text[text.length - 1] = (byte) 0xff;
    SchemaException e =
        assertThrows(
            SchemaException.class,
            () -> new SchemaCompiler(List.of()).compileText("x.capnp", text));
    assertEquals(11, e.diagnostics().get(0).column());
    assertTrue(e.getMessage().contains("must be UTF-8"));
  }

  @Test
  void typesThatMultiplyAreRefusedInsteadOfFillingMemory() {
    StringBuilder text = new StringBuilder(ID + "struct Pair(A, B) { a @0 :A; b @1 :B; }\n");
    text.append("using P0 = Pair(Text, Text);\n");
    for (int i = 1; i < 60; i++) {
      text.append("using P" + i + " = Pair(P" + (i - 1) + ", P" + (i - 1) + ");\n");
    }
    text.append("struct Foo { a @0 :P59; }\n");
    assertTrue(refuse(text.toString()).getMessage().contains("take too long"));
  }

  @Test
  void valuesThatMultiplyAreRefusedInsteadOfFillingMemory() {
    StringBuilder text = new StringBuilder(ID + "struct Foo { a @0 :List(Foo); }\n");
    text.append("const c0 :Foo = (a = [(), ()]);\n");
    for (int i = 1; i < 90; i++) {
      text.append("const c" + i + " :Foo = (a = [.c" + (i - 1) + ", .c" + (i - 1) + "]);\n");
    }
    assertTrue(refuse(text.toString()).getMessage().contains("the value is too large"));
  }

  @Test
  void deepNestingIsRefused() {
    assertTrue(
        refuse(ID + "const a :Text = " + "(".repeat(5000)).getMessage().contains("too deep"));
    assertTrue(refuse(ID + "struct A {".repeat(5000)).getMessage().contains("too deep"));
    assertTrue(
        refuse(ID + "const a :Text = .b" + ".c".repeat(5000) + ";")
            .getMessage()
            .contains("too many parts"));
  }

  private static SchemaException refuse(String text) {
    return assertThrows(
        SchemaException.class,
        () -> new SchemaCompiler(List.of()).compileText("x.capnp", text.getBytes(UTF_8)));
  }
}
