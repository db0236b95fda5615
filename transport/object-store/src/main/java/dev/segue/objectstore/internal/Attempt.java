package dev.segue.objectstore.internal;

import dev.segue.objectstore.ObjectStoreException;
import org.jspecify.annotations.Nullable;

/**
 * An operation, in the words of messages, and the object that it is for.
 *
 * @param key empty where it is about several objects
 */
public record Attempt(String text, String key) {
  /** Returns what is attempted on no object in particular. */
  public static Attempt of(String text) {
    return new Attempt(text, "");
  }

  /** The fault of it that is not one of a request. */
  public ObjectStoreException failure(ObjectStoreException.Reason reason, String problem) {
    return failure(reason, problem, null);
  }

  /** The same with a cause. */
  public ObjectStoreException failure(
      ObjectStoreException.Reason reason, String problem, @Nullable Throwable cause) {
    return new ObjectStoreException(
        reason, text + ": " + problem, cause, key, ObjectStoreException.Answer.NONE);
  }

  @Override
  public String toString() {
    return text;
  }
}
