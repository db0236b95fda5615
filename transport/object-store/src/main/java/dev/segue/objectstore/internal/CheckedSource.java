package dev.segue.objectstore.internal;

import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.checksum.Pieces;
import dev.segue.objectstore.checksum.StoredChecksum;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** Ranges of objects that were stored with a checksum of the whole. */
public interface CheckedSource extends RangeSource {
  /**
   * The same ranges; the checksums of what arrives are noted in {@code pieces}, and {@code seen} is
   * told of every response's head.
   */
  RangeSource noting(Pieces pieces, Consumer<ObjectInfo> seen);

  /**
   * Returns what one version of an object can be checked by; empty if it has nothing, or is there
   * no more.
   */
  CompletableFuture<Optional<StoredChecksum>> stored(String key, String etag);
}
