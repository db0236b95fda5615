package dev.segue.capnproto.compiler;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;

/** Ids of declarations: random ones for files, derived ones for what lies in them. */
final class Ids {
  private static final long HIGH_BIT = Long.MIN_VALUE;

  private Ids() {}

  static long random() {
    return new SecureRandom().nextLong() | HIGH_BIT;
  }

  static String text(long id) {
    return "@0x" + Long.toHexString(id);
  }

  /** Returns the id of a declaration that has none of its own. */
  static long child(long parent, String name) {
    return hash(parent, name.getBytes(StandardCharsets.UTF_8));
  }

  /** Returns the id of a group by its index among the members of its struct or group. */
  static long group(long parent, int index) {
    return hash(parent, (byte) index, (byte) (index >> 8));
  }

  /** Returns the id of the struct of a method's parameters or results. */
  static long methodStruct(long parent, int ordinal, boolean results) {
    return hash(parent, (byte) ordinal, (byte) (ordinal >> 8), (byte) (results ? 1 : 0));
  }

  private static long hash(long parent, byte... rest) {
    byte[] input =
        ByteBuffer.allocate(8 + rest.length)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(parent)
            .put(rest)
            .array();
    try {
      // Cap'n Proto names this hash for ids; nothing rests on its strength.
      return ByteBuffer.wrap(MessageDigest.getInstance("MD5").digest(input)).getLong() | HIGH_BIT;
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has MD5", e);
    }
  }
}
