package dev.segue.bench.store;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A client of object stores.
 *
 * @param name in tables
 * @param kind whom it stands for
 * @param isJava whether it has to be warmed up for long, and has a Java heap
 * @param command before endpoint and number of requests in flight
 * @param ownEndpoint where it goes instead of where all the others go
 */
record StoreContender(
    String name, Kind kind, boolean isJava, List<String> command, Optional<String> ownEndpoint) {
  StoreContender(String name, Kind kind, boolean isJava, List<String> command) {
    this(name, kind, isJava, command, Optional.empty());
  }

  /** The same client going elsewhere, which makes it a contender of its own. */
  StoreContender at(String endpoint, String as, Kind of) {
    return new StoreContender(as, of, isJava, command, Optional.of(endpoint));
  }

  /** The same client under another name, which makes it a contender of its own. */
  StoreContender as(String otherName, Kind of) {
    return new StoreContender(otherName, of, isJava, command, ownEndpoint);
  }

  /** Whom a contender stands for. */
  enum Kind {
    /** The one that is judged. */
    OURS,
    /** Ours in another way, a row without a verdict. */
    VARIANT,
    /** Bare sockets: nobody can be better by much. */
    LIMIT,
    /** Somebody else. */
    PEER
  }

  List<String> command(String endpoint, int inFlight) {
    List<String> all = new ArrayList<>(command);
    all.add(ownEndpoint.orElse(endpoint));
    all.add(Integer.toString(inFlight));
    return all;
  }
}
