package dev.segue.tensor;

/** Quotes what a file says in a message: a line, whatever the file has in it. */
final class Excerpt {
  private static final int LONGEST = 120;

  private Excerpt() {}

  /** At most {@value #LONGEST} characters of a text, control characters replaced. */
  static String of(String text) {
    String stripped = text.strip();
    int end = Math.min(LONGEST, stripped.length());
    StringBuilder excerpt = new StringBuilder(end + 20);
    for (int i = 0; i < end; i++) {
      char c = stripped.charAt(i);
      excerpt.append(Character.isISOControl(c) || Character.isSurrogate(c) ? '\uFFFD' : c);
    }
    if (end < stripped.length()) {
      excerpt.append("… (characterCount=").append(stripped.length()).append(')');
    }
    return excerpt.toString();
  }
}
