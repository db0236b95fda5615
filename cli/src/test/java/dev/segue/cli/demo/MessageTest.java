package dev.segue.cli.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class MessageTest {
  @Test
  void comesBackAsItWas() {
    Message message =
        Message.of("failed").with("message", "a=b c%\n\"ü\"").with("copied.zenoh.network", 12L);
    assertEquals(message, Message.parse(message.line()));
    assertEquals(12, message.number("copied.zenoh.network"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "two  spaces",
        "name field",
        "name =1",
        "name a=1 a=2",
        "name a=%zz",
        "1"
      })
  void otherLinesAreRefused(String line) {
    assertThrows(IllegalArgumentException.class, () -> Message.parse(line));
  }

  @Test
  void aFieldThatIsMissingIsNamed() {
    Message message = Message.of("received");
    assertThrows(IllegalArgumentException.class, () -> message.number("frames"));
  }
}
