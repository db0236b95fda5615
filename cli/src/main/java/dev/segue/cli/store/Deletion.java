package dev.segue.cli.store;

import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.ObjectStore;
import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.ObjectStoreException.Reason;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
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

  private interface Call {
    void run() throws ObjectStoreException;
  }

  /**
   * With nothing deleted yet.
   *
   * @param complaint is told why some could not be deleted
   */
  Deletion(Consumer<ObjectStoreException> complaint) {
    this.complaint = complaint;
  }

  /**
   * Deletes objects of one store, whatever they are.
   *
   * @throws ObjectStoreException if it was cancelled
   */
  void run(ObjectStore store, List<String> keys) throws ObjectStoreException {
    if (!keys.isEmpty()) {
      count(keys.size(), () -> store.delete(keys));
    }
  }

  /**
   * Deletes objects of one store that still are these versions; others stay, and count as neither
   * deleted nor failed.
   *
   * @throws ObjectStoreException if it was cancelled
   */
  void runUnchanged(ObjectStore store, List<ObjectInfo> versions) throws ObjectStoreException {
    if (!versions.isEmpty()) {
      AtomicInteger keptCount = new AtomicInteger();
      count(
          versions.size(),
          () ->
              store.delete(
                  versions,
                  version -> {
                    keptCount.incrementAndGet();
                  }));
      deletedCount -= keptCount.get();
    }
  }

  private void count(int objectCount, Call call) throws ObjectStoreException {
    int failed = isGivenUp ? objectCount : failedOf(objectCount, call);
    deletedCount += objectCount - failed;
    failedCount += failed;
  }

  private int failedOf(int objectCount, Call call) throws ObjectStoreException {
    try {
      call.run();
      return 0;
    } catch (ObjectStoreException e) {
      if (e.reason() == Reason.CANCELLED) {
        throw e;
      }
      complaint.accept(e);
      // Of a store that is away, each request would wait as long once more.
      isGivenUp = e.reason() == Reason.UNAVAILABLE;
      return e.failedCount() > 0 ? e.failedCount() : objectCount;
    }
  }

  long deletedCount() {
    return deletedCount;
  }

  /** Returns how many the stores did not confirm to be gone. */
  long failedCount() {
    return failedCount;
  }
}
