package dev.segue.capnproto.compiler;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Splits a schema file into statements. Stops at the first error. */
final class Lexer {
  private static final String OPERATORS = "!$%&*+-./:<=>?@^|~";
  private static final int MAX_DEPTH = 100;

  private final Source source;
  private int at;

  private Lexer(Source source) {
    this.source = source;
  }

  /** Returns the statements in front of the first error, which is put to the problems. */
  static List<Statement> statements(Source source, Problems problems) {
    Lexer lexer = new Lexer(source);
    List<Statement> statements = new ArrayList<>();
    try {
      lexer.checkUtf8();
      lexer.skipSpace();
      while (lexer.peek() >= 0) {
        if (lexer.peek() == '}') {
          throw new SyntaxException(lexer.here(), "unexpected '}': no block is open");
        }
        statements.add(lexer.statement(0));
        lexer.skipSpace();
      }
    } catch (SyntaxException e) {
      problems.add(source, e.span(), e.reason());
    }
    return statements;
  }

  private void checkUtf8() throws SyntaxException {
    ByteBuffer bytes = ByteBuffer.wrap(source.bytes(0, source.length()));
    CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
    CoderResult result = decoder.decode(bytes, CharBuffer.allocate(source.length() + 1), true);
    if (result.isError()) {
      throw new SyntaxException(
          new Span(bytes.position(), bytes.position() + 1),
          "a schema file must be UTF-8 text: this byte isn't");
    }
  }

  private int peek() {
    return source.at(at);
  }

  private Span here() {
    return new Span(at, at + 1);
  }

  private boolean accept(int expected) {
    if (peek() == expected) {
      at++;
      return true;
    }
    return false;
  }

  private void skipSpace() {
    while (true) {
      int next = peek();
      if (next == '#') {
        while (peek() >= 0 && peek() != '\n') {
          at++;
        }
      } else if (next == 0xef && source.at(at + 1) == 0xbb && source.at(at + 2) == 0xbf) {
        at += 3;
      } else if (isSpace(next)) {
        at++;
      } else {
        return;
      }
    }
  }

  private static boolean isSpace(int next) {
    return next == ' ' || (next >= '\t' && next <= '\r');
  }

  private void skipLineSpace() {
    while (isSpace(peek()) && peek() != '\n' && peek() != '\r') {
      at++;
    }
  }

  private Statement statement(int depth) throws SyntaxException {
    int start = at;
    List<Token> tokens = sequence(depth);
    int end = at;
    if (accept(';')) {
      return new Statement(tokens, null, doc(), new Span(start, at > end ? end + 1 : end));
    }
    if (!accept('{')) {
      String expected = tokens.isEmpty() ? "a declaration" : "';' or '{'";
      if (peek() >= 0) {
        throw new SyntaxException(here(), "expected " + expected + ", found " + found());
      }
      Span last = tokens.isEmpty() ? here() : tokens.get(tokens.size() - 1).span();
      throw new SyntaxException(
          new Span(last.end(), last.end()), "expected " + expected + ", found the end of the file");
    }
    if (depth >= MAX_DEPTH) {
      throw new SyntaxException(here(), "blocks are nested too deep: limit=" + MAX_DEPTH);
    }
    String early = doc();
    List<Statement> block = new ArrayList<>();
    skipSpace();
    while (!accept('}')) {
      if (peek() < 0) {
        throw new SyntaxException(
            new Span(end, end + 1), "expected '}' for this '{', found the end of the file");
      }
      block.add(statement(depth + 1));
      skipSpace();
    }
    Span span = new Span(start, at);
    String late = doc();
    return new Statement(tokens, block, early != null ? early : late, span);
  }

  private String found() {
    int next = peek();
    return next > ' ' && next < 0x7f
        ? "'" + (char) next + "'"
        : "a byte 0x" + Integer.toHexString(next);
  }

  /** Reads comment lines that begin on this line or the next, with no blank line between. */
  private @Nullable String doc() {
    int start = at;
    skipLineSpace();
    accept('\r');
    accept('\n');
    StringBuilder text = new StringBuilder();
    int end = start;
    while (true) {
      skipLineSpace();
      if (!accept('#')) {
        break;
      }
      accept(' ');
      int line = at;
      while (peek() >= 0 && peek() != '\n') {
        at++;
      }
      text.append(source.text(line, at)).append('\n');
      accept('\n');
      end = at;
    }
    at = end;
    return text.length() == 0 && end == start ? null : text.toString();
  }

  private List<Token> sequence(int depth) throws SyntaxException {
    List<Token> tokens = new ArrayList<>();
    skipSpace();
    while (true) {
      Token token = token(depth);
      if (token == null) {
        return tokens;
      }
      tokens.add(token);
      skipSpace();
    }
  }

