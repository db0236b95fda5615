package dev.segue.capnproto.compiler;

import org.jspecify.annotations.Nullable;

/** Java source in the making, indented by its braces. */
final class JavaText {
  private static final int MAX_LITERAL_LENGTH = 1000;

  /** Bytes as they are written in a literal. */
  private static final String[] ESCAPED = escapes(1);

  /** The same in front of an octal digit. */
  private static final String[] ESCAPED_BEFORE_DIGIT = escapes(3);

  private final StringBuilder text = new StringBuilder();
  private int indent;

  private static String[] escapes(int digitCount) {
    String[] escapes = new String[256];
    for (int value = 0; value < 256; value++) {
      if (value == '"' || value == '\\') {
        escapes[value] = "\\" + (char) value;
      } else if (value >= ' ' && value < 0x7f) {
        escapes[value] = Character.toString(value);
      } else {
        String octal = Integer.toOctalString(value);
        escapes[value] = "\\" + "0".repeat(Math.max(0, digitCount - octal.length())) + octal;
      }
    }
    return escapes;
  }

  private StringBuilder indented(int count) {
    for (int i = 0; i < count; i++) {
      text.append("  ");
    }
    return text;
  }

  /** Adds a line; one that begins with a closing brace is indented less, one that opens more. */
  JavaText line(String line) {
    if (line.startsWith("}") || line.startsWith(")")) {
      indent--;
    }
    indented(line.isEmpty() ? 0 : indent).append(line).append('\n');
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
    indented(indent).append(line).append('\n');
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
      indented(indent).append('"');
      for (int j = i; j < end; j++) {
        boolean digitFollows = j + 1 < end && bytes[j + 1] >= '0' && bytes[j + 1] <= '7';
        text.append((digitFollows ? ESCAPED_BEFORE_DIGIT : ESCAPED)[bytes[j] & 0xff]);
      }
      text.append('"').append(end == bytes.length ? "" : joined ? "," : " +").append('\n');
    }
    return this;
  }

  @Override
  public String toString() {
    return text.toString();
  }
}
