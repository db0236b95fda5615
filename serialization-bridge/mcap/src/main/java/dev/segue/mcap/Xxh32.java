package dev.segue.mcap;

/**
 * XXH32, the checksum of LZ4's frames.
 *
 * @see <a href="https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md">its description</a>
 */
final class Xxh32 {
  private static final int PRIME1 = 0x9E3779B1;
  private static final int PRIME2 = 0x85EBCA77;
  private static final int PRIME3 = 0xC2B2AE3D;
  private static final int PRIME4 = 0x27D4EB2F;
  private static final int PRIME5 = 0x165667B1;

  private Xxh32() {}

  /** Of fewer than 16 bytes, seed 0: a frame's descriptor. */
  static int ofFew(byte[] bytes, int from, int count) {
    int hash = PRIME5 + count;
    int at = from;
    for (; at + Integer.BYTES <= from + count; at += Integer.BYTES) {
      int word =
          (bytes[at] & 0xFF)
              | ((bytes[at + 1] & 0xFF) << 8)
              | ((bytes[at + 2] & 0xFF) << 16)
              | ((bytes[at + 3] & 0xFF) << 24);
      hash = Integer.rotateLeft(hash + word * PRIME3, 17) * PRIME4;
    }
    for (; at < from + count; at++) {
      hash = Integer.rotateLeft(hash + (bytes[at] & 0xFF) * PRIME5, 11) * PRIME1;
    }
    hash = (hash ^ (hash >>> 15)) * PRIME2;
    hash = (hash ^ (hash >>> 13)) * PRIME3;
    return hash ^ (hash >>> 16);
  }
}
