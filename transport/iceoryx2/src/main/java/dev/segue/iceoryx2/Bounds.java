package dev.segue.iceoryx2;

/** Checks numbers of settings. */
final class Bounds {
  /** Far beyond what is used; a product of several must not overflow. */
  static final int MOST = 1 << 16;

  private Bounds() {}

  static void check(String name, int value, int least) {
    if (value < least || value > MOST) {
      throw new IllegalArgumentException(name + "=" + value + ": " + least + " to " + MOST);
    }
  }
}
