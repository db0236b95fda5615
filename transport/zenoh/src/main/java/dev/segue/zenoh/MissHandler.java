package dev.segue.zenoh;

/** Learns what an advanced subscriber missed. */
@FunctionalInterface
public interface MissHandler {
  /**
   * Learns that samples are missing. The one that follows them may be taken before or after it
   * runs.
   */
  void onMiss(Miss miss);
}
