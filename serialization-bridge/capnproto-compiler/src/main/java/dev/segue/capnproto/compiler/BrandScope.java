package dev.segue.capnproto.compiler;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Binds the parameters of a declaration and of those around it.
 *
 * @param inherited whether the parameters are those of the place itself
 */
record BrandScope(
    @Nullable BrandScope parent,
    long leafId,
    int leafParameterCount,
    boolean inherited,
    List<Branded> parameters) {
  /** Returns the scope of a declaration as seen from inside: nothing is bound. */
  static BrandScope of(Scope scope) {
    Scope parent = scope.parent();
    return new BrandScope(
        parent == null ? null : of(parent), scope.id(), scope.parameterCount(), true, List.of());
  }

  BrandScope push(long id, int parameterCount) {
    return new BrandScope(this, id, parameterCount, false, List.of());
  }

  BrandScope with(List<Branded> bound) {
    return new BrandScope(parent, leafId, leafParameterCount, false, bound);
  }

  /** Returns the scope around that has an id, or a new outermost one. */
  BrandScope pop(long id) {
    BrandScope found = find(id);
    return found != null ? found : new BrandScope(null, id, 0, false, List.of());
  }

  @Nullable BrandScope find(long id) {
    if (leafId == id) {
      return this;
    }
    return parent == null ? null : parent.find(id);
  }
}
