package dev.segue.tensor;

/** A header that is read character by character, each once. Threads: one. */
abstract sealed class HeaderText permits NpyHeader, SafetensorsHeader {
  /** More digits might not fit a long. */
  private static final int DIGIT_LIMIT = 18;

  final String text;
  private int at;

  HeaderText(String text) {
    this.text = text;
  }

  /** Returns what is wrong, and where. */
  abstract TensorFormatException bad(String what);

  final int at() {
    return at;
  }

  /** Passes what has no meaning. */
  final void blank() {
    while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
  }

  final boolean isAtEnd() {
    blank();
    return at == text.length();
  }

  /** Takes a text that comes next without anything before it, if it does. */
  final boolean takesNow(String word) {
    if (text.startsWith(word, at)) {
      at += word.length();
      return true;
    }
    return false;
  }

  final boolean takes(char c) {
    blank();
    if (at < text.length() && text.charAt(at) == c) {
      at++;
      return true;
    }
    return false;
  }

  final void expect(char c) throws TensorFormatException {
    if (!takes(c)) {
      throw bad("no '" + c + "'");
    }
  }

  final char next() throws TensorFormatException {
    if (at == text.length()) {
      throw bad("it ends too early");
    }
    return text.charAt(at++);
  }

  /** A number without a sign. */
  final long number() throws TensorFormatException {
    blank();
    int start = at;
    while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
      at++;
    }
    if (at == start || at - start > DIGIT_LIMIT) {
      throw bad("a number is none");
    }
    return Long.parseLong(text, start, at, 10);
  }
}
