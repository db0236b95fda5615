package dev.segue.gateway;

/**
 * The number of bytes that texts take: memory is what is bounded, and a character may take three of
 * it.
 */
final class TextSize {
  private TextSize() {}

  /** Returns how long a text is in UTF-8, without encoding it. */
  static long ofUtf8(String text) {
    long byteSize = text.length();
    for (int i = 0; i < text.length(); i++) {
      byteSize += ofUtf8(text.charAt(i)) - 1;
    }
    return byteSize;
  }

  /**
   * Returns the number of bytes of a character in UTF-8; each half of a surrogate pair adds half of
   * its four bytes.
   */
  static int ofUtf8(char c) {
    return c < 0x80 ? 1 : c < 0x800 || Character.isSurrogate(c) ? 2 : 3;
  }

  /** Returns what a text's characters take of the heap: one that isn't Latin-1 doubles them all. */
  static long ofHeap(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) > 0xFF) {
        return 2L * text.length();
      }
    }
    return text.length();
  }
}
