package dev.segue.capnproto.compiler;

import java.util.List;

/** A word of the schema language; lists in brackets are one token that holds others. */
sealed interface Token {
  Span span();

  /** An identifier or keyword. */
  record Word(String text, Span span) implements Token {}

  /** A text in quotes, as the bytes that its escapes stand for. */
  record Text(Bytes value, Span span) implements Token {}

  /** {@code 0x"00 ff"}. */
  record Hex(Bytes value, Span span) implements Token {}

  /** An integer as an unsigned number. */
  record Int(long value, Span span) implements Token {}

  record Real(double value, Span span) implements Token {}

  /** A run of punctuation. */
  record Operator(String text, Span span) implements Token {}

  /** Token sequences between commas. */
  record Group(boolean square, List<List<Token>> items, Span span) implements Token {}
}
