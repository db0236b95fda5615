package dev.segue.cli.store;

import dev.segue.objectstore.ObjectStore;
import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.StoreSettings;
import java.util.HashMap;
import java.util.Map;

/**
 * The stores that a command uses, each opened when it is first needed.
 *
 * <p>Owner: the command. Lifetime: until {@link #close()}. Threads: any.
 */
final class Stores implements AutoCloseable {
  private record Opening(String storeUri, Map<String, String> variables) {}

  private final Map<Opening, ObjectStore> open = new HashMap<>();

  /**
   * The store of a location.
   *
   * @param variables the settings, see {@link StoreSettings#of}
   * @throws IllegalArgumentException if there is no such kind of store or option
   */
  synchronized ObjectStore of(ObjectUri location, Map<String, String> variables)
      throws ObjectStoreException {
    Opening opening = new Opening(location.storeUri(), variables);
    ObjectStore known = open.get(opening);
    if (known == null) {
      known = ObjectStore.open(location.storeUri(), StoreSettings.of(variables));
      open.put(opening, known);
    }
    return known;
  }

  /** Ends what is in flight with an error. */
  @Override
  public synchronized void close() {
    open.values().forEach(ObjectStore::close);
    open.clear();
  }
}
