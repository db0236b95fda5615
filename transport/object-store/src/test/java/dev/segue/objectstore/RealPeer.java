package dev.segue.objectstore;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Assumptions;

/** A server or client of another make, which not every machine has. */
public final class RealPeer {
  private RealPeer() {}

  /** Skips the tests of a machine that lacks it, with one line; CI's must have it. */
  public static void assume(boolean installed, String peer, String howToInstall) {
    assertTrue(installed || System.getenv("CI") == null, "CI installs " + peer);
    String skipped = "skipped: no " + peer + " here; " + howToInstall;
    if (!installed) {
      System.out.println(skipped);
    }
    Assumptions.assumeTrue(installed, skipped);
  }
}
