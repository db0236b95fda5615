package dev.segue.http2;

import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.StreamByteDistributor;

/**
 * Hands out turns to write, and counts what a stream has written in its turn: the codec takes that
 * off the windows when the turn is over, and not before.
 */
final class WriteTurns implements StreamByteDistributor {
  private final StreamByteDistributor order;
  private int writtenByteSize;

  WriteTurns(StreamByteDistributor order) {
    this.order = order;
  }

  /** Returns what this turn has written and no window knows of yet. */
  int writtenByteSize() {
    return writtenByteSize;
  }

  void wrote(int byteSize) {
    writtenByteSize += byteSize;
  }

  @Override
  public void updateStreamableBytes(StreamState state) {
    order.updateStreamableBytes(state);
  }

  @Override
  public void updateDependencyTree(int child, int parent, short weight, boolean exclusive) {
    order.updateDependencyTree(child, parent, weight, exclusive);
  }

  @Override
  public boolean distribute(int maxByteSize, Writer writer) throws Http2Exception {
    return order.distribute(
        maxByteSize,
        (stream, byteSize) -> {
          writtenByteSize = 0;
          writer.write(stream, byteSize);
        });
  }
}
