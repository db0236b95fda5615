package dev.segue.cli.terminal;

import java.util.Locale;

/** Names as a terminal may show them: whoever gave an object its key must not write to it. */
public final class Printable {
  private Printable() {}

  /** The same text with escapes for what moves the cursor, turns the line or is no character. */
  public static String of(String text) {
    if (text.codePoints().allMatch(Printable::isPlain)) {
      return text;
    }
    StringBuilder shown = new StringBuilder();
    text.codePoints()
        .forEach(
            c -> {
              if (isPlain(c)) {
                shown.appendCodePoint(c);
              } else {
                shown.append(String.format(Locale.ROOT, c < 0x100 ? "\\x%02x" : "\\u%04x", c));
              }
            });
    return shown.toString();
  }

  /** Returns whether a terminal shows it and does nothing else. */
  static boolean isPlain(int c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          false;
      default -> true;
    };
  }
}
