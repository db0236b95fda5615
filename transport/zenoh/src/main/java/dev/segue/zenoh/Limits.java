package dev.segue.zenoh;

import dev.segue.bytes.SegmentedBytes;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The limits of Zenoh's wire format. The core doesn't check it: it panics while it holds the link,
 * and nothing goes over that link any more.
 */
final class Limits {
  /** The length of a payload is 32 bits on the wire, that of an attachment as well. */
  static final long PAYLOAD_BYTE_SIZE = 0xFFFF_FFFFL;

  /** The length of a schema is 8 bits. */
  static final int SCHEMA_BYTE_SIZE = 255;

  private static final int MAX_UTF8_PER_CHAR = 3;

  private Limits() {}

  static void checkSizes(
      SegmentedBytes payload, @Nullable SegmentedBytes attachment, Locality destination) {
    if (destination != Locality.SESSION_LOCAL) {
      checkSize("payload", payload.byteSize());
      checkSize("attachment", attachment == null ? 0 : attachment.byteSize());
    }
  }

  private static void checkSize(String what, long byteSize) {
    if (byteSize > PAYLOAD_BYTE_SIZE) {
      throw new IllegalArgumentException(
          "put of "
              + what
              + " byteSize="
              + byteSize
              + ": Zenoh's wire format takes at most byteSize="
              + PAYLOAD_BYTE_SIZE
              + "; cut it, or set the destination SESSION_LOCAL");
    }
  }

  /** Checks a time that the core counts in milliseconds. */
  static void checkPeriod(String what, Duration period) {
    if (period.compareTo(Duration.ofMillis(1)) < 0) {
      throw new IllegalArgumentException(what + "=" + period + ": at least a millisecond");
    }
  }

  static void checkSchema(String schema) {
    if (schema.length() > SCHEMA_BYTE_SIZE / MAX_UTF8_PER_CHAR) {
      int byteSize = schema.getBytes(StandardCharsets.UTF_8).length;
      if (byteSize > SCHEMA_BYTE_SIZE) {
        throw new IllegalArgumentException(
            "encoding with a schema of byteSize="
                + byteSize
                + ": Zenoh's wire format takes at most byteSize="
                + SCHEMA_BYTE_SIZE);
      }
    }
  }

  /** As much of a schema as there is room for behind a text. */
  static String cutSchema(String before, String schema) {
    int left = SCHEMA_BYTE_SIZE - before.getBytes(StandardCharsets.UTF_8).length;
    int end = 0;
    while (end < schema.length()) {
      int codePoint = schema.codePointAt(end);
      left -= codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;
      if (left < 0) {
        break;
      }
      end += Character.charCount(codePoint);
    }
    return schema.substring(0, end);
  }
}
