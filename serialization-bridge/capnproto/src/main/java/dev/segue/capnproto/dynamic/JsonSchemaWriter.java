package dev.segue.capnproto.dynamic;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Writes what {@link MessageFormat#json()} shows of a struct as a JSON schema without references. A
 * struct inside itself, and one beyond the limits, is an object of which nothing is said.
 */
final class JsonSchemaWriter {
  private static final int MAX_DEPTH = 32;

  /** Structs that hold others, each of them several times, grow with every level. */
  private static final int MAX_CHAR_COUNT = 1 << 18;

  private static final int MAX_TITLE_CHAR_COUNT = 4096;

  /** Of a generic struct each level has fields of its own, which take memory before their text. */
  private static final int MAX_FIELD_COUNT = 1 << 16;

  private final StringBuilder text = new StringBuilder();
  private final Deque<StructType> around = new ArrayDeque<>();
  private int fieldCount;

  private JsonSchemaWriter() {}

  static String of(StructType type) {
    JsonSchemaWriter writer = new JsonSchemaWriter();
    writer.text.append("{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",");
    if (type.name().length() <= MAX_TITLE_CHAR_COUNT) {
      writer.text.append("\"title\":").append(TextBuilder.jsonOf(type.name())).append(',');
    }
    writer.members(type);
    return writer.text.append('}').toString();
  }

  private void members(StructType type) {
    text.append("\"type\":\"object\"");
    if (around.contains(type) || around.size() == MAX_DEPTH || !hasRoom(0)) {
      return;
    }
    fieldCount += type.memberCount();
    if (fieldCount > MAX_FIELD_COUNT || !type.hasRoomForFields()) {
      return;
    }
    around.push(type);
    text.append(",\"properties\":{");
    boolean isFirst = true;
    for (Field field : type.fields().all()) {
      if (field.type() != Scalar.VOID && hasRoom(field.jsonName().length())) {
        text.append(isFirst ? "" : ",").append(field.jsonName()).append(":{");
        isFirst = false;
        value(field.type());
        text.append('}');
      }
    }
    text.append('}');
    around.pop();
  }

  private boolean hasRoom(int charCount) {
    return text.length() + charCount <= MAX_CHAR_COUNT;
  }

  private void value(ValueType type) {
    switch (type) {
      case StructType struct -> members(struct);
      case ValueType.ListType list -> {
        text.append("\"type\":\"array\",\"items\":{");
        value(list.element());
        text.append('}');
      }
      case ValueType.EnumType _ -> text.append("\"type\":\"string\"");
      case Scalar scalar -> text.append(scalar(scalar));
    }
  }

  private static String scalar(Scalar type) {
    return switch (type) {
      case VOID -> "\"type\":\"null\"";
      case BOOL -> "\"type\":\"boolean\"";
      case INT8, INT16, INT32, UINT8, UINT16, UINT32 -> "\"type\":\"integer\"";
      case FLOAT32, FLOAT64 -> "\"type\":\"number\"";
      case DATA -> "\"type\":\"string\",\"contentEncoding\":\"base64\"";
      case INT64, UINT64, TEXT, ANY_POINTER, CAPABILITY -> "\"type\":\"string\"";
    };
  }
}
