package dev.segue.http2;

import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import org.jspecify.annotations.Nullable;

/**
 * Frames as a list of buffers: headers in small ones, the regions as they lie. The socket gathers
 * them in one write.
 */
final class SocketSink implements FrameSink {
  private final ChannelHandlerContext ctx;
  private final SendBuffers buffers = SendBuffers.ofThisLoop();
  private StagingBlock block = buffers.firstBlock();
  private int sentByteOffset;
  private @Nullable LentBuf last;

  SocketSink(ChannelHandlerContext ctx) {
    this.ctx = ctx;
  }

  @Override
  public void begin(int byteSize) {
    block = buffers.firstBlock();
    sentByteOffset = block.filledByteSize();
  }

  @Override
  public void header(int streamId, int payloadByteSize, int flags, int padByteSize) {
    StagingBlock header = block(HEADER_BYTE_SIZE + 1);
    header.putInt(payloadByteSize << 8 | DataFrame.TYPE);
    header.put(flags);
    header.putInt(streamId);
    if ((flags & DataFrame.PADDED) != 0) {
      header.put(padByteSize);
    }
  }

  @Override
  public void region(RegionCursor region, int byteSize) {
    int left = byteSize;
    while (left > 0) {
      int piece = region.pieceByteSize(left);
      if (piece <= COPIED_PIECE_BYTE_SIZE) {
        block(piece).putCopyOf(region.segment(), region.byteOffset(), piece);
        SMALL_PIECES.record(piece);
      } else {
        sendBlock();
        send(
            buffers.view(
                region.segment(), region.byteOffset(), piece, region.lease(), ctx.alloc()));
      }
      region.advance(piece);
      left -= piece;
    }
  }

  @Override
  public void padding(int byteSize) {
    block(byteSize).putZeros(byteSize);
  }

  @Override
  public @Nullable ChannelFuture end(boolean wanted) {
    sendBlock();
    LentBuf tail = last;
    last = null;
    if (tail == null) {
      return wanted ? ctx.newSucceededFuture() : null;
    }
    ChannelPromise promise = wanted ? ctx.newPromise() : ctx.voidPromise();
    return ctx.write(tail, promise);
  }

  /** A block with room; what was put in before goes out before whatever is sent next. */
  private StagingBlock block(int byteSize) {
    if (!block.hasRoom(byteSize)) {
      sendBlock();
      block = buffers.block(byteSize);
      sentByteOffset = 0;
    }
    return block;
  }

  private void sendBlock() {
    int filled = block.filledByteSize();
    if (filled > sentByteOffset) {
      send(buffers.view(block.memory, sentByteOffset, filled - sentByteOffset, block, ctx.alloc()));
      sentByteOffset = filled;
    }
  }

  /** Keeps one back, as the last of a batch has the promise. */
  private void send(LentBuf buffer) {
    LentBuf held = last;
    last = buffer;
    if (held != null) {
      var _ = ctx.write(held, ctx.voidPromise());
    }
  }
}
