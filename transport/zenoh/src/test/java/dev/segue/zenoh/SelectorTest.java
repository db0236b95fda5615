package dev.segue.zenoh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Selectors and their parameters. */
class SelectorTest {
  @Test
  void aTextIsAKeyExpressionAndParameters() {
    Selector selector = Selector.of("a/*/b?x=1;y;z=2|3?");
    assertEquals(KeyExpr.of("a/*/b"), selector.keyExpr());
    assertEquals("x=1;y;z=2|3?", selector.parameters().text());
    assertEquals("a/*/b?x=1;y;z=2|3?", selector.toString());
    assertEquals("a/b", Selector.of("a/b").toString());
    assertEquals("a/b", Selector.of("a/b?").toString());
    assertThrows(IllegalArgumentException.class, () -> Selector.of("a//b?x"));
  }

  @Test
  void valuesAreFoundByName() {
    Parameters parameters = Parameters.of(";x=1;;y;z=2|3=4;x=5;");
    assertEquals(Optional.of("1"), parameters.value("x"));
    assertEquals(Optional.of(""), parameters.value("y"));
    assertEquals(Optional.empty(), parameters.value("w"));
    assertEquals(List.of("2", "3=4"), parameters.values("z"));
    assertEquals(List.of(), parameters.values("w"));
    assertEquals(Map.of("x", "1", "y", "", "z", "2|3=4"), parameters.asMap());
  }

  @Test
  void aNameIsSetOnce() {
    Parameters parameters = Parameters.of("x=1;y=2;x=3").with("x", "4").with("flag", "");
    assertEquals("y=2;x=4;flag", parameters.text());
    assertEquals("a=1", Parameters.of(Map.of("a", "1")).text());
    for (String name : List.of("", "a;b", "a=b")) {
      assertThrows(IllegalArgumentException.class, () -> parameters.with(name, "1"));
    }
    assertThrows(IllegalArgumentException.class, () -> parameters.with("a", "1;2"));
  }
}
