package dev.segue.gateway;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads one JSON text, RFC 8259, of a client: objects as maps, arrays as lists, numbers as doubles.
 * Nesting and values are bounded; the size of the text is the caller's to bound.
 */
final class JsonReader {
  private static final int DEEPEST = 32;

  /** So many values take some 20 MiB of the heap, for a text of a megabyte. */
  private static final int MAX_VALUE_COUNT = 1 << 17;

  private final String text;
  private int at;
  private int valueCount;

  private JsonReader(String text) {
    this.text = text;
  }

  /**
   * The object that a text is.
   *
   * @throws IllegalArgumentException if it is none
   */
  static Map<String, @Nullable Object> object(String text) {
    JsonReader reader = new JsonReader(text);
    Object value = reader.value(0);
    reader.skipBlanks();
    if (reader.at < text.length() || !(value instanceof Map<?, ?> map)) {
      throw reader.wrong("one object");
    }
    Map<String, @Nullable Object> object = new LinkedHashMap<>();
    map.forEach((name, each) -> object.put(String.valueOf(name), each));
    return object;
  }

  /** The objects of a list among the fields of another; what is none is left out. */
  static List<Map<String, @Nullable Object>> objects(
      Map<String, @Nullable Object> object, String name) {
    List<Map<String, @Nullable Object>> all = new ArrayList<>();
    if (object.get(name) instanceof List<?> list) {
      for (Object each : list) {
        if (each instanceof Map<?, ?> map) {
          Map<String, @Nullable Object> copy = new LinkedHashMap<>();
          map.forEach((key, value) -> copy.put(String.valueOf(key), value));
          all.add(copy);
        }
      }
    }
    return all;
  }

  static String text(Map<String, @Nullable Object> object, String name) {
    return object.get(name) instanceof String text ? text : "";
  }

  /**
   * An unsigned number of 32 bits.
   *
   * @throws IllegalArgumentException if it is none
   */
  static long id(Map<String, @Nullable Object> object, String name) {
    return id(object.get(name), name);
  }

  /** {@link #id(Map, String)} of a value. */
  static long id(@Nullable Object value, String name) {
    if (value instanceof Double number
        && number >= 0
        && number <= 0xFFFF_FFFFL
        && number == Math.rint(number)) {
      return number.longValue();
    }
    throw new IllegalArgumentException(name + "=" + value + ": a whole number of 32 bits");
  }

  private IllegalArgumentException wrong(String expected) {
    return new IllegalArgumentException("JSON at offset=" + at + ": expected " + expected);
  }

  private void skipBlanks() {
    while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
  }

  private char next() {
    if (at >= text.length()) {
      throw wrong("more");
    }
    return text.charAt(at++);
  }

  private boolean takes(char c) {
    skipBlanks();
    if (at < text.length() && text.charAt(at) == c) {
      at++;
      return true;
    }
    return false;
  }

  private @Nullable Object value(int depth) {
    if (depth > DEEPEST) {
      throw wrong("less than " + DEEPEST + " levels");
    }
    if (++valueCount > MAX_VALUE_COUNT) {
      throw wrong("at most " + MAX_VALUE_COUNT + " values");
    }
    skipBlanks();
    if (takes('{')) {
      return members(depth);
    }
    if (takes('[')) {
      return elements(depth);
    }
    if (takes('"')) {
      return string();
    }
    for (String word : List.of("true", "false", "null")) {
      if (text.startsWith(word, at)) {
        at += word.length();
        return word.equals("null") ? null : Boolean.valueOf(word);
      }
    }
    return number();
  }

  private Map<String, @Nullable Object> members(int depth) {
    Map<String, @Nullable Object> members = new LinkedHashMap<>();
    if (takes('}')) {
      return members;
    }
    do {
      if (!takes('"')) {
        throw wrong("a name");
      }
      String name = string();
      if (!takes(':')) {
        throw wrong("a colon");
      }
      members.put(name, value(depth + 1));
    } while (takes(','));
    if (!takes('}')) {
      throw wrong("a comma or the object's end");
    }
    return members;
  }

  private List<@Nullable Object> elements(int depth) {
    List<@Nullable Object> elements = new ArrayList<>();
    if (takes(']')) {
      return elements;
    }
    do {
      elements.add(value(depth + 1));
    } while (takes(','));
    if (!takes(']')) {
      throw wrong("a comma or the array's end");
    }
    return elements;
  }

  private String string() {
    StringBuilder out = new StringBuilder();
    for (char c = next(); c != '"'; c = next()) {
      if (c < 0x20) {
        throw wrong("no control character");
      }
      out.append(c == '\\' ? escaped() : c);
    }
    return out.toString();
  }

  private char escaped() {
    char c = next();
    return switch (c) {
      case '"', '\\', '/' -> c;
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'u' -> {
        int value = 0;
        for (int i = 0; i < 4; i++) {
          int digit = Character.digit(next(), 16);
          if (digit < 0) {
            throw wrong("four hexadecimal digits");
          }
          value = value * 16 + digit;
        }
        yield (char) value;
      }
      default -> throw wrong("an escape");
    };
  }

  private Double number() {
    int start = at;
    while (at < text.length() && "+-.eE0123456789".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
    try {
      return Double.valueOf(text.substring(start, at));
    } catch (NumberFormatException e) {
      throw wrong("a value");
    }
  }
}
