package dev.segue.capnproto.compiler;

import org.jspecify.annotations.Nullable;

/**
 * A declaration with what its and its parents' parameters are bound to, or a parameter.
 *
 * @param brand {@code null} for a parameter
 * @param source where it was named, {@code null} if nowhere in particular
 */
record Branded(Resolved body, @Nullable BrandScope brand, @Nullable Expression source) {
  static Branded variable(long scopeId, int index) {
    return new Branded(new Resolved.Variable(scopeId, index), null, null);
  }

  Resolved.@Nullable Target target() {
    return body instanceof Resolved.Found found ? found.target() : null;
  }

  boolean is(Declaration.Kind kind) {
    Resolved.Target target = target();
    return target != null && target.is(kind);
  }

  Span span(Span otherwise) {
    return source == null ? otherwise : source.span();
  }
}
