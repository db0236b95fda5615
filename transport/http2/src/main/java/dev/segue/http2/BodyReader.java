package dev.segue.http2;

import dev.segue.bytes.CopyLedger;
import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads a body piece by piece, as its DATA frames come.
 *
 * <pre>
 *   reader.read()  ──►  Optional&lt;BodyPiece&gt;   one piece, not joined with the next; empty at the end
 *   data.close()   ──►  WINDOW_UPDATE    only now may the peer send as many more
 * </pre>
 *
 * <p>Owner: the exchange; what nobody began to read goes with it. Who begins reads to the end, or
 * calls {@link #cancel()}; so does who gets a {@link Response}. Lifetime: until the end or the
 * reset of the stream. Threads: any, one read at a time.
 */
public final class BodyReader {
  /** Below this a piece is copied, so that a tiny one doesn't keep a whole receive buffer alive. */
  private static final int COPIED_BYTE_SIZE = Integer.getInteger("segue.http2.copiedData", 4096);

  private static final CopyLedger.Site SMALL_DATA =
      CopyLedger.site(
          "http2.smallData", "a small piece would keep its large receive buffer from reuse");

  private final Transport transport;
  private final boolean isKept;
  private final ArrayDeque<BodyPiece> ready = new ArrayDeque<>(2);
  private @Nullable CompletableFuture<Optional<BodyPiece>> waiting;
  private @Nullable Http2StreamException fault;
  private boolean ended;
  private boolean touched;
  private boolean cancelled;

  /** With {@code isKept} what has come stays until it is read, though the stream be over. */
  BodyReader(Transport transport, boolean isKept) {
    this.transport = transport;
    this.isKept = isKept;
  }

  /**
   * The next piece, or empty at the end of the body. The caller closes it.
   *
   * <p>Completes with a {@link Http2StreamException} if the stream was reset, with {@link
   * IllegalStateException} if another read is still waiting.
   */
  public CompletionStage<Optional<BodyPiece>> read() {
    CompletableFuture<Optional<BodyPiece>> next = new CompletableFuture<>();
    if (transport.loop().inEventLoop()) {
      demand(next);
    } else {
      transport.loop().execute(() -> demand(next));
    }
    return next;
  }

  /**
   * The whole body, still in the pieces it came in.
   *
   * <p>Completes with a {@link Http2StreamException} if the stream was reset or the body is larger
   * than {@code maxByteSize}.
   */
  public CompletionStage<WholeBody> readAll(long maxByteSize) {
    CompletableFuture<WholeBody> whole = new CompletableFuture<>();
    collect(new ArrayList<>(), 0, maxByteSize, whole);
    return whole;
  }

  /** Drops what was received and not read, and what will come. */
  public void cancel() {
    if (transport.loop().inEventLoop()) {
      drop();
    } else {
      transport.loop().execute(this::drop);
    }
  }

  private void drop() {
    cancelled = true;
    ready.forEach(BodyPiece::close);
    ready.clear();
  }

  private void collect(
      List<BodyPiece> pieces, long byteSize, long maxByteSize, CompletableFuture<WholeBody> whole) {
    var _ =
        read()
            .whenComplete(
                (piece, failure) -> {
                  if (failure != null) {
                    pieces.forEach(BodyPiece::close);
                    whole.completeExceptionally(failure);
                  } else if (piece.isEmpty()) {
                    whole.complete(new WholeBody(pieces));
                  } else {
                    BodyPiece data = piece.get();
                    pieces.add(data);
                    long sum = byteSize + data.bytes().byteSize();
                    if (sum > maxByteSize) {
                      pieces.forEach(BodyPiece::close);
                      whole.completeExceptionally(
                          new Http2StreamException(
                              "body of "
                                  + transport.describe()
                                  + ": larger than maxByteSize="
                                  + maxByteSize,
                              Http2Error.CANCEL));
                    } else {
                      // The body is bounded here, so the window needn't bound it as well.
                      data.acknowledge();
                      collect(pieces, sum, maxByteSize, whole);
                    }
                  }
                });
  }

  private void demand(CompletableFuture<Optional<BodyPiece>> next) {
    touched = true;
    BodyPiece data = ready.poll();
    if (data != null) {
      next.complete(Optional.of(data));
    } else if (fault != null) {
      next.completeExceptionally(fault);
    } else if (ended) {
      next.complete(Optional.empty());
    } else if (waiting != null) {
      next.completeExceptionally(
          new IllegalStateException(
              "read of " + transport.describe() + ": another read is still waiting"));
    } else {
      waiting = next;
    }
  }

  /** Whether the application has begun to read, so that the rest of the body is wanted. */
  boolean isTouched() {
    return touched;
  }

  boolean isEnded() {
    return ended;
  }

  /** Takes what was received; {@code buffer} stays the caller's. */
  void received(ByteBuf buffer) {
    int byteSize = buffer.readableBytes();
    if (byteSize == 0) {
      return;
    }
    ByteBuf kept;
    if (byteSize < COPIED_BYTE_SIZE || !buffer.isDirect()) {
      kept = buffer.alloc().directBuffer(byteSize, byteSize).writeBytes(buffer);
      SMALL_DATA.record(byteSize);
    } else {
      kept = buffer.readRetainedSlice(byteSize);
    }
    BodyPiece data =
        new BodyPiece(
            kept,
            () -> {
              if (transport.loop().inEventLoop()) {
                transport.consumed(byteSize);
              } else if (!transport.loop().isShuttingDown()) {
                transport.loop().execute(() -> transport.consumed(byteSize));
              }
            });
    CompletableFuture<Optional<BodyPiece>> reader = waiting;
    waiting = null;
    if (cancelled) {
      data.close();
    } else if (reader == null) {
      ready.add(data);
    } else if (!reader.complete(Optional.of(data))) {
      data.close();
    }
  }

  void end() {
    ended = true;
    CompletableFuture<Optional<BodyPiece>> reader = waiting;
    waiting = null;
    if (reader != null) {
      reader.complete(Optional.empty());
    }
  }

  /** The stream is gone: what is not read yet is dropped, unless all of it has come. */
  void closed(Supplier<Http2StreamException> cause) {
    if (ended && (touched || isKept)) {
      return;
    }
    if (!ended) {
      fault = cause.get();
    }
    ended = true;
    ready.forEach(BodyPiece::close);
    ready.clear();
    CompletableFuture<Optional<BodyPiece>> reader = waiting;
    waiting = null;
    if (reader != null) {
      reader.completeExceptionally(fault == null ? cause.get() : fault);
    }
  }
}
