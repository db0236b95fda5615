package dev.segue.zenoh;

/** Learns what a publisher's links dropped. */
@FunctionalInterface
public interface DropHandler {
  /** Learns of one sample, on the thread that put it, when the put has ended. */
  void onDrop(Drop drop);
}
