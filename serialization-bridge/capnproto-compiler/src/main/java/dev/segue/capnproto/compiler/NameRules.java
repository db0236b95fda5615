package dev.segue.capnproto.compiler;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Checks that names are unique in their scope and written as their kind demands. */
final class NameRules {
  private final Scope scope;
  private final Map<String, Declaration> seen = new HashMap<>();

  private NameRules(Scope scope) {
    this.scope = scope;
  }

  static void check(Scope scope) {
    new NameRules(scope).check(scope.declaration().members);
  }

  private void check(List<Declaration> declarations) {
    for (Declaration declaration : declarations) {
      String name = declaration.name.text();
      Declaration first = seen.putIfAbsent(name, declaration);
      if (first != null && !scope.module().program().problems().isFull()) {
        Diagnostic where = scope.module().source().diagnostic(first.name.span(), "");
        scope.problem(
            declaration.name.span(),
            name.isEmpty()
                ? "a second union without a name in this scope"
                : "'"
                    + name
                    + "' is declared twice: first in line "
                    + where.line()
                    + ", column "
                    + where.column());
      }
      checkSpelling(declaration, name);
      if (declaration.kind.isMember()) {
        NameRules inner = name.isEmpty() ? this : new NameRules(scope);
        inner.check(declaration.members);
      }
    }
  }

  private void checkSpelling(Declaration declaration, String name) {
    if (name.isEmpty()) {
      return;
    }
    boolean isType =
        switch (declaration.kind) {
          case ENUM, STRUCT, INTERFACE -> true;
          case USING -> !startsLower(targetName(declaration.type()));
          default -> false;
        };
    if (isType && !(name.charAt(0) >= 'A' && name.charAt(0) <= 'Z')) {
      scope.problem(declaration.name.span(), "a type's name must begin with a capital letter");
    } else if (!isType && !startsLower(name)) {
      scope.problem(
          declaration.name.span(),
          "the name of " + declaration.kind + " must begin with a lower-case letter");
    }
    if (name.indexOf('_') >= 0) {
      scope.problem(declaration.name.span(), "a name must be in camelCase, without underscores");
    }
  }

  private static boolean startsLower(String name) {
    return !name.isEmpty() && name.charAt(0) >= 'a' && name.charAt(0) <= 'z';
  }

  private static String targetName(Expression target) {
    if (target instanceof Expression.Absolute absolute) {
      return absolute.name().text();
    }
    if (target instanceof Expression.Relative relative) {
      return relative.name();
    }
    if (target instanceof Expression.Member member) {
      return member.name().text();
    }
    return target instanceof Expression.Apply apply ? targetName(apply.function()) : "";
  }
}
