package dev.segue.http2;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Lend;
import dev.segue.bytes.spi.Nanos;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.util.concurrent.Future;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** One WebSocket over the body of an exchange, whichever version of HTTP carries it. */
final class WebSocketConnection implements WebSocket {
  private static final long MAX_PING_NANOS = TimeUnit.SECONDS.toNanos(20);

  /** Pings in an idle time, so that a quiet socket is none that is idle. */
  private static final int PINGS_IN_IDLE = 3;

  /** A peer is silent for as many times between two pings before it is ended. */
  private static final int SILENT_PINGS = 2;

  private static final int MAX_REASON_BYTE_SIZE = 123;
  private static final int CONTROL = 8; // the bit of an opcode

  /** The heap that a paused socket takes, as it stays so when its peer has gone. */
  private static final int PAUSED_BYTE_SIZE = 4096;

  private final Http2Exchange exchange;
  private final ProtocolExchange transport;
  private final BodyWriter writer;
  private final Listener listener;
  private final WebSocketFrames frames;
  private final AtomicBoolean closing = new AtomicBoolean();
  private final Object sending = new Object();
  private final AtomicInteger waitingCount = new AtomicInteger();
  private final long pingNanos;
  private boolean ended;
  private @Nullable Future<?> pings;
  private boolean pingLeaving;

  /** Whether a ping has left, and nothing has come since. */
  private boolean isAsked;

  private long askedAt;

  /** Data that has come and is not taken, as reading is paused. */
  private @Nullable Untaken untaken;

  private boolean pongLeaving;
  private byte @Nullable [] nextPong;

  WebSocketConnection(
      Http2Exchange exchange,
      ProtocolExchange transport,
      BodyWriter writer,
      int maxMessageByteSize,
      Listener listener) {
    this.exchange = exchange;
    this.transport = transport;
    this.writer = writer;
    this.listener = listener;
    this.frames = new WebSocketFrames(PooledByteBufAllocator.DEFAULT, maxMessageByteSize);
    this.pingNanos = Math.min(MAX_PING_NANOS, Nanos.of(transport.idle()) / PINGS_IN_IDLE);
  }

  /** On the loop: reads until the end. */
  void start() {
    exchange.body().keepOpen();
    exchange.body().readToEnd();
    pings =
        transport
            .loop()
            .scheduleAtFixedRate(this::ping, pingNanos, pingNanos, TimeUnit.NANOSECONDS);
    read();
  }

  /**
   * Asks for a sign of life, or ends a socket that has given none since it was asked. A ping waits
   * behind the messages before it, so the peer's time begins when it has left, and begins again as
   * long as a full socket takes more: what the kernel holds lies before the ping as well. While it
   * waits here, {@link Http2Deadlines#write()} ends a peer that takes too little.
   */
  private void ping() {
    long now = transport.nanoTime();
    if (isAsked
        && !frames.isPaused()
        && Math.min(now - askedAt, now - transport.lastTakenNanos()) >= SILENT_PINGS * pingNanos) {
      exchange.reset(Http2Error.CANCEL);
    } else if (!pingLeaving) {
      pingLeaving = true;
      var _ =
          send(WebSocketFrames.PING, SegmentedBytes.empty(), false)
              .whenComplete((_, _) -> transport.loop().execute(this::pingLeft));
    }
  }

  private void pingLeft() {
    pingLeaving = false;
    if (!isAsked) {
      isAsked = true;
      askedAt = transport.nanoTime();
    }
  }

  private void read() {
    var _ =
        exchange
            .body()
            .read()
            .handle(
                (piece, failure) -> onPiece(failure == null ? piece : Optional.empty(), failure));
  }

  private @Nullable Void onPiece(Optional<BodyPiece> piece, @Nullable Throwable failure) {
    if (piece.isEmpty()) {
      end(failure == null);
      return null;
    }
    isAsked = false;
    take(new Untaken(piece.get()));
    return null;
  }

  /** A piece, and how far it was taken. It keeps its memory, and the peer waiting, meanwhile. */
  private static final class Untaken implements AutoCloseable {
    private final BodyPiece piece;
    private int segment;
    private long byteOffset;

    Untaken(BodyPiece piece) {
      this.piece = piece;
    }

    @Override
    public void close() {
      piece.close();
    }
  }

