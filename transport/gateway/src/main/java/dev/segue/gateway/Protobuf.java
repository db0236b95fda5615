package dev.segue.gateway;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * Writes one message of Protocol Buffers, field by field.
 *
 * <p>Threads: one at a time.
 *
 * @see <a href="https://protobuf.dev/programming-guides/encoding/">the encoding</a>
 */
final class Protobuf {
  private static final int VARINT = 0;
  private static final int BYTES = 2;
  private static final int FIXED32 = 5;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  private Protobuf raw(long varint) {
    long left = varint;
    while ((left & ~0x7FL) != 0) {
      out.write((int) ((left & 0x7F) | 0x80));
      left >>>= 7;
    }
    out.write((int) left);
    return this;
  }

  Protobuf varint(int field, long value) {
    return raw((long) field << 3 | VARINT).raw(value);
  }

  Protobuf fixed32(int field, int value) {
    raw((long) field << 3 | FIXED32);
    for (int shift = 0; shift < 32; shift += 8) {
      out.write(value >> shift & 0xFF);
    }
    return this;
  }

  /** The head of a field of bytes that are written by somebody else. */
  Protobuf bytesHead(int field, long byteSize) {
    return raw((long) field << 3 | BYTES).raw(byteSize);
  }

  Protobuf bytes(int field, byte[] value) {
    bytesHead(field, value.length);
    out.writeBytes(value);
    return this;
  }

  Protobuf text(int field, String value) {
    return bytes(field, value.getBytes(StandardCharsets.UTF_8));
  }

  Protobuf message(int field, Protobuf value) {
    return bytes(field, value.toByteArray());
  }

  byte[] toByteArray() {
    return out.toByteArray();
  }
}
