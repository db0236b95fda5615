package dev.segue.zenoh;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Holds messages back that come more often than they should.
 *
 * @param where which messages on which links
 * @param rules the keys, one at least, and how often; of several that match a key the core takes
 *     one of its choice
 */
public record Downsampling(Interceptor where, List<Rule> rules) {
  /**
   * The rate at which messages of a key may go through a link.
   *
   * @param keyExpr the keys, all of them together
   * @param frequency times in a second; 0 for never
   */
  public record Rule(KeyExpr keyExpr, double frequency) {
    /** Checks it. */
    public Rule {
      if (!(frequency >= 0) || Double.isInfinite(frequency)) {
        throw new IllegalArgumentException("downsampling of " + keyExpr + " to Hz=" + frequency);
      }
    }
  }

  /** Keeps the rules as they are now. */
  public Downsampling {
    if (rules.isEmpty()) {
      throw new IllegalArgumentException("downsampling without a rule");
    }
    rules = List.copyOf(rules);
  }

  /** Of puts, both ways, on all links. */
  public static Downsampling of(KeyExpr keyExpr, double frequency) {
    return new Downsampling(Interceptor.of(DataMessage.PUT), List.of(new Rule(keyExpr, frequency)));
  }

  /** Of other messages or links. */
  public Downsampling where(Interceptor value) {
    return new Downsampling(value, rules);
  }

  /** With another rule, for other keys. */
  public Downsampling rule(KeyExpr keyExpr, double frequency) {
    return new Downsampling(
        where, Stream.concat(rules.stream(), Stream.of(new Rule(keyExpr, frequency))).toList());
  }

  String json() {
    String list =
        rules.stream()
            .map(
                rule ->
                    new JsonFields()
                        .withText("key_expr", rule.keyExpr.toString())
                        .with("freq", Double.toString(rule.frequency))
                        .toString())
            .collect(Collectors.joining(",", "[", "]"));
    return where.fields().with("rules", list).toString();
  }
}
