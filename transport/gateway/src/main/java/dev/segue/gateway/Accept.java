package dev.segue.gateway;

import java.util.Locale;

/**
 * The preference of a request for a media type, by its {@code Accept} field: RFC 9110 section
 * 12.5.1. Takes time by the field's length.
 *
 * @param quality from 0 (not acceptable) to 1
 * @param specificity 2 for the type itself, 1 for {@code type/*}, 0 for {@code *}{@code /*}, -1 if
 *     the field says nothing of it
 */
record Accept(double quality, int specificity) implements Comparable<Accept> {
  private static final Accept UNSAID = new Accept(0, -1);

  /** By the most specific range that names the type. */
  static Accept of(String field, String mediaType) {
    Accept best = UNSAID;
    for (String range : field.split(",", -1)) {
      String[] parts = range.split(";", -1);
      int specificity = specificityOf(parts[0].strip().toLowerCase(Locale.ROOT), mediaType);
      if (specificity > best.specificity) {
        best = new Accept(qualityOf(parts), specificity);
      }
    }
    return best;
  }

  private static int specificityOf(String range, String mediaType) {
    if (range.equals(mediaType)) {
      return 2;
    }
    if (range.equals(mediaType.substring(0, mediaType.indexOf('/')) + "/*")) {
      return 1;
    }
    return range.equals("*/*") ? 0 : -1;
  }

  private static double qualityOf(String[] parts) {
    for (int i = 1; i < parts.length; i++) {
      String parameter = parts[i].strip();
      if (parameter.regionMatches(true, 0, "q=", 0, 2)) {
        return qualityOf(parameter.substring(2).strip());
      }
    }
    return 1;
  }

  /** Returns what is malformed doesn't count against the type. */
  private static double qualityOf(String text) {
    boolean number =
        !text.isEmpty()
            && text.length() <= 5
            && text.chars().allMatch(c -> c == '.' || (c >= '0' && c <= '9'))
            && text.indexOf('.') == text.lastIndexOf('.')
            && !text.equals(".");
    return number ? Math.min(1, Double.parseDouble(text)) : 1;
  }

  @Override
  public int compareTo(Accept other) {
    int byQuality = Double.compare(quality, other.quality);
    return byQuality != 0 ? byQuality : Integer.compare(specificity, other.specificity);
  }
}
