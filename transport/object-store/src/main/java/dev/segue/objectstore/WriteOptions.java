package dev.segue.objectstore;

/**
 * What is stored beside an object, and on which condition.
 *
 * <pre>{@code
 * store.put("lock", bytes, WriteOptions.NONE.ifAbsent());
 * store.put("state", bytes, WriteOptions.NONE.ifMatch(store.head("state").etag()));
 * }</pre>
 *
 * <p>A condition is decided by the store when the object becomes visible, so that of several
 * writers one wins; for files {@code ifMatch} is looked at right before, which leaves a moment.
 * Values are immutable; a method gives a changed one.
 *
 * @param isIfAbsent whether nothing may be there under the key
 * @param ifMatchEtag the version that must be there; empty for any
 */
public record WriteOptions(ObjectMetadata metadata, boolean isIfAbsent, String ifMatchEtag) {
  /** No metadata, no condition. */
  public static final WriteOptions NONE = new WriteOptions(ObjectMetadata.NONE, false, "");

  /** The same with metadata; files have none, and drop it. */
  public WriteOptions metadata(ObjectMetadata other) {
    return new WriteOptions(other, isIfAbsent, ifMatchEtag);
  }

  /** The same where nothing may be there: else the write fails with reason {@code EXISTS}. */
  public WriteOptions ifAbsent() {
    return new WriteOptions(metadata, true, "");
  }

  /** The same where this version must be there: else the write fails with {@code CHANGED}. */
  public WriteOptions ifMatch(String etag) {
    return new WriteOptions(metadata, false, etag);
  }

  /** {@code If-None-Match}, null where there is none. */
  @org.jspecify.annotations.Nullable
  String ifNoneMatchHeader() {
    return isIfAbsent ? "*" : null;
  }

  /** {@code If-Match}, null where there is none. */
  @org.jspecify.annotations.Nullable
  String ifMatchHeader() {
    return ifMatchEtag.isEmpty() ? null : ifMatchEtag;
  }

  /** The fault of a write whose condition the store says is not met, as its reason. */
  ObjectStoreException told(ObjectStoreException failure) {
    boolean refused = failure.reason() == ObjectStoreException.Reason.CHANGED;
    return isIfAbsent && refused
        ? new ObjectStoreException(
            ObjectStoreException.Reason.EXISTS, failure.getMessage(), failure)
        : failure;
  }
}
