package dev.segue.cli;

import java.util.ArrayList;
import java.util.List;

/** Words of a line, separated as a shell does it, without anything that a shell puts in. */
final class Words {
  private Words() {}

  /**
   * Splits a line.
   *
   * @throws IllegalArgumentException if a quotation or an escape has no end
   */
  static List<String> of(String line) {
    List<String> words = new ArrayList<>();
    StringBuilder word = new StringBuilder();
    boolean isWord = false;
    char quote = 0;
    for (int i = 0; i < line.length(); i++) {
      char c = line.charAt(i);
      boolean isEscape = c == '\\' && quote != '\'';
      if (isEscape) {
        if (++i == line.length()) {
          throw new IllegalArgumentException("a \\ at the end escapes nothing");
        }
        char escaped = line.charAt(i);
        if (quote == '"' && escaped != '"' && escaped != '\\') {
          word.append(c);
        }
        word.append(escaped);
        isWord = true;
      } else if (quote != 0) {
        if (c == quote) {
          quote = 0;
        } else {
          word.append(c);
        }
      } else if (c == '\'' || c == '"') {
        quote = c;
        isWord = true;
      } else if (Character.isWhitespace(c)) {
        if (isWord) {
          words.add(word.toString());
          word.setLength(0);
          isWord = false;
        }
      } else {
        word.append(c);
        isWord = true;
      }
    }
    if (quote != 0) {
      throw new IllegalArgumentException("a " + quote + " has no other one");
    }
    if (isWord) {
      words.add(word.toString());
    }
    return words;
  }
}
