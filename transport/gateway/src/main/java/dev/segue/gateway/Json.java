package dev.segue.gateway;

import java.util.HexFormat;
import java.util.Locale;

/**
 * Writes one JSON text, value by value; commas come by themselves.
 *
 * <p>Threads: one at a time.
 */
final class Json {
  private static final int ESCAPE_LENGTH = 6;

  private static final HexFormat HEX = HexFormat.of();

  private final StringBuilder out = new StringBuilder(256);
  private boolean first = true;

  /** Goes on with an object that was not closed. */
  static Json continued(String openObject) {
    Json json = new Json();
    json.out.append(openObject);
    json.first = false;
    return json;
  }

  Json beginObject() {
    return open('{');
  }

  Json endObject() {
    return close('}');
  }

  Json beginArray() {
    return open('[');
  }

  Json endArray() {
    return close(']');
  }

  private Json open(char bracket) {
    separate();
    out.append(bracket);
    first = true;
    return this;
  }

  private Json close(char bracket) {
    out.append(bracket);
    first = false;
    return this;
  }

  Json name(String name) {
    separate();
    quote(name);
    out.append(':');
    first = true;
    return this;
  }

  Json field(String name, String value) {
    return name(name).value(value);
  }

  Json field(String name, long value) {
    return name(name).value(value);
  }

  Json field(String name, double value) {
    return name(name).value(value);
  }

  Json field(String name, boolean value) {
    name(name);
    out.append(value);
    first = false;
    return this;
  }

  Json value(String text) {
    separate();
    quote(text);
    return this;
  }

  Json value(long number) {
    separate();
    out.append(number);
    return this;
  }

  /** With three digits behind the point at most. */
  Json value(double number) {
    separate();
    if (number == Math.rint(number) && Math.abs(number) < 1e15) {
      out.append((long) number);
    } else {
      out.append(String.format(Locale.ROOT, "%.3f", number));
    }
    return this;
  }

  private void separate() {
    if (!first) {
      out.append(',');
    }
    first = false;
  }

  private static boolean isEscaped(char c) {
    return c < 0x20 || c == 0x7F || c == '<' || c == '\u2028' || c == '\u2029';
  }

  /**
   * Returns how many bytes a text takes as a value, without its quotes, or on the heap where that
   * is more.
   */
  static long byteSizeOf(String text) {
    long byteSize = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      byteSize += isEscaped(c) ? ESCAPE_LENGTH : c == '"' || c == '\\' ? 2 : TextSize.ofUtf8(c);
    }
    return Math.max(byteSize, TextSize.ofHeap(text));
  }

  /** RFC 8259 section 7, and no character that ends a line or a script element. */
  private void quote(String text) {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        out.append('\\').append(c);
      } else if (isEscaped(c)) {
        out.append("\\u").append(HEX.toHexDigits(c)); // A client may have sent many of them.
      } else {
        out.append(c);
      }
    }
    out.append('"');
  }

  @Override
  public String toString() {
    return out.toString();
  }
}
