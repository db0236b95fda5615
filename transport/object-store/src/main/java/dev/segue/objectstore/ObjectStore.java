package dev.segue.objectstore;

import dev.segue.bytes.LoanPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.objectstore.internal.Providers;
import java.lang.foreign.MemorySegment;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.stream.Stream;

/**
 * Objects in a bucket or a directory, read straight into memory and written from the regions that
 * they lie in.
 *
 * <pre>{@code
 * try (ObjectStore store = ObjectStore.open("s3://frames/2026?region=eu-central-1")) {
 *   store.get("cam0/000001.raw", region);            // ranges, concurrently, into the region
 *   store.put("cam0/000002.raw", bytes);             // regions, gathered, never joined
 * }
 * }</pre>
 *
 * <p>Calls block and may be interrupted: then, as on every error, they return only when nothing is
 * written into the caller's memory any more.
 *
 * <p>Owner: the caller. Lifetime: until {@link #close()}. Threads: any.
 */
public interface ObjectStore extends AutoCloseable {
  /**
   * Opens a store with the settings of the environment.
   *
   * @see #open(String, StoreSettings)
   */
  static ObjectStore open(String uri) throws ObjectStoreException {
    return open(uri, StoreSettings.fromEnvironment());
  }

  /**
   * Opens a store.
   *
   * <ul>
   *   <li>{@code s3://bucket/prefix}, with options {@code ?endpoint=URL} (several, separated by
   *       commas, take turns), {@code region}, {@code pathStyle}, {@code anonymous}, {@code
   *       profile}, {@code roleArn}; unset options fall back to the SDK's defaults;
   *   <li>{@code az://container/prefix}, with options {@code ?account=NAME}, {@code endpoint=URL},
   *       {@code anonymous}; the rest from {@code AZURE_STORAGE_CONNECTION_STRING}, {@code
   *       AZURE_STORAGE_ACCOUNT}, {@code AZURE_STORAGE_KEY}, {@code AZURE_STORAGE_SAS_TOKEN}, or an
   *       Entra identity where {@code azure-identity} is on the class path;
   *   <li>{@code file:///directory}.
   * </ul>
   *
   * <p>{@code s3} needs {@code segue-object-store-s3} on the class path or module path, {@code az}
   * {@code segue-object-store-azure}; files need neither.
   *
   * @throws IllegalArgumentException if the URI is none of these, or what opens it is not there;
   *     the message says what is wrong, or which artifact to add
   */
  static ObjectStore open(String uri, StoreSettings settings) throws ObjectStoreException {
    return Providers.open(uri, settings);
  }

  /** Returns the URI that the store was opened with, percent-encoded and without options. */
  String uri();

  /** An object's size and version. */
  ObjectInfo head(String key) throws ObjectStoreException;

  /** Returns an object's metadata; of a file, the content type that its name implies. */
  ObjectMetadata metadata(String key) throws ObjectStoreException;

  /** Returns whether there is such an object. */
  default boolean exists(String key) throws ObjectStoreException {
    try {
      head(key);
      return true;
    } catch (ObjectStoreException e) {
      if (e.reason() == ObjectStoreException.Reason.NOT_FOUND) {
        return false;
      }
      throw e;
    }
  }

  /**
   * Reads a whole object into the start of a region that is at least as large.
   *
   * @return the version that was read; its size is how much of the region was filled
   * @throws IllegalArgumentException if the region is on the heap or read-only
   * @throws WrongThreadException if the region is confined to another thread
   * @throws IllegalStateException if the region is closed, before or during the call
   */
  ObjectInfo get(String key, MemorySegment region) throws ObjectStoreException;

  /** Reads exactly {@code region.byteSize()} bytes from {@code byteOffset} on into a region. */
  ObjectInfo getRange(String key, long byteOffset, MemorySegment region)
      throws ObjectStoreException;

  /** Reads a whole object into memory of a pool, waiting for room in it. */
  ObjectBytes get(String key, LoanPool pool) throws ObjectStoreException;

  /** Reads a range into memory of a pool, waiting for room in it. */
  ObjectBytes getRange(String key, long byteOffset, long byteSize, LoanPool pool)
      throws ObjectStoreException;

  /**
   * Reads exactly {@code region.byteSize()} bytes of one version of an object.
   *
   * @param version as returned by {@link #head}, a listing, or an earlier read
   * @throws ObjectStoreException with reason CHANGED if the object has changed since, and RANGE if
   *     the version is shorter
   * @throws IllegalArgumentException if the version has no ETag
   */
  ObjectInfo getRange(ObjectInfo version, long byteOffset, MemorySegment region)
      throws ObjectStoreException;

