package dev.segue.cli.store;

import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.ObjectStoreException;
import java.io.IOException;

/**
 * Which objects are not copied since they are there already.
 *
 * @param whatever is there
 * @param same in size and version, or in size and not older than its source
 */
record Skipping(boolean whatever, boolean same) {
  boolean skips(ObjectCopy copy, ObjectInfo source, ObjectUri target) throws IOException {
    if (!whatever && !same) {
      return false;
    }
    try {
      ObjectInfo there = copy.head(target);
      return whatever || isSame(source, there);
    } catch (ObjectStoreException e) {
      if (e.reason() == ObjectStoreException.Reason.NOT_FOUND) {
        return false;
      }
      throw e;
    }
  }

  static boolean isSame(ObjectInfo source, ObjectInfo there) {
    return source.byteSize() == there.byteSize()
        && (source.etag().equals(there.etag())
            || !there.lastModified().isBefore(source.lastModified()));
  }
}
