package dev.segue.zenoh;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Any two texts as key expressions, with a NUL between them. */
public final class KeyExprFuzz {
  private KeyExprFuzz() {}

  /** Each is taken or refused, and two that are taken relate to each other as sets of keys do. */
  public static void fuzzerTestOneInput(byte[] data) {
    String text = new String(data, StandardCharsets.UTF_8);
    int end = text.indexOf('\0');
    String left = end < 0 ? text : text.substring(0, end);
    String right = end < 0 ? text : text.substring(end + 1);
    KeyExpr one = canonical(left);
    KeyExpr other = canonical(right);
    if (one != null && other != null) {
      relate(one, other);
    }
    if (one != null) {
      extend(one, right);
    }
  }

  private static @Nullable KeyExpr canonical(String text) {
    KeyExpr canonical;
    try {
      canonical = KeyExpr.autocanonize(text);
    } catch (IllegalArgumentException _) {
      try {
        throw new AssertionError("taken, but not canonized: " + KeyExpr.of(text));
      } catch (IllegalArgumentException _) {
        return null;
      }
    }
    check(KeyExpr.of(canonical.toString()).equals(canonical), "canonical", canonical, canonical);
    return canonical;
  }

  private static void relate(KeyExpr one, KeyExpr other) {
    KeyExpr.Relation there = one.relationTo(other);
    KeyExpr.Relation back = other.relationTo(one);
    boolean meet = one.intersects(other);
    check(meet == other.intersects(one), "intersects", one, other);
    check(meet == (there != KeyExpr.Relation.DISJOINT), "disjoint", one, other);
    check(!one.includes(other) || meet, "includes", one, other);
    check(one.includes(one) && one.intersects(one), "itself", one, one);
    boolean bothWays = one.includes(other) && other.includes(one);
    check(!one.equals(other) || bothWays, "equals", one, other);
    check(
        (there == KeyExpr.Relation.EQUALS) == (back == KeyExpr.Relation.EQUALS),
        "equality",
        one,
        other);
  }

  private static void extend(KeyExpr one, String right) {
    try {
      KeyExpr joined = one.join(right);
      check(KeyExpr.of(joined.toString()).equals(joined), "join", one, joined);
    } catch (IllegalArgumentException _) {
      // Refused.
    }
    try {
      KeyExpr longer = one.concat(right);
      check(KeyExpr.of(longer.toString()).equals(longer), "concat", one, longer);
    } catch (IllegalArgumentException _) {
      // Refused.
    }
  }

  private static void check(boolean holds, String what, KeyExpr one, KeyExpr other) {
    if (!holds) {
      throw new AssertionError(what + ": " + one + " and " + other);
    }
  }
}
