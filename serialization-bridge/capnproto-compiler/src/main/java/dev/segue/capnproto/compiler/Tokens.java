package dev.segue.capnproto.compiler;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Walks over a sequence of tokens, and reads the expressions in it. */
final class Tokens {
  private static final int MAX_SUFFIX_COUNT = 100;

  private final List<Token> tokens;
  private final Span around;
  private int at;

  /** Errors behind the last token are reported at the end of {@code around} if there is none. */
  Tokens(List<Token> tokens, Span around) {
    this.tokens = tokens;
    this.around = around;
  }

  @Nullable Token peek() {
    return at < tokens.size() ? tokens.get(at) : null;
  }

  private @Nullable Token peek(int ahead) {
    return at + ahead < tokens.size() ? tokens.get(at + ahead) : null;
  }

  boolean atEnd() {
    return at == tokens.size();
  }

  Span here() {
    Token next = peek();
    if (next != null) {
      return next.span();
    }
    if (tokens.isEmpty()) {
      return around;
    }
    int end = tokens.get(tokens.size() - 1).span().end();
    return new Span(end, end);
  }

  private Span last() {
    return tokens.get(at - 1).span();
  }

  SyntaxException expected(String what) {
    Token next = peek();
    return new SyntaxException(here(), "expected " + what + ", found " + describe(next));
  }

  private static String describe(@Nullable Token token) {
    if (token == null) {
      return "the end of the declaration";
    }
    if (token instanceof Token.Word word) {
      return "'" + word.text() + "'";
    }
    if (token instanceof Token.Operator operator) {
      return "'" + operator.text() + "'";
    }
    if (token instanceof Token.Group group) {
      return group.square() ? "'['" : "'('";
    }
    return token instanceof Token.Text || token instanceof Token.Hex ? "a text" : "a number";
  }

  void expectEnd() throws SyntaxException {
    if (!atEnd()) {
      throw expected("the end of the declaration");
    }
  }

  boolean isWord(int ahead, String text) {
    return peek(ahead) instanceof Token.Word word && word.text().equals(text);
  }

  boolean isOperator(int ahead, String text) {
    return peek(ahead) instanceof Token.Operator operator && operator.text().equals(text);
  }

  boolean acceptWord(String text) {
    return accept(isWord(0, text));
  }

  boolean acceptOperator(String text) {
    return accept(isOperator(0, text));
  }

  private boolean accept(boolean matches) {
    if (matches) {
      at++;
    }
    return matches;
  }

  void expectOperator(String text, String after) throws SyntaxException {
    if (!acceptOperator(text)) {
      throw expected("'" + text + "' after " + after);
    }
  }

  Expression.Name name(String what) throws SyntaxException {
    if (peek() instanceof Token.Word word) {
      at++;
      return new Expression.Name(word.text(), word.span());
    }
    throw expected(what);
  }

  /** Reads {@code (A, B)} or {@code [A, B]}, if that is next. */
  List<Expression.Name> names(boolean square) throws SyntaxException {
    List<Expression.Name> names = new ArrayList<>();
    for (Tokens item : items(square)) {
      names.add(item.name("a name"));
      item.expectEnd();
    }
    return names;
  }

  boolean isGroup(boolean square) {
    return peek() instanceof Token.Group group && group.square() == square;
  }

  /** Returns the items of a list in brackets, none where no such list is next. */
  List<Tokens> items(boolean square) throws SyntaxException {
    List<Tokens> items = new ArrayList<>();
    if (peek() instanceof Token.Group group && group.square() == square) {
      at++;
      for (List<Token> item : group.items()) {
        if (item.isEmpty()) {
          throw new SyntaxException(group.span(), "expected an item before each ','");
        }
        items.add(new Tokens(item, group.span()));
      }
    }
    return items;
  }

  /** Reads {@code @ number}, if that is next. */
  Declaration.@Nullable Numbered number() throws SyntaxException {
    if (!acceptOperator("@")) {
      return null;
    }
    if (peek() instanceof Token.Int number) {
      at++;
      return new Declaration.Numbered(number.value(), number.span());
    }
    throw expected("a number after '@'");
  }

  Declaration.@Nullable Numbered id() throws SyntaxException {
    Declaration.Numbered id = number();
    if (id != null && id.value() >= 0) {
      throw new SyntaxException(
          id.span(), "not an id: its highest bit must be set; 'segue capnp id' makes one");
    }
    return id;
  }

  Declaration.Numbered ordinal() throws SyntaxException {
    Declaration.Numbered ordinal = number();
    if (ordinal == null) {
      throw expected("an ordinal such as @0");
    }
    if (ordinal.value() < 0 || ordinal.value() > 0xffff) {
      throw new SyntaxException(ordinal.span(), "ordinal is too large: limit=65535");
    }
    return ordinal;
  }

