package dev.segue.zenoh;

import java.util.Collection;
import java.util.Locale;
import java.util.StringJoiner;
import java.util.stream.Collectors;

/** The fields of a JSON object of a configuration. */
final class JsonFields {
  private final StringJoiner fields = new StringJoiner(",", "{", "}");

  JsonFields with(String key, String json) {
    fields.add(quote(key) + ":" + json);
    return this;
  }

  JsonFields withText(String key, String text) {
    return with(key, quote(text));
  }

  /** A list of texts; without any, the core takes no list at all. */
  JsonFields withTexts(String key, Collection<?> texts) {
    return texts.isEmpty() ? this : with(key, list(texts));
  }

  /** A list of the core's names of constants. */
  JsonFields withNames(String key, Collection<? extends Enum<?>> constants) {
    return withTexts(key, constants.stream().map(JsonFields::name).sorted().toList());
  }

  /** Returns what the core calls a constant. */
  static String name(Enum<?> constant) {
    String name = constant.name().toLowerCase(Locale.ROOT);
    return constant instanceof LinkProtocol ? name.replace('_', '-') : name;
  }

  static String list(Collection<?> texts) {
    return texts.stream()
        .map(text -> quote(text.toString()))
        .collect(Collectors.joining(",", "[", "]"));
  }

  static String quote(String text) {
    StringBuilder quoted = new StringBuilder(text.length() + 2).append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        quoted.append('\\').append(c);
      } else if (c < ' ') {
        quoted.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
      } else {
        quoted.append(c);
      }
    }
    return quoted.append('"').toString();
  }

  @Override
  public String toString() {
    return fields.toString();
  }
}
