package dev.segue.iceoryx2;

import java.util.function.LongPredicate;

/**
 * The state of a port that a wait set looks at: a file descriptor that can be read when it may have
 * something, whether it has, and whether it never has without that.
 */
record Signal(
    Attachable port, Handle handle, Descriptor descriptor, Look look, LongPredicate alwaysWakes) {
  /** Both run between {@link Handle#enter()} and {@link Handle#release()}. */
  interface Descriptor {
    int of(long address) throws IceoryxException;
  }

  /** Empties what the descriptor has, then looks. */
  interface Look {
    boolean isReady(long address) throws IceoryxException;
  }

  /** Of a port whose peers may wake nobody. */
  Signal(Attachable port, Handle handle, Descriptor descriptor, Look look) {
    this(port, handle, descriptor, look, _ -> false);
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
