package dev.segue.capnproto.dynamic;

import java.util.Random;

/** Makes JSON for a type: values that both tools show in the same characters. */
final class RandomValues {
  private static final int MAX_DEPTH = 5;

  /**
   * Neither quotes nor the backslash: capnp 0.9.2 cuts its streams of text and JSON wrong there.
   */
  private static final String CHARACTERS = "abc XYZ 019 /\n\tä€\uD83D\uDE00\u0001";

  private final Random random;
  private final StringBuilder json = new StringBuilder();

  RandomValues(Random random) {
    this.random = random;
  }

  String message(MessageType type) {
    struct(type.struct(), 0);
    return json.toString();
  }

  private void struct(StructType type, int depth) {
    json.append('{');
    boolean isFirst = true;
    boolean isUnionSet = false;
    for (Field field : type.fields().all()) {
      boolean isChosen =
          field.isPointer() ? random.nextInt(1 << (depth + 1)) == 0 : random.nextInt(4) > 0;
      if (field.member().isInUnion()) {
        isChosen &= !isUnionSet;
        isUnionSet |= isChosen;
      }
      if (isChosen) {
        json.append(isFirst ? "" : ",").append('"').append(field.name()).append("\":");
        isFirst = false;
        value(field.type(), depth + 1);
      }
    }
    json.append('}');
  }

  private void value(ValueType type, int depth) {
    switch (type) {
      case StructType struct -> struct(struct, depth);
      case ValueType.ListType list -> list(list.element(), depth);
      case ValueType.EnumType names ->
          string(names.names().get(random.nextInt(names.names().size())));
      case Scalar scalar -> scalar(scalar);
    }
  }

  private void list(ValueType element, int depth) {
    int count = depth > MAX_DEPTH ? 0 : random.nextInt(4);
    json.append('[');
    for (int i = 0; i < count; i++) {
      json.append(i == 0 ? "" : ",");
      value(element, depth + 1);
    }
    json.append(']');
  }

  private void scalar(Scalar type) {
    long bits = random.nextInt(3) == 0 ? random.nextInt(3) - 1 : random.nextLong();
    switch (type) {
      case VOID -> json.append("null");
      case BOOL -> json.append(random.nextBoolean());
      case INT64 -> string(Long.toString(bits));
      case UINT64 -> string(Long.toUnsignedString(bits));
      case INT8, INT16, INT32 -> json.append(bits >> (Long.SIZE - type.bits()));
      case UINT8, UINT16, UINT32 -> json.append(bits >>> (Long.SIZE - type.bits()));
      case FLOAT32, FLOAT64 -> json.append((bits >> 48) / 8.0);
      case TEXT -> text();
      case DATA -> data();
      case ANY_POINTER, CAPABILITY -> json.append("null");
    }
  }

  private void text() {
    StringBuilder words = new StringBuilder();
    int[] characters = CHARACTERS.codePoints().toArray();
    for (int i = random.nextInt(9); i > 0; i--) {
      words.appendCodePoint(characters[random.nextInt(characters.length)]);
    }
    string(words.toString());
  }

  private void string(String value) {
    TextBuilder quoted = new TextBuilder(true, Integer.MAX_VALUE);
    quoted.quotedJson(value);
    json.append(quoted);
  }

  private void data() {
    json.append('[');
    for (int i = random.nextInt(10); i > 0; i--) {
      json.append(random.nextInt(256)).append(i > 1 ? "," : "");
    }
    json.append(']');
  }
}
