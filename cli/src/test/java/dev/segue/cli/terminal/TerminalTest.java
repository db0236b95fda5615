package dev.segue.cli.terminal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class TerminalTest {
  @ParameterizedTest
  @CsvSource({
    "0,0 B",
    "1023,1023 B",
    "1024,1.0 KiB",
    "11796480,11.3 MiB",
    "104857600,100 MiB",
    "1047552,1023 KiB",
    "1048575,1.0 MiB",
    "9223372036854775807,8.0 EiB"
  })
  void sizesHaveThreeDigitsAndABinaryUnit(long byteSize, String text) {
    assertEquals(text, Quantities.byteSize(byteSize));
  }

  @ParameterizedTest
  @CsvSource({"0.25,0.25 s", "9.999,10 s", "59.4,59 s", "65,1:05", "3665,1:01:05"})
  void timesAreShort(double seconds, String text) {
    assertEquals(text, Quantities.seconds(seconds));
  }

  @Test
  void jsonKeepsEveryCharacter() {
    Map<String, Long> sites = new TreeMap<>(Map.of("b", 2L, "a", 1L));
    assertEquals(
        "{\"t\":\"a\\\"b\\\\c\\u000a\\u0001ü\",\"n\":9007199254740993,\"d\":0.500000,"
            + "\"m\":{\"a\":1,\"b\":2}}",
        new JsonObject()
            .with("t", "a\"b\\c\n\u0001ü")
            .with("n", 9007199254740993L)
            .with("d", 0.5)
            .with("m", sites)
            .toString());
  }

  @Test
  void aTerminalObeysNothingInJson() {
    assertEquals(
        "{\"t\":\"\\u001b\\u009b\\u007f\\u202e\\u2028\\ud83c\\udfa5ü漢\"}",
        new JsonObject().with("t", "\u001b\u009b\u007f\u202e\u2028🎥ü漢").toString());
  }

  @ParameterizedTest
  @CsvSource({"120,120", "'',80", "x,80", "0,80", "-5,80", "99999,80"})
  void theWidthIsThatOfTheVariableOr80(String text, int columnCount) {
    assertEquals(columnCount, ProgressLine.columnCount(text));
  }

  @Test
  void aLineIsCutSoThatItStaysOne() {
    assertEquals("abc", ProgressLine.cut("abcdef", 3));
    assertEquals("ab", ProgressLine.cut("ab", 3));
  }

  @Test
  void aBarIsFullAtItsEnd() {
    assertEquals("█".repeat(24), ProgressLine.bar(1.5));
    assertEquals("░".repeat(24), ProgressLine.bar(0));
  }
}
