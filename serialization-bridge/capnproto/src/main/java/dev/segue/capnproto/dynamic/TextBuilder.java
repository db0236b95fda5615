package dev.segue.capnproto.dynamic;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HexFormat;
import org.capnproto.DecodeException;

/** A text that grows to a limit, with the strings and numbers of both syntaxes. */
final class TextBuilder {
  private static final double WHOLE = 1e15;
  private static final HexFormat HEX = HexFormat.of();

  private final StringBuilder text = new StringBuilder(256);
  private final boolean isJson;
  private final int maxCharCount;

  TextBuilder(boolean isJson, int maxCharCount) {
    this.isJson = isJson;
    this.maxCharCount = maxCharCount;
  }

  private void check(long more) {
    if (text.length() + more > maxCharCount) {
      throw new DecodeException(
          "the text of the message is longer than maxCharCount=" + maxCharCount);
    }
  }

  /** Checks that a text may fit, before it is copied: a character has at most three bytes. */
  void checkUtf8(int byteSize) {
    check(byteSize / 3L);
  }

  TextBuilder add(String words) {
    check(words.length());
    text.append(words);
    return this;
  }

  TextBuilder add(char c) {
    check(1);
    text.append(c);
    return this;
  }

  void line(int indent) {
    check(1L + 2L * indent);
    text.append('\n').repeat("  ", indent);
  }

  void number(long value) {
    check(20);
    text.append(value);
  }

  void unsigned(long value) {
    check(20);
    if (value >= 0) {
      text.append(value);
    } else {
      text.append(Long.toUnsignedString(value));
    }
  }

  /** Quotes a number that JavaScript couldn't hold. */
  void wide(Scalar type, long value) {
    if (isJson) {
      add('"');
    }
    if (type == Scalar.UINT64) {
      unsigned(value);
    } else {
      number(value);
    }
    if (isJson) {
      add('"');
    }
  }

  /** The shortest digits that stand for the float. */
  void real(Scalar type, long bits) {
    check(32);
    double value = type.asDouble(bits);
    if (Double.isNaN(value)) {
      text.append(isJson ? "\"NaN\"" : "nan");
    } else if (Double.isInfinite(value)) {
      String word = isJson ? "Infinity" : "inf";
      add(isJson ? "\"" : "").add(value < 0 ? "-" : "").add(word).add(isJson ? "\"" : "");
    } else if (Math.abs(value) < WHOLE && value == (long) value) {
      boolean isNegativeZero = value == 0 && Double.doubleToRawLongBits(value) != 0;
      text.append(isNegativeZero ? "-0" : Long.toString((long) value));
    } else {
      String digits =
          type == Scalar.FLOAT32 ? Float.toString((float) value) : Double.toString(value);
      text.append(digits.replace(".0E", "e").replace('E', 'e'));
    }
  }

  void quoted(byte[] utf8) {
    if (isJson) {
      quotedJson(new String(utf8, StandardCharsets.UTF_8));
    } else {
      escaped(utf8, false);
    }
  }

  /** A string of JSON. */
  static String jsonOf(String value) {
    TextBuilder builder = new TextBuilder(true, Integer.MAX_VALUE);
    builder.quotedJson(value);
    return builder.toString();
  }

  void quotedJson(String value) {
    check(value.length() + 2L);
    text.append('"');
    int plain = 0;
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      boolean isPlain = (c >= ' ' && c < 0x7F && c != '"' && c != '\\') || c > 0x9F;
      if (!isPlain) {
        text.append(value, plain, i);
        plain = i + 1;
        escapedJson(c);
      }
    }
    text.append(value, plain, value.length()).append('"');
    check(0);
  }

  private void escapedJson(char c) {
    switch (c) {
      case '"', '\\' -> text.append('\\').append(c);
      case '\n' -> text.append("\\n");
      case '\t' -> text.append("\\t");
      case '\r' -> text.append("\\r");
      default -> text.append("\\u").append(HEX.toHexDigits(c));
    }
  }

  /** Quotes bytes with the escapes of C: all but ASCII if they are not text. */
  private void escaped(byte[] bytes, boolean isData) {
    check(bytes.length + 2L);
    String value =
        isData
            ? new String(bytes, StandardCharsets.ISO_8859_1)
            : new String(bytes, StandardCharsets.UTF_8);
    text.append('"');
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      switch (c) {
        case '"', '\'', '\\' -> text.append('\\').append(c);
        case '\n' -> text.append("\\n");
        case '\t' -> text.append("\\t");
        case '\r' -> text.append("\\r");
        case 0x07 -> text.append("\\a");
        case '\b' -> text.append("\\b");
        case '\f' -> text.append("\\f");
        case 0x0B -> text.append("\\v");
        default -> {
          if ((c >= ' ' && c < 0x7F) || (!isData && c > 0x9F)) {
            text.append(c);
          } else if (isData || c <= 0x7F) {
            octal(c);
          } else {
            // A control character that a terminal would obey, as its bytes.
            octal(0xC2);
            octal(c);
          }
        }
      }
    }
    text.append('"');
    check(0);
  }

  private void octal(int value) {
    text.append('\\')
        .append((char) ('0' + (value >> 6)))
        .append((char) ('0' + (value >> 3 & 7)))
        .append((char) ('0' + (value & 7)));
  }

  /** Shows a data field. */
  void data(ListAt list, MessageFormat format) {
    int byteSize = list.dataByteSize();
    switch (format.data()) {
      case SUMMARY -> summary(list, byteSize, format.maxDataByteSize());
      case STRING -> {
        if (isJson) {
          check(byteSize / 3L * 4L);
          add('"').add(Base64.getEncoder().encodeToString(list.bytes(byteSize))).add('"');
        } else {
          check(byteSize);
          escaped(list.bytes(byteSize), true);
        }
      }
      case BYTES -> {
        if (isJson) {
          numbers(list, byteSize);
        } else {
          check(byteSize);
          escaped(list.bytes(byteSize), true);
        }
      }
    }
  }

  private void numbers(ListAt list, int byteSize) {
    add('[');
    for (int i = 0; i < byteSize; i++) {
      if (i > 0) {
        text.append(',');
      }
      number(list.byteAt(i) & 0xFF);
    }
    add(']');
  }

  private void summary(ListAt list, int byteSize, int maxByteSize) {
    boolean isWhole = byteSize <= maxByteSize;
    check(2L * Math.min(byteSize, maxByteSize));
    String first = HEX.formatHex(list.bytes(Math.min(byteSize, maxByteSize)));
    if (isJson) {
      add("{\"byteSize\":").add(Integer.toString(byteSize));
      add(",\"first\":\"").add(first).add("\"}");
    } else if (isWhole) {
      add("0x\"").add(first).add('"');
    } else {
      add("<").add(Integer.toString(byteSize)).add(" bytes: ").add(first).add("…>");
    }
  }

  @Override
  public String toString() {
    return text.toString();
  }
}
