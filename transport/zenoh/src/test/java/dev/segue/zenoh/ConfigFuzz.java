package dev.segue.zenoh;

import java.nio.charset.StandardCharsets;

/** Any text as a configuration, and as a key and its value with a NUL between them. */
public final class ConfigFuzz {
  private ConfigFuzz() {}

  /** It is taken or refused; what was taken is a value that its own text gives again. */
  public static void fuzzerTestOneInput(byte[] data) {
    String text = new String(data, StandardCharsets.UTF_8);
    int end = text.indexOf('\0');
    if (end < 0) {
      try {
        check(Config.fromJson5(text));
      } catch (IllegalArgumentException _) {
        // Refused.
      }
      return;
    }
    String key = text.substring(0, end);
    try {
      check(Config.defaults().set(key, text.substring(end + 1)));
    } catch (IllegalArgumentException _) {
      // Refused.
    }
    try {
      Config.defaults().get(key);
    } catch (IllegalArgumentException _) {
      // As above.
    }
  }

  private static void check(Config config) {
    Config again = Config.fromJson5(config.get(""));
    if (!again.equals(config) || !again.toString().equals(config.toString())) {
      throw new AssertionError(config.get("") + " and " + again.get(""));
    }
  }
}
