package dev.segue.zenoh;

import java.nio.charset.StandardCharsets;

/** An encoding as a peer sends it: two bytes of its number, and any bytes as its schema. */
public final class EncodingFuzz {
  private EncodingFuzz() {}

  /** No peer can make it throw, and what came of it can be sent on. */
  public static void fuzzerTestOneInput(byte[] data) {
    if (data.length < 2) {
      return;
    }
    int id = (data[0] & 0xFF) << 8 | (data[1] & 0xFF);
    String schema = new String(data, 2, data.length - 2, StandardCharsets.UTF_8);
    check(Encoding.of(id, schema));
    check(Encoding.of(id, null));
    try {
      check(new Encoding(schema));
      check(Encoding.IMAGE_PNG.withSchema(schema));
    } catch (IllegalArgumentException e) {
      if (schema.getBytes(StandardCharsets.UTF_8).length <= Limits.SCHEMA_BYTE_SIZE) {
        throw new AssertionError(e);
      }
    }
  }

  private static void check(Encoding encoding) {
    if (!encoding.equals(new Encoding(encoding.text()))) {
      throw new AssertionError(encoding.text());
    }
  }
}
