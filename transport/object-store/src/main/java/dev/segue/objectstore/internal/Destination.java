package dev.segue.objectstore.internal;

import dev.segue.bytes.spi.SegmentCheck;
import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.ObjectStoreException;
import java.lang.foreign.MemorySegment;

/** Checks a caller's memory before anything is read into it. */
public final class Destination {
  private Destination() {}

  /**
   * The same memory for threads of the HTTP client to fill, until the calling thread goes on.
   *
   * <p>Memory that is confined to the caller can't be closed while the caller waits, so an alias of
   * it is safe; any other keeps its scope, which each read holds.
   */
  public static MemorySegment of(Attempt what, MemorySegment region) {
    SegmentCheck.checkWritable(what, region);
    if (!region.scope().isAlive()) {
      throw new IllegalStateException(what + ": the destination is closed");
    }
    if (SegmentCheck.isShared(region)) {
      return region;
    }
    if (!region.isAccessibleBy(Thread.currentThread())) {
      throw new WrongThreadException(what + ": the destination is confined to another thread");
    }
    return Slot.alias(region);
  }

  /**
   * Checks a range that is asked for.
   *
   * @throws IllegalArgumentException if it is negative
   * @throws ObjectStoreException with reason RANGE if no object reaches its end
   */
  public static void checkRange(Attempt what, long byteOffset, long byteSize)
      throws ObjectStoreException {
    if (byteOffset < 0 || byteSize < 0) {
      throw new IllegalArgumentException(
          what + ": byteOffset=" + byteOffset + " byteSize=" + byteSize + ": not negative");
    }
    if (byteSize > Long.MAX_VALUE - byteOffset) {
      throw what.failure(
          ObjectStoreException.Reason.RANGE,
          "byteOffset="
              + byteOffset
              + " byteSize="
              + byteSize
              + " is beyond the end of every object");
    }
  }

  /**
   * Checks a range of a version that is known.
   *
   * @throws IllegalArgumentException if it is negative, or if the version can't be told from others
   * @throws ObjectStoreException with reason RANGE if it is beyond the object's end
   */
  public static void checkRange(Attempt what, ObjectInfo version, long byteOffset, long byteSize)
      throws ObjectStoreException {
    checkRange(what, byteOffset, byteSize);
    Versions.checkNamed(what, version);
    if (byteSize > version.byteSize() - byteOffset) {
      throw what.failure(
          ObjectStoreException.Reason.RANGE,
          "byteOffset="
              + byteOffset
              + " byteSize="
              + byteSize
              + " is beyond the object's end, it has byteSize="
              + version.byteSize());
    }
  }
}
