package dev.segue.zenoh;

/** Learns whether somebody matches a publisher or a querier. */
@FunctionalInterface
public interface MatchingHandler {
  /** Learns that somebody matches from now on, or that nobody does any more. */
  void onChange(boolean isMatching);
}
