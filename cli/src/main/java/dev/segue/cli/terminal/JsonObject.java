package dev.segue.cli.terminal;

import java.util.Locale;
import java.util.Map;

/** One JSON object (RFC 8259) in one line, its fields in the order in which they were added. */
public final class JsonObject {
  private final StringBuilder text = new StringBuilder("{");

  /** Adds a string. */
  public JsonObject with(String name, String value) {
    return raw(name, quoted(value));
  }

  /** Adds a whole number. */
  public JsonObject with(String name, long value) {
    return raw(name, Long.toString(value));
  }

  /** Adds a truth value. */
  public JsonObject with(String name, boolean value) {
    return raw(name, Boolean.toString(value));
  }

  /** Adds a number with six digits behind the point. */
  public JsonObject with(String name, double value) {
    return raw(name, String.format(Locale.ROOT, "%.6f", value));
  }

  /** Adds an object of whole numbers. */
  public JsonObject with(String name, Map<String, Long> values) {
    JsonObject inner = new JsonObject();
    values.forEach(inner::with);
    return raw(name, inner.toString());
  }

  /** Adds a value that is JSON already. */
  public JsonObject withJson(String name, String json) {
    return raw(name, json);
  }

  private JsonObject raw(String name, String value) {
    if (text.length() > 1) {
      text.append(',');
    }
    text.append(quoted(name)).append(':').append(value);
    return this;
  }

  private static String quoted(String value) {
    StringBuilder quoted = new StringBuilder("\"");
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c == '"' || c == '\\') {
        quoted.append('\\').append(c);
      } else if (!Printable.isPlain(c)) {
        quoted.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
      } else {
        quoted.append(c);
      }
    }
    return quoted.append('"').toString();
  }

  @Override
  public String toString() {
    return text + "}";
  }
}
