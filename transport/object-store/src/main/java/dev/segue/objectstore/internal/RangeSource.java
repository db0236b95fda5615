package dev.segue.objectstore.internal;

import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.ObjectStoreException;
import java.util.concurrent.CompletableFuture;

/** The source of objects' ranges; each is retried by the source itself. */
public interface RangeSource {
  /**
   * Reads a range, or what of it the object has, into the start of its region. It may be called for
   * many ranges at once; the source starts as many as its settings allow.
   */
  CompletableFuture<ObjectInfo> range(Transfer transfer, RangeRead read);

  /** An object's size and version. */
  ObjectInfo head(String key) throws ObjectStoreException;
}
