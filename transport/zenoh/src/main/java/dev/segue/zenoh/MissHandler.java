package dev.segue.zenoh;

/** Learns what an advanced subscriber missed. */
@FunctionalInterface
public interface MissHandler {
  /** Learns that samples are missing, before the one that follows them is there. */
  void onMiss(Miss miss);
}
