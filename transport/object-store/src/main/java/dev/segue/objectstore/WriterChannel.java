package dev.segue.objectstore;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.WritableByteChannel;

/** Writes a channel's bytes into an object. */
final class WriterChannel implements WritableByteChannel {
  private final ObjectWriter writer;
  private boolean closed;

  WriterChannel(ObjectWriter writer) {
    this.writer = writer;
  }

  @Override
  public int write(ByteBuffer source) throws IOException {
    if (closed) {
      throw new ClosedChannelException();
    }
    int count = source.remaining();
    writer.writeStreamed(MemorySegment.ofBuffer(source));
    source.position(source.limit());
    return count;
  }

  @Override
  public boolean isOpen() {
    return !closed;
  }

  @Override
  public void close() {
    closed = true;
  }
}
