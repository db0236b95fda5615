package dev.segue.tensor;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads the Python dictionary of a {@code .npy} header: its three keys and nothing else, each
 * character once.
 */
final class NpyHeader extends HeaderText {
  private @Nullable String descr;
  private @Nullable Boolean fortranOrder;
  private @Nullable List<Long> shape;

  private NpyHeader(String text) {
    super(text);
  }

  /** The content of a header. */
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
    if (!isAtEnd()) {
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
    char quote = takesNow("'") ? '\'' : takesNow("\"") ? '"' : 0;
    int end = quote == 0 ? -1 : text.indexOf(quote, at());
    if (end < 0) {
      throw bad("no string");
    }
    String value = text.substring(at(), end);
    takesNow(value + quote);
    return value;
  }

  private boolean truth() throws TensorFormatException {
    blank();
    if (takesNow("True")) {
      return true;
    }
    if (takesNow("False")) {
      return false;
    }
    throw bad("neither True nor False");
  }

  private List<Long> numbers() throws TensorFormatException {
    List<Long> numbers = new ArrayList<>();
    expect('(');
    while (!takes(')')) {
      numbers.add(dimension());
      if (!takes(',')) {
        expect(')');
        break;
      }
    }
    return numbers;
  }

  private long dimension() throws TensorFormatException {
    long number = number();
    // Python 2 wrote long integers so.
    takesNow("L");
    return number;
  }

  @Override
  TensorFormatException bad(String what) {
    return new TensorFormatException(
        "npy: header is not understood at character "
            + at()
            + ": "
            + what
            + ": "
            + Excerpt.of(text));
  }
}
