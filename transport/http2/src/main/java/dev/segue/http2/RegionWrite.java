package dev.segue.http2;

import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2RemoteFlowController;
import io.netty.handler.codec.http2.Http2Stream;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Regions of one stream that wait for their windows, then become DATA frames.
 *
 * <p>Worked example, 64 KiB with a maximum frame size of 16 KiB and a window of 40,000 bytes:
 *
 * <pre>
 *   write(40000)   [9][16384] [9][16384] [9][7232]      the region as it lies, in three pieces
 *   write(25536)   [9][16384] [9][9152 END_STREAM]      when the window has been opened
 * </pre>
 *
 * <p>Regions without padding that wait behind one another are merged: a frame is filled from as
 * many as fit. With padding the frames of a region are planned at once, so that what it takes from
 * the window is known; a frame that a window cuts carries its padding with its last piece.
 */
final class RegionWrite implements Http2RemoteFlowController.FlowControlled {
  private final ConnectionHandler connection;
  private final Http2Stream stream;
  private final ArrayDeque<RegionCursor> regions = new ArrayDeque<>(2);
  private final ArrayDeque<RegionCursor> passedOn = new ArrayDeque<>(2);
  private final int padByteSize;
  private final int plannedDataByteSize;
  private boolean endStream;
  private long data;
  private long padding;
  private int frameData;
  private int framePadding;
  private @Nullable ChannelFuture sent;

  RegionWrite(
      ConnectionHandler connection,
      Http2Stream stream,
      LentRegion lease,
      int padByteSize,
      boolean endStream,
      int maxFrameSize) {
    this.connection = connection;
    this.stream = stream;
    this.padByteSize = padByteSize;
    this.endStream = endStream;
    this.data = lease.bytes().byteSize();
    if (padByteSize == 0) {
      plannedDataByteSize = 0;
    } else {
      plannedDataByteSize = maxFrameSize - 1 - padByteSize;
      long frames = Math.max(1, Math.ceilDiv(data, plannedDataByteSize));
      padding = frames * (1 + padByteSize);
      planFrame();
    }
    regions.add(new RegionCursor(lease));
  }

  private void planFrame() {
    frameData = (int) Math.min(plannedDataByteSize, data);
    framePadding = (int) Math.min(1 + padByteSize, padding);
  }

  @Override
  public int size() {
    return (int) (data + padding);
  }

  @Override
  public boolean merge(ChannelHandlerContext ctx, Http2RemoteFlowController.FlowControlled next) {
    if (!(next instanceof RegionWrite other)
        || endStream
        || padByteSize != 0
        || other.padByteSize != 0
        || data + other.data > Integer.MAX_VALUE) {
      return false;
    }
    regions.addAll(other.regions);
    data += other.data;
    endStream = other.endStream;
    return true;
  }

  @Override
  public void write(ChannelHandlerContext ctx, int allowedBytes) {
    if (stream.isResetSent()) {
      // The RST_STREAM may still wait for the socket, but nothing follows it, RFC 9113 section 5.1.
      throw new IllegalStateException("DATA frame of a stream that was reset");
    }
    int maxFrameSize = connection.remoteMaxFrameSize();
    FrameSink sink = connection.sink();
    int allowed = connection.wholeFrames(stream, allowedBytes);
    sink.begin((int) Math.min(allowed, data + padding));
    try {
      do {
        int room = Math.min(maxFrameSize, allowed);
        if (room == 0 && size() > 0) {
          break;
        }
        int written = padByteSize == 0 ? writeFrame(sink, room) : writePaddedFrame(sink, room);
        allowed -= written;
        connection.wrote(stream, written);
      } while (size() > 0);
    } finally {
      sent = sink.end(endStream && size() == 0);
    }
    // Not before: until the end of a batch the sink may still read.
    while (!passedOn.isEmpty()) {
      passedOn.removeFirst().lease().release();
    }
  }

  private int writeFrame(FrameSink sink, int room) {
    int byteSize = sink.frameByteSize((int) Math.min(room, data), data);
    if (byteSize == 0 && !endStream) {
      passOnDone();
      return 0;
    }
    boolean last = endStream && byteSize == data;
    sink.header(stream.id(), byteSize, last ? DataFrame.END_STREAM : 0, 0);
    writeData(sink, byteSize);
    return byteSize;
  }

  private int writePaddedFrame(FrameSink sink, int room) {
    int dataSize = Math.min(frameData, room);
    int padSize = dataSize < frameData ? 0 : Math.min(framePadding, room - dataSize);
    frameData -= dataSize;
    framePadding -= padSize;
    padding -= padSize;
    boolean last = endStream && dataSize == data && padding == 0;
    int flags = (last ? DataFrame.END_STREAM : 0) | (padSize > 0 ? DataFrame.PADDED : 0);
    sink.header(stream.id(), dataSize + padSize, flags, padSize - 1);
    writeData(sink, dataSize);
    sink.padding(Math.max(0, padSize - 1));
    if (frameData == 0 && framePadding == 0) {
      planFrame();
    }
    return dataSize + padSize;
  }

  private void writeData(FrameSink sink, int byteSize) {
    data -= byteSize;
    int left = byteSize;
    while (left > 0) {
      RegionCursor region = regions.getFirst();
      int part = (int) Math.min(left, region.remainingByteSize());
      sink.region(region, part);
      left -= part;
      passOnDone();
    }
    passOnDone();
  }

  private void passOnDone() {
    while (!regions.isEmpty() && regions.getFirst().remainingByteSize() == 0) {
      passedOn.add(regions.removeFirst());
    }
  }

  @Override
  public void writeComplete() {
    if (endStream && sent != null) {
      connection.endedLocally(stream, sent);
    }
  }

  @Override
  public void error(@Nullable ChannelHandlerContext ctx, Throwable cause) {
    Throwable fault = connection.faultOf(stream, cause);
    regions.addAll(passedOn); // Not empty if the sink failed.
    passedOn.clear();
    while (!regions.isEmpty()) {
      regions.removeFirst().lease().fail(fault);
    }
  }
}
