package dev.segue.objectstore;

import java.util.List;
import java.util.Optional;

/**
 * One page of a listing.
 *
 * @param objects in the order of their keys
 * @param prefixes what the delimiter grouped, each ending with it
 * @param nextToken the token to request the next page; empty on the last one
 */
public record ObjectPage(
    List<ObjectInfo> objects, List<String> prefixes, Optional<String> nextToken) {
  /** Copies the lists. */
  public ObjectPage {
    objects = List.copyOf(objects);
    prefixes = List.copyOf(prefixes);
  }
}
