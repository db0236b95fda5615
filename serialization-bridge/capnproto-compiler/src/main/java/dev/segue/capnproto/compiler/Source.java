package dev.segue.capnproto.compiler;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The text of a schema file. */
final class Source {
  /** Of a file in one line, each of a hundred errors would hold the whole text. */
  private static final int LONGEST_SHOWN_LINE = 4096;

  private final String name;
  private final byte[] text;
  private final int[] lineStarts;

  Source(String name, byte[] text) {
    this.name = name;
    this.text = text;
    int[] starts = new int[16];
    int count = 1;
    for (int i = 0; i < text.length; i++) {
      if (text[i] == '\n') {
        if (count == starts.length) {
          starts = Arrays.copyOf(starts, count * 2);
        }
        starts[count++] = i + 1;
      }
    }
    lineStarts = Arrays.copyOf(starts, count);
  }

  String name() {
    return name;
  }

  int length() {
    return text.length;
  }

  /** Returns the byte at an offset, or -1 behind the end. */
  int at(int offset) {
    return offset < text.length ? text[offset] & 0xff : -1;
  }

  String text(int start, int end) {
    return new String(text, start, end - start, StandardCharsets.UTF_8);
  }

  byte[] bytes(int start, int end) {
    return Arrays.copyOfRange(text, start, end);
  }

  int line(int offset) {
    int found = Arrays.binarySearch(lineStarts, Math.min(offset, text.length));
    return found >= 0 ? found + 1 : -found - 1;
  }

  Diagnostic diagnostic(Span span, String message) {
    int start = Math.min(span.start(), text.length);
    int line = line(start);
    int lineStart = lineStarts[line - 1];
    int lineEnd = line < lineStarts.length ? lineStarts[line] - 1 : text.length;
    if (lineEnd > lineStart && text[lineEnd - 1] == '\r') {
      lineEnd--;
    }
    String before = text(lineStart, Math.min(start, Math.max(lineStart, lineEnd)));
    String marked = text(start, Math.max(start, Math.min(span.end(), lineEnd)));
    return new Diagnostic(
        name,
        line,
        before.length() + 1,
        printable(message),
        lineEnd - lineStart > LONGEST_SHOWN_LINE ? "" : printable(text(lineStart, lineEnd)),
        Math.max(1, marked.length()));
  }

  /** Replaces what a terminal would obey. */
  private static String printable(String line) {
    return line.replaceAll("[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}&&[^\t]]", "\ufffd");
  }
}
