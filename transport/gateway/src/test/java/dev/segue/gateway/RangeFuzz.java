package dev.segue.gateway;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** The size of an object in eight bytes, and a {@code Range} field of any characters. */
public final class RangeFuzz {
  private RangeFuzz() {}

  /** Never a byte outside the object, and what RFC 9110 says where the field is well-formed. */
  public static void fuzzerTestOneInput(byte[] data) {
    if (data.length < Long.BYTES) {
      return;
    }
    // As many small sizes as large ones, which fields of random numbers hardly reach.
    long size = (ByteBuffer.wrap(data).getLong() & Long.MAX_VALUE) >>> (data[7] & 63);
    String field =
        new String(data, Long.BYTES, data.length - Long.BYTES, StandardCharsets.ISO_8859_1);
    Optional<ByteRange> asked = ByteRange.of(field, size);
    if (asked.isPresent()) {
      ByteRange range = asked.get();
      check(range.byteOffset() >= 0 && range.byteOffset() <= size, field, size, asked);
      check(range.byteSize() <= size - range.byteOffset(), field, size, asked);
      check(range.whole() ? range.byteSize() == size : range.byteSize() > 0, field, size, asked);
      check(!range.whole() || range.byteOffset() == 0, field, size, asked);
    }
    check(asked.equals(expected(field.strip(), BigInteger.valueOf(size))), field, size, asked);
  }

  /** By the words of the RFC, in numbers without an end. */
  private static Optional<ByteRange> expected(String field, BigInteger size) {
    Optional<ByteRange> whole = Optional.of(new ByteRange(0, size.longValueExact(), true));
    int dash = field.indexOf('-');
    if (!field.startsWith("bytes=") || dash < 0) {
      return whole;
    }
    String first = field.substring("bytes=".length(), dash);
    String last = field.substring(dash + 1);
    if (!isNumber(first) || !isNumber(last) || (first.isEmpty() && last.isEmpty())) {
      return whole;
    }
    BigInteger end = size.subtract(BigInteger.ONE);
    BigInteger from;
    BigInteger to = end;
    if (first.isEmpty()) {
      from = size.subtract(new BigInteger(last)).max(BigInteger.ZERO);
    } else {
      from = new BigInteger(first);
      if (!last.isEmpty()) {
        if (new BigInteger(last).compareTo(from) < 0) {
          return whole; // Not valid, so it is as if there were none.
        }
        to = new BigInteger(last).min(end);
      }
    }
    return from.compareTo(to) > 0
        ? Optional.empty()
        : Optional.of(
            new ByteRange(
                from.longValueExact(),
                to.subtract(from).add(BigInteger.ONE).longValueExact(),
                false));
  }

  /** Of up to 18 digits: longer ones count as no number, which a server may do. */
  private static boolean isNumber(String text) {
    return text.length() <= 18 && text.chars().allMatch(c -> c >= '0' && c <= '9');
  }

  private static void check(boolean holds, String field, long size, Optional<ByteRange> range) {
    if (!holds) {
      throw new AssertionError("field=" + field + " size=" + size + " range=" + range);
    }
  }
}
