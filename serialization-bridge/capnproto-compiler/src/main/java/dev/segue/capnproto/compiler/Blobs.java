package dev.segue.capnproto.compiler;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Text and data as lists of bytes. */
final class Blobs {
  private Blobs() {}

  static Wire.Scalars text(String value) {
    return text(value.getBytes(StandardCharsets.UTF_8));
  }

  static int utf8ByteSize(String value) {
    return value.getBytes(StandardCharsets.UTF_8).length;
  }

  /** Adds the zero byte that ends a text in a message. */
  static Wire.Scalars text(byte[] value) {
    return data(Arrays.copyOf(value, value.length + 1));
  }

  static Wire.Scalars data(byte[] value) {
    return new Wire.Scalars(Wire.BYTE, value.length, value);
  }

  /** Returns a text's bytes without its zero byte. */
  static byte @Nullable [] textBytes(@Nullable Wire pointer) throws WireException {
    byte[] bytes = dataBytes(pointer);
    if (bytes == null) {
      return null;
    }
    if (bytes.length == 0 || bytes[bytes.length - 1] != 0) {
      throw new WireException("a text doesn't end with a zero byte: byteSize=" + bytes.length);
    }
    return Arrays.copyOf(bytes, bytes.length - 1);
  }

  static byte @Nullable [] dataBytes(@Nullable Wire pointer) throws WireException {
    if (pointer == null) {
      return null;
    }
    if (pointer instanceof Wire.Scalars list && list.elementSize() == Wire.BYTE) {
      return list.data();
    }
    throw new WireException("expected a list of bytes, found another kind of pointer");
  }

  /** Returns a text, empty where the pointer is null. */
  static String string(@Nullable Wire pointer) throws WireException {
    byte[] bytes = textBytes(pointer);
    return bytes == null ? "" : new String(bytes, StandardCharsets.UTF_8);
  }
}
