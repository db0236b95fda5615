package dev.segue.iceoryx2;

/**
 * What a wait set looks at of a port: a file descriptor that can be read when it may have
 * something, and whether it has.
 */
record Signal(Attachable port, Handle handle, Descriptor descriptor, Look look) {
  /** Both run between {@link Handle#enter()} and {@link Handle#release()}. */
  interface Descriptor {
    int of(long address) throws IceoryxException;
  }

  /** Empties what the descriptor has, then looks. */
  interface Look {
    boolean isReady(long address) throws IceoryxException;
  }

  static Signal of(Attachable port) {
    return switch (port) {
      case Subscriber subscriber -> subscriber.signal();
      case Listener listener -> listener.signal();
      case Server server -> server.signal();
      case PendingResponse pending -> pending.signal();
    };
  }
}
