package dev.segue.zenoh;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** The last key of a subscriber, so that a steady stream of one key makes no strings. */
final class KeyCache {
  private static final class Entry {
    final byte[] utf8;
    final KeyExpr keyExpr;

    Entry(byte[] utf8, KeyExpr keyExpr) {
      this.utf8 = utf8;
      this.keyExpr = keyExpr;
    }
  }

  private volatile @Nullable Entry last;

  KeyExpr get(long address, long byteSize) {
    MemorySegment key = Native.view(address, byteSize);
    Entry known = last;
    if (known != null
        && known.utf8.length == byteSize
        && MemorySegment.ofArray(known.utf8).mismatch(key) < 0) {
      return known.keyExpr;
    }
    byte[] utf8 = Native.bytes(address, byteSize);
    KeyExpr keyExpr = KeyExpr.ofCanonical(new String(utf8, StandardCharsets.UTF_8));
    last = new Entry(utf8, keyExpr);
    return keyExpr;
  }
}
