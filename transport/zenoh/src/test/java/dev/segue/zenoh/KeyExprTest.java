package dev.segue.zenoh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.testkit.Seeds;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The rules of the core, seen through Java. */
class KeyExprTest {
  @ParameterizedTest
  @ValueSource(
      strings = {"a", "robot/camera", "**", "a/*/b", "a/**", "$*x/b", "@a/b", "ключ/键", "a b"})
  void aCanonicalExpressionIsTakenAsItIs(String text) {
    assertEquals(text, KeyExpr.of(text).toString());
    assertEquals(KeyExpr.of(text), KeyExpr.autocanonize(text));
    assertEquals(KeyExpr.of(text).hashCode(), KeyExpr.autocanonize(text).hashCode());
  }

  @ParameterizedTest
  @CsvSource({"a/**/*,a/*/**", "a/**/**,a/**", "$*/b,*/b", "a/$*$*b,a/$*b"})
  void anotherSpellingIsRefusedOrBroughtIntoCanonicalForm(String text, String canonical) {
    assertEquals(canonical, KeyExpr.autocanonize(text).toString());
    String message = Threads.messageOf(IllegalArgumentException.class, () -> KeyExpr.of(text));
    assertTrue(message.contains(text) && message.contains(canonical), message);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "/",
        "/a",
        "a/",
        "a//b",
        "a#b",
        "a?b",
        "a$b",
        "a/b*",
        "***",
        "a/\uD800",
        "\uDC00x"
      })
  void whatIsNoKeyExpressionIsRefusedWithTheReason(String text) {
    String message = Threads.messageOf(IllegalArgumentException.class, () -> KeyExpr.of(text));
    assertTrue(message.startsWith("key expression \"" + text + "\": "), message);
    assertThrows(IllegalArgumentException.class, () -> KeyExpr.autocanonize(text));
  }

  @ParameterizedTest
  @CsvSource({
    "a/b,a/b,EQUALS",
    "a/*,a/b,INCLUDES",
    "**,a/b/c,INCLUDES",
    "a/b,a/*,INTERSECTS",
    "a/*,*/b,INTERSECTS",
    "a/b,a/c,DISJOINT",
    "**,@a,DISJOINT"
  })
  void twoExpressionsLieToEachOtherAsSetsOfKeys(
      String left, String right, KeyExpr.Relation relation) {
    KeyExpr one = KeyExpr.of(left);
    KeyExpr other = KeyExpr.of(right);
    assertEquals(relation, one.relationTo(other));
    assertEquals(relation != KeyExpr.Relation.DISJOINT, one.intersects(other));
    assertEquals(one.intersects(other), other.intersects(one));
    assertEquals(
        relation == KeyExpr.Relation.EQUALS || relation == KeyExpr.Relation.INCLUDES,
        one.includes(other));
  }

  @Test
  void expressionsAreJoinedAndConcatenated() {
    KeyExpr a = KeyExpr.of("a");
    assertEquals("a/b/c", a.join("b/c").toString());
    assertEquals("a/**", a.join("**").toString());
    assertEquals("ab", a.concat("b").toString());
    assertEquals("a/b", a.concat("/b").toString());
    assertThrows(IllegalArgumentException.class, () -> a.join(""));
    assertThrows(IllegalArgumentException.class, () -> a.join("/b"));
    assertThrows(IllegalArgumentException.class, () -> a.join("b#"));
    assertThrows(IllegalArgumentException.class, () -> a.concat("*"));
    assertThrows(IllegalArgumentException.class, () -> KeyExpr.of("a/*").concat("*"));
  }

  @Test
  void wildcardsAreSeen() {
    assertTrue(KeyExpr.of("a/*").isWild());
    assertTrue(KeyExpr.of("a/x$*").isWild());
    assertFalse(KeyExpr.of("a/b").isWild());
    assertNotEquals(KeyExpr.of("a/b"), KeyExpr.of("a/*"));
  }

  @Test
  void aCharacterOfAnyKindIsPartOfAKeyIfItIsNoSyntax() {
    assertEquals("a\0b", KeyExpr.of("a\0b").toString());
    assertEquals("\uD83D\uDE80/x", KeyExpr.of("\uD83D\uDE80/x").toString());
  }

  @Test
  void anExpressionThatTheCoreCannotSendOrMatchIsRefused() {
    assertRefused("k".repeat(65_536), "byteSize=65536, at most 65535");
    assertRefused("k".repeat(1 << 20), "byteSize=1048576");
    assertRefused("a/".repeat(1024) + "a", "chunkCount=1025, at most 1024");
    assertRefused("**/a/".repeat(17) + "a", "wildcardCount=17, at most 16");
    assertRefused("$*a".repeat(17), "wildcardCount=17");
    KeyExpr half = KeyExpr.of("k".repeat(40_000));
    assertThrows(IllegalArgumentException.class, () -> half.join(half.toString()));
    assertThrows(IllegalArgumentException.class, () -> half.concat(half.toString()));
  }

  @Test
  void theLongestExpressionsAreMatchedAgainstWildcards() {
    KeyExpr key = KeyExpr.of("a/".repeat(1023) + "a");
    assertEquals(KeyExpr.Relation.INCLUDES, KeyExpr.of("**/a").relationTo(key));
    assertEquals(KeyExpr.Relation.DISJOINT, KeyExpr.of("**/x").relationTo(key));
    assertFalse(KeyExpr.of("$*x").intersects(KeyExpr.of("k".repeat(65_535))));
  }

  private static void assertRefused(String text, String reason) {
    String message = Threads.messageOf(IllegalArgumentException.class, () -> KeyExpr.of(text));
    assertTrue(message.contains(reason) && message.length() < 400, message);
  }

  @Test
  void aKeyBeyondTheLimitsThatAPeerSentEndsNothingButIsRefused() {
    KeyExpr huge = KeyExpr.ofCanonical("k/".repeat(31_999) + "k");
    KeyExpr wild = KeyExpr.of("**/k/**");
    for (KeyExpr[] pair : new KeyExpr[][] {{huge, wild}, {wild, huge}, {huge, huge}}) {
      String message =
          Threads.messageOf(IllegalArgumentException.class, () -> pair[0].intersects(pair[1]));
      assertTrue(message.contains("chunkCount=32000") && message.length() < 1000, message);
      assertThrows(IllegalArgumentException.class, () -> pair[0].includes(pair[1]));
    }
    assertThrows(IllegalArgumentException.class, () -> huge.join("k"));
  }

  @Test
  void aRunOfWildcardsWithinAChunkIsOne() {
    assertEquals("a$*", KeyExpr.autocanonize("a$*$*").toString());
    assertEquals("a$*b/*", KeyExpr.autocanonize("a$*$*$*b/$*$*").toString());
    assertEquals("k/a$*", KeyExpr.of("k").join("a$*$*$*$*").toString());
    assertThrows(IllegalArgumentException.class, () -> KeyExpr.of("a$*$*"));
  }

  @Test
  void anyTextIsAKeyExpressionOrRefusedAndAnyTwoLieToEachOther() {
    Random random = Seeds.random("KeyExprTest");
    String[] parts = {"a", "b/", "/", "*", "**", "$*", "@", "?", "#", "ü", "\0", "\uD800", "c/*/"};
    List<KeyExpr> valid = new ArrayList<>();
    for (int round = 0; round < 20_000; round++) {
      StringBuilder text = new StringBuilder();
      for (int i = random.nextInt(12); i >= 0; i--) {
        text.append(parts[random.nextInt(parts.length)]);
      }
      try {
        KeyExpr made = KeyExpr.autocanonize(text.toString());
        assertEquals(made, KeyExpr.of(made.toString()));
        valid.add(made);
      } catch (IllegalArgumentException e) {
        String message = String.valueOf(e.getMessage());
        assertTrue(message.startsWith("key expression \"") && !message.contains("panic"), message);
      }
    }
    assertTrue(valid.size() > 100, () -> "valid=" + valid.size());
    for (int round = 0; round < 20_000; round++) {
      KeyExpr one = valid.get(random.nextInt(valid.size()));
      KeyExpr other = valid.get(random.nextInt(valid.size()));
      assertEquals(one.intersects(other), other.intersects(one), () -> one + " and " + other);
      assertTrue(!one.includes(other) || one.intersects(other), () -> one + " and " + other);
      assertEquals(one.equals(other), one.includes(other) && other.includes(one));
      assertTrue(one.includes(one));
    }
  }
}
