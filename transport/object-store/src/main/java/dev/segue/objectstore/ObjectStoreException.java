package dev.segue.objectstore;

import java.io.IOException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A fault of a store or of the way to it. The message says what was attempted, on which object. */
public final class ObjectStoreException extends IOException {
  private static final long serialVersionUID = 1L;

  /** What kind of fault it is. */
  public enum Reason {
    /** No such object, bucket, container or directory. */
    NOT_FOUND,
    /** The store knows who asks, and refuses. */
    DENIED,
    /** The object became another one while it was read, or is not the version to be replaced. */
    CHANGED,
    /** There is an object where none may be replaced. */
    EXISTS,
    /** Bytes arrived that differ from those that were stored: a checksum says so. */
    CORRUPT,
    /** The server's answer contradicts the request or itself: ranges, lengths, ETags. */
    UNTRUSTWORTHY,
    /** The range or the destination does not fit the object. */
    RANGE,
    /** The store can't now: it is overloaded, or there is no way to it. */
    UNAVAILABLE,
    /** The disk or the quota is full. */
    NO_SPACE,
    /** The calling thread was interrupted, or the store closed. */
    CANCELLED,
    /** Anything else. */
    OTHER
  }

  private final Reason reason;

  ObjectStoreException(Reason reason, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.reason = reason;
  }

  ObjectStoreException(Reason reason, String message) {
    this(reason, message, null);
  }

  @Override
  public String getMessage() {
    return Objects.requireNonNull(super.getMessage());
  }

  /** What kind of fault it is. */
  public Reason reason() {
    return reason;
  }
}