  /** The same into memory of a pool, waiting for room in it. */
  ObjectBytes getRange(ObjectInfo version, long byteOffset, long byteSize, LoanPool pool)
      throws ObjectStoreException;

  /** Takes what {@link #getMany} reads, and closes it. */
  @FunctionalInterface
  interface ManyHandler {
    /** Called for each object in the order of arrival; one call at a time. */
    void accept(ObjectBytes object) throws ObjectStoreException;

    /**
     * Takes the fault of one object; what this throws ends the whole, and by default that is the
     * fault. An interrupt ends it in any case.
     */
    default void failed(String key, ObjectStoreException failure) throws ObjectStoreException {
      throw failure;
    }
  }

  /**
   * Reads many objects, several at a time, in memory bounded by the pool: a further object is read
   * when there is room for it, so the handler must close what it takes.
   */
  void getMany(Collection<String> keys, LoanPool pool, ManyHandler handler)
      throws ObjectStoreException;

  /** Opens an object to be read from front to back, ahead of its reader, in bounded memory. */
  ObjectReader read(String key) throws ObjectStoreException;

  /**
   * Opens a range of an object for reading from front to back into loans of a pool, as far ahead as
   * it has room for. Each chunk is a loan of exactly its size: one of a shared-memory pool is
   * published as it is, without a copy.
   *
   * <pre>{@code
   * try (ObjectReader chunks = store.read(key, shmPool, 0, byteSize, 1 << 20)) {
   *   chunks.pipeTo(publisher.asSink());
   * }
   * }</pre>
   *
   * @param pool stays the caller's, and is not closed
   * @throws ObjectStoreException with reason RANGE if the range is not within the object
   * @throws IllegalArgumentException if a chunk is not positive or does not fit the pool
   */
  default ObjectReader read(
      String key, LoanPool pool, long byteOffset, long byteSize, long chunkByteSize)
      throws ObjectStoreException {
    try (ObjectReader whole = read(key)) {
      return whole.into(pool, byteOffset, byteSize, chunkByteSize);
    }
  }

  /**
   * Writes an object, which becomes visible as a whole or not at all.
   *
   * @throws IllegalArgumentException if the memory is confined to one thread
   */
  default ObjectInfo put(String key, SegmentedBytes bytes) throws ObjectStoreException {
    return put(key, bytes, WriteOptions.NONE);
  }

  /** The same with metadata, or on a condition. */
  ObjectInfo put(String key, SegmentedBytes bytes, WriteOptions options)
      throws ObjectStoreException;

  /** Begins an object of unknown size. */
  default ObjectWriter write(String key) throws ObjectStoreException {
    return write(key, WriteOptions.NONE);
  }

  /** The same with metadata, or on a condition. */
  ObjectWriter write(String key, WriteOptions options) throws ObjectStoreException;

  /**
   * Begins an object of unknown size whose parts are noted in a journal, so that an interrupted
   * upload can be resumed; resumes it if the journal is there already.
   *
   * @see ObjectWriter#resumeByteOffset()
   */
  default ObjectWriter write(String key, Path journal) throws ObjectStoreException {
    return write(key, journal, WriteOptions.NONE);
  }

  /** The same with metadata, or on a condition. */
  ObjectWriter write(String key, Path journal, WriteOptions options) throws ObjectStoreException;

  /**
   * Removes what an interrupted upload with a journal left at the store, and the journal; without a
   * journal there is nothing to do.
   */
  void discard(String key, Path journal) throws ObjectStoreException;

  /**
   * One page of a listing.
   *
   * @param prefix of the keys; empty for all
   * @param delimiter groups keys up to it behind the prefix ({@code "/"}); empty for none
   * @param token of the page before; empty for the first
   */
  ObjectPage list(String prefix, String delimiter, Optional<String> token)
      throws ObjectStoreException;

  /** Takes what a listing can't go into. */
  @FunctionalInterface
  interface UnreadableHandler {
    /** Takes the fault of one directory; the listing goes on without it unless this throws. */
    void accept(ObjectStoreException failure) throws ObjectStoreException;
  }

