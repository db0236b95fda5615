package dev.segue.zenoh;

/**
 * A refusal or failure of the Zenoh core: the network, the configuration of a session, memory.
 *
 * <p>Switch on {@link #kind()}; the message is for people.
 */
public class ZenohException extends Exception {
  private static final long serialVersionUID = 1L;

  /** The kind of failure, to switch on. */
  public enum Kind {
    /** A session can't be opened: an endpoint is taken or can't be reached, a file is missing. */
    OPEN,
    /** The session was closed, before or during the call. */
    CLOSED,
    /** A declaration of a publisher, subscriber, queryable, or the like. */
    DECLARATION,
    /** A put or a delete. */
    PUT,
    /** A get, or a reply. */
    QUERY,
    /** The machine can't give that much shared memory. */
    SHARED_MEMORY,
    /** Information about a session. */
    INFORMATION,
    /** A fault inside the core that it didn't expect itself. */
    CORE
  }

  private final Kind kind;

  ZenohException(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  /** The kind of failure, to switch on. */
  public Kind kind() {
    return kind;
  }
}
