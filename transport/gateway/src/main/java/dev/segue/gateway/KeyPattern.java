package dev.segue.gateway;

import dev.segue.zenoh.KeyExpr;

/**
 * Tells which keys a key expression includes, as {@link KeyExpr#includes} does, in a time that
 * grows with the product of their lengths. The core tries each way to share a key among the
 * wildcards: with 16 of them and a key of 100 equal chunks that takes years.
 *
 * <p>Of several wildcards only the last one is tried again: the fewer chunks those before it take,
 * the more are left for the rest.
 *
 * <p>Owner: none, a value. Lifetime: unlimited. Threads: any.
 */
final class KeyPattern {
  private static final String DOUBLE_WILD = "**";
  private static final String WILD = "*";
  private static final String SUB_WILD = "$*";

  private final KeyExpr keyExpr;
  private final String[] chunks;
  private final boolean isAll;

  private KeyPattern(KeyExpr keyExpr) {
    this.keyExpr = keyExpr;
    this.chunks = keyExpr.toString().split("/", -1);
    this.isAll = keyExpr.toString().equals(DOUBLE_WILD);
  }

  static KeyPattern of(KeyExpr keyExpr) {
    return new KeyPattern(keyExpr);
  }

  KeyExpr keyExpr() {
    return keyExpr;
  }

  /** Returns whether it includes the key that a sample came with. */
  boolean includes(KeyExpr sampleKey) {
    String key = sampleKey.toString();
    if (isAll && key.indexOf('@') < 0) {
      return true;
    }
    return keyExpr.equals(sampleKey) || (keyExpr.isWild() && matches(key.split("/", -1)));
  }

  private boolean matches(String[] key) {
    int at = 0;
    int wanted = 0;
    int behindWild = -1; // Of the last ** that was passed.
    int taken = 0; // Up to where that one takes chunks.
    while (at < key.length) {
      if (wanted < chunks.length && chunks[wanted].equals(DOUBLE_WILD)) {
        behindWild = ++wanted;
        taken = at;
      } else if (wanted < chunks.length && includesChunk(chunks[wanted], key[at])) {
        wanted++;
        at++;
      } else if (behindWild >= 0 && !isVerbatim(key[taken])) {
        at = ++taken;
        wanted = behindWild;
      } else {
        return false;
      }
    }
    while (wanted < chunks.length && chunks[wanted].equals(DOUBLE_WILD)) {
      wanted++;
    }
    return wanted == chunks.length;
  }

  /** No wildcard stands for a chunk that begins with {@code @}, or for a part of it. */
  private static boolean isVerbatim(String chunk) {
    return chunk.startsWith("@");
  }

  private static boolean includesChunk(String pattern, String chunk) {
    if (chunk.equals(DOUBLE_WILD)) {
      return false; // A key may be wild itself; then it stands for more than one chunk.
    }
    if (pattern.equals(chunk)) {
      return true;
    }
    if (isVerbatim(pattern) || isVerbatim(chunk)) {
      return false;
    }
    return pattern.equals(WILD) || (pattern.contains(SUB_WILD) && includesPart(pattern, chunk));
  }

  /** The parts between {@code $*} in their order: each as early as it can be. */
  private static boolean includesPart(String pattern, String chunk) {
    int first = pattern.indexOf(SUB_WILD);
    int last = pattern.lastIndexOf(SUB_WILD);
    String end = pattern.substring(last + SUB_WILD.length());
    int limit = chunk.length() - end.length();
    if (limit < first || !chunk.startsWith(pattern.substring(0, first)) || !chunk.endsWith(end)) {
      return false;
    }
    int at = first;
    int from = first + SUB_WILD.length();
    while (from <= last) {
      int next = pattern.indexOf(SUB_WILD, from);
      String part = pattern.substring(from, next);
      int found = chunk.indexOf(part, at);
      if (found < 0 || found + part.length() > limit) {
        return false;
      }
      at = found + part.length();
      from = next + SUB_WILD.length();
    }
    return true;
  }
}
