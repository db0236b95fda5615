package dev.segue.capnproto.compiler;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Indents schemas: two spaces a level, four more where a declaration goes on, one blank line at
 * most, none at the ends, no space behind a line. The content of a line, and so every comment,
 * stays.
 */
public final class SchemaFormat {
  private SchemaFormat() {}

  /**
   * Returns the text in that form.
   *
   * @param name the name that errors show
   * @throws SchemaException if the text has a fault that hides where its blocks begin and end
   */
  public static String format(String name, String text) throws SchemaException {
    List<Statement> before = statements(name, text);
    StringBuilder formatted = new StringBuilder();
    Position position = new Position();
    boolean blank = false;
    for (String raw : text.replace("\r\n", "\n").replace("\ufeff", "").split("\n", -1)) {
      boolean inHex = position.inHex;
      String line = inHex ? raw.stripTrailing() : raw.strip();
      if (line.isEmpty()) {
        blank = formatted.length() > 0;
        continue;
      }
      if (blank && line.charAt(0) != '}') {
        formatted.append('\n');
      }
      blank = false;
      int indent = inHex ? 0 : position.indent(line);
      formatted.append(" ".repeat(indent)).append(line).append('\n');
      position.move(line);
    }
    String result = formatted.toString();
    if (!equal(before, statements(name, result))) {
      throw new SchemaException(name + ": can't be formatted without a change of its meaning");
    }
    return result;
  }

  private static List<Statement> statements(String name, String text) throws SchemaException {
    Problems problems = new Problems();
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    List<Statement> statements = Lexer.statements(new Source(name, bytes), problems);
    problems.check();
    return statements;
  }

  /** Compares what the parser sees: words and comments, not where they stand. */
  private static boolean equal(@Nullable List<Statement> some, @Nullable List<Statement> others) {
    if (some == null || others == null) {
      return some == null && others == null;
    }
    if (some.size() != others.size()) {
      return false;
    }
    for (int i = 0; i < some.size(); i++) {
      Statement one = some.get(i);
      Statement other = others.get(i);
      boolean same =
          words(one.tokens()).equals(words(other.tokens()))
              && Objects.equals(doc(one), doc(other))
              && equal(one.block(), other.block());
      if (!same) {
        return false;
      }
    }
    return true;
  }

  private static @Nullable String doc(Statement statement) {
    String doc = statement.doc();
    return doc == null ? null : doc.replaceAll("[ \t\r]+\n", "\n");
  }

  private static String words(List<Token> tokens) {
    StringBuilder words = new StringBuilder();
    for (Token token : tokens) {
      if (token instanceof Token.Group group) {
        words.append(group.square() ? "[" : "(");
        group.items().forEach(item -> words.append(words(item)).append(','));
        words.append(')');
      } else if (token instanceof Token.Text text) {
        words.append(text.value());
      } else if (token instanceof Token.Hex hex) {
        words.append('x').append(hex.value());
      } else if (token instanceof Token.Word word) {
        words.append(word.text());
      } else if (token instanceof Token.Operator operator) {
        words.append(operator.text());
      } else if (token instanceof Token.Int number) {
        words.append(number.value());
      } else if (token instanceof Token.Real number) {
        words.append(number.value());
      }
      words.append(' ');
    }
    return words.toString();
  }

  /** The depth of a line in blocks and brackets. */
  private static final class Position {
    private int braces;
    private int brackets;
    private boolean inStatement;
    private boolean inHex;

    private int indent(String line) {
      int closing = 0;
      while (closing < line.length() && line.charAt(closing) == '}') {
        closing++;
      }
      boolean goesOn = (inStatement || brackets > 0) && closing == 0 && line.charAt(0) != '{';
      return Math.max(0, braces - closing) * 2 + (goesOn && line.charAt(0) != '#' ? 4 : 0);
    }

    private void move(String line) {
      for (int i = 0; i < line.length(); i++) {
        char c = line.charAt(i);
        if (inHex) {
          inHex = c != '"';
        } else if (c == '#') {
          return;
        } else if (c == '"') {
          inStatement = true;
          boolean hex = i > 1 && line.startsWith("0x", i - 2);
          int end = hex ? line.indexOf('"', i + 1) : endOfText(line, i);
          inHex = end < 0;
          i = end < 0 ? line.length() : end;
        } else {
          move(c);
        }
      }
    }

    private static int endOfText(String line, int start) {
      int at = start + 1;
      while (at < line.length() && line.charAt(at) != '"') {
        at += line.charAt(at) == '\\' ? 2 : 1;
      }
      return Math.min(at, line.length());
    }

    private void move(char c) {
      switch (c) {
        case '{' -> braces++;
        case '}' -> braces--;
        case '(', '[' -> brackets++;
        case ')', ']' -> brackets--;
        default -> {}
      }
      if (c == ';' || c == '{' || c == '}') {
        inStatement = false;
      } else if (c > ' ') {
        inStatement = true;
      }
    }
  }
}
