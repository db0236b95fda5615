package dev.segue.gateway;

import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** An {@code Accept} field of any characters. */
public final class AcceptFuzz {
  private static final String SSE = "text/event-stream";
  private static final String MULTIPART = "multipart/x-mixed-replace";

  private AcceptFuzz() {}

  /** The quality is that of the most specific range, and the kind the one that is wanted most. */
  public static void fuzzerTestOneInput(byte[] data) {
    String field = new String(data, StandardCharsets.ISO_8859_1);
    for (String type : new String[] {SSE, MULTIPART, FramesFormat.MEDIA_TYPE}) {
      Accept found = Accept.of(field, type);
      check(found.equals(expected(field, type)), field, found);
      check(found.quality() >= 0 && found.quality() <= 1, field, found); // Never NaN.
      check(found.specificity() >= -1 && found.specificity() <= 2, field, found);
      check(found.equals(Accept.of(field + ", x/y;q=0.1", type)), field, found);
      check(found.equals(Accept.of(" \t" + field + " ,", type)), field, found);
      check(Accept.of(type + ";q=0," + field, type).quality() == 0, field, found);
      if (found.specificity() < 2) {
        check(Accept.of(field + "," + type, type).specificity() == 2, field, found);
      }
    }
    StreamKind kind = StreamKind.byAccept(field);
    Accept multipart = Accept.of(field, MULTIPART);
    Accept wanted =
        switch (kind) {
          case MULTIPART -> multipart;
          case SSE -> Accept.of(field, SSE);
          case FRAMES -> Accept.of(field, FramesFormat.MEDIA_TYPE);
        };
    for (String type : new String[] {SSE, MULTIPART, FramesFormat.MEDIA_TYPE}) {
      Accept other = Accept.of(field, type);
      check(other.quality() <= wanted.quality(), field, other);
    }
    check(kind == StreamKind.MULTIPART || wanted.quality() > 0, field, wanted);
  }

  /** Range by range, character by character. */
  private static Accept expected(String field, String type) {
    int best = -1;
    double quality = 0;
    int at = 0;
    while (at <= field.length()) {
      int end = field.indexOf(',', at);
      String range = field.substring(at, end < 0 ? field.length() : end);
      at += range.length() + 1;
      int semicolon = range.indexOf(';');
      String name = (semicolon < 0 ? range : range.substring(0, semicolon)).strip();
      name = name.toLowerCase(Locale.ROOT);
      int slash = type.indexOf('/');
      int specificity =
          name.equals(type)
              ? 2
              : name.equals(type.substring(0, slash + 1) + "*") ? 1 : name.equals("*/*") ? 0 : -1;
      if (specificity > best) {
        best = specificity;
        quality = semicolon < 0 ? 1 : quality(range.substring(semicolon + 1));
      }
    }
    return new Accept(quality, best);
  }

  private static double quality(String parameters) {
    for (String each : parameters.split(";", -1)) {
      String parameter = each.strip();
      if (parameter.length() >= 2
          && (parameter.charAt(0) == 'q' || parameter.charAt(0) == 'Q')
          && parameter.charAt(1) == '=') {
        return number(parameter.substring(2).strip());
      }
    }
    return 1;
  }

  /** Of digits with one dot at most; 1 for anything else, as for what is larger. */
  private static double number(String text) {
    long digits = 0;
    long scale = 0;
    boolean isNumber = false;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '.' && scale == 0) {
        scale = 1;
      } else if (c >= '0' && c <= '9' && text.length() <= 5) {
        digits = 10 * digits + c - '0';
        scale *= 10;
        isNumber = true;
      } else {
        return 1;
      }
    }
    return isNumber ? Math.min(1, (double) digits / Math.max(1, scale)) : 1;
  }

  private static void check(boolean holds, String field, Accept found) {
    if (!holds) {
      throw new AssertionError("field=" + field + " found=" + found);
    }
  }
}
