package dev.segue.cli.store;

import dev.segue.objectstore.ObjectStore;
import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.StoreSettings;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Callable;

/**
 * Stores, each opened when it is first needed, and shared by the commands that run within {@link
 * #share}.
 *
 * <p>Owner: a command, or who runs many. Lifetime: until {@link #close()}. Threads: any.
 */
public final class StorePool implements AutoCloseable {
  private static final ScopedValue<StorePool> SHARED = ScopedValue.newInstance();

  private record Opening(String storeUri, Map<String, String> variables) {}

  private final Map<Opening, ObjectStore> open = new HashMap<>();

  /** With no store open. */
  public StorePool() {}

  /** Runs a command whose stores are this pool's, and stay open. */
  public int share(Callable<Integer> command) throws Exception {
    return ScopedValue.where(SHARED, this).call(command::call);
  }

  /** That of this thread's commands. */
  static StorePool current() {
    return SHARED.isBound() ? SHARED.get() : new StorePool();
  }

  boolean isShared() {
    return SHARED.isBound() && SHARED.get().equals(this);
  }

  synchronized ObjectStore of(String storeUri, Map<String, String> variables)
      throws ObjectStoreException {
    Opening opening = new Opening(storeUri, variables);
    ObjectStore known = open.get(opening);
    if (known == null) {
      known = ObjectStore.open(storeUri, StoreSettings.of(variables));
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