  List<Declaration.Use> annotations() throws SyntaxException {
    List<Declaration.Use> uses = new ArrayList<>();
    while (acceptOperator("$")) {
      Expression name = expression("an annotation's name");
      if (!(name instanceof Expression.Apply apply)) {
        uses.add(new Declaration.Use(name, null));
      } else {
        List<Expression.Argument> arguments = apply.arguments();
        Expression value =
            arguments.size() == 1 && arguments.get(0).name() == null
                ? arguments.get(0).value()
                : new Expression.Tuple(arguments, apply.span());
        uses.add(new Declaration.Use(apply.function(), value));
      }
    }
    return uses;
  }

  Expression expression(String what) throws SyntaxException {
    Expression expression = base(what);
    for (int i = 0; ; i++) {
      if (i == MAX_SUFFIX_COUNT) {
        throw new SyntaxException(here(), "a name has too many parts: limit=" + MAX_SUFFIX_COUNT);
      }
      if (isOperator(0, ".")) {
        at++;
        Expression.Name name = name("a name after '.'");
        expression = new Expression.Member(expression, name, expression.span().to(name.span()));
      } else if (isGroup(false)) {
        List<Expression.Argument> arguments = arguments();
        expression = new Expression.Apply(expression, arguments, expression.span().to(last()));
      } else {
        return expression;
      }
    }
  }

  private Expression base(String what) throws SyntaxException {
    Token token = peek();
    if (token instanceof Token.Int number) {
      at++;
      return new Expression.Int(number.value(), false, number.span());
    }
    if (token instanceof Token.Real number) {
      at++;
      return new Expression.Real(number.value(), number.span());
    }
    if (token instanceof Token.Text) {
      return text();
    }
    if (token instanceof Token.Hex hex) {
      at++;
      return new Expression.Hex(hex.value(), hex.span());
    }
    if (token instanceof Token.Group group) {
      return group.square() ? list(group) : tuple(group);
    }
    if (token instanceof Token.Operator operator) {
      if (operator.text().equals("-")) {
        return negative(operator);
      }
      if (operator.text().equals(".")) {
        at++;
        Expression.Name name = name("a name after '.'");
        return new Expression.Absolute(name, operator.span().to(name.span()));
      }
    }
    if (token instanceof Token.Word word) {
      at++;
      boolean loads = word.text().equals("import") || word.text().equals("embed");
      if (loads && peek() instanceof Token.Text path) {
        at++;
        Expression.Name name = new Expression.Name(path.value().asText(), path.span());
        Span span = word.span().to(path.span());
        return word.text().equals("import")
            ? new Expression.Import(name, span)
            : new Expression.Embed(name, span);
      }
      return new Expression.Relative(word.text(), word.span());
    }
    throw expected(what);
  }

  private Expression negative(Token.Operator minus) throws SyntaxException {
    at++;
    if (peek() instanceof Token.Int number) {
      at++;
      return new Expression.Int(number.value(), true, minus.span().to(number.span()));
    }
    if (peek() instanceof Token.Real number) {
      at++;
      return new Expression.Real(-number.value(), minus.span().to(number.span()));
    }
    if (acceptWord("inf")) {
      return new Expression.Real(Double.NEGATIVE_INFINITY, minus.span().to(last()));
    }
    throw expected("a number after '-'");
  }

  /** Texts in a row are one. */
  private Expression text() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    Span span = here();
    while (peek() instanceof Token.Text part) {
      at++;
      bytes.writeBytes(part.value().array());
      span = span.to(part.span());
    }
    return new Expression.Text(new Bytes(bytes.toByteArray()), span);
  }

  private Expression list(Token.Group group) throws SyntaxException {
    List<Expression> elements = new ArrayList<>();
    for (Tokens item : items(true)) {
      elements.add(item.expression("a value"));
      item.expectEnd();
    }
    return new Expression.Items(elements, group.span());
  }

  private Expression tuple(Token.Group group) throws SyntaxException {
    List<Expression.Argument> arguments = arguments();
    return arguments.size() == 1 && arguments.get(0).name() == null
        ? arguments.get(0).value()
        : new Expression.Tuple(arguments, group.span());
  }

  private List<Expression.Argument> arguments() throws SyntaxException {
    List<Expression.Argument> arguments = new ArrayList<>();
    for (Tokens item : items(false)) {
      Expression.Name name = null;
      if (item.peek() instanceof Token.Word && item.isOperator(1, "=")) {
        name = item.name("a name");
        item.at++;
      }
      arguments.add(new Expression.Argument(name, item.expression("a type or value")));
      item.expectEnd();
    }
    return arguments;
  }
}
