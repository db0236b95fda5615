package dev.segue.gateway;

import dev.segue.http2.WebSocket;
import org.jspecify.annotations.Nullable;

/**
 * Takes room in the budget of bodies for the message that a WebSocket is receiving, as it comes,
 * and ends a socket that has no room, sends too slowly, or sends a text that is too long.
 *
 * <p>Owner: the connection. Lifetime: until {@link #close()}. Threads: any.
 */
final class SocketRoom implements AutoCloseable {
  /** Control messages are texts. */
  private static final long MAX_TEXT_BYTE_SIZE = 1L << 20;

  /** A text that is no longer needs no room: each socket has one at a time. */
  private static final int FREE_TEXT_BYTE_SIZE = 4096;

  /** The heap that a message waiting to be put takes, however short it is. */
  private static final int MESSAGE_BYTE_SIZE = 4096;

  private static final int POLICY = 1008;
  private static final int TOO_LARGE = 1009;
  private static final int TRY_AGAIN_LATER = 1013;

  private final GatewayExchange call;
  private final ClientSlots bodies;
  private final Timers timers;
  private SendingPace pace = new SendingPace();
  private ClientSlots.@Nullable Taken taken;
  private Timers.@Nullable Task deadline;
  private long takenByteSize;
  private long since;
  private boolean closed;

  SocketRoom(GatewayExchange call, ClientSlots bodies, Timers timers) {
    this.call = call;
    this.bodies = bodies;
    this.timers = timers;
  }

  /**
   * Returns whether a message may go on, of which so much has come; if not, the socket was closed.
   */
  synchronized boolean grow(WebSocket socket, boolean isText, long byteSize) {
    if (closed) {
      return false;
    }
    if (isText && byteSize > MAX_TEXT_BYTE_SIZE) {
      socket.close(TOO_LARGE, "a text is larger than byteSize=" + MAX_TEXT_BYTE_SIZE);
      return false;
    }
    long now = call.nanoTime();
    if (deadline == null) {
      pace = new SendingPace();
      since = now;
      deadline = timers.whenUsedUp(this::leftNanos, () -> endSlow(socket));
    }
    long more = byteSize - takenByteSize;
    if (!pace.came(now - since, more)) {
      socket.close(POLICY, "a message arrives too slowly");
      return false;
    }
    since = now;
    try {
      take(more);
      return true;
    } catch (HttpException e) {
      socket.close(TRY_AGAIN_LATER, e.getMessage());
      return false;
    }
  }

  private void take(long more) throws HttpException {
    ClientSlots.Taken room = taken;
    if (room == null) {
      taken = bodies.take(call.client(), more);
    } else {
      room.more(more);
    }
    takenByteSize += more;
  }

  private synchronized long leftNanos() {
    return pace.leftNanos() - (call.nanoTime() - since);
  }

  private synchronized void endSlow(WebSocket socket) {
    if (deadline != null && !closed && leftNanos() <= 0) { // Of the message that comes now.
      socket.close(POLICY, "a message arrives too slowly");
    }
  }

  /**
   * Gives the room of the message that has come whole, to be closed by who keeps it.
   *
   * @throws HttpException 503 if there is no room for it
   */
  synchronized ClientSlots.Taken whole(long byteSize) throws HttpException {
    boolean done = false;
    try {
      take(MESSAGE_BYTE_SIZE + byteSize - takenByteSize);
      ClientSlots.Taken room = taken;
      if (room == null) {
        throw new IllegalStateException("room of a message: none was taken");
      }
      taken = null;
      done = true;
      return room;
    } finally {
      if (done) {
        takenByteSize = 0;
        stop();
      } else {
        reset();
      }
    }
  }

  /**
   * The same of a text.
   *
   * @throws HttpException 503 if there is no room for it
   */
  synchronized ClientSlots.Taken wholeText(String text) throws HttpException {
    long byteSize = TextSize.ofHeap(text);
    if (byteSize > FREE_TEXT_BYTE_SIZE) {
      return whole(byteSize);
    }
    reset();
    return bodies.take(call.client(), 0);
  }

  /** Gives back what a message took that nobody keeps. */
  synchronized void reset() {
    ClientSlots.Taken room = taken;
    taken = null;
    takenByteSize = 0;
    if (room != null) {
      room.close();
    }
    stop();
  }

  private void stop() {
    Timers.Task running = deadline;
    deadline = null;
    if (running != null) {
      running.cancel();
    }
  }

  @Override
  public synchronized void close() {
    closed = true;
    reset();
  }
}
