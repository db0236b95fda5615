package dev.segue.capnproto.compiler;

import java.util.List;

/**
 * The parameters of a generic method.
 *
 * @param scopeId the struct of its parameters or results, or 0 in the method itself
 */
record GenericMethod(long scopeId, List<Expression.Name> parameters) {
  static final GenericMethod NONE = new GenericMethod(0, List.of());
}
