package dev.segue.gateway;

import dev.segue.http2.Headers;
import dev.segue.zenoh.Encoding;
import java.nio.charset.StandardCharsets;

/** A {@code content-type} of any characters, taken as an encoding and given out again. */
public final class ContentTypeFuzz {
  private static final String BYTES = "application/octet-stream";

  private ContentTypeFuzz() {}

  /**
   * It is refused, or becomes an encoding whose media type is a field that HTTP allows and means
   * the same encoding again.
   */
  public static void fuzzerTestOneInput(byte[] data) {
    String field = new String(data, StandardCharsets.ISO_8859_1);
    Encoding encoding;
    try {
      encoding = MediaTypes.encodingOf(field);
    } catch (HttpException e) {
      check(e.status() == 415, field, e.getMessage());
      return;
    }
    String mediaType = MediaTypes.of(encoding);
    String header = MediaTypes.headerText(encoding.text());
    Headers.of("content-type", mediaType, "zenoh-encoding", header); // Refuses what HTTP forbids.
    check(mediaType.chars().allMatch(c -> c >= ' ' && c < 0x7F), field, mediaType);
    check(header.chars().allMatch(c -> c > ' ' && c < 0x7F), field, header);
    try {
      check(encoding.equals(MediaTypes.encodingOfHeader(header)), field, header);
      Encoding again = MediaTypes.encodingOf(mediaType);
      check(mediaType.equals(MediaTypes.of(again)), field, mediaType);
      if (!mediaType.equals(BYTES) && mediaType.contains(";") && !isZenohs(encoding)) {
        check(encoding.equals(again), field, mediaType);
      }
    } catch (HttpException e) {
      throw new AssertionError("field=" + field + " mediaType=" + mediaType, e);
    }
    checkQuoted(field, encoding.text());
  }

  /** Those have media types of another name. */
  private static boolean isZenohs(Encoding encoding) {
    return encoding.text().startsWith("zenoh/");
  }

  /** What stands in quotes is a value by the letter, blanks and semicolons included. */
  private static void checkQuoted(String field, String text) {
    int begin = field.indexOf('"');
    int end = field.indexOf('"', begin + 1);
    boolean isParameter = begin > 0 && field.charAt(begin - 1) == '=' && field.indexOf(';') < begin;
    if (isParameter && field.indexOf(';') > 0 && end > 0) {
      String quoted = field.substring(begin, end + 1);
      check(quoted.indexOf('\\') >= 0 || text.contains(quoted), field, text);
    }
  }

  private static void check(boolean holds, String field, String found) {
    if (!holds) {
      throw new AssertionError("field=" + field + " found=" + found);
    }
  }
}
