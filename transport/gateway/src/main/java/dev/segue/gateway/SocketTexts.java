package dev.segue.gateway;

import dev.segue.http2.WebSocket;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Sends texts on one WebSocket, and refuses more of them where its client doesn't read. A text on
 * its way costs heap however short it is, so all but the first few count against what is made for
 * one request alone, of all clients together.
 *
 * <p>Owner: the connection. Lifetime: the same. Threads: any.
 */
final class SocketTexts {
  /** What a text takes on the heap on its way, besides its bytes. */
  private static final int TEXT_BYTE_SIZE = 2048;

  /** So many always have room, since a client that reads has a few on their way too. */
  private static final int FREE_COUNT = 16;

  private static final int FREE_BYTE_SIZE = 4096;

  private final GatewayExchange call;
  private final long maxByteSize;
  private int waitingCount;
  private long waitingByteSize;

  /**
   * Makes texts of a connection.
   *
   * @param maxByteSize how long those may be together that wait for the client
   */
  SocketTexts(GatewayExchange call, long maxByteSize) {
    this.call = call;
    this.maxByteSize = maxByteSize;
  }

  /** Sends a text; false, and it is not sent, if too much waits for the client already. */
  boolean send(WebSocket socket, String text) {
    int byteSize = text.length();
    ClientSlots.Taken room;
    try {
      room = take(byteSize);
    } catch (HttpException e) {
      return false;
    }
    boolean begun = false;
    try {
      CompletionStage<Void> sent = socket.sendText(text);
      begun = true;
      var _ = sent.whenComplete((_, _) -> left(byteSize, room));
      return !sent.toCompletableFuture().isCompletedExceptionally();
    } finally {
      if (!begun) {
        left(byteSize, room);
      }
    }
  }

  /** Counts a text; null where it needs no room. */
  private synchronized ClientSlots.@Nullable Taken take(int byteSize) throws HttpException {
    if (waitingByteSize + byteSize > maxByteSize) {
      throw new HttpException(503, "the client doesn't read");
    }
    boolean free = waitingCount < FREE_COUNT && waitingByteSize + byteSize <= FREE_BYTE_SIZE;
    ClientSlots.Taken room = free ? null : call.roomFor(TEXT_BYTE_SIZE + byteSize);
    waitingCount++;
    waitingByteSize += byteSize;
    return room;
  }

  private void left(int byteSize, ClientSlots.@Nullable Taken room) {
    synchronized (this) {
      waitingCount--;
      waitingByteSize -= byteSize;
    }
    if (room != null) {
      room.close();
    }
  }
}
