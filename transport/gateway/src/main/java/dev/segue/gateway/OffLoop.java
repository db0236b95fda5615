package dev.segue.gateway;

import dev.segue.http2.WebSocket;
import java.util.concurrent.Executor;

/**
 * Handles what takes long of a WebSocket's messages away from its event loop: a megabyte of JSON
 * held the loop, and all connections on it, for half a second. The socket is read on when a message
 * is done, so messages keep their order, and a client that sends many of them waits for its turn.
 *
 * <p>Owner: the connection. Lifetime: the same. Threads: {@link #run} within calls of the listener.
 *
 * @param threads where messages are handled
 */
record OffLoop(Executor threads) {
  /** Those that are closed, and a listener that fails. */
  private static final int GOING_AWAY = 1001;

  private static final int FAILED = 1011;

  /**
   * Handles a message, later.
   *
   * @param end runs once, when it is done or can't be handled any more
   */
  void run(WebSocket socket, Runnable work, Runnable end) {
    socket.pauseReading();
    if (!Work.isTakenBy(threads, () -> handle(socket, work, end))) {
      socket.close(GOING_AWAY, "the gateway is closing");
      end.run();
      socket.resumeReading();
    }
  }

  private static void handle(WebSocket socket, Runnable work, Runnable end) {
    try {
      work.run();
    } catch (Throwable e) {
      System.getLogger("dev.segue.gateway")
          .log(System.Logger.Level.WARNING, "message of a WebSocket", e);
      socket.close(FAILED, "");
    } finally {
      end.run();
      socket.resumeReading();
    }
  }
}
