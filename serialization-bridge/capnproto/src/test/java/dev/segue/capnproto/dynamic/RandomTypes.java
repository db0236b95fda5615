package dev.segue.capnproto.dynamic;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.segue.capnproto.compiler.SchemaCompiler;
import dev.segue.capnproto.compiler.SchemaException;
import java.util.List;
import java.util.Random;

/** Makes schemas with every construct that a message can have a value of. */
final class RandomTypes {
  private static final int STRUCT_COUNT = 4;
  private static final List<String> SCALARS =
      List.of(
          "Bool", "Int8", "Int16", "Int32", "Int64", "UInt8", "UInt16", "UInt32", "UInt64",
          "Float32", "Float64", "Kind", "Void");

  private final Random random;
  private final boolean hasPointerDefaults;
  private final StringBuilder text = new StringBuilder();
  private int ordinal;

  private RandomTypes(Random random, boolean hasPointerDefaults) {
    this.random = random;
    this.hasPointerDefaults = hasPointerDefaults;
  }

  /** A schema that compiles: some unions in unions are refused. */
  static String compiling(Random random) {
    return compiling(random, false);
  }

  /** The same, in which texts, data, lists and structs may have defaults as well. */
  static String withPointerDefaults(Random random) {
    return compiling(random, true);
  }

  private static String compiling(Random random, boolean hasPointerDefaults) {
    while (true) {
      String schema = new RandomTypes(random, hasPointerDefaults).schema();
      try {
        new SchemaCompiler(List.of()).compileText("random.capnp", schema.getBytes(UTF_8));
        return schema;
      } catch (SchemaException e) {
        if (!e.getMessage().contains("old compilers laid it out")) {
          throw new AssertionError(schema, e);
        }
      }
    }
  }

  /** A schema with the structs {@code S0}… */
  private String schema() {
    text.append("@0x").append(Long.toHexString(random.nextLong() | Long.MIN_VALUE)).append(";\n");
    text.append("enum Kind { red @0; green @1; blue @2; }\n");
    text.append("struct Empty {}\n");
    text.append(
        "struct Box(T) {\n  value @0 :T;\n  list @1 :List(Text);\n  count @2 :Int32 = 7;\n");
    text.append("  union { none @3 :Void; own @4 :T; }\n");
    text.append("  struct Inner { value @0 :T; flag @1 :Bool = true; }\n}\n");
    for (int i = 0; i < STRUCT_COUNT; i++) {
      ordinal = 0;
      text.append("struct S").append(i).append(" {\n");
      members("  ", 1 + random.nextInt(8), 0, false);
      if (random.nextInt(3) == 0) {
        text.append("  union {\n");
        members("    ", 2 + random.nextInt(3), 1, true);
        text.append("  }\n");
      }
      text.append("}\n");
    }
    return text.toString();
  }

  private void members(String indent, int count, int depth, boolean isUnion) {
    for (int i = 0; i < count; i++) {
      // The C++ tool shows a null pointer as its default: a struct could go on without end.
      boolean isPlain = isUnion && i == 0;
      int kind = depth > 2 || isPlain ? 9 : random.nextInt(10);
      if (kind < 2) {
        text.append(indent).append("g").append(ordinal).append(i).append(depth);
        text.append(kind == 0 ? " :union {\n" : " :group {\n");
        members(indent + "  ", 2 + random.nextInt(3), depth + 1, kind == 0);
        text.append(indent).append("}\n");
      } else {
        text.append(indent).append("f").append(ordinal).append(" @").append(ordinal).append(" :");
        ordinal++;
        field(isPlain);
        text.append(";\n");
      }
    }
  }

  private void field(boolean isPlain) {
    if (isPlain && random.nextInt(4) == 0) {
      text.append("Text");
      return;
    }
    if (!isPlain && random.nextInt(3) == 0) {
      String type = pointer(0);
      text.append(type);
      if (hasPointerDefaults && random.nextBoolean()) {
        text.append(pointerDefault(type));
      }
      return;
    }
    String type = SCALARS.get(random.nextInt(SCALARS.size()));
    text.append(type);
    if (random.nextInt(3) == 0) {
      text.append(" = ").append(value(type));
    }
  }

  /** Empty for types that have none here. */
  private static String pointerDefault(String type) {
    return switch (type) {
      case "Text" -> " = \"d\\xc3\\xa4\"";
      case "Data" -> " = 0x\"00 ff\"";
      case "Empty" -> " = ()";
      case "Box(Text)" -> " = (value = \"v\", count = 3, own = \"o\")";
      case "Box(Text).Inner" -> " = (value = \"v\", flag = false)";
      case "List(Text)" -> " = [\"x\", \"\"]";
      case "List(List(Text))" -> " = [[\"x\"], []]";
      case "List(Box(Text))" -> " = [(value = \"x\"), ()]";
      case "List(Bool)" -> " = [true, false]";
      case "List(Int32)" -> " = [1, -2]";
      case "List(Kind)" -> " = [blue]";
      case "List(Void)" -> " = [void, void]";
      default -> type.startsWith("List(") ? " = []" : "";
    };
  }

  private String value(String type) {
    return switch (type) {
      case "Bool" -> "true";
      case "Kind" -> "blue";
      case "Void" -> "void";
      case "Float32", "Float64" -> Double.toString(random.nextInt(1000) / 8.0);
      case "UInt64" -> Long.toUnsignedString(random.nextLong());
      case "Int64" -> Long.toString(random.nextLong() >> 1);
      default -> Integer.toString(random.nextInt(128));
    };
  }

  private String pointer(int depth) {
    return switch (random.nextInt(depth > 2 ? 4 : 8)) {
      case 0 -> "Text";
      case 1 -> "Data";
      case 2 -> "S" + random.nextInt(STRUCT_COUNT);
      case 3 -> random.nextInt(4) == 0 ? "Empty" : "Text";
      case 4 -> "Box(" + pointer(depth + 1) + ")";
      case 5 -> "Box(" + pointer(depth + 1) + ").Inner";
      case 6 -> "List(" + SCALARS.get(random.nextInt(SCALARS.size())) + ")";
      default -> "List(" + pointer(depth + 1) + ")";
    };
  }
}
