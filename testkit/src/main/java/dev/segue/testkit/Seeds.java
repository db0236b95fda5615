package dev.segue.testkit;

import java.util.Random;

/** Random tests print their seed and take it back: {@code -Dsegue.seed=…}. */
public final class Seeds {
  private static final String PROPERTY = "segue.seed";

  private Seeds() {}

  /** Returns the seed of a test, and prints it at once: a test that hangs says no more. */
  public static long of(String test) {
    long seed = Long.getLong(PROPERTY, System.nanoTime());
    System.out.println(test + ": -D" + PROPERTY + "=" + seed);
    return seed;
  }

  /** Returns random numbers of the seed of a test. */
  public static Random random(String test) {
    return new Random(of(test));
  }

  /**
   * Returns where tests begin that take the same seeds each time, unless {@code -Dsegue.seed=…} is
   * set.
   */
  public static long first() {
    return Long.getLong(PROPERTY, 1);
  }

  /** Returns how often a random test tries; {@code -Dsegue.fuzz.rounds=…} for more. */
  public static int rounds(int usual) {
    return Integer.getInteger("segue.fuzz.rounds", usual);
  }
}
