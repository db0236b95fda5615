package dev.segue.capnproto.compiler;

import java.math.BigInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads numbers of the schema language. */
final class Numbers {
  private static final Pattern REAL = Pattern.compile("([0-9]+)(\\.[0-9]*)?([eE][+-]?[0-9]*)?");

  private Numbers() {}

  static Token token(String text, Span span) throws SyntaxException {
    if (text.matches("0x[0-9a-fA-F]+")) {
      return integer(text.substring(2), 16, span);
    }
    if (text.matches("0[0-7]*")) {
      return integer(text, 8, span);
    }
    if (text.matches("[1-9][0-9]*")) {
      return integer(text, 10, span);
    }
    Matcher real = REAL.matcher(text);
    if (real.matches() && (real.group(2) != null || real.group(3) != null)) {
      boolean noDigits = real.group(3) != null && !real.group(3).matches(".*[0-9]");
      if (noDigits) {
        throw new SyntaxException(span, "expected digits after the exponent's letter");
      }
      return new Token.Real(Double.parseDouble(text), span);
    }
    throw new SyntaxException(
        span, "not a number: expected digits, 0x and hexadecimal digits, or 0 and octal digits");
  }

  private static Token integer(String digits, int radix, Span span) throws SyntaxException {
    // More digits can't be a number of 64 bits, and would cost time to read.
    BigInteger value =
        digits.length() > 64 ? BigInteger.ONE.shiftLeft(64) : new BigInteger(digits, radix);
    if (value.bitLength() > 64) {
      throw new SyntaxException(span, "integer is too large: 64 bits are the limit");
    }
    return new Token.Int(value.longValue(), span);
  }
}
