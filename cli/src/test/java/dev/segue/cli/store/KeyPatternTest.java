package dev.segue.cli.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class KeyPatternTest {
  private static final Pattern WILD = Pattern.compile("\\*\\*/|\\*\\*|\\*|\\?");

  /** A regular expression matches in exponential time, so for short names alone. */
  private static Pattern oracle(String text) {
    StringBuilder regex = new StringBuilder(text.contains("/") ? "" : "(?:.*/)?");
    Matcher wild = WILD.matcher(text);
    int at = 0;
    while (wild.find()) {
      regex.append(Pattern.quote(text.substring(at, wild.start())));
      regex.append(
          switch (wild.group()) {
            case "**/" -> "(?:.*/)?";
            case "**" -> ".*";
            case "*" -> "[^/]*";
            default -> "[^/]";
          });
      at = wild.end();
    }
    return Pattern.compile(regex + Pattern.quote(text.substring(at)), Pattern.DOTALL);
  }

  private static String random(Random random, String letters, int length) {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(length + 1); i > 0; i--) {
      text.append(letters.charAt(random.nextInt(letters.length())));
    }
    return text.toString();
  }

  @Test
  void namesMatchAsARegularExpressionSays() {
    long seed = Long.getLong("segue.seed", System.nanoTime());
    Random random = new Random(seed);
    int matched = 0;
    for (int i = 0; i < 200_000; i++) {
      String text = random(random, "ab/**?", 7).replaceAll("^/+|/+$", "");
      String key = random(random, "ab/\n", 8);
      boolean expected = oracle(text).matcher(key).matches();
      assertEquals(
          expected,
          KeyPattern.ofFilter(text).matches(key),
          () -> text + " and " + key + ", seed=" + seed);
      matched += expected ? 1 : 0;
    }
    assertTrue(matched > 1000, "matched=" + matched);
  }

  /** Who names the objects is not who names the pattern. */
  @Test
  void aNameThatIsMadeForAPatternTakesNoLongerThanOthers() {
    String name = "a".repeat(1024);
    assertFalse(KeyPattern.ofFilter("*a*a*a*a*a*a*b").matches(name));
    assertFalse(KeyPattern.ofFilter("**a**a**a**a**a**a**b").matches(name));
    assertFalse(KeyPattern.ofFilter("**/**/**/**/**/**/b").matches("/".repeat(1024)));
    assertTrue(KeyPattern.ofFilter("*a*a*a*a*a*a*a").matches(name));
  }

  @Test
  void aQuestionMarkStandsForOneCharacterOfAnyLanguage() {
    assertTrue(KeyPattern.ofFilter("a?b").matches("a\uD83D\uDE80b"));
    assertFalse(KeyPattern.ofFilter("a??b").matches("a\uD83D\uDE80b"));
    assertFalse(KeyPattern.ofFilter("x/a?b").matches("x/a/b"));
  }
}
