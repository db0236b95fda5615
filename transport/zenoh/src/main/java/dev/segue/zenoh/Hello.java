package dev.segue.zenoh;

import java.util.List;
import java.util.Locale;

/**
 * A node's answer to scouting.
 *
 * @param mode what it is
 * @param zid its id
 * @param locators the endpoints that it listens on
 */
public record Hello(Mode mode, ZenohId zid, List<String> locators) {
  /** Keeps the locators as they are now. */
  public Hello {
    locators = List.copyOf(locators);
  }

  /** Of the lines of scout.rs. */
  static Hello of(String text) {
    List<String> lines = Fields.column(text);
    return new Hello(
        Mode.valueOf(lines.get(0).toUpperCase(Locale.ROOT)),
        ZenohId.of(lines.get(1)),
        lines.subList(2, lines.size()));
  }
}
