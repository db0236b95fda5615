package dev.segue.zenoh;

/**
 * A key expression: chunks joined by {@code /}, where {@code *} stands for any one chunk, {@code
 * **} for any number of them, and {@code $*} for any part of a chunk.
 *
 * <p>The rules are the core's own (the key expression RFC of Zenoh), and at most 65,535 bytes of
 * UTF-8, 1,024 chunks, and 16 times <code>**</code> or {@code $*}: the core can't send more, or
 * would overflow its stack when it compares them.
 *
 * <p>Lifetime: a value. Threads: any.
 */
public final class KeyExpr {
  private static final int QUOTED_LENGTH = 200;

  private final String text;

  /** The relation between two key expressions as sets of keys. */
  public enum Relation {
    /** No key in common. */
    DISJOINT,
    /** Some keys in common. */
    INTERSECTS,
    /** All keys of the other, and more. */
    INCLUDES,
    /** The same keys. */
    EQUALS
  }

  private static final Relation[] RELATIONS = Relation.values();

  private KeyExpr(String text) {
    this.text = text;
  }

  /** Of a text that the core gave, which is canonical. */
  static KeyExpr ofCanonical(String text) {
    return new KeyExpr(text);
  }

  /**
   * A key expression in canonical form.
   *
   * @throws IllegalArgumentException if it isn't a key expression, or not canonical; the message
   *     says why
   */
  public static KeyExpr of(String text) {
    KeyExpr canonical = autocanonize(text);
    if (!canonical.text.equals(text)) {
      throw new IllegalArgumentException(
          "key expression \""
              + text
              + "\": not canonical, write \""
              + canonical.text
              + "\" or use autocanonize");
    }
    return canonical;
  }

  /**
   * A key expression, brought into canonical form (<code>a/**&#47;*</code> becomes <code>a/*&#47;**
   * </code>).
   *
   * @throws IllegalArgumentException if it is none; the message says why
   */
  public static KeyExpr autocanonize(String text) {
    return new KeyExpr(NativeKeyExpr.canonize(collapsed(text), "key expression " + quote(text)));
  }

  /** A run of {@code $*} is one of them; the core (1.10.2) panics when it has to see to that. */
  private static String collapsed(String text) {
    String shorter = text;
    while (shorter.contains("$*$*")) {
      shorter = shorter.replace("$*$*", "$*");
    }
    return shorter;
  }

  static String quote(String text) {
    return text.length() <= QUOTED_LENGTH
        ? '"' + text + '"'
        : '"' + text.substring(0, QUOTED_LENGTH) + "\"… of length=" + text.length();
  }

  /** Returns whether some key belongs to both. */
  public boolean intersects(KeyExpr other) {
    return relationTo(other) != Relation.DISJOINT;
  }

  /** Returns whether all keys of the other belong to this one. */
  public boolean includes(KeyExpr other) {
    Relation relation = relationTo(other);
    return relation == Relation.INCLUDES || relation == Relation.EQUALS;
  }

  /**
   * Returns the relation to another one; {@link Relation#INCLUDES} means that this one includes it.
   */
  public Relation relationTo(KeyExpr other) {
    return RELATIONS[NativeKeyExpr.relation(text, other.text)];
  }

  /**
   * {@code this/other}.
   *
   * @throws IllegalArgumentException if the result is not a key expression
   */
  public KeyExpr join(String other) {
    return combine(other, true);
  }

  /**
   * {@code this} directly followed by {@code other}.
   *
   * @throws IllegalArgumentException if the result is not a key expression, or would end one
   *     wildcard with another's start
   */
  public KeyExpr concat(String other) {
    return combine(other, false);
  }

  private KeyExpr combine(String other, boolean withSlash) {
    return new KeyExpr(
        NativeKeyExpr.join(
            text,
            collapsed(other),
            withSlash,
            "key expression " + quote(text) + " with " + quote(other)));
  }

  /** Returns whether it stands for more than one key. */
  public boolean isWild() {
    return text.indexOf('*') >= 0;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof KeyExpr that && text.equals(that.text);
  }

  @Override
  public int hashCode() {
    return text.hashCode();
  }

  @Override
  public String toString() {
    return text;
  }
}
