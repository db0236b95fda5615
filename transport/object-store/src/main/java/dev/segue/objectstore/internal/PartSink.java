package dev.segue.objectstore.internal;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.ObjectWriter;
import dev.segue.objectstore.checksum.Crc;
import dev.segue.objectstore.checksum.StoredChecksum;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** The destination of the parts of an {@link ObjectWriter}'s object. One per object. */
public interface PartSink {
  /**
   * A part that the store has.
   *
   * @param number from 1 on
   * @param crc of the part's bytes, by the settings' {@link Crc}; 0 where they name none
   */
  record Part(int number, long byteSize, String etag, long crc) {}

  /**
   * What has the object's name.
   *
   * @param mark of the write that made it; empty for none
   * @param stored null where the store has no checksum of it
   */
  record There(ObjectInfo info, String mark, @Nullable StoredChecksum stored) {}

  /**
   * The id that the next {@link #begin} gives, where this process chooses it: a journal then notes
   * it before there is anything that only the journal knows of. Null if the store chooses it.
   */
  default @Nullable String plannedId() {
    return null;
  }

  /**
   * The word in the metadata of what is written, so that it is told from another one's; empty where
   * there is none. What is written on a condition or by parts has one.
   */
  default String mark() {
    return "";
  }

  /**
   * Returns whether an upload of an earlier process stores the same beside the bytes as this one,
   * by its mark: stores take that when an upload begins.
   */
  default boolean isOf(String earlierMark) {
    return true;
  }

  /** Gives the upload that begins a mark, also without a condition; a journal notes it. */
  default void beginMarked() {}

  /**
   * Goes on with the upload that is resumed.
   *
   * @param earlierMark that it began with in another process; empty for none
   */
  default void goOn(String earlierMark) {}

  /** Begins an upload of several parts; returns its id, empty if the store has none. */
  String begin() throws ObjectStoreException;

  /** Sends a part; parts may be under way together. The bytes are lent until the future is done. */
  CompletableFuture<Part> part(int number, SegmentedBytes bytes, long crc, Transfer transfer);

  /** Makes the object of its parts, in their order. */
  ObjectInfo complete(List<Part> parts) throws ObjectStoreException;

  /** Makes the object of one run of bytes, with no parts. */
  ObjectInfo whole(SegmentedBytes bytes, long crc, Transfer transfer) throws ObjectStoreException;

  /** Removes all trace of an upload that was begun. */
  void abort() throws ObjectStoreException;

  /** {@link #abort} for what failed, which says more than a failure of that. */
  default void abortFor(Throwable failure) {
    try {
      abort();
    } catch (ObjectStoreException e) {
      failure.addSuppressed(e);
    }
  }

  /** Ends the work and leaves what is stored, so that it can be resumed. */
  default void detach() throws ObjectStoreException {}

  /** Removes all trace of an upload that was begun at another time, if there still is one. */
  default void discard(String uploadId) throws ObjectStoreException {
    if (resume(uploadId) != null) {
      abort();
    }
  }

  /** Returns how many parts an object can have at most. */
  int partCountLimit();

  /** Parts that the store has of the upload that is resumed, or null if it does not know it. */
  @Nullable List<Part> resume(String uploadId) throws ObjectStoreException;

  /**
   * Looks at what has the object's name, null where that proves nothing: the answer to the end of
   * an upload that the store does not know any more may have been lost.
   *
   * @throws ObjectStoreException also if there is nothing, or it must not be looked at
   */
  default @Nullable There there() throws ObjectStoreException {
    return null;
  }
}
