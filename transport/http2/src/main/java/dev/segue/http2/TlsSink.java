package dev.segue.http2;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.handler.ssl.SslHandler;
import java.nio.ByteBuffer;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * Frames through BoringSSL: header and region are encrypted from where they lie into one buffer per
 * batch, which the socket takes in one write.
 *
 * <p>Netty's {@link SslHandler} copies what it is given into records of 16 KiB, or makes a buffer
 * and a promise of each piece. This handler stands between it and the socket and drives the same
 * engine; what waits in the {@code SslHandler} goes out before, so records stay in order.
 */
final class TlsSink extends ChannelOutboundHandlerAdapter implements FrameSink {
  /** The largest plaintext of a record, RFC 8446 section 5.1. */
  private static final int RECORD_BYTE_SIZE = 16_384;

  /** More than BoringSSL needs around two records. */
  private static final int RECORD_OVERHEAD = 256;

  private static final int MAX_TARGET_BYTE_SIZE = 128 * 1024;

  /** What is collected between two calls of one batch, so one for each event loop will do. */
  private static final ThreadLocal<ByteBuffer> STAGE =
      ThreadLocal.withInitial(() -> ByteBuffer.allocateDirect(RECORD_BYTE_SIZE));

  private static final ByteBuffer NOTHING = ByteBuffer.allocateDirect(0);

  private final SslHandler handler;
  private final SSLEngine engine;
  private final ByteBuffer[] sources = {NOTHING, NOTHING};
  private @Nullable ChannelHandlerContext ctx;
  private boolean pending;
  private boolean draining;
  private ByteBuffer stage = STAGE.get();
  private @Nullable ByteBuf target;
  private int expected;

  TlsSink(SslHandler handler) {
    this.handler = handler;
    this.engine = handler.engine();
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    this.ctx = ctx;
  }

  @Override
  public void flush(ChannelHandlerContext ctx) {
    if (!draining) {
      ctx.flush();
    }
  }

  /** Stands on the other side of the {@link SslHandler}, to know whether anything waits in it. */
  ChannelOutboundHandlerAdapter gate() {
    return new ChannelOutboundHandlerAdapter() {
      @Override
      public void write(ChannelHandlerContext inner, Object msg, ChannelPromise promise) {
        pending = true;
        var _ = inner.write(msg, promise);
      }

      @Override
      public void flush(ChannelHandlerContext inner) {
        if (pending) {
          pending = false;
          inner.flush();
        } else {
          ctx().flush();
        }
      }
    };
  }

  private ChannelHandlerContext ctx() {
    ChannelHandlerContext known = ctx;
    if (known == null) {
      throw new IllegalStateException("TlsSink used before it was added to a pipeline");
    }
    return known;
  }

  @Override
  public void begin(int byteSize) {
    drain();
    stage = STAGE.get().clear();
    int records = byteSize / RECORD_BYTE_SIZE + 2;
    expected = byteSize + records * (HEADER_BYTE_SIZE + 2 * 22) + RECORD_OVERHEAD;
  }

  /** Lets what waits in the handler go first, to keep the order of the records. */
  private void drain() {
    if (!pending) {
      return;
    }
    pending = false;
    draining = true;
    try {
      handler.flush(ctx().pipeline().context(handler));
    } catch (Exception e) {
      throw new IllegalStateException("DATA frame could not be encrypted", e);
    } finally {
      draining = false;
    }
  }

  @Override
  public void header(int streamId, int payloadByteSize, int flags, int padByteSize) {
    reserve(HEADER_BYTE_SIZE + 1);
    stage.put((byte) (payloadByteSize >>> 16)).putShort((short) payloadByteSize);
    stage.put((byte) DataFrame.TYPE).put((byte) flags).putInt(streamId);
    if ((flags & DataFrame.PADDED) != 0) {
      stage.put((byte) padByteSize);
    }
  }

  @Override
  public void region(RegionCursor region, int byteSize) {
    int left = byteSize;
    while (left > 0) {
      int piece = region.pieceByteSize(Math.min(left, RECORD_BYTE_SIZE));
      if (piece <= COPIED_PIECE_BYTE_SIZE) {
        reserve(piece);
        stage.put(region.view(piece));
        SMALL_PIECES.record(piece);
      } else {
        encrypt(stage.flip(), region.view(piece));
        stage.clear();
      }
      region.advance(piece);
      left -= piece;
    }
  }

  @Override
  public void padding(int byteSize) {
    reserve(byteSize);
    for (int i = 0; i < byteSize; i++) {
      stage.put((byte) 0);
    }
  }

  @Override
  public @Nullable ChannelFuture end(boolean wanted) {
    encryptStage();
    ByteBuf filled = target;
    target = null;
    ChannelPromise promise = wanted ? ctx().newPromise() : ctx().voidPromise();
    if (filled != null) {
      return ctx().write(filled, promise);
    }
    return wanted ? promise.setSuccess() : promise;
  }

  private void reserve(int byteSize) {
    if (stage.remaining() < byteSize) {
      encryptStage();
    }
  }

  private void encryptStage() {
    if (stage.position() > 0) {
      encrypt(stage.flip(), NOTHING);
      stage.clear();
    }
  }

  /** Two records, or one if either is empty, in one call of the engine. */
  private void encrypt(ByteBuffer head, ByteBuffer region) {
    sources[0] = head;
    sources[1] = region;
    try {
      while (head.hasRemaining() || region.hasRemaining()) {
        ByteBuf into = target(head.remaining() + region.remaining());
        SSLEngineResult result =
            engine.wrap(
                sources, 0, 2, into.internalNioBuffer(into.writerIndex(), into.writableBytes()));
        into.writerIndex(into.writerIndex() + result.bytesProduced());
        if (result.getStatus() == SSLEngineResult.Status.CLOSED) {
          throw broken("DATA frame after the TLS connection was closed", null);
        }
        if (result.getStatus() == SSLEngineResult.Status.BUFFER_OVERFLOW
            || result.bytesConsumed() == 0) {
          passOn();
        }
      }
    } catch (SSLException e) {
      throw broken("DATA frame could not be encrypted", e);
    } finally {
      sources[0] = NOTHING;
      sources[1] = NOTHING;
    }
  }

  /** Drops what is not written yet: the connection can't go on. */
  private IllegalStateException broken(String message, @Nullable SSLException cause) {
    stage.clear();
    ByteBuf dropped = target;
    target = null;
    if (dropped != null) {
      dropped.release();
    }
    var _ = ctx().close();
    return new IllegalStateException(message, cause);
  }

  private ByteBuf target(int byteSize) {
    ByteBuf current = target;
    if (current != null && current.writableBytes() < byteSize + RECORD_OVERHEAD) {
      passOn();
      current = null;
    }
    if (current == null) {
      int capacity = Math.max(Math.min(expected, MAX_TARGET_BYTE_SIZE), byteSize + RECORD_OVERHEAD);
      current = ctx().alloc().directBuffer(capacity, capacity);
      target = current;
    }
    return current;
  }

  private void passOn() {
    ByteBuf filled = target;
    target = null;
    if (filled == null) {
      return;
    }
    expected = Math.max(0, expected - filled.readableBytes());
    var _ = ctx().write(filled, ctx().voidPromise());
  }
}
