package dev.segue.objectstore;

import java.time.Instant;

/**
 * The attributes of one version of an object.
 *
 * @param key relative to the store's URI
 * @param etag the store's name of this version, as it gives it; a file's is made of its size, time
 *     of change and identity
 * @param lastModified to the second on S3
 * @param versionId what a bucket that keeps versions calls it; empty where it keeps none, and in
 *     listings
 */
public record ObjectInfo(
    String key, long byteSize, String etag, Instant lastModified, String versionId) {
  /** A version of a store that keeps no older ones. */
  public ObjectInfo(String key, long byteSize, String etag, Instant lastModified) {
    this(key, byteSize, etag, lastModified, "");
  }

  /**
   * Returns whether another lookup found the same version, by ETag and size. An object without an
   * ETag, as in listings of some servers, is never the same version as another.
   */
  public boolean isSameVersion(ObjectInfo other) {
    return !etag.isEmpty() && etag.equals(other.etag) && byteSize == other.byteSize;
  }
}