  private void take(Untaken received) {
    boolean isLeft = false;
    try {
      isLeft = !takeAll(received);
    } catch (WebSocketFrames.Fault e) {
      close(e.code, "");
      end(true);
    } catch (RuntimeException | Error e) { // the listener's
      System.getLogger("dev.segue.http2")
          .log(System.Logger.Level.WARNING, "listener of a WebSocket failed", e);
      close(1011, "");
      end(true);
    } finally {
      if (isLeft && !ended) {
        keep(received);
      } else {
        received.close();
      }
    }
    if (!isLeft && !ended) {
      read();
    }
  }

  /** Until reading goes on; the socket ends where what waits on the server has no room. */
  private void keep(Untaken received) {
    untaken = received;
    if (!exchange.body().pause(PAUSED_BYTE_SIZE + received.piece.bytes().byteSize())) {
      end(false);
    }
  }

  /** Returns whether nothing of it is left. */
  private boolean takeAll(Untaken received) throws WebSocketFrames.Fault {
    SegmentedBytes bytes = received.piece.bytes();
    while (!ended && received.segment < bytes.segmentCount()) {
      MemorySegment segment = Lend.segment(bytes, received.segment); // The piece holds it.
      received.byteOffset = frames.take(segment, received.byteOffset, this::onFrame);
      if (frames.isPaused() && !ended) {
        return false; // Also at its end: what comes next is not to be read.
      }
      received.segment++;
      received.byteOffset = 0;
      long pending = frames.pendingByteSize();
      if (pending > 0 && !listener.onPart(this, frames.isPendingText(), pending)) {
        throw new WebSocketFrames.Fault(WebSocketFrames.POLICY, "the listener takes no more");
      }
    }
    return true;
  }

  @Override
  public void pauseReading() {
    if (!transport.loop().inEventLoop()) {
      throw new IllegalStateException("pauseReading of a WebSocket: in a call of its listener");
    }
    frames.pause(true);
  }

  @Override
  public void resumeReading() {
    try {
      transport.loop().execute(this::resume); // Never within the call that paused it.
    } catch (RejectedExecutionException e) {
      // The server was closed meanwhile: no loop is left to tell the listener, which waits for it.
      transport.loop().terminationFuture().addListener(_ -> end(false));
    }
  }

  private void resume() {
    frames.pause(false);
    exchange.body().resume();
    askedAt = transport.nanoTime(); // What the peer has answered may have waited here.
    Untaken received = untaken;
    untaken = null;
    if (received != null) {
      take(received);
    }
  }

  private void onFrame(int opcode, ByteBuf payload) throws WebSocketFrames.Fault {
    switch (opcode) {
      case WebSocketFrames.TEXT -> {
        String text;
        try {
          text = WebSocketFrames.text(payload);
        } finally {
          payload.release();
        }
        if (!closing.get()) {
          listener.onText(this, text);
        }
      }
      case WebSocketFrames.BINARY -> onBinary(payload);
      default -> {
        byte[] bytes = new byte[payload.readableBytes()];
        payload.readBytes(bytes).release();
        onControl(opcode, bytes);
      }
    }
  }

  private void onBinary(ByteBuf payload) {
    if (closing.get()) {
      payload.release();
    } else if (!payload.isReadable()) {
      payload.release();
      listener.onBinary(this, SegmentedBytes.empty());
    } else {
      try (BodyPiece message = new BodyPiece(payload, (_, _) -> {})) {
        listener.onBinary(this, message.bytes());
      }
    }
  }

  private void onControl(int opcode, byte[] payload) {
    if (opcode == WebSocketFrames.PING) {
      pong(payload);
    } else if (opcode == WebSocketFrames.CLOSE) {
      int code = payload.length < 2 ? WebSocketFrames.NORMAL : ByteBuffer.wrap(payload).getChar(0);
      close(isCode(code) ? code : WebSocketFrames.PROTOCOL_ERROR, "");
      end(true);
    }
  }

  /**
   * Answers the newest ping once the answer before has left, RFC 6455 section 5.5.3: a peer that
   * sends pings and reads nothing fills no queue.
   */
  private void pong(byte[] payload) {
    if (pongLeaving) {
      nextPong = payload;
      return;
    }
    pongLeaving = true;
    var _ =
        send(WebSocketFrames.PONG, SegmentedBytes.copyOf(payload), false)
            .whenComplete((_, _) -> transport.loop().execute(this::pongLeft));
  }

  private void pongLeft() {
    pongLeaving = false;
    byte[] next = nextPong;
    nextPong = null;
    if (next != null && !ended) {
      pong(next);
    }
  }

