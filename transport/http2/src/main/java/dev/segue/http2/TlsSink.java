package dev.segue.http2;

import dev.segue.bytes.CopyLedger;
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
 *
 * <p>A frame header of 9 bytes in a record of its own would cost the peer as many system calls as a
 * whole one (OpenSSL reads each record's header, then the record). So each second frame is copied
 * between its own header and the next one's, and both frames make two full records:
 *
 * <pre>
 *   [9][16,366 copied][9]  one record of 16,384      [16,384 as they lie]  another
 * </pre>
 */
final class TlsSink extends ChannelOutboundHandlerAdapter implements FrameSink {
  /** The largest plaintext of a record, RFC 8446 section 5.1. */
  static final int RECORD_BYTE_SIZE = 16_384;

  /** Of a frame that is copied into one record with its own header and that of the next frame. */
  private static final int COPIED_FRAME_BYTE_SIZE = RECORD_BYTE_SIZE - 2 * HEADER_BYTE_SIZE;

  /** Up to this size it is not worth another frame, of what is cut off the others. */
  private static final int MAX_WHOLE_BYTE_SIZE = 4 * RECORD_BYTE_SIZE;

  private static final CopyLedger.Site RECORDS =
      CopyLedger.site(
          "http2.tlsRecords", "a frame header in a TLS record of its own costs its reader more");

  /** More than BoringSSL needs around a record. */
  private static final long RECORD_OVERHEAD = 128;

  private static final int MIN_TARGET_BYTE_SIZE = RECORD_BYTE_SIZE + 256;
  private static final int MAX_TARGET_BYTE_SIZE = 256 * 1024;

  private final SslHandler handler;
  private final SSLEngine engine;
  private @Nullable ChannelHandlerContext ctx;
  private boolean pending;
  private boolean draining;
  private TlsBatch batch = TlsBatch.ofThisLoop();
  private @Nullable ByteBuf target;
  private long expected;

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
    batch = TlsBatch.ofThisLoop();
    long records = 2L * (byteSize / RECORD_BYTE_SIZE + 1);
    expected = byteSize + records * (HEADER_BYTE_SIZE + RECORD_OVERHEAD);
  }

  @Override
  public int frameByteSize(int maxByteSize, long leftByteSize) {
    boolean isFull = maxByteSize == RECORD_BYTE_SIZE && leftByteSize > MAX_WHOLE_BYTE_SIZE;
    return isFull && batch.stagedByteSize() == 0 ? COPIED_FRAME_BYTE_SIZE : maxByteSize;
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
    ByteBuffer stage = stage(HEADER_BYTE_SIZE + 1);
    stage.putInt(payloadByteSize << 8 | DataFrame.TYPE).put((byte) flags).putInt(streamId);
    if ((flags & DataFrame.PADDED) != 0) {
      stage.put((byte) padByteSize);
    }
  }

  @Override
  public void region(RegionCursor region, int byteSize) {
    int left = byteSize;
    while (left > 0) {
      int piece = region.pieceByteSize(Math.min(left, RECORD_BYTE_SIZE));
      if (piece <= COPIED_PIECE_BYTE_SIZE || fillsRecord(piece)) {
        stage(piece);
        batch.stageCopyOf(region.segment(), region.byteOffset(), piece);
        (piece <= COPIED_PIECE_BYTE_SIZE ? SMALL_PIECES : RECORDS).record(piece);
      } else {
        stage(0);
        batch.add(region.view(piece));
      }
      region.advance(piece);
      left -= piece;
    }
  }

  /** Returns whether it fits between the header before it and the next one. */
  private boolean fillsRecord(int byteSize) {
    int before = batch.stagedByteSize();
    return before > 0 && before + byteSize + HEADER_BYTE_SIZE <= RECORD_BYTE_SIZE;
  }

  @Override
  public void padding(int byteSize) {
    ByteBuffer stage = stage(byteSize);
    for (int i = 0; i < byteSize; i++) {
      stage.put((byte) 0);
    }
  }

  @Override
  public @Nullable ChannelFuture end(boolean wanted) {
    encrypt();
    ByteBuf filled = target;
    target = null;
    ChannelPromise promise = wanted ? ctx().newPromise() : ctx().voidPromise();
    if (filled != null) {
      return ctx().write(filled, promise);
    }
    return wanted ? promise.setSuccess() : promise;
  }

  private ByteBuffer stage(int byteSize) {
    if (!batch.hasRoom(byteSize)) {
      encrypt();
    }
    if (batch.stagedByteSize() + byteSize > RECORD_BYTE_SIZE) {
      batch.closeStaged();
    }
    return batch.stage();
  }

  /** Each source becomes a record or more; all of them in one call, if the target has room. */
  private void encrypt() {
    ByteBuffer[] sources = batch.sources();
    try {
      while (batch.byteSize() > 0) {
        ByteBuf into = target(batch.byteSize(), batch.sourceCount());
        SSLEngineResult result =
            engine.wrap(
                sources,
                0,
                batch.sourceCount(),
                into.internalNioBuffer(into.writerIndex(), into.writableBytes()));
        into.writerIndex(into.writerIndex() + result.bytesProduced());
        batch.consumed(result.bytesConsumed());
        if (result.getStatus() == SSLEngineResult.Status.CLOSED) {
          throw broken("DATA frame after the TLS connection was closed", null);
        }
        if (batch.byteSize() > 0) {
          if (result.bytesProduced() == 0 && into.writerIndex() == 0) {
            throw broken("DATA frame could not be encrypted: " + result, null);
          }
          passOn();
        }
      }
    } catch (SSLException e) {
      throw broken("DATA frame could not be encrypted", e);
    } finally {
      batch.clear();
    }
  }

  /** Drops what is not written yet: the connection can't go on. */
  private IllegalStateException broken(String message, @Nullable SSLException cause) {
    ByteBuf dropped = target;
    target = null;
    if (dropped != null) {
      dropped.release();
    }
    var _ = ctx().close();
    return new IllegalStateException(message, cause);
  }

  private ByteBuf target(long byteSize, int recordCount) {
    ByteBuf current = target;
    long needed = byteSize + recordCount * RECORD_OVERHEAD;
    if (current != null && current.writableBytes() < Math.min(needed, MIN_TARGET_BYTE_SIZE)) {
      passOn();
      current = null;
    }
    if (current == null) {
      int capacity = (int) Math.min(Math.max(needed, expected), MAX_TARGET_BYTE_SIZE);
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
