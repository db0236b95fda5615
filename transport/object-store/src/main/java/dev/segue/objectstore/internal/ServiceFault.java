package dev.segue.objectstore.internal;

import org.jspecify.annotations.Nullable;

/**
 * An answer by which a service says that it did not do what was asked, whoever's SDK read it.
 *
 * @param code the service's own word, empty if it gave none
 * @param requestId what the service calls the request, empty if it does not say
 * @param ofCredentials whether it is an answer of who gives out credentials, not of the store
 */
public record ServiceFault(
    int status,
    String code,
    String message,
    String requestId,
    boolean isThrottling,
    boolean ofCredentials) {
  /** The fault that an exception tells of, null if it is of another kind. */
  public static @Nullable ServiceFault of(Throwable failure) {
    return failure instanceof ServiceFaultException known ? known.fault() : null;
  }

  @Override
  public String toString() {
    String who = ofCredentials ? "credentials: " : "";
    if (status == 0) {
      return who + message;
    }
    return who + "status=" + status + " " + code + (message.isEmpty() ? "" : ": " + message);
  }
}
