package dev.segue.capnproto.dynamic;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads JSON (RFC 8259) into a tree. Numbers keep their digits. */
final class JsonParser {
  private static final int MAX_DEPTH = 256;

  private final String text;
  private int at;

  /** A value of JSON. */
  sealed interface Json permits Members, Elements, Quoted, Digits, Truth, Nothing {}

  /** An object. */
  record Members(Map<String, Json> values) implements Json {}

  /** An array. */
  record Elements(List<Json> values) implements Json {}

  /** A string. */
  record Quoted(String value) implements Json {}

  /** A number as it is written. */
  record Digits(String value) implements Json {}

  /** {@code true} or {@code false}. */
  record Truth(boolean value) implements Json {}

  /** {@code null}. */
  record Nothing() implements Json {}

  private JsonParser(String text) {
    this.text = text;
  }

  /**
   * Reads a text that is one value.
   *
   * @throws IllegalArgumentException if it isn't JSON, with the line and column
   */
  static Json parse(String text) {
    JsonParser parser = new JsonParser(text);
    Json value = parser.value(0);
    parser.skipSpace();
    if (parser.at < text.length()) {
      throw parser.problem("expected the end of the text");
    }
    return value;
  }

  /**
   * Reads a text that is any number of values.
   *
   * @throws IllegalArgumentException if it isn't, with the line and column
   */
  static List<Json> parseSequence(String text) {
    JsonParser parser = new JsonParser(text);
    List<Json> values = new ArrayList<>();
    parser.skipSpace();
    while (parser.at < text.length()) {
      values.add(parser.value(0));
      parser.skipSpace();
    }
    return values;
  }

  private IllegalArgumentException problem(String what) {
    int end = Math.min(at, text.length());
    int line = 1 + (int) text.substring(0, end).chars().filter(c -> c == '\n').count();
    int column = end - text.lastIndexOf('\n', end - 1);
    return new IllegalArgumentException("JSON at " + line + ":" + column + ": " + what);
  }

  private void skipSpace() {
    while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
  }

  private char peek() {
    skipSpace();
    return at < text.length() ? text.charAt(at) : '\0';
  }

  private boolean skip(char c) {
    if (peek() != c || at >= text.length()) {
      return false;
    }
    at++;
    return true;
  }

  private void expect(char c) {
    if (!skip(c)) {
      throw problem("expected " + c);
    }
  }

  private Json value(int depth) {
    if (depth > MAX_DEPTH) {
      throw problem("values are nested too deep: limit=" + MAX_DEPTH);
    }
    char c = peek();
    return switch (c) {
      case '{' -> members(depth);
      case '[' -> elements(depth);
      case '"' -> new Quoted(string());
      case 't' -> word("true", new Truth(true));
      case 'f' -> word("false", new Truth(false));
      case 'n' -> word("null", new Nothing());
      default -> number();
    };
  }

  private Json word(String word, Json value) {
    if (!text.startsWith(word, at)) {
      throw problem("expected a value");
    }
    at += word.length();
    return value;
  }

  private Json members(int depth) {
    expect('{');
    Map<String, Json> values = new LinkedHashMap<>();
    if (skip('}')) {
      return new Members(values);
    }
    do {
      if (peek() != '"') {
        throw problem("expected a name in quotes");
      }
      int start = at;
      String name = string();
      if (values.containsKey(name)) {
        at = start;
        throw problem("the name " + name + " is there twice");
      }
      expect(':');
      values.put(name, value(depth + 1));
    } while (skip(','));
    expect('}');
    return new Members(values);
  }

  private Json elements(int depth) {
    expect('[');
    List<Json> values = new ArrayList<>();
    if (skip(']')) {
      return new Elements(values);
    }
    do {
      values.add(value(depth + 1));
    } while (skip(','));
    expect(']');
    return new Elements(values);
  }

  private String string() {
    at++;
    StringBuilder value = new StringBuilder();
    while (at < text.length()) {
      char c = text.charAt(at);
      if (c == '"') {
        at++;
        return value.toString();
      }
      if (c < ' ') {
        throw problem("a control character in a string must be escaped");
      }
      at++;
      value.append(c == '\\' ? escaped() : c);
    }
    throw problem("a string has no end");
  }

  private char escaped() {
    if (at >= text.length()) {
      throw problem("a string has no end");
    }
    char c = text.charAt(at++);
    return switch (c) {
      case '"', '\\', '/' -> c;
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'u' -> unicode();
      default -> throw problem("an unknown escape: \\" + c);
    };
  }

  private char unicode() {
    int value = 0;
    for (int i = 0; i < 4; i++) {
      int digit = at < text.length() ? Character.digit(text.charAt(at), 16) : -1;
      if (digit < 0 || text.charAt(at) > 'f') {
        throw problem("expected four hexadecimal digits");
      }
      value = value * 16 + digit;
      at++;
    }
    return (char) value;
  }

  private Json number() {
    int start = at;
    if (at < text.length() && text.charAt(at) == '-') {
      at++;
    }
    boolean isZero = at < text.length() && text.charAt(at) == '0';
    int whole = digits();
    boolean isNumber = whole > 0 && !(isZero && whole > 1);
    if (isNumber && at < text.length() && text.charAt(at) == '.') {
      at++;
      isNumber = digits() > 0;
    }
    if (isNumber && at < text.length() && (text.charAt(at) | 0x20) == 'e') {
      at++;
      if (at < text.length() && "+-".indexOf(text.charAt(at)) >= 0) {
        at++;
      }
      isNumber = digits() > 0;
    }
    if (!isNumber) {
      at = start;
      throw problem("expected a value");
    }
    return new Digits(text.substring(start, at));
  }

  private int digits() {
    int start = at;
    while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
      at++;
    }
    return at - start;
  }
}
