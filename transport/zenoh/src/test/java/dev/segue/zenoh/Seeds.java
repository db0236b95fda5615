package dev.segue.zenoh;

import java.util.Random;

/** Random numbers of a seed that is printed and can be given again. */
final class Seeds {
  private static final String PROPERTY = "segue.test.seed";

  private Seeds() {}

  static Random random() {
    Long given = Long.getLong(PROPERTY);
    long seed = given == null ? System.nanoTime() : given;
    System.out.println("-D" + PROPERTY + "=" + seed);
    return new Random(seed);
  }
}
