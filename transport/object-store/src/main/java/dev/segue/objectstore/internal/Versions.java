package dev.segue.objectstore.internal;

import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.ObjectStoreException.Reason;

/** Checks versions of objects that calls are about. */
public final class Versions {
  private Versions() {}

  /**
   * Checks that a version can be told from others.
   *
   * @throws IllegalArgumentException if it has no ETag
   */
  public static void checkNamed(Attempt what, ObjectInfo version) {
    if (version.etag().isEmpty()) {
      throw new IllegalArgumentException(what + ": the version has no ETag to be pinned by");
    }
  }

  /**
   * Checks that an object is the version that is meant.
   *
   * @throws ObjectStoreException with reason CHANGED if it is another one
   */
  public static void checkSame(Attempt what, ObjectInfo version, ObjectInfo there)
      throws ObjectStoreException {
    if (!there.isSameVersion(version)) {
      throw what.failure(Reason.CHANGED, difference(version, there));
    }
  }

  /** Returns how an object differs from the version that is meant, for messages. */
  static String difference(ObjectInfo version, ObjectInfo there) {
    return "the object is another one by now: byteSize="
        + there.byteSize()
        + " ETag="
        + there.etag()
        + ", wanted byteSize="
        + version.byteSize()
        + " ETag="
        + version.etag();
  }
}
