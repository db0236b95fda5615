package dev.segue.http2;

import dev.segue.bytes.CopyLedger;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.net.InetAddress;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads a body piece by piece, as its DATA frames come.
 *
 * <pre>
 *   reader.read()  ──►  Optional&lt;BodyPiece&gt;   one piece; empty at the end
 *   piece.close()  ──►  WINDOW_UPDATE         only now may the peer send as many more
 * </pre>
 *
 * <p>Pieces are not joined, except for small ones, which are copied together while nobody reads, or
 * while many are held.
 *
 * <p>Owner: the exchange; data that nobody started to read, or that an abandoned read left, is
 * dropped with it. Code that starts to read, or receives a {@link Response}, and doesn't throw from
 * its {@link Http2Handler}, must read to the end or call {@link #cancel()}. Lifetime: until the end
 * or the reset of the stream. Threads: any, one read at a time.
 */
public final class BodyReader {
  /** Below this a piece is copied, so that a tiny one doesn't keep a whole receive buffer alive. */
  private static final int COPIED_BYTE_SIZE = Integer.getInteger("segue.http2.copiedData", 4096);

  /** A piece keeps its receive buffer alive only if it is at least that part of it. */
  private static final int KEPT_PART = 4;

  private static final int JOINED_BYTE_SIZE = 16_384;

  /** From so many pieces on that a reader holds, small ones wait to be joined. */
  private static final int MANY_PIECES = 64;

  /** A small piece waits that long for each piece that is held, so that n of them take n² ms. */
  private static final long JOIN_MILLIS_PER_PIECE = 1;

  private static final long MAX_JOIN_MILLIS = 10_000;

  /** The size beyond which what has come of an unwanted body is much: its end may not be near. */
  private static final long MUCH_BYTE_SIZE = 64 * 1024;

  private static final CopyLedger.Site SMALL_DATA =
      CopyLedger.site(
          "http2.smallData", "a small piece would keep its large receive buffer from reuse");

  private final ProtocolExchange transport;
  private final boolean isKept;
  private @Nullable Bound bound;
  private volatile long boundByteSize;
  private final ArrayDeque<BodyPiece> ready = new ArrayDeque<>(2);
  private @Nullable ByteBuf joined;
  private @Nullable CompletableFuture<Optional<BodyPiece>> waiting;
  private @Nullable CompletableFuture<WholeBody> whole;
  private @Nullable Http2StreamException fault;
  private long maxWholeByteSize;
  private long wholeByteSize;
  private long unwantedByteSize;
  private int heldCount;
  private boolean delivering;
  private boolean joinTimed;
  private boolean joinIsOver;
  private boolean ended;
  private boolean touched;

  /** Whether the last read was given up: there may be no other. */
  private boolean isLeft;

  private boolean cancelled;
  private boolean open;

  /** Whether what has come before the end is taken, however the body ends. */
  private boolean readToEnd;

  /** Whether its reader takes nothing for a time, and what that keeps meanwhile. */
  private boolean paused;

  private long pausedByteSize;

  /** With {@code isKept} what has come stays until it is read, though the stream be over. */
  BodyReader(ProtocolExchange transport, boolean isKept) {
    this.transport = transport;
    this.isKept = isKept;
  }

  /**
   * The limit on bodies that nobody has begun to read.
   *
   * @param room for all of them together, where that of {@code address} is taken
   * @param full what happens to an exchange there is no room for; on the loop
   */
  record Bound(AddressRoom room, InetAddress address, Runnable full) {}

  /** Counts what comes and nobody reads; set before anything has come. */
  void bound(Bound value) {
    bound = value;
  }

  /** Has what comes stay until it is read or cancelled, which its reader does. */
  void readToEnd() {
    readToEnd = true;
  }

  /**
   * Has its reader take nothing for a time, who keeps so much meanwhile: it counts as what nobody
   * reads, with all that comes. On the loop.
   *
   * @return whether there is room for it
   */
  boolean pause(long keptByteSize) {
    paused = true;
    pausedByteSize = keptByteSize;
    return count();
  }

  /** Ends a {@link #pause}. On the loop. */
  void resume() {
    paused = false;
    pausedByteSize = 0;
    count();
  }

  /**
   * Counts what is kept here now, as long as nobody has begun to read or reading is paused: else
   * the window bounds it, and whoever reads at a pace of their own.
   *
   * @return whether there is room for it; if not, as much counts as before
   */
  private boolean count() {
    Bound known = bound;
    if (known == null) {
      return true;
    }
    long byteSize = pausedByteSize;
    if (!touched || paused) {
      byteSize += joined == null ? 0 : joined.readableBytes();
      for (BodyPiece piece : ready) {
        byteSize += piece.bytes().byteSize();
      }
    }
    long more = byteSize - boundByteSize;
    if (more > 0 && !known.room().tryTake(known.address(), more)) {
      return false;
    }
    if (more < 0) {
      known.room().giveBack(known.address(), -more);
    }
    boundByteSize = byteSize;
    return true;
  }

  /** Returns how much counts of it, on any thread. */
  long boundByteSize() {
    return boundByteSize;
  }

  /** Drops what came, since too much lies unread on the server; reads fail from now on. */
  private void overflow(Bound known) {
    fault =
        new Http2StreamException(
            "body of "
                + transport.describe()
                + ": dropped, as bodies that nobody reads take as much memory as they may",
            Http2Error.ENHANCE_YOUR_CALM);
    cancelled = true;
    clear();
    known.full().run();
  }

  /**
   * Reads the next piece; empty at the end of the body. The caller closes the piece.
   *
   * <p>Completes with a {@link Http2StreamException} if the stream was reset, with {@link
   * IllegalStateException} if another read is still waiting. Never completes within this call. If
   * the caller completes the stage itself, for example by a timeout, this read is abandoned, and
   * the next one gets the piece.
   */
  public CompletionStage<Optional<BodyPiece>> read() {
    CompletableFuture<Optional<BodyPiece>> next = new CompletableFuture<>();
    if (transport.loop().inEventLoop() && delivering) {
      demand(next);
    } else {
      onLoop(() -> demand(next), next);
    }
    return next;
  }

  /**
   * Reads the whole body, still in the pieces it came in, small ones joined.
   *
   * <p>Completes with a {@link Http2StreamException} if the stream was reset or the body is larger
   * than {@code maxByteSize}, with {@link IllegalStateException} if a read is still waiting. If the
   * caller completes the stage itself, this read is abandoned, and the next one gets what has
   * arrived.
   */
  public CompletionStage<WholeBody> readAll(long maxByteSize) {
    CompletableFuture<WholeBody> body = new CompletableFuture<>();
    onLoop(() -> collect(maxByteSize, body), body);
    return body;
  }

  /**
   * Drops everything that was received and not read, and everything that will come; further reads
   * see the end. The peer is notified that no more is wanted: by a server once its response has
   * ended, by a client once its request has, unless the body ends soon.
   */
  public void cancel() {
    Loops.runEvenAfter(transport.loop(), this::drop);
  }

  /**
   * Drops as much as {@link #cancel()} for that reason. Whoever still reads is told of it: this is
   * not the end of the body.
   */
  void abandon(String why) {
    Loops.runEvenAfter(
        transport.loop(),
        () -> {
          if (fault == null && (!ended || !ready.isEmpty() || joined != null)) {
            fault =
                new Http2StreamException(
                    "read of " + transport.describe() + ": " + why, Http2Error.CANCEL);
          }
          drop();
        });
  }

  /** Frees the body from {@link Http2Deadlines#body()}: it may bring nothing for a long time. */
  public void keepOpen() {
    open = true;
  }

  private void onLoop(Runnable task, @Nullable CompletableFuture<?> result) {
    try {
      transport.loop().execute(task);
    } catch (RejectedExecutionException e) {
      if (result != null) {
        cancel(); // No other read would have what is still here.
        result.completeExceptionally(
            new Http2StreamException(
                "read of " + transport.describe() + ": closed", Http2Error.CANCEL, e));
      }
    }
  }

  private void drop() {
    cancelled = true;
    clear();
    CompletableFuture<WholeBody> body = whole;
    whole = null;
    if (body != null) {
      body.completeExceptionally(
          new Http2StreamException(
              "read of " + transport.describe() + ": cancelled", Http2Error.CANCEL));
    }
    deliver();
    if (!ended) {
      transport.unwanted(false);
    }
  }

  private void clear() {
    List<BodyPiece> pieces = List.copyOf(ready);
    ready.clear(); // First: more may come within each of these calls.
    pieces.forEach(BodyPiece::close);
    ByteBuf small = joined;
    joined = null;
    if (small != null) {
      int byteSize = small.readableBytes();
      small.release();
      if (whole == null) {
        transport.consumed(byteSize);
      }
    }
    count();
  }

  private void demand(CompletableFuture<Optional<BodyPiece>> next) {
    touch();
    forgetGivenUp();
    if (waiting != null || whole != null) {
      next.completeExceptionally(anotherRead());
      return;
    }
    isLeft = false;
    waiting = next;
    deliver();
  }

  private void touch() {
    if (!touched) {
      touched = true;
      count();
      transport.wanted();
    }
  }

  /** A read that its caller has completed waits no more: what comes is for the next one. */
  private void forgetGivenUp() {
    if (waiting != null && waiting.isDone()) {
      isLeft = true;
      waiting = null;
    }
    if (whole != null && whole.isDone()) {
      isLeft = true;
      closeJoined(); // While what it holds still counts as acknowledged.
      whole = null;
    }
  }

  private IllegalStateException anotherRead() {
    return new IllegalStateException(
        "read of " + transport.describe() + ": another read is still waiting");
  }

  private void collect(long maxByteSize, CompletableFuture<WholeBody> body) {
    touch();
    forgetGivenUp();
    if (waiting != null || whole != null) {
      body.completeExceptionally(anotherRead());
      return;
    }
    isLeft = false;
    whole = body;
    maxWholeByteSize = maxByteSize;
    int joinedByteSize = joined == null ? 0 : joined.readableBytes();
    wholeByteSize = joinedByteSize;
    for (BodyPiece piece : ready) {
      wholeByteSize += piece.bytes().byteSize();
    }
    // The body is bounded here, so the window needn't bound it as well. More of it may come within
    // each of these calls, and its end: all that was there is counted by then, and not again.
    List.copyOf(ready).forEach(BodyPiece::acknowledge);
    if (joinedByteSize > 0) {
      transport.consumed(joinedByteSize);
    }
    checkWhole();
  }

  /** Ends the collecting when all has come, or too much. */
  private void checkWhole() {
    CompletableFuture<WholeBody> body = whole;
    if (body == null) {
      return;
    }
    if (wholeByteSize > maxWholeByteSize) {
      cancelled = true;
      clear();
      whole = null;
      body.completeExceptionally(
          new Http2StreamException(
              "body of " + transport.describe() + ": larger than maxByteSize=" + maxWholeByteSize,
              Http2Error.CANCEL));
    } else if (fault != null) {
      clear();
      whole = null;
      body.completeExceptionally(fault);
    } else if (ended || cancelled) {
      closeJoined();
      List<BodyPiece> pieces = List.copyOf(ready);
      ready.clear();
      whole = null;
      if (!body.complete(new WholeBody(pieces))) { // Given up just now.
        isLeft = true;
        ready.addAll(pieces);
      }
    }
  }

  /**
   * Hands out what is there, one piece for each read; a read within a completion takes its turn.
   */
  private void deliver() {
    if (delivering) {
      return;
    }
    delivering = true;
    try {
      boolean more = true;
      while (waiting != null && more) {
        more = deliverNext(waiting);
      }
    } finally {
      delivering = false;
    }
  }

  private boolean deliverNext(CompletableFuture<Optional<BodyPiece>> reader) {
    if (ready.isEmpty() && joined != null && isWorthReading(joined)) {
      closeJoined();
    }
    BodyPiece piece = ready.poll();
    if (piece != null) {
      waiting = null;
      heldCount++;
      if (!reader.complete(Optional.of(piece))) { // Given up just now.
        isLeft = true;
        heldCount--;
        ready.addFirst(piece);
      }
      return true;
    }
    if (fault != null) {
      waiting = null;
      reader.completeExceptionally(fault);
      return true;
    }
    if (ended || cancelled) {
      waiting = null;
      reader.complete(Optional.empty());
      return true;
    }
    if (joined != null) {
      timeJoin();
    }
    return false;
  }

  private boolean isWorthReading(ByteBuf small) {
    return ended
        || joinIsOver
        || heldCount < MANY_PIECES
        || small.readableBytes() >= COPIED_BYTE_SIZE;
  }

  /** What is small waits for more, but not for ever: the peer may wait for an answer to it. */
  private void timeJoin() {
    if (joinTimed) {
      return;
    }
    joinTimed = true;
    long millis = Math.min(MAX_JOIN_MILLIS, heldCount * JOIN_MILLIS_PER_PIECE);
    try {
      var _ = transport.loop().schedule(this::endJoin, millis, TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      // The loop ends, and the stream with it.
    }
  }

  private void endJoin() {
    joinTimed = false;
    forgetGivenUp();
    if (joined != null && waiting != null) {
      joinIsOver = true;
      deliver();
      joinIsOver = false;
    }
  }

  /**
   * Returns whether the application has begun to read and not given up: the rest of the body is
   * wanted.
   */
  boolean isWanted() {
    return touched && !cancelled;
  }

  /** Returns whether the application has given the body up before its end. */
  boolean isGivenUp() {
    return cancelled && !ended;
  }

  boolean isEnded() {
    return ended;
  }

  /** Returns whether the application waits for the peer to send more. */
  boolean isWaiting() {
    forgetGivenUp();
    return !ended && !cancelled && !open && (waiting != null || whole != null);
  }

  /** Nobody has a use for the body: what comes is dropped. */
  void discard() {
    cancelled = true;
  }

  /** Takes what was received; {@code buffer} stays the caller's. */
  void received(ByteBuf buffer) {
    int byteSize = buffer.readableBytes();
    if (byteSize == 0) {
      return;
    }
    if (cancelled) {
      transport.consumed(byteSize);
      unwantedByteSize += byteSize;
      if (unwantedByteSize > MUCH_BYTE_SIZE) {
        transport.unwanted(true);
      }
      return;
    }
    forgetGivenUp();
    boolean small = isSmall(buffer, byteSize);
    if (small) {
      join(buffer, byteSize);
    } else {
      closeJoined();
      ready.add(piece(buffer.readRetainedSlice(byteSize), byteSize));
    }
    if (whole != null) {
      wholeByteSize += byteSize;
      if (small) {
        transport.consumed(byteSize);
      } else {
        ready.getLast().acknowledge();
      }
      checkWhole();
    } else {
      deliver();
      Bound known = bound;
      if (known != null && !cancelled && !count()) {
        overflow(known);
      }
    }
  }

  private static boolean isSmall(ByteBuf buffer, int byteSize) {
    if (byteSize < COPIED_BYTE_SIZE || !buffer.isDirect()) {
      return true;
    }
    ByteBuf receiveBuffer = buffer;
    for (ByteBuf outer = buffer; outer != null; outer = outer.unwrap()) {
      receiveBuffer = outer;
    }
    return byteSize < receiveBuffer.capacity() / KEPT_PART && byteSize < JOINED_BYTE_SIZE;
  }

  private void join(ByteBuf buffer, int byteSize) {
    ByteBuf small = joined;
    if (small != null && small.readableBytes() + byteSize > JOINED_BYTE_SIZE) {
      closeJoined();
      small = null;
    }
    if (small == null) {
      ByteBufAllocator alloc = buffer.alloc();
      small = alloc.directBuffer(byteSize, Math.max(byteSize, JOINED_BYTE_SIZE));
      joined = small;
    }
    small.writeBytes(buffer);
    SMALL_DATA.record(byteSize);
  }

  /** What was joined so far becomes a piece. */
  private void closeJoined() {
    ByteBuf small = joined;
    joined = null;
    if (small != null) {
      // What is collected whole was acknowledged as it came.
      int unacknowledged = whole == null ? small.readableBytes() : 0;
      ready.add(piece(small, unacknowledged));
    }
  }

  private BodyPiece piece(ByteBuf kept, int byteSize) {
    return new BodyPiece(
        kept,
        (isAcknowledged, isClosed) -> {
          int consumed = isAcknowledged ? byteSize : 0;
          if (transport.loop().inEventLoop()) {
            changed(consumed, isClosed);
          } else if (!transport.loop().isShuttingDown()) {
            onLoop(() -> changed(consumed, isClosed), null);
          }
        });
  }

  /** One that is acknowledged and kept is held all the same: it costs as much of the heap. */
  private void changed(int consumedByteSize, boolean isClosed) {
    if (isClosed) {
      heldCount = Math.max(0, heldCount - 1);
    }
    if (consumedByteSize > 0) {
      transport.consumed(consumedByteSize);
    }
    forgetGivenUp();
    if (waiting != null) {
      deliver();
    }
  }

  /** A body that had none begins after all. */
  void reopen() {
    ended = false;
  }

  void end() {
    ended = true;
    finishWaiting();
  }

  private void finishWaiting() {
    forgetGivenUp();
    if (whole != null) {
      checkWhole();
    } else {
      deliver();
    }
  }

  /** The stream is gone: what is not read yet is dropped, unless all of it has come. */
  void closed(Supplier<Http2StreamException> cause) {
    if (ended && (isKept || (touched && !isLeft))) {
      return;
    }
    if (!cancelled && (!ended || !ready.isEmpty() || joined != null)) {
      fault = cause.get();
    }
    ended = true;
    if (!readToEnd) {
      clear();
    }
    finishWaiting();
  }
}
