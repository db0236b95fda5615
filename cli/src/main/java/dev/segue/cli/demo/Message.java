package dev.segue.cli.demo;

import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * One line between the demo's processes: {@code name key=value key=value}, values percent-encoded.
 *
 * <p>Lifetime: a value. Threads: any.
 */
record Message(String name, Map<String, String> fields) {
  private static final Pattern WORD = Pattern.compile("[a-zA-Z][a-zA-Z0-9.-]*");

  Message {
    checkWord(name);
    fields.keySet().forEach(Message::checkWord);
  }

  static Message of(String name) {
    return new Message(name, new LinkedHashMap<>());
  }

  Message with(String key, Object value) {
    Map<String, String> more = new LinkedHashMap<>(fields);
    more.put(key, value.toString());
    return new Message(name, more);
  }

  /**
   * Reads a line.
   *
   * @throws IllegalArgumentException if it is anything else than {@link #line()} gives
   */
  static Message parse(String line) {
    String[] parts = line.split(" ", -1);
    Map<String, String> fields = new LinkedHashMap<>();
    for (int i = 1; i < parts.length; i++) {
      int equals = parts[i].indexOf('=');
      if (equals < 0) {
        throw new IllegalArgumentException("field without a value in the line: " + line);
      }
      String value = URLDecoder.decode(parts[i].substring(equals + 1), StandardCharsets.UTF_8);
      if (fields.put(parts[i].substring(0, equals), value) != null) {
        throw new IllegalArgumentException("field given twice in the line: " + line);
      }
    }
    return new Message(parts[0], fields);
  }

  String line() {
    return fields.entrySet().stream()
        .map(
            field ->
                " "
                    + field.getKey()
                    + "="
                    + URLEncoder.encode(field.getValue(), StandardCharsets.UTF_8))
        .collect(Collectors.joining("", name, ""));
  }

  String text(String key) {
    String value = fields.get(key);
    if (value == null) {
      throw new IllegalArgumentException("no field " + key + " in the line: " + line());
    }
    return value;
  }

  long number(String key) {
    return Long.parseLong(text(key));
  }

  Lane lane() {
    return Lane.of(text("lane"));
  }

  private static void checkWord(String word) {
    if (!WORD.matcher(word).matches()) {
      throw new IllegalArgumentException("not a word of the demo's lines: \"" + word + "\"");
    }
  }
}