  /**
   * Returns one page of a listing, and goes on after a directory that can't be read, where {@link
   * #list(String, String, Optional)} fails.
   *
   * @param unreadable is called for each such directory; buckets and containers have none
   */
  default ObjectPage list(
      String prefix, String delimiter, Optional<String> token, UnreadableHandler unreadable)
      throws ObjectStoreException {
    return list(prefix, delimiter, token);
  }

  /**
   * All objects below a prefix, page by page as they are asked for. Nothing is to be closed.
   *
   * <p>A page that can't be read ends the stream with an {@link java.io.UncheckedIOException} whose
   * cause is the {@link ObjectStoreException}.
   */
  default Stream<ObjectInfo> objects(String prefix) {
    return ObjectPages.stream(this, prefix);
  }

  /** Deletes objects; those that don't exist are not an error. */
  void delete(Collection<String> keys) throws ObjectStoreException;

  /** Deletes one object. */
  default void delete(String key) throws ObjectStoreException {
    delete(List.of(key));
  }

  /**
   * Deletes an object if it is still this version; one that no longer exists is not an error. The
   * store decides as it deletes, if the server supports conditional deletions; otherwise the
   * version is checked right before. A file is checked, moved aside, and checked again before it is
   * deleted; if it is another version, it gets its name back, and is missing for a moment.
   *
   * @param version as returned by {@link #head}, a listing, or an earlier read
   * @throws ObjectStoreException with reason CHANGED if the object has changed since
   * @throws IllegalArgumentException if the version has no ETag
   */
  void delete(ObjectInfo version) throws ObjectStoreException;

  /**
   * Deletes objects that still are these versions, a thousand per request where the store can;
   * those that no longer exist are not an error. S3 and Azure decide as they delete. A server that
   * ignores conditional deletions deletes the objects whatever they are, so the caller must check
   * them right before; {@link #delete(ObjectInfo)} checks itself.
   *
   * @param kept is called for each object that has changed since and stays, on this thread
   * @throws ObjectStoreException if some could not be deleted, once all were tried
   * @throws IllegalArgumentException if a version has no ETag
   */
  void delete(Collection<ObjectInfo> versions, Consumer<ObjectInfo> kept)
      throws ObjectStoreException;

  /** Copies an object within the store; on S3 no byte passes this machine, whatever its size. */
  ObjectInfo copy(String fromKey, String toKey) throws ObjectStoreException;

  /**
   * Copies an object of another store into this one without a byte of it on this machine.
   *
   * @return empty if the stores can't do that, because they are of different kinds or services;
   *     then read from one and write to the other
   */
  default Optional<ObjectInfo> copyFrom(ObjectStore source, String fromKey, String toKey)
      throws ObjectStoreException {
    return Optional.empty();
  }

  /**
   * Copies an object within the store and reports progress.
   *
   * @param copied is called with the number of additional bytes copied, several times if the copy
   *     takes long; on any thread
   */
  default ObjectInfo copy(String fromKey, String toKey, LongConsumer copied)
      throws ObjectStoreException {
    ObjectInfo info = copy(fromKey, toKey);
    copied.accept(info.byteSize());
    return info;
  }

  /**
   * Copies one version of an object within the store and reports its progress.
   *
   * @param version as returned by {@link #head}, a listing, or an earlier read
   * @param copied is called with the number of additional bytes copied, on any thread
   * @throws ObjectStoreException with reason CHANGED if the object has changed since
   * @throws IllegalArgumentException if the version has no ETag
   */
  ObjectInfo copy(ObjectInfo version, String toKey, LongConsumer copied)
      throws ObjectStoreException;

  /**
   * Copies one version of an object of another store into this one, as {@link
   * #copyFrom(ObjectStore, String, String)} does.
   *
   * @throws ObjectStoreException with reason CHANGED if the object has changed since
   * @throws IllegalArgumentException if the version has no ETag
   */
  default Optional<ObjectInfo> copyFrom(ObjectStore source, ObjectInfo version, String toKey)
      throws ObjectStoreException {
    return Optional.empty();
  }

  /**
   * Returns a URL that lets anybody who has it read an object for the given time.
   *
   * @throws UnsupportedOperationException if the store doesn't support presigned URLs
   */
  URI presignGet(String key, Duration validity) throws ObjectStoreException;

  /**
   * Returns a URL that lets anybody who has it write an object for the given time.
   *
   * @throws UnsupportedOperationException if the store doesn't support presigned URLs
   */
  URI presignPut(String key, Duration validity) throws ObjectStoreException;

  /** Ends what is in flight with an error. Idempotent. */
  @Override
  void close();
}
