package dev.segue.cli.store;

import dev.segue.objectstore.ObjectStore;
import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.StoreSettings;
import java.util.Map;

/**
 * The stores that a command uses, with what its options say of them.
 *
 * <p>Owner: the command. Lifetime: until {@link #close()}. Threads: any.
 */
public final class Stores implements AutoCloseable {
  private final StoreOptions options;
  private final StorePool pool = StorePool.current();

  /** With none open yet. */
  public Stores(StoreOptions options) {
    this.options = options;
  }

  /**
   * The store of a location.
   *
   * @param variables the settings, see {@link StoreSettings#of}
   * @throws IllegalArgumentException if there is no such kind of store or option
   */
  public ObjectStore of(ObjectUri location, Map<String, String> variables)
      throws ObjectStoreException {
    return pool.of(options.storeUri(location), variables);
  }

  /** A location with all that the options say of its store. */
  ObjectUri resolved(ObjectUri location) {
    return new ObjectUri(options.storeUri(location), location.key());
  }

  /** Ends what is in flight with an error, unless other commands use the same stores. */
  @Override
  public void close() {
    if (!pool.isShared()) {
      pool.close();
    }
  }
}
