package dev.segue.capnproto.dynamic;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/** Builds messages from JSON by their type. */
final class MessageEncoder {
  private final WordBuilder words = new WordBuilder();

  private MessageEncoder() {}

  /**
   * @throws IllegalArgumentException if the value doesn't fit the type
   */
  static byte[] encode(StructType type, JsonParser.Json value) {
    MessageEncoder encoder = new MessageEncoder();
    encoder.struct(encoder.words.allocate(1), type, value, "");
    return encoder.words.framed();
  }

  static IllegalArgumentException unfit(String path, String expected, JsonParser.Json found) {
    return new IllegalArgumentException(
        (path.isEmpty() ? "the message" : path)
            + ": expected "
            + expected
            + ", found "
            + described(found));
  }

  private static String described(JsonParser.Json json) {
    return switch (json) {
      case JsonParser.Members _ -> "an object";
      case JsonParser.Elements elements -> "an array of " + elements.values().size();
      case JsonParser.Quoted words ->
          '"' + words.value().substring(0, Math.min(60, words.value().length())) + '"';
      case JsonParser.Digits digits -> digits.value();
      case JsonParser.Truth truth -> Boolean.toString(truth.value());
      case JsonParser.Nothing _ -> "null";
    };
  }

  private void struct(int pointer, StructType type, JsonParser.Json value, String path) {
    Declared.Struct declared = type.fields().declared();
    int at = words.allocate(declared.dataWordCount() + (long) declared.pointerCount());
    words.structPointer(pointer, at, declared.dataWordCount(), declared.pointerCount());
    fields(at, declared, type, value, path);
  }

  /**
   * Fills a struct, or a group of one.
   *
   * @param outer the struct whose words these are
   */
  private void fields(
      int at, Declared.Struct outer, StructType type, JsonParser.Json value, String path) {
    if (!(value instanceof JsonParser.Members members)) {
      throw unfit(path, "an object with the fields of " + type.name(), value);
    }
    StructType.Fields fields = type.fields();
    String chosen = null;
    for (Map.Entry<String, JsonParser.Json> entry : members.values().entrySet()) {
      String name = entry.getKey();
      String inner = path.isEmpty() ? name : path + "." + name;
      Field field = fields.byName().get(name);
      if (field == null) {
        throw new IllegalArgumentException(
            inner
                + ": "
                + type.name()
                + " has no such field: there are "
                + String.join(", ", fields.byName().keySet()));
      }
      if (field.member().isInUnion()) {
        if (chosen != null) {
          throw new IllegalArgumentException(
              inner + ": another member of the union is set already: " + chosen);
        }
        chosen = name;
        long tagOffset = fields.declared().discriminantOffset();
        checkData(outer, tagOffset, 16, inner);
        words.bits(at, tagOffset, 16, field.member().discriminant());
      }
      if (!(entry.getValue() instanceof JsonParser.Nothing)) {
        field(at, outer, field, entry.getValue(), inner);
      }
    }
  }

  private static void checkData(Declared.Struct outer, long offset, int bits, String path) {
    if ((offset + 1) * bits > outer.dataWordCount() * 64L) {
      throw outside(path);
    }
  }

  private static IllegalArgumentException outside(String path) {
    return new IllegalArgumentException(
        path + ": the schemas are faulty: the field lies outside its struct");
  }

  private void field(
      int at, Declared.Struct outer, Field field, JsonParser.Json value, String path) {
    long offset = field.member().offset();
    if (field.isGroup()) {
      fields(at, outer, (StructType) field.type(), value, path);
    } else if (field.isPointer()) {
      if (offset >= outer.pointerCount()) {
        throw outside(path);
      }
      pointer(at + outer.dataWordCount() + (int) offset, field.type(), value, path);
    } else if (field.type().bits() > 0) {
      checkData(outer, offset, field.type().bits(), path);
      long bits = JsonNumbers.bits(field.type(), value, path) ^ field.member().defaultBits();
      words.bits(at, offset, field.type().bits(), bits);
    } else {
      throw unfit(path, "null, since it is Void", value);
    }
  }

  private void pointer(int at, ValueType type, JsonParser.Json value, String path) {
    switch (type) {
      case StructType struct -> struct(at, struct, value, path);
      case ValueType.ListType list -> list(at, list.element(), value, path);
      case Scalar.TEXT -> {
        if (!(value instanceof JsonParser.Quoted text)) {
          throw unfit(path, "a string", value);
        }
        byte[] utf8 = text.value().getBytes(StandardCharsets.UTF_8);
        blob(at, Arrays.copyOf(utf8, utf8.length + 1));
      }
      case Scalar.DATA -> blob(at, data(value, path));
      default -> throw unfit(path, "null, since JSON has no such pointers", value);
    }
  }

  private void blob(int at, byte[] bytes) {
    int target = words.allocate((bytes.length + 7L) / 8);
    words.bytes(target, bytes);
    words.listPointer(at, target, ListAt.BYTE, bytes.length);
  }

  private static byte[] data(JsonParser.Json value, String path) {
    if (value instanceof JsonParser.Quoted text) {
      try {
        return Base64.getDecoder().decode(text.value());
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(path + ": not base64: " + e.getMessage(), e);
      }
    }
    if (!(value instanceof JsonParser.Elements elements)) {
      throw unfit(path, "base64 or a list of bytes", value);
    }
    byte[] bytes = new byte[elements.values().size()];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] =
          (byte) JsonNumbers.bits(Scalar.UINT8, elements.values().get(i), path + "[" + i + "]");
    }
    return bytes;
  }

  private void list(int at, ValueType element, JsonParser.Json value, String path) {
    if (!(value instanceof JsonParser.Elements elements)) {
      throw unfit(path, "an array", value);
    }
    List<JsonParser.Json> values = elements.values();
    int count = values.size();
    if (element instanceof StructType struct) {
      structs(at, struct, values, path);
    } else if (element.bits() < 0) {
      int target = words.allocate(count);
      words.listPointer(at, target, ListAt.POINTER, count);
      for (int i = 0; i < count; i++) {
        if (!(values.get(i) instanceof JsonParser.Nothing)) {
          pointer(target + i, element, values.get(i), path + "[" + i + "]");
        }
      }
    } else {
      numbers(at, element, values, path);
    }
  }

  private void numbers(int at, ValueType element, List<JsonParser.Json> values, String path) {
    int bits = element.bits();
    int target = words.allocate(((long) values.size() * bits + 63) / 64);
    words.listPointer(at, target, ListAt.elementSize(bits), values.size());
    for (int i = 0; i < values.size(); i++) {
      JsonParser.Json value = values.get(i);
      String inner = path + "[" + i + "]";
      if (bits > 0) {
        words.bits(target, i, bits, JsonNumbers.bits(element, value, inner));
      } else if (!(value instanceof JsonParser.Nothing)) {
        throw unfit(inner, "null, since it is Void", value);
      }
    }
  }

  private void structs(int at, StructType type, List<JsonParser.Json> values, String path) {
    Declared.Struct declared = type.fields().declared();
    int step = declared.dataWordCount() + declared.pointerCount();
    long wordCount = (long) step * values.size();
    int tag = words.allocate(wordCount + 1);
    words.listPointer(at, tag, ListAt.COMPOSITE, (int) wordCount);
    words.tag(tag, values.size(), declared.dataWordCount(), declared.pointerCount());
    for (int i = 0; i < values.size(); i++) {
      fields(tag + 1 + i * step, declared, type, values.get(i), path + "[" + i + "]");
    }
  }
}
