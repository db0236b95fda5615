package dev.segue.cli.store;

import dev.segue.objectstore.ObjectStore;
import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.ObjectStoreException.Reason;
import java.util.List;
import java.util.function.Consumer;

/**
 * Deletes objects, and counts those that could not be deleted; they keep nothing else.
 *
 * <p>Owner: the command. Lifetime: that of its stores. Threads: that one.
 */
final class Deletion {
  private final Consumer<ObjectStoreException> complaint;
  private long deletedCount;
  private long failedCount;
  private boolean isGivenUp;

  /**
   * With nothing deleted yet.
   *
   * @param complaint is told why some could not be deleted
   */
  Deletion(Consumer<ObjectStoreException> complaint) {
    this.complaint = complaint;
  }

  /**
   * Deletes objects of one store.
   *
   * @param keys a thousand or so: behind a failure each is looked at
   * @throws ObjectStoreException if it was cancelled
   */
  void run(ObjectStore store, List<String> keys) throws ObjectStoreException {
    if (keys.isEmpty()) {
      return;
    }
    long left = isGivenUp ? keys.size() : leftBy(store, keys);
    deletedCount += keys.size() - left;
    failedCount += left;
  }

  private long leftBy(ObjectStore store, List<String> keys) throws ObjectStoreException {
    try {
      store.delete(keys);
      return 0;
    } catch (ObjectStoreException e) {
      if (e.reason() == Reason.CANCELLED) {
        throw e;
      }
      complaint.accept(e);
      // Of a store that is away, each question would wait as long once more.
      isGivenUp = e.reason() == Reason.UNAVAILABLE;
      return isGivenUp || keys.size() == 1
          ? keys.size()
          : Math.max(1, keys.stream().filter(key -> isThere(store, key)).count());
    }
  }

  /** What nobody can tell counts as there. */
  private static boolean isThere(ObjectStore store, String key) {
    try {
      return store.exists(key);
    } catch (ObjectStoreException e) {
      return true;
    }
  }

  long deletedCount() {
    return deletedCount;
  }

  /** What is left, as far as anybody can tell. */
  long failedCount() {
    return failedCount;
  }
}
