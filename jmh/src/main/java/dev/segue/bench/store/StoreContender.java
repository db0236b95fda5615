package dev.segue.bench.store;

import java.util.ArrayList;
import java.util.List;

/**
 * A client of object stores.
 *
 * @param name in tables
 * @param kind whom it stands for
 * @param isJava whether it has to be warmed up for long, and has a Java heap
 * @param command before endpoint and number of requests in flight
 */
record StoreContender(String name, Kind kind, boolean isJava, List<String> command) {
  /** Whom a contender stands for. */
  enum Kind {
    OURS,
    /** Bare sockets: nobody can be better by much. */
    LIMIT,
    PEER
  }

  List<String> command(String endpoint, int inFlight) {
    List<String> all = new ArrayList<>(command);
    all.add(endpoint);
    all.add(Integer.toString(inFlight));
    return all;
  }
}
