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
  /** The heap that a text on its way takes besides its bytes. */
  private static final int TEXT_BYTE_SIZE = 2048;

  /** So many always have room, since a client that reads has a few on their way too. */
  private static final int FREE_COUNT = 16;

  private static final int FREE_BYTE_SIZE = 4096;

  /** What is said to a client, who may have made it as long as its own text. */
  private static final int MAX_MESSAGE_LENGTH = 1000;

  private final GatewayExchange call;
  private final long maxByteSize;
  private final Runnable onLeft;
  private int waitingCount;
  private long waitingByteSize;

  /**
   * Makes texts of a connection.
   *
   * @param maxByteSize how long those may be together that wait for the client
   * @param onLeft runs each time that one has left, and made room for something else
   */
  SocketTexts(GatewayExchange call, long maxByteSize, Runnable onLeft) {
    this.onLeft = onLeft;
    this.call = call;
    this.maxByteSize = maxByteSize;
  }

  /** The beginning of a message for a client that repeats what it sent. */
  static String cut(String message) {
    return message.length() <= MAX_MESSAGE_LENGTH
        ? message
        : message.substring(0, MAX_MESSAGE_LENGTH) + "…";
  }

  /** Sends a text; false, and it is not sent, if too much waits for the client already. */
  boolean send(WebSocket socket, String text) {
    long byteSize = TextSize.ofUtf8(text);
    Room room = tryTake(byteSize);
    if (room == null) {
      return false;
    }
    boolean begun = false;
    try {
      CompletionStage<Void> sent = socket.sendText(text);
      begun = true;
      var _ =
          sent.whenComplete(
              (_, fault) -> {
                left(byteSize, room);
                if (fault == null) {
                  onLeft.run();
                }
              });
      return !sent.toCompletableFuture().isCompletedExceptionally();
    } finally {
      if (!begun) {
        left(byteSize, room);
      }
    }
  }

  /** The share of the common room that a text on its way takes; none where it is free. */
  private record Room(ClientSlots.@Nullable Taken taken) {}

  /** Counts a text; null if the client doesn't read, or there is no room. */
  private synchronized @Nullable Room tryTake(long byteSize) {
    if (waitingByteSize + byteSize > maxByteSize) {
      return null;
    }
    boolean free = waitingCount < FREE_COUNT && waitingByteSize + byteSize <= FREE_BYTE_SIZE;
    ClientSlots.Taken taken = free ? null : call.tryRoomFor(TEXT_BYTE_SIZE + byteSize);
    if (!free && taken == null) {
      return null;
    }
    waitingCount++;
    waitingByteSize += byteSize;
    return new Room(taken);
  }

  private void left(long byteSize, Room room) {
    synchronized (this) {
      waitingCount--;
      waitingByteSize -= byteSize;
    }
    ClientSlots.Taken taken = room.taken();
    if (taken != null) {
      taken.close();
    }
  }
}
