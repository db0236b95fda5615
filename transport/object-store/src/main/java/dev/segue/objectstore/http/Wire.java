package dev.segue.objectstore.http;

import java.io.IOException;
import java.nio.ByteBuffer;

/** The bytes to and from one server; blocking, one thread at a time but for {@link #close()}. */
sealed interface Wire permits PlainWire, TlsWire {
  /**
   * Reads at least one byte into the free space of a buffer, which must have some.
   *
   * @return how many, or -1 at the end of the stream
   */
  int read(ByteBuffer target) throws IOException;

  /** Writes some of the bytes of {@code sources[offset]} and its {@code count - 1} followers. */
  void write(ByteBuffer[] sources, int offset, int count) throws IOException;

  /** Returns whether the server sent nothing that nobody asked for, and has not hung up. */
  boolean isQuiet();

  /** Returns whether a stream that ended, ended as its sender meant it to. */
  boolean isEndAuthentic();

  /** Closes it, from any thread; a blocked read or write throws. */
  void close();

  /** Returns how many bytes that were written may still wait on this machine. */
  long sendBufferByteSize();
}
