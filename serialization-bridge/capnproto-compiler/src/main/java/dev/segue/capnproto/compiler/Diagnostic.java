package dev.segue.capnproto.compiler;

/**
 * An error in a schema.
 *
 * @param file the schema's path, as it was named or imported
 * @param line the line, from 1 on
 * @param column the column in characters, from 1 on
 * @param message what is wrong and what was expected
 * @param sourceLine the line's text, empty where the file could not be read or the line is longer
 *     than 4,096 bytes
 * @param length how many characters are concerned, at least 1
 */
public record Diagnostic(
    String file, int line, int column, String message, String sourceLine, int length) {

  /** Returns {@code file:line:column: message}. */
  public String summary() {
    return file + ":" + line + ":" + column + ": " + message;
  }

  /** Returns the summary, the line and a caret below the place. */
  @Override
  public String toString() {
    if (sourceLine.isEmpty()) {
      return summary();
    }
    StringBuilder text = new StringBuilder(summary()).append('\n').append(sourceLine).append('\n');
    for (int i = 0; i < column - 1; i++) {
      text.append(i < sourceLine.length() && sourceLine.charAt(i) == '\t' ? '\t' : ' ');
    }
    return text.append("^".repeat(length)).toString();
  }
}
