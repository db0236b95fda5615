package dev.segue.gateway;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.http2.BodyPiece;
import dev.segue.http2.Http2Error;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Receives the body of a request whole, in the pieces that it comes in. It takes room for each
 * piece when it has come, so that a client that only says that it will send much takes none; and
 * gives a client up that sends too slowly.
 *
 * <p>Owner: the exchange. Lifetime: until it is received, or refused. Threads: any, one at a time.
 */
final class BodyReceiver {
  /** The receiver of a body. */
  interface Receiver {
    /** All of it is there; the receiver closes it. */
    void received(Body body);
  }

  /** A whole body, which keeps its memory and its room until it is closed. */
  static final class Body implements AutoCloseable {
    private final List<BodyPiece> pieces;
    private final SegmentedBytes bytes;
    private final ClientSlots.Taken room;

    private Body(List<BodyPiece> pieces, ClientSlots.Taken room) {
      this.pieces = pieces;
      this.room = room;
      this.bytes = SegmentedBytes.concat(pieces.stream().map(BodyPiece::bytes).toList());
    }

    SegmentedBytes bytes() {
      return bytes;
    }

    @Override
    public void close() {
      pieces.forEach(BodyPiece::close);
      room.close();
    }
  }

  private final GatewayExchange call;
  private final long maxByteSize;
  private final Receiver receiver;
  private final ClientSlots.Taken room;
  private final List<BodyPiece> pieces = new ArrayList<>();
  private final AtomicBoolean over = new AtomicBoolean();
  private final SendingPace pace = new SendingPace();
  private volatile Timers.@Nullable Task deadline;
  private long byteSize;
  private long waitingSince;

  private BodyReceiver(
      GatewayExchange call, long maxByteSize, Receiver receiver, ClientSlots.Taken room) {
    this.call = call;
    this.maxByteSize = maxByteSize;
    this.receiver = receiver;
    this.room = room;
    this.waitingSince = call.nanoTime();
  }

  /**
   * Receives a body of at most {@code maxByteSize}, or answers the request.
   *
   * @throws HttpException 413 if it says that it is larger, 503 if there is no room now
   */
  static void receive(
      GatewayExchange call, long maxByteSize, ClientSlots bodies, Timers timers, Receiver receiver)
      throws HttpException {
    if (contentLength(call) > maxByteSize) {
      throw tooLarge(maxByteSize);
    }
    BodyReceiver body =
        new BodyReceiver(call, maxByteSize, receiver, bodies.take(call.client(), 1));
    body.deadline = timers.whenUsedUp(body::leftNanos, () -> body.refuse(tooSlow()));
    body.read();
  }

  private static long contentLength(GatewayExchange call) throws HttpException {
    String text = call.header("content-length");
    try {
      return text.isEmpty() ? 0 : Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw HttpException.badRequest("content-length=" + text + ": no number");
    }
  }

  private static HttpException tooLarge(long maxByteSize) {
    return new HttpException(413, "the body is larger than byteSize=" + maxByteSize);
  }

  /** Returns how much of its time the client has, if no piece gives it more. */
  private synchronized long leftNanos() {
    return pace.leftNanos() - (call.nanoTime() - waitingSince);
  }

  private static HttpException tooSlow() {
    return new HttpException(408, "the body arrives too slowly");
  }

  private void read() {
    while (true) {
      CompletionStage<Optional<BodyPiece>> next = call.exchange().body().read();
      var future = next.toCompletableFuture();
      if (!future.isDone()) {
        var _ =
            next.whenComplete(
                (piece, fault) -> {
                  if (fault != null) {
                    refuse(null);
                  } else if (take(piece)) {
                    read();
                  }
                });
        return;
      }
      try {
        if (!take(future.join())) {
          return;
        }
      } catch (CompletionException e) {
        refuse(null);
        return;
      }
    }
  }

  /** Returns whether there is more to read. */
  private synchronized boolean take(Optional<BodyPiece> piece) {
    if (piece.isEmpty()) {
      if (over.compareAndSet(false, true)) {
        stop();
        receiver.received(new Body(pieces, room));
      }
      return false;
    }
    BodyPiece data = piece.get();
    if (over.get()) {
      data.close();
      return false;
    }
    pieces.add(data);
    byteSize += data.bytes().byteSize();
    try {
      if (byteSize > maxByteSize) {
        throw tooLarge(maxByteSize);
      }
      room.more(data.bytes().byteSize());
    } catch (HttpException e) {
      refuse(e);
      return false;
    }
    long now = call.nanoTime();
    if (!pace.came(now - waitingSince, data.bytes().byteSize())) {
      refuse(tooSlow());
      return false;
    }
    waitingSince = now;
    // The body is bounded here, so the window needn't bound it as well.
    data.acknowledge();
    return true;
  }

  private void stop() {
    Timers.Task running = deadline;
    if (running != null) {
      running.cancel();
    }
  }

  private synchronized void refuse(@Nullable HttpException reason) {
    if (!over.compareAndSet(false, true)) {
      return;
    }
    stop();
    pieces.forEach(BodyPiece::close);
    room.close();
    call.exchange().body().cancel();
    if (reason == null) {
      call.exchange().reset(Http2Error.CANCEL);
    } else {
      call.refuse(reason);
    }
  }
}
