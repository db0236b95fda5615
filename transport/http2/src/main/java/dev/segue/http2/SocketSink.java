package dev.segue.http2;

import dev.segue.bytes.CopyLedger;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Frames as a list of buffers: headers in small ones, the regions as they lie. The socket gathers
 * them in one write.
 */
final class SocketSink implements FrameSink {
  private static final int STAGE_BYTE_SIZE = 4096;

  private final ChannelHandlerContext ctx;
  private @Nullable ByteBuf stage;
  private @Nullable ByteBuf last;

  SocketSink(ChannelHandlerContext ctx) {
    this.ctx = ctx;
  }

  @Override
  public void begin(int byteSize) {}

  @Override
  public void header(int streamId, int payloadByteSize, int flags, int padByteSize) {
    ByteBuf header = stage(HEADER_BYTE_SIZE + 1);
    header.writeMedium(payloadByteSize);
    header.writeByte(DataFrame.TYPE);
    header.writeByte(flags);
    header.writeInt(streamId);
    if ((flags & DataFrame.PADDED) != 0) {
      header.writeByte(padByteSize);
    }
  }

  @Override
  public void region(RegionCursor region, int byteSize) {
    int left = byteSize;
    while (left > 0) {
      int piece = region.pieceByteSize(left);
      if (piece <= COPIED_PIECE_BYTE_SIZE) {
        ByteBuf target = stage(piece);
        copy(region.segment(), region.byteOffset(), target, piece, SMALL_PIECES);
      } else {
        send(
            new LentBuf(region.segment(), region.byteOffset(), piece, region.lease(), ctx.alloc()));
      }
      region.advance(piece);
      left -= piece;
    }
  }

  private static void copy(
      MemorySegment source, long offset, ByteBuf target, int byteSize, CopyLedger.Site site) {
    target.writeBytes(source.asSlice(offset, byteSize).asByteBuffer());
    site.record(byteSize);
  }

  @Override
  public void padding(int byteSize) {
    if (byteSize > 0) {
      stage(byteSize).writeZero(byteSize);
    }
  }

  @Override
  public @Nullable ChannelFuture end(boolean wanted) {
    flushStage();
    ByteBuf tail = last;
    last = null;
    if (tail == null) {
      return wanted ? ctx.newSucceededFuture() : null;
    }
    ChannelPromise promise = wanted ? ctx.newPromise() : ctx.voidPromise();
    return ctx.write(tail, promise);
  }

  /** A small buffer with room; what is in it goes out before whatever is sent next. */
  private ByteBuf stage(int byteSize) {
    ByteBuf current = stage;
    if (current != null && current.writableBytes() >= byteSize) {
      return current;
    }
    flushStage();
    // A header alone is the usual case: a small buffer, unless small pieces follow one another.
    int capacity = byteSize <= HEADER_BYTE_SIZE + 1 && current == null ? 32 : STAGE_BYTE_SIZE;
    ByteBuf made = ctx.alloc().directBuffer(capacity, capacity);
    stage = made;
    return made;
  }

  private void flushStage() {
    ByteBuf current = stage;
    stage = null;
    if (current != null) {
      hold(current);
    }
  }

  private void send(ByteBuf buffer) {
    flushStage();
    hold(buffer);
  }

  private void hold(ByteBuf buffer) {
    ByteBuf held = last;
    last = buffer;
    if (held != null) {
      var _ = ctx.write(held, ctx.voidPromise());
    }
  }
}
