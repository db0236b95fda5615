package dev.segue.capnproto.compiler;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The declaration or type that a name stands for. */
sealed interface Resolved {
  /** A parameter of a generic declaration; the scope 0 is a generic method. */
  record Variable(long scopeId, int index) implements Resolved {}

  /**
   * A declaration.
   *
   * @param scopeId where it was found, whose bindings its own rest on
   * @param brand bindings that come with an alias
   */
  record Found(Target target, long scopeId, Type.@Nullable Brand brand) implements Resolved {}

  /** A declaration of a schema or a built-in type. */
  record Target(@Nullable Scope scope, @Nullable Builtin builtin) {
    long id() {
      return scope != null ? scope.id() : Objects.requireNonNull(builtin).id();
    }

    int parameterCount() {
      return scope != null
          ? scope.parameterCount()
          : Objects.requireNonNull(builtin).parameterCount();
    }

    @Nullable Target parent() {
      return scope == null || scope.parent() == null ? null : new Target(scope.parent(), null);
    }

    boolean is(Declaration.Kind kind) {
      return scope != null && scope.kind() == kind;
    }
  }
}
