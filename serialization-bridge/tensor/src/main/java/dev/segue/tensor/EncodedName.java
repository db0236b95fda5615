package dev.segue.tensor;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Encodes names as UTF-8. */
final class EncodedName {
  private EncodedName() {}

  /**
   * A text as UTF-8.
   *
   * @param format that it is written into, for messages
   * @throws IllegalArgumentException if half of a surrogate pair is missing: written as a question
   *     mark, two names could become one
   */
  static byte[] of(String format, String text) {
    try {
      ByteBuffer utf8 = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
      byte[] bytes = new byte[utf8.remaining()];
      ByteBuffer _ = utf8.get(bytes);
      return bytes;
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException(
          format + " " + Excerpt.of(text) + ": half of a surrogate pair is not text", e);
    }
  }
}
