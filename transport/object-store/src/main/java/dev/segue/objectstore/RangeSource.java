package dev.segue.objectstore;

import java.lang.foreign.MemorySegment;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Where ranges of objects come from; each is retried by the source itself. */
interface RangeSource {
  /**
   * Reads a range, or what of it the object has, into the start of a region. It may be called for
   * many ranges at once; the source starts as many as its settings allow.
   *
   * @param etag the version that is wanted; another one is a fault. Null for any
   * @param headKnown told once, on any thread, as soon as the object's size and version are known
   */
  CompletableFuture<ObjectInfo> range(
      Transfer transfer,
      String key,
      long byteOffset,
      MemorySegment region,
      @Nullable String etag,
      Consumer<ObjectInfo> headKnown);

  /** An object's size and version. */
  ObjectInfo head(String key) throws ObjectStoreException;
}
