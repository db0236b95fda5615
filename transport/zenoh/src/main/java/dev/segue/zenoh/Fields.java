package dev.segue.zenoh;

import java.util.List;
import java.util.stream.Stream;

/** Texts that consist of fields, as fields.rs writes them. */
final class Fields {
  private Fields() {}

  /** The fields of a line. */
  static String[] of(String line) {
    String[] fields = line.split("\t", -1);
    for (int i = 0; i < fields.length; i++) {
      fields[i] = unescaped(fields[i]);
    }
    return fields;
  }

  /** The fields of each line. */
  static Stream<String[]> lines(String text) {
    return text.lines().map(Fields::of);
  }

  /** The fields of lines that have one each. */
  static List<String> column(String text) {
    return text.lines().map(Fields::unescaped).toList();
  }

  private static String unescaped(String field) {
    if (field.indexOf('\\') < 0) {
      return field;
    }
    StringBuilder plain = new StringBuilder(field.length());
    for (int i = 0; i < field.length(); i++) {
      char c = field.charAt(i);
      if (c == '\\') {
        i++;
        c = field.charAt(i);
        c =
            switch (c) {
              case 't' -> '\t';
              case 'n' -> '\n';
              case 'r' -> '\r';
              default -> c;
            };
      }
      plain.append(c);
    }
    return plain.toString();
  }
}
