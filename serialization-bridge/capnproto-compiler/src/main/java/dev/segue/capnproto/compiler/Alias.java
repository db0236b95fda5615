package dev.segue.capnproto.compiler;

import org.jspecify.annotations.Nullable;

/** A {@code using} declaration. */
final class Alias {
  private final Scope scope;
  private final Declaration declaration;
  private @Nullable Resolved target;
  private boolean resolved;
  private boolean resolving;

  Alias(Scope scope, Declaration declaration) {
    this.scope = scope;
    this.declaration = declaration;
  }

  /** Returns what it stands for, or {@code null} if that is an error that was reported. */
  @Nullable Resolved target() {
    if (resolving) {
      scope.problem(declaration.name.span(), "an alias stands for itself");
      return null;
    }
    if (!resolved) {
      resolving = true;
      Names names = new Names(scope, BrandScope.of(scope));
      Branded found = names.find(declaration.type(), GenericMethod.NONE);
      target = found == null ? null : names.asResolved(found, scope.id());
      resolving = false;
      resolved = true;
    }
    return target;
  }
}
