package dev.segue.cli.store;

import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.ObjectStoreException;
import java.io.IOException;
import java.time.Instant;

/**
 * Which objects are not copied since they are there already.
 *
 * @param whatever is there
 * @param same in size and version, or in size and not older than its source
 */
record Skipping(boolean whatever, boolean same) {
  boolean skips(ObjectCopy copy, ObjectUri from, ObjectInfo source, ObjectUri target)
      throws IOException {
    if ((!whatever && !same) || Streams.isStream(target)) {
      return false;
    }
    try {
      ObjectInfo there = copy.head(target);
      return whatever || isSame(copy, from, source, there);
    } catch (ObjectStoreException e) {
      if (e.reason() == ObjectStoreException.Reason.NOT_FOUND) {
        return false;
      }
      throw e;
    }
  }

  /** Returns whether what is there has the source's size, and its version or no older time. */
  static boolean isSame(ObjectCopy copy, ObjectUri from, ObjectInfo source, ObjectInfo there)
      throws IOException {
    if (source.isSameVersion(there)) {
      return true;
    }
    if (source.byteSize() != there.byteSize()) {
      return false;
    }
    Instant time = copy.timeOf(from, source);
    return !there.lastModified().isBefore(time);
  }
}
