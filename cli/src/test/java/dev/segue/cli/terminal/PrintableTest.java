package dev.segue.cli.terminal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PrintableTest {
  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '#',
      value = {"plain ü 漢 🎥,plain ü 漢 🎥", "a\u001bb,a\\x1bb", "\u202eb,\\u202eb", "\u009b,\\x9b"})
  void whatWritesToTheTerminalIsEscaped(String text, String shown) {
    assertEquals(shown, Printable.of(text));
  }
}
