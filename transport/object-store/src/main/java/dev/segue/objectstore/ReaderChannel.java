package dev.segue.objectstore;

import dev.segue.bytes.CopyLedger;
import dev.segue.bytes.spi.Lend;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NonWritableChannelException;
import java.nio.channels.SeekableByteChannel;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** An object's bytes as a channel; closing it closes the reader. */
final class ReaderChannel implements SeekableByteChannel {
  private static final CopyLedger.Site COPY =
      CopyLedger.site("objectstore.stream", "streams and channels fill the caller's buffer");

  private final ObjectReader reader;
  private @Nullable ObjectBytes chunk;
  private long position;
  private boolean open = true;

  ReaderChannel(ObjectReader reader) {
    this.reader = reader;
    this.position = reader.positionByteOffset();
  }

  @Override
  public int read(ByteBuffer target) throws IOException {
    checkOpen();
    if (!target.hasRemaining()) {
      return 0;
    }
    ObjectBytes from = chunkAtPosition();
    if (from == null) {
      return -1;
    }
    long within = position - from.byteOffset();
    int count = (int) Math.min(target.remaining(), from.bytes().byteSize() - within);
    Lend.copyTo(COPY, from.bytes(), within, MemorySegment.ofBuffer(target), 0, count);
    target.position(target.position() + count);
    position += count;
    return count;
  }

  private @Nullable ObjectBytes chunkAtPosition() throws IOException {
    ObjectBytes known = chunk;
    if (known != null) {
      long within = position - known.byteOffset();
      if (within >= 0 && within < known.bytes().byteSize()) {
        return known;
      }
      known.close();
      chunk = null;
    }
    if (position >= reader.endByteOffset()) {
      return null;
    }
    reader.jump(position);
    Optional<ObjectBytes> next = reader.next();
    chunk = next.orElse(null);
    return chunk;
  }

  private void checkOpen() throws ClosedChannelException {
    if (!open) {
      throw new ClosedChannelException();
    }
  }

  @Override
  public long position() throws IOException {
    checkOpen();
    return position;
  }

  @Override
  public SeekableByteChannel position(long newPosition) throws IOException {
    checkOpen();
    if (newPosition < 0) {
      throw new IllegalArgumentException("position=" + newPosition + ": not negative");
    }
    position = newPosition;
    return this;
  }

  @Override
  public long size() throws IOException {
    checkOpen();
    return reader.endByteOffset();
  }

  @Override
  public int write(ByteBuffer source) {
    throw new NonWritableChannelException();
  }

  @Override
  public SeekableByteChannel truncate(long size) {
    throw new NonWritableChannelException();
  }

  @Override
  public boolean isOpen() {
    return open;
  }

  @Override
  public void close() {
    open = false;
    ObjectBytes known = chunk;
    chunk = null;
    if (known != null) {
      known.close();
    }
    reader.close();
  }
}
