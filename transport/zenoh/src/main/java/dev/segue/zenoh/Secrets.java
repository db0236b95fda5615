package dev.segue.zenoh;

import java.util.regex.Pattern;

/** Takes passwords and private keys out of texts of a configuration that people will read. */
final class Secrets {
  private static final String REDACTED = "***";
  private static final String NAME = "[a-z0-9_]*(?:password|private_key|secret)[a-z0-9_]*";

  /** A path to a secret is none. */
  private static final String NO_FILE = "(?<!_file)";

  private static final String STRING = "\"(?:[^\"\\\\]|\\\\.)*+\"";

  /** A key of JSON and its text. */
  private static final Pattern KEY =
      Pattern.compile("(\"" + NAME + NO_FILE + "\"\\s*:\\s*)" + STRING, Pattern.CASE_INSENSITIVE);

  /** A parameter within an endpoint: {@code quic/host:1#connect_private_key_base64=…;…}. */
  private static final Pattern PARAMETER =
      Pattern.compile("(" + NAME + NO_FILE + "=)[^;#?\"]*", Pattern.CASE_INSENSITIVE);

  /** Either of them in a text that may be JSON5, or no longer well-formed. */
  private static final Pattern ANYWHERE =
      Pattern.compile(
          "("
              + NAME
              + NO_FILE
              + "[\"'\\\\]*\\s*[:=]\\s*)(?:"
              + STRING
              + "|'(?:[^'\\\\]|\\\\.)*+'|[^,;}\\s]+)",
          Pattern.CASE_INSENSITIVE);

  /** The core's quotation of a value of the wrong type, whose key it doesn't name. */
  private static final Pattern WRONG =
      Pattern.compile("(invalid (?:type|value): [a-z ]*)(?:`[^`]*`|" + STRING + ")");

  private static final Pattern PATH =
      Pattern.compile("(?:.*/)?" + NAME + NO_FILE, Pattern.CASE_INSENSITIVE);

  private Secrets() {}

  /** JSON without the secrets. */
  static String json(String json) {
    String keys = KEY.matcher(json).replaceAll("$1\"" + REDACTED + "\"");
    return PARAMETER.matcher(keys).replaceAll("$1" + REDACTED);
  }

  /** Any text, like a message of the core that quotes a line of JSON5. */
  static String text(String text) {
    String known = WRONG.matcher(text).replaceAll("$1" + REDACTED);
    return ANYWHERE.matcher(known).replaceAll("$1" + REDACTED);
  }

  /** Returns whether the value of a key is a secret as a whole. */
  static boolean isSecret(String key) {
    return PATH.matcher(key).matches();
  }
}
