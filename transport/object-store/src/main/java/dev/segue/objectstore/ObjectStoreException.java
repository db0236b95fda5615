package dev.segue.objectstore;

import java.io.IOException;
import java.io.Serializable;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A fault of a store or of the way to it. The message says what was attempted, on which object. */
public final class ObjectStoreException extends IOException {
  private static final long serialVersionUID = 1L;

  /** The kind of fault, to switch on. */
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

  /**
   * The answer of a service.
   *
   * @param status of HTTP, 0 where no answer came or none was a refusal
   * @param code the service's own word, such as {@code NoSuchKey}; empty where it gave none
   * @param requestId what its operators find the request by; empty where it does not say
   */
  public record Answer(int status, String code, String requestId) implements Serializable {
    /** There was no answer that refused. */
    public static final Answer NONE = new Answer(0, "", "");
  }

  private final Reason reason;
  private final String key;
  private final Answer answer;
  private final int failedCount;

  /** A fault without an answer of a service. */
  public ObjectStoreException(Reason reason, String message, @Nullable Throwable cause) {
    this(reason, message, cause, "", Answer.NONE);
  }

  /** A fault without a cause. */
  public ObjectStoreException(Reason reason, String message) {
    this(reason, message, null);
  }

  /** A fault of one object, or one reported in a service's answer. */
  public ObjectStoreException(
      Reason reason, String message, @Nullable Throwable cause, String key, Answer answer) {
    this(reason, message, cause, key, answer, 0);
  }

  /**
   * A fault of several objects that were to be deleted.
   *
   * @param failedCount how many of them failed
   */
  public ObjectStoreException(
      Reason reason,
      String message,
      @Nullable Throwable cause,
      String key,
      Answer answer,
      int failedCount) {
    super(message, cause);
    this.reason = reason;
    this.key = key;
    this.answer = answer;
    this.failedCount = failedCount;
  }

  @Override
  public String getMessage() {
    return Objects.requireNonNull(super.getMessage());
  }

  /** The kind of fault, to switch on. */
  public Reason reason() {
    return reason;
  }

  /** Returns the key of the object in question; empty if there is none or several. */
  public String key() {
    return key;
  }

  /** Returns the service's answer; {@link Answer#NONE} where it refused nothing. */
  public Answer answer() {
    return answer;
  }

  /**
   * Of a deletion of several objects, how many were not confirmed to be gone; 0 where the fault is
   * of one request.
   */
  public int failedCount() {
    return failedCount;
  }

  /** Returns the status of the service's answer; 0 if there is none. */
  public int status() {
    return answer().status();
  }

  /** Returns the service's error code; empty if there is none. */
  public String code() {
    return answer().code();
  }

  /** Returns the service's id of the request; empty where there is none. */
  public String requestId() {
    return answer().requestId();
  }
}
