package dev.segue.capnproto.dynamic;

import java.util.Random;

/** Random tests print their seed and take it back: {@code -Dsegue.seed=…}. */
final class Seeds {
  private Seeds() {}

  static Random random(String test) {
    long seed = Long.getLong("segue.seed", System.nanoTime());
    System.out.println(test + ": -Dsegue.seed=" + seed);
    return new Random(seed);
  }

  /** Where tests begin that take the same seeds each time, unless {@code -Dsegue.seed=…} is set. */
  static long first() {
    return Long.getLong("segue.seed", 1);
  }

  /** How often a random test tries; {@code -Dsegue.fuzz.rounds=…} for more. */
  static int rounds(int usual) {
    return Integer.getInteger("segue.fuzz.rounds", usual);
  }
}
