package dev.segue.objectstore.internal;

import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.ObjectStoreException.Reason;
import dev.segue.objectstore.WriteOptions;
import org.jspecify.annotations.Nullable;

/** The conditions of a write, as requests say them and as answers refuse them. */
public final class WriteConditions {
  private WriteConditions() {}

  /** {@code If-None-Match}, null where there is none. */
  public static @Nullable String ifNoneMatch(WriteOptions options) {
    return options.isIfAbsent() ? "*" : null;
  }

  /** {@code If-Match}, null where there is none. */
  public static @Nullable String ifMatch(WriteOptions options) {
    return options.ifMatchEtag().isEmpty() ? null : options.ifMatchEtag();
  }

  /** The fault of a write whose condition the store says is not met, as its reason. */
  public static ObjectStoreException told(WriteOptions options, ObjectStoreException failure) {
    return options.isIfAbsent() && failure.reason() == Reason.CHANGED
        ? new ObjectStoreException(
            Reason.EXISTS,
            String.valueOf(failure.getMessage()),
            failure,
            failure.key(),
            failure.answer())
        : failure;
  }

  /**
   * Refuses what only S3 can do.
   *
   * @throws IllegalArgumentException if the options ask for encryption
   */
  public static void checkNoEncryption(Attempt what, WriteOptions options) {
    if (!options.encryption().isEmpty() || !options.encryptionKey().isEmpty()) {
      throw new IllegalArgumentException(
          what
              + ": encryption="
              + options.encryption()
              + ": this store has no encryption of single objects");
    }
  }
}
