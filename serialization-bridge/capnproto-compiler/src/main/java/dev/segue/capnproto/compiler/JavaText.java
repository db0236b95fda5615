package dev.segue.capnproto.compiler;

import org.jspecify.annotations.Nullable;

/** Java source in the making, indented by its braces. */
final class JavaText {
  private static final int MAX_LITERAL_LENGTH = 1000;

  private final StringBuilder text = new StringBuilder();
  private int indent;

  /** Adds a line; one that begins with a closing brace is indented less, one that opens more. */
  JavaText line(String line) {
    if (line.startsWith("}") || line.startsWith(")")) {
      indent--;
    }
    text.append("  ".repeat(line.isEmpty() ? 0 : indent)).append(line).append('\n');
    if (line.endsWith("{") || line.endsWith("(")) {
      indent++;
    }
    return this;
  }

  /**
   * Adds a doc comment as Javadoc: its words are shown as they are, blank lines part paragraphs.
   */
  JavaText doc(@Nullable String comment) {
    if (comment == null || comment.isBlank()) {
      return this;
    }
    raw("/**");
    boolean paragraph = false;
    boolean started = false;
    for (String raw : comment.split("\n", -1)) {
      String written = raw.strip();
      if (written.isEmpty()) {
        paragraph = started;
        continue;
      }
      if (paragraph) {
        raw(" *");
      }
      raw(" * " + (paragraph ? "<p>" : "") + escaped(written));
      paragraph = false;
      started = true;
    }
    return raw(" */");
  }

  private JavaText raw(String line) {
    text.append("  ".repeat(indent)).append(line).append('\n');
    return this;
  }

  private static String escaped(String words) {
    StringBuilder escaped = new StringBuilder();
    words
        .codePoints()
        .forEach(
            c -> {
              if ("&<>@{}*/\\".indexOf(c) >= 0) {
                escaped.append("&#").append(c).append(';');
              } else {
                escaped.appendCodePoint(Character.isISOControl(c) ? ' ' : c);
              }
            });
    return escaped.toString();
  }

  /** Adds an expression, broken into lines, whose value is a string of the bytes as characters. */
  JavaText bytes(byte[] bytes) {
    // A constant string can't be longer than 65,535 bytes; joined ones can.
    boolean joined = bytes.length > 8 * MAX_LITERAL_LENGTH;
    line(joined ? "java.lang.String.join(" : "(");
    if (joined) {
      raw("\"\",");
    }
    int perLine = joined ? MAX_LITERAL_LENGTH : 32;
    for (int i = 0; i < bytes.length; i += perLine) {
      int end = Math.min(i + perLine, bytes.length);
      text.append("  ".repeat(indent)).append('"');
      for (int j = i; j < end; j++) {
        appendByte(bytes[j] & 0xff, j + 1 < end ? bytes[j + 1] & 0xff : 0);
      }
      text.append('"').append(end == bytes.length ? "" : joined ? "," : " +").append('\n');
    }
    return this;
  }

  private void appendByte(int value, int next) {
    if (value == '"' || value == '\\') {
      text.append('\\').append((char) value);
    } else if (value >= ' ' && value < 0x7f) {
      text.append((char) value);
    } else {
      String octal = Integer.toOctalString(value);
      boolean digitFollows = next >= '0' && next <= '7';
      text.append('\\').append(digitFollows ? "0".repeat(3 - octal.length()) : "").append(octal);
    }
  }

  @Override
  public String toString() {
    return text.toString();
  }
}
