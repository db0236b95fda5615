package dev.segue.zenoh;

/**
 * The subject of a query: a key expression, and parameters for the queryables.
 *
 * @param keyExpr the keys
 * @param parameters parameters for the queryables
 */
public record Selector(KeyExpr keyExpr, Parameters parameters) {
  /**
   * The selector of a text such as {@code robot/log?from=3;to=9}.
   *
   * @throws IllegalArgumentException if what stands before {@code ?} is not a key expression in
   *     canonical form
   */
  public static Selector of(String text) {
    int end = text.indexOf('?');
    return end < 0
        ? of(KeyExpr.of(text))
        : new Selector(KeyExpr.of(text.substring(0, end)), Parameters.of(text.substring(end + 1)));
  }

  /** Without parameters. */
  public static Selector of(KeyExpr keyExpr) {
    return new Selector(keyExpr, Parameters.empty());
  }

  /** With other parameters. */
  public Selector parameters(Parameters value) {
    return new Selector(keyExpr, value);
  }

  @Override
  public String toString() {
    return parameters.isEmpty() ? keyExpr.toString() : keyExpr + "?" + parameters;
  }
}
