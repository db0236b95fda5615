package dev.segue.objectstore.internal;

import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.ObjectStoreException.Reason;
import org.jspecify.annotations.Nullable;

/** The faults of a deletion, which goes on behind each: the first one, and how many there were. */
public final class DeletionFaults {
  private final String uri;
  private final int objectCount;
  private int failedCount;
  private @Nullable ObjectStoreException first;

  /** Of so many objects below a store's URI. */
  public DeletionFaults(String uri, int objectCount) {
    this.uri = uri;
    this.objectCount = objectCount;
  }

  /**
   * Notes that so many objects could not be deleted.
   *
   * @throws ObjectStoreException if the whole is given up
   */
  public void add(int count, ObjectStoreException failure) throws ObjectStoreException {
    if (failure.reason() == Reason.CANCELLED) {
      throw failure;
    }
    failedCount += count;
    first = first == null ? failure : first;
  }

  /**
   * All were tried.
   *
   * @throws ObjectStoreException if some failed, with the first fault and how many there were
   */
  public void end() throws ObjectStoreException {
    ObjectStoreException failure = first;
    if (failure == null) {
      return;
    }
    if (objectCount == 1) {
      throw failure;
    }
    throw new ObjectStoreException(
        failure.reason(),
        "delete below "
            + uri
            + ": failedCount="
            + failedCount
            + " of objectCount="
            + objectCount
            + ", the first: "
            + failure.getMessage(),
        failure,
        failure.key(),
        failure.answer(),
        failedCount);
  }
}