  /** Returns whether a peer may send that code, RFC 6455 section 7.4. */
  private static boolean isCode(int code) {
    return (code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006)
        || (code >= 3000 && code < 5000);
  }

  /** On the loop, or where it has ended. */
  private void end(boolean politely) {
    if (ended) {
      return;
    }
    ended = true;
    closing.set(true);
    if (pings != null) {
      pings.cancel(false);
    }
    frames.release();
    Untaken left = untaken;
    untaken = null;
    if (left != null) {
      left.close();
    }
    exchange.body().resume();
    exchange.body().cancel();
    if (politely) {
      finishWriting();
    } else {
      exchange.reset(Http2Error.CANCEL);
    }
    listener.onClosed(this);
  }

  private void finishWriting() {
    synchronized (sending) {
      try {
        var _ = writer.end().exceptionally(_ -> null);
      } catch (IllegalStateException e) {
        return; // It was ended before.
      }
    }
  }

  @Override
  public CompletionStage<Void> sendText(String text) {
    return send(WebSocketFrames.TEXT, SegmentedBytes.copyOfUtf8(text), false);
  }

  @Override
  public CompletionStage<Void> sendBinary(SegmentedBytes bytes) {
    return send(WebSocketFrames.BINARY, bytes, false);
  }

  private CompletionStage<Void> send(int opcode, SegmentedBytes payload, boolean isClose) {
    long byteSize = payload.byteSize();
    ByteBuffer head = ByteBuffer.allocate(10).put((byte) (0x80 | opcode));
    if (byteSize < 126) {
      head.put((byte) byteSize);
    } else if (byteSize <= 0xFFFF) {
      head.put((byte) 126).putShort((short) byteSize);
    } else {
      head.put((byte) 127).putLong(byteSize);
    }
    byte[] bytes = new byte[head.position()];
    head.flip().get(bytes);
    SegmentedBytes frame = SegmentedBytes.concat(List.of(SegmentedBytes.copyOf(bytes), payload));
    synchronized (sending) {
      if (closing.get() && !isClose) {
        return CompletableFuture.failedStage(ended("it was closed"));
      }
      boolean isControl = (opcode & CONTROL) != 0;
      if (!isControl && isFull(byteSize)) {
        return CompletableFuture.failedStage(tooSlow(byteSize));
      }
      try {
        CompletionStage<Void> left = writer.write(frame);
        if (isControl) {
          return left;
        }
        waitingCount.incrementAndGet();
        return left.whenComplete((_, _) -> waitingCount.decrementAndGet());
      } catch (IllegalStateException e) {
        return CompletableFuture.failedStage(ended(String.valueOf(e.getMessage())));
      }
    }
  }

  private boolean isFull(long byteSize) {
    int count = waitingCount.get();
    return count > 0
        && (count >= MAX_WAITING_COUNT
            || writer.queuedByteSize() + byteSize > MAX_WAITING_BYTE_SIZE);
  }

  private Http2StreamException tooSlow(long byteSize) {
    return new Http2StreamException(
        "message of byteSize="
            + byteSize
            + " on a WebSocket of "
            + transport.describe()
            + ": not sent, since its peer reads too slowly: waitingCount="
            + waitingCount
            + " queuedByteSize="
            + writer.queuedByteSize(),
        Http2Error.ENHANCE_YOUR_CALM);
  }

  private Http2StreamException ended(String why) {
    return new Http2StreamException(
        "message on a WebSocket of " + transport.describe() + ": " + why, Http2Error.CANCEL);
  }

  @Override
  public long queuedByteSize() {
    return writer.queuedByteSize();
  }

  @Override
  public boolean isOpen() {
    return !closing.get();
  }

  @Override
  public void close(int code, String reason) {
    if (!closing.compareAndSet(false, true)) {
      return;
    }
    byte[] text = reason.getBytes(StandardCharsets.UTF_8);
    int cut = Math.min(text.length, MAX_REASON_BYTE_SIZE);
    while (cut < text.length && cut > 0 && (text[cut] & 0xC0) == 0x80) {
      cut--; // Never within a character.
    }
    byte[] payload = ByteBuffer.allocate(2 + cut).putChar((char) code).put(text, 0, cut).array();
    var _ =
        send(WebSocketFrames.CLOSE, SegmentedBytes.copyOf(payload), true).exceptionally(_ -> null);
    var _ = transport.loop().schedule(() -> end(true), 1, TimeUnit.SECONDS);
  }
}
