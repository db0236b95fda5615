package dev.segue.capnproto.compiler;

import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A type, a value or a name of a declaration, as it stands in a schema. */
sealed interface Expression {
  Span span();

  /** A whole number: its magnitude as an unsigned number. */
  record Int(long magnitude, boolean negative, Span span) implements Expression {}

  record Real(double value, Span span) implements Expression {}

  record Text(Bytes value, Span span) implements Expression {}

  record Hex(Bytes value, Span span) implements Expression {}

  /** A name that is looked up from the inside to the outside. */
  record Relative(String name, Span span) implements Expression {}

  /** A name that is looked up in the file. */
  record Absolute(Name name, Span span) implements Expression {}

  record Import(Name path, Span span) implements Expression {}

  record Embed(Name path, Span span) implements Expression {}

  record Items(List<Expression> elements, Span span) implements Expression {}

  record Tuple(List<Argument> arguments, Span span) implements Expression {}

  record Apply(Expression function, List<Argument> arguments, Span span) implements Expression {}

  record Member(Expression parent, Name name, Span span) implements Expression {}

  /** A name and where it stands. */
  record Name(String text, Span span) {}

  /** A value, with its name where it is {@code name = value}. */
  record Argument(@Nullable Name name, Expression value) {}

  /** Returns a name or type as it is written; a value as a word for it. */
  default String describe() {
    if (this instanceof Relative relative) {
      return relative.name;
    }
    if (this instanceof Absolute absolute) {
      return "." + absolute.name.text;
    }
    if (this instanceof Import path) {
      return "import \"" + path.path.text + "\"";
    }
    if (this instanceof Member member) {
      return member.parent.describe() + "." + member.name.text;
    }
    if (this instanceof Apply apply) {
      return apply.arguments.stream()
          .map(argument -> argument.value.describe())
          .collect(Collectors.joining(", ", apply.function.describe() + "(", ")"));
    }
    return "value";
  }
}
