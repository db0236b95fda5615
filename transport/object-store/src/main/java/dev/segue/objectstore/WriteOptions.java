package dev.segue.objectstore;

import java.util.Map;

/**
 * Options of a write: what is stored beside an object, how it is kept, and on which condition it is
 * written.
 *
 * <pre>{@code
 * store.put("lock", bytes, WriteOptions.NONE.ifAbsent());
 * store.put("state", bytes, WriteOptions.NONE.ifMatch(store.head("state").etag()));
 * store.put("old", bytes, WriteOptions.NONE.storageClass("GLACIER_IR").tags(Map.of("keep", "1y")));
 * }</pre>
 *
 * <p>The store evaluates a condition when the object becomes visible, so that one of several
 * writers wins. For files, this holds among conditional writers, which take turns; an unconditional
 * write between the check of a version and its replacement is overwritten, and on a file system
 * without hard links also one where nothing was there. Values are immutable; a method returns a
 * changed one.
 *
 * @param isIfAbsent whether nothing may be there under the key
 * @param ifMatchEtag the version that must be there; empty for any
 * @param storageClass as the store calls it; empty for its default
 * @param encryption how S3 encrypts it, {@code AES256} or {@code aws:kms}; empty for the bucket's
 *     way
 * @param encryptionKey the id of the key that {@code aws:kms} takes; empty for the bucket's
 * @param tags names and values by which rules of the bucket or the account go
 */
public record WriteOptions(
    ObjectMetadata metadata,
    boolean isIfAbsent,
    String ifMatchEtag,
    String storageClass,
    String encryption,
    String encryptionKey,
    Map<String, String> tags) {
  /** No metadata, no condition, and the store's defaults. */
  public static final WriteOptions NONE =
      new WriteOptions(ObjectMetadata.NONE, false, "", "", "", "", Map.of());

  /** Copies the map. */
  public WriteOptions {
    tags = Map.copyOf(tags);
  }

  /** The same with metadata; files have none, and drop it. */
  public WriteOptions metadata(ObjectMetadata other) {
    return new WriteOptions(
        other, isIfAbsent, ifMatchEtag, storageClass, encryption, encryptionKey, tags);
  }

  /** The same where nothing may be there: else the write fails with reason {@code EXISTS}. */
  public WriteOptions ifAbsent() {
    return new WriteOptions(metadata, true, "", storageClass, encryption, encryptionKey, tags);
  }

  /** The same where this version must be there: else the write fails with {@code CHANGED}. */
  public WriteOptions ifMatch(String etag) {
    return new WriteOptions(metadata, false, etag, storageClass, encryption, encryptionKey, tags);
  }

  /** The same in a storage class of S3 or an access tier of Azure; files have none, and drop it. */
  public WriteOptions storageClass(String other) {
    return new WriteOptions(
        metadata, isIfAbsent, ifMatchEtag, other, encryption, encryptionKey, tags);
  }

  /**
   * The same encrypted by S3 in a way of one's own; other stores refuse it.
   *
   * @param algorithm {@code AES256} or {@code aws:kms}
   * @param key an id of a key, empty for the bucket's
   */
  public WriteOptions encryption(String algorithm, String key) {
    return new WriteOptions(metadata, isIfAbsent, ifMatchEtag, storageClass, algorithm, key, tags);
  }

  /** The same with tags; files have none, and drop them. */
  public WriteOptions tags(Map<String, String> others) {
    return new WriteOptions(
        metadata, isIfAbsent, ifMatchEtag, storageClass, encryption, encryptionKey, others);
  }
}
