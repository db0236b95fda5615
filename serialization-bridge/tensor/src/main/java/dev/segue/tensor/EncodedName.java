package dev.segue.tensor;

import dev.segue.bytes.SegmentedBytes;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Names as UTF-8. */
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
      utf8.get(bytes);
      return bytes;
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException(
          format + " " + Excerpt.of(text) + ": half of a surrogate pair is not text", e);
    }
  }

  /**
   * A text of UTF-8.
   *
   * @param format that it is read from, for messages
   * @throws TensorFormatException if it is none: two names could become one
   */
  static String decoded(String format, SegmentedBytes utf8) throws TensorFormatException {
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(utf8.copyToByteArray()))
          .toString();
    } catch (CharacterCodingException e) {
      throw new TensorFormatException(format + ": a text is not UTF-8");
    }
  }
}
