package dev.segue.capnproto.compiler;

/**
 * The unused parts of a data section: at most one of each size from 1 to 32 bits, since a field
 * takes the smallest hole that fits and leaves holes of sizes that weren't there.
 */
final class Holes {
  static final int NO_HOLE = -1;
  private static final int COUNT = 6;

  /** Offsets in units of each hole's size; no hole is at 0, where the first field lies. */
  private final int[] offsets = new int[COUNT];

  /** Takes space of 2^{@code lgSize} bits; returns its offset in that unit or {@link #NO_HOLE}. */
  int take(int lgSize) {
    if (lgSize >= COUNT) {
      return NO_HOLE;
    }
    if (offsets[lgSize] != 0) {
      int found = offsets[lgSize];
      offsets[lgSize] = 0;
      return found;
    }
    int larger = take(lgSize + 1);
    if (larger == NO_HOLE) {
      return NO_HOLE;
    }
    offsets[lgSize] = larger * 2 + 1;
    return larger * 2;
  }

  /** Adds the holes that are left of new space of 2^{@code limit} bits behind a first field. */
  void addBehind(int lgSize, int offset, int limit) {
    int at = offset;
    for (int i = lgSize; i < limit; i++) {
      offsets[i] = at;
      at = (at + 1) / 2;
    }
  }

  void addBehind(int lgSize, int offset) {
    addBehind(lgSize, offset, COUNT);
  }

  /** Widens a field to 2^{@code factor} times its size, if the space behind it is unused. */
  boolean widen(int lgSize, int offset, int factor) {
    if (factor == 0) {
      return true;
    }
    if (lgSize >= COUNT || offsets[lgSize] != offset + 1) {
      return false;
    }
    if (!widen(lgSize + 1, offset >> 1, factor - 1)) {
      return false;
    }
    offsets[lgSize] = 0;
    return true;
  }

  /** Returns the size of the smallest hole of at least a size, or {@link #NO_HOLE}. */
  int smallest(int lgSize) {
    for (int i = lgSize; i < COUNT; i++) {
      if (offsets[i] != 0) {
        return i;
      }
    }
    return NO_HOLE;
  }
}