  private @Nullable Token token(int depth) throws SyntaxException {
    int start = at;
    int next = peek();
    if (isLetter(next)) {
      while (isLetter(peek()) || isDigit(peek())) {
        at++;
      }
      return new Token.Word(source.text(start, at), new Span(start, at));
    }
    if (next == '"') {
      at++;
      return new Token.Text(new Bytes(quoted(start)), new Span(start, at));
    }
    if (isDigit(next)) {
      if (next == '0' && source.at(at + 1) == 'x' && source.at(at + 2) == '"') {
        at += 3;
        return new Token.Hex(new Bytes(hex(start)), new Span(start, at));
      }
      return number(start);
    }
    if (next == '(' || next == '[') {
      at++;
      return group(start, next == '[', depth);
    }
    while (peek() >= 0 && OPERATORS.indexOf(peek()) >= 0) {
      at++;
    }
    return at > start ? new Token.Operator(source.text(start, at), new Span(start, at)) : null;
  }

  private static boolean isLetter(int next) {
    return (next >= 'a' && next <= 'z') || (next >= 'A' && next <= 'Z') || next == '_';
  }

  private static boolean isDigit(int next) {
    return next >= '0' && next <= '9';
  }

  private Token group(int start, boolean square, int depth) throws SyntaxException {
    if (depth >= MAX_DEPTH) {
      throw new SyntaxException(
          new Span(start, start + 1), "brackets are nested too deep: limit=" + MAX_DEPTH);
    }
    List<List<Token>> items = new ArrayList<>();
    items.add(sequence(depth + 1));
    while (accept(',')) {
      items.add(sequence(depth + 1));
    }
    char close = square ? ']' : ')';
    if (!accept(close)) {
      if (peek() < 0) {
        throw new SyntaxException(
            new Span(start, start + 1),
            "expected '" + close + "' for this bracket, found the end of the file");
      }
      throw new SyntaxException(here(), "expected ',' or '" + close + "', found " + found());
    }
    if (items.get(items.size() - 1).isEmpty()) {
      items.remove(items.size() - 1);
    }
    return new Token.Group(square, items, new Span(start, at));
  }

  private Token number(int start) throws SyntaxException {
    while (isLetter(peek()) || isDigit(peek()) || peek() == '.' || isSignOfExponent(start)) {
      at++;
    }
    return Numbers.token(source.text(start, at), new Span(start, at));
  }

  private boolean isSignOfExponent(int start) {
    int before = source.at(at - 1);
    return (peek() == '+' || peek() == '-')
        && (before == 'e' || before == 'E')
        && at > start
        && !(source.at(start) == '0' && source.at(start + 1) == 'x');
  }

  private byte[] quoted(int start) throws SyntaxException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    while (true) {
      int next = peek();
      if (next < 0 || next == '\n') {
        throw new SyntaxException(new Span(start, at), "expected '\"' before the end of the line");
      }
      at++;
      if (next == '"') {
        return bytes.toByteArray();
      }
      bytes.write(next == '\\' ? escape() : next);
    }
  }

  private int escape() throws SyntaxException {
    int start = at;
    int next = peek();
    at++;
    int simple = "abfnrtv'\"\\?".indexOf(next);
    if (next >= 0 && simple >= 0) {
      return "\u0007\b\f\n\r\t\u000b'\"\\?".charAt(simple);
    }
    if (next == 'x') {
      int high = Character.digit(peek(), 16);
      int low = Character.digit(source.at(at + 1), 16);
      if (high >= 0 && low >= 0) {
        at += 2;
        return high << 4 | low;
      }
    } else if (next >= '0' && next <= '7') {
      int value = next - '0';
      for (int i = 0; i < 2 && peek() >= '0' && peek() <= '7'; i++) {
        value = value << 3 | peek() - '0';
        at++;
      }
      if (value < 256) {
        return value;
      }
    }
    throw new SyntaxException(
        new Span(start - 1, start + 1),
        "unknown escape: expected one of \\a \\b \\f \\n \\r \\t \\v \\' \\\" \\\\ \\? \\xHH \\OOO");
  }

  private byte[] hex(int start) throws SyntaxException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    while (true) {
      while (isSpace(peek())) {
        at++;
      }
      if (peek() == '"' && bytes.size() > 0) {
        at++;
        return bytes.toByteArray();
      }
      int high = Character.digit(peek(), 16);
      int low = Character.digit(source.at(at + 1), 16);
      if (high < 0 || low < 0) {
        throw new SyntaxException(
            peek() < 0 ? new Span(start, start + 3) : here(), "expected two hexadecimal digits");
      }
      bytes.write(high << 4 | low);
      at += 2;
    }
  }
}
