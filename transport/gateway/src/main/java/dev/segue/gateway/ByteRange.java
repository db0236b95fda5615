package dev.segue.gateway;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The one part of an object that a request asks for, RFC 9110 section 14.
 *
 * @param whole whether it was not asked for a part at all
 */
record ByteRange(long byteOffset, long byteSize, boolean whole) {
  private static final Pattern ONE = Pattern.compile("bytes=(\\d{0,18})-(\\d{0,18})");

  /**
   * Of a {@code Range} field. What is malformed, or asks for several parts, asks for the whole, as
   * the RFC allows.
   *
   * @return empty if no such bytes are there (416)
   */
  static Optional<ByteRange> of(String field, long objectByteSize) {
    Matcher one = ONE.matcher(field.strip());
    if (!one.matches() || (one.group(1).isEmpty() && one.group(2).isEmpty())) {
      return Optional.of(new ByteRange(0, objectByteSize, true));
    }
    long first;
    long last = objectByteSize - 1;
    if (one.group(1).isEmpty()) {
      long suffix = Long.parseLong(one.group(2));
      if (suffix == 0) {
        return Optional.empty();
      }
      first = Math.max(0, objectByteSize - suffix);
    } else {
      first = Long.parseLong(one.group(1));
      if (!one.group(2).isEmpty()) {
        long asked = Long.parseLong(one.group(2));
        if (asked < first) {
          return Optional.of(new ByteRange(0, objectByteSize, true));
        }
        last = Math.min(last, asked);
      }
    }
    return first > last
        ? Optional.empty()
        : Optional.of(new ByteRange(first, last - first + 1, false));
  }

  /** As {@code Content-Range}. */
  String contentRange(long objectByteSize) {
    return "bytes " + byteOffset + "-" + (byteOffset + byteSize - 1) + "/" + objectByteSize;
  }
}
