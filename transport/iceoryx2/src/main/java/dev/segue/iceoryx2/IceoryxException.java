package dev.segue.iceoryx2;

/**
 * A refusal or failure of the iceoryx2 core: a service with other settings, no room in shared
 * memory, files of another user.
 *
 * <p>Switch on {@link #kind()}; the message is for people.
 */
public final class IceoryxException extends Exception {
  private static final long serialVersionUID = 1L;

  /** The kind of failure, to switch on. */
  public enum Kind {
    /** A node. */
    NODE,
    /** A service can't be made, or exists with other settings. */
    SERVICE,
    /** A publisher, subscriber, notifier or listener: there are as many as the service allows. */
    PORT,
    /** The machine can't give that much shared memory. */
    SHARED_MEMORY,
    /** A send, or a notification. */
    SEND,
    /** A receive, or a wait. */
    RECEIVE,
    /** A fault inside the core that it didn't expect itself. */
    CORE
  }

  private final Kind kind;

  IceoryxException(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  /** The kind of failure, to switch on. */
  public Kind kind() {
    return kind;
  }
}
