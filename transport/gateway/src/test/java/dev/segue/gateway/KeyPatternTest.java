package dev.segue.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.zenoh.KeyExpr;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The core's own answer is the oracle. */
@Timeout(60)
class KeyPatternTest {
  private static final String[] PATTERN_CHUNKS = {
    "**", "**", "*", "a", "b", "ab", "@a", "@ab", "$*a", "a$*", "a$*b", "a$*ba$*", "$*b$*a$*"
  };
  private static final String[] KEY_CHUNKS = {
    "a", "a", "b", "ab", "ba", "aba", "abab", "é", "@a", "@ab", "*", "**", "a$*", "$*b", "a$*b",
    "$*a$*"
  };

  private static String randomKey(Random random, String[] chunks) {
    StringBuilder key = new StringBuilder();
    int count = 1 + random.nextInt(5);
    for (int i = 0; i < count; i++) {
      key.append(i == 0 ? "" : "/").append(chunks[random.nextInt(chunks.length)]);
    }
    return key.toString();
  }

  @Test
  void itIncludesWhatTheCoreIncludes() {
    long seed = Long.getLong("segue.seed", System.nanoTime());
    Random random = new Random(seed);
    int includedCount = 0;
    for (int i = 0; i < 20_000; i++) {
      KeyExpr pattern = KeyExpr.autocanonize(randomKey(random, PATTERN_CHUNKS));
      KeyExpr key = KeyExpr.autocanonize(randomKey(random, KEY_CHUNKS));
      boolean expected = pattern.includes(key);
      includedCount += expected ? 1 : 0;
      assertEquals(
          expected,
          KeyPattern.of(pattern).includes(key),
          () -> "segue.seed=" + seed + " pattern=" + pattern + " key=" + key);
    }
    assertTrue(includedCount > 200, "segue.seed=" + seed + " includedCount=" + includedCount);
  }

  /** What a client may is looked at on an event loop. */
  @Test
  void whatIsAllowedIsComparedInNoTimeWhateverTheKey() {
    List<KeyExpr> allowed = List.of(KeyExpr.of("**/a/".repeat(10) + "**/b"));
    assertFalse(Grant.includes(allowed, KeyExpr.of("a/".repeat(1000) + "a")));
    assertTrue(Grant.includes(allowed, KeyExpr.of("a/".repeat(1000) + "b")));
    List<KeyExpr> few = List.of(KeyExpr.of("**/a/**/b/**/c/**/d"));
    String key = "a/".repeat(300) + "b/".repeat(300) + "c/".repeat(300);
    assertFalse(Grant.includes(few, KeyExpr.of(key + "x")));
    assertTrue(Grant.includes(few, KeyExpr.of(key + "d")));
  }

  /** The core would take longer than anybody waits. */
  @Test
  void manyWildcardsTakeNoLonger() {
    KeyPattern chunks = KeyPattern.of(KeyExpr.of("**/a/".repeat(15) + "**/b"));
    assertFalse(chunks.includes(KeyExpr.of("a/".repeat(1000) + "a")));
    assertTrue(chunks.includes(KeyExpr.of("a/".repeat(1000) + "b")));
    KeyPattern parts = KeyPattern.of(KeyExpr.of("$*a".repeat(15) + "$*b"));
    assertFalse(parts.includes(KeyExpr.of("a".repeat(1000))));
    assertTrue(parts.includes(KeyExpr.of("a".repeat(1000) + "b")));
  }
}
