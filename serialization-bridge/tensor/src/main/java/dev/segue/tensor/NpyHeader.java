package dev.segue.tensor;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads the Python dictionary of a {@code .npy} header: its three keys and nothing else, each
 * character once.
 */
final class NpyHeader {
  private final String text;
  private int at;
  private @Nullable String descr;
  private @Nullable Boolean fortranOrder;
  private @Nullable List<Long> shape;

  private NpyHeader(String text) {
    this.text = text;
  }

  /** What a header says. */
  record Description(ElementType type, boolean fortranOrder, List<Long> shape) {}

  static Description parse(String text) throws TensorFormatException {
    NpyHeader header = new NpyHeader(text);
    header.dictionary();
    if (header.descr == null || header.fortranOrder == null || header.shape == null) {
      throw header.bad("it lacks descr, fortran_order or shape");
    }
    return new Description(ElementType.ofNumpy(header.descr), header.fortranOrder, header.shape);
  }

  private void dictionary() throws TensorFormatException {
    expect('{');
    while (!takes('}')) {
      String key = string();
      expect(':');
      switch (key) {
        case "descr" -> descr = once(descr, string());
        case "fortran_order" -> fortranOrder = once(fortranOrder, truth());
        case "shape" -> shape = once(shape, numbers());
        default -> throw bad("key " + Excerpt.of(key));
      }
      if (!takes(',')) {
        expect('}');
        break;
      }
    }
    blank();
    if (at < text.length()) {
      throw bad("something follows the dictionary");
    }
  }

  private <T> T once(@Nullable T before, T now) throws TensorFormatException {
    if (before != null) {
      throw bad("a key is there twice");
    }
    return now;
  }

  private String string() throws TensorFormatException {
    blank();
    char quote = at < text.length() ? text.charAt(at) : 0;
    int end = quote == '\'' || quote == '"' ? text.indexOf(quote, at + 1) : -1;
    if (end < 0) {
      throw bad("no string");
    }
    String value = text.substring(at + 1, end);
    at = end + 1;
    return value;
  }

  private boolean truth() throws TensorFormatException {
    blank();
    for (String word : List.of("True", "False")) {
      if (text.startsWith(word, at)) {
        at += word.length();
        return word.equals("True");
      }
    }
    throw bad("neither True nor False");
  }

  private List<Long> numbers() throws TensorFormatException {
    List<Long> numbers = new ArrayList<>();
    expect('(');
    while (!takes(')')) {
      numbers.add(number());
      if (!takes(',')) {
        expect(')');
        break;
      }
    }
    return numbers;
  }

  private long number() throws TensorFormatException {
    blank();
    int start = at;
    while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
      at++;
    }
    if (at == start || at - start > 18) {
      throw bad("a dimension is no number");
    }
    long number = Long.parseLong(text, start, at, 10);
    // Python 2 wrote long integers so.
    if (at < text.length() && text.charAt(at) == 'L') {
      at++;
    }
    return number;
  }

  private void blank() {
    while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
  }

  private boolean takes(char c) {
    blank();
    if (at < text.length() && text.charAt(at) == c) {
      at++;
      return true;
    }
    return false;
  }

  private void expect(char c) throws TensorFormatException {
    if (!takes(c)) {
      throw bad("no '" + c + "'");
    }
  }

  private TensorFormatException bad(String what) {
    return new TensorFormatException(
        "npy: header is not understood at character " + at + ": " + what + ": " + Excerpt.of(text));
  }
}
