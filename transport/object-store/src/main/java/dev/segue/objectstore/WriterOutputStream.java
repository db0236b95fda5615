package dev.segue.objectstore;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;

/** Writes a stream's bytes into an object; nothing is held back, so there is nothing to flush. */
final class WriterOutputStream extends OutputStream {
  private final ObjectWriter writer;
  private boolean closed;

  WriterOutputStream(ObjectWriter writer) {
    this.writer = writer;
  }

  @Override
  public void write(int value) throws IOException {
    write(new byte[] {(byte) value}, 0, 1);
  }

  @Override
  public void write(byte[] source, int offset, int length) throws IOException {
    if (closed) {
      throw new IOException("the stream is closed");
    }
    writer.writeStreamed(MemorySegment.ofArray(source).asSlice(offset, length));
  }

  @Override
  public void close() {
    closed = true;
  }
}
