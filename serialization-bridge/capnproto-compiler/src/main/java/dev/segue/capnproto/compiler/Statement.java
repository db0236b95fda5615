package dev.segue.capnproto.compiler;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Tokens up to a semicolon or a block.
 *
 * @param block the statements in braces, or {@code null} after a semicolon
 * @param doc the comment below or beside it, each line ended by a newline
 */
record Statement(
    List<Token> tokens, @Nullable List<Statement> block, @Nullable String doc, Span span) {}
