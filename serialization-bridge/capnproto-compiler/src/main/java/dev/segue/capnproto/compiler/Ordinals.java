package dev.segue.capnproto.compiler;

import org.jspecify.annotations.Nullable;

/** Checks that sorted ordinals count up from 0 without holes. */
final class Ordinals {
  private final Scope scope;
  private long expected;
  private Declaration.@Nullable Numbered last;

  Ordinals(Scope scope) {
    this.scope = scope;
  }

  void check(Declaration.Numbered ordinal) {
    if (scope.module().program().problems().isFull()) {
      return;
    }
    if (ordinal.value() < expected) {
      String where = "";
      if (last != null) {
        Diagnostic first = scope.module().source().diagnostic(last.span(), "");
        where = ": it was used in line " + first.line() + ", column " + first.column();
      }
      scope.problem(ordinal.span(), "duplicate ordinal @" + ordinal.value() + where);
      return;
    }
    if (ordinal.value() > expected) {
      scope.problem(
          ordinal.span(),
          "expected ordinal @" + expected + ": ordinals count up from @0 without holes");
    }
    expected = ordinal.value() + 1;
    last = ordinal;
  }
}
