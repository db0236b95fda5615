package dev.segue.capnproto.compiler;

import java.util.IdentityHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Bounds values: constants may name each other, so a few lines could stand for more words than
 * there is memory, or for a chain that is too deep to walk.
 */
final class Sizes {
  static final long MAX_WORD_COUNT = 1 << 23;
  static final int MAX_DEPTH = 100;

  /** Returns the size of a target, with all that it points to. */
  record Size(long wordCount, int depth) {
    static final Size NONE = new Size(0, 0);

    boolean isTooLarge() {
      return wordCount > MAX_WORD_COUNT || depth > MAX_DEPTH;
    }

    private Size and(Size child) {
      return new Size(
          Math.min(wordCount + child.wordCount, Long.MAX_VALUE / 2),
          Math.max(depth, child.depth + 1));
    }
  }

  private final IdentityHashMap<Wire, Size> known = new IdentityHashMap<>();

  /** Measures a target; parts that were measured before are not walked again. */
  Size of(@Nullable Wire target) {
    if (target == null) {
      return Size.NONE;
    }
    Size size = known.get(target);
    if (size == null) {
      size = measure(target);
      known.put(target, size);
    }
    return size;
  }

  private Size measure(Wire target) {
    if (target instanceof Wire.Struct struct) {
      Size size = new Size(struct.dataWordCount() + (long) struct.pointerCount(), 0);
      for (int i = 0; i < struct.pointerCount(); i++) {
        size = size.and(of(struct.pointer(i)));
      }
      return size;
    }
    if (target instanceof Wire.Scalars list) {
      return new Size(list.data().length / 8 + 1, 0);
    }
    if (target instanceof Wire.Pointers list) {
      Size size = new Size(list.count(), 0);
      for (int i = 0; i < list.count(); i++) {
        size = size.and(of(list.element(i)));
      }
      return size;
    }
    Size size = new Size(1, 0);
    if (target instanceof Wire.Structs list) {
      for (Wire.Struct element : list.elements()) {
        size = size.and(of(element));
      }
    }
    return size;
  }
}
