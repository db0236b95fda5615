package dev.segue.bytes;

import java.io.IOException;

/**
 * Takes bytes: an object that is being written, a topic.
 *
 * <p>The code that opened the sink also ends it, by the sink's own means ({@code
 * ObjectWriter.finish()}, {@code Publisher.close()}), because only that code knows whether
 * everything has been written. {@link #close()} alone never completes the output.
 *
 * <p>Threads: one at a time, unless the sink says otherwise.
 */
@FunctionalInterface
public interface BytesSink extends AutoCloseable {
  /**
   * Borrows bytes: they must stay alive and unchanged until {@link SegmentedBytes#released()}.
   * Waits while the sink has as much under way as it takes.
   *
   * @throws IOException if the sink can't take them, or has failed since the last call
   * @throws IllegalArgumentException if the bytes are of memory that the sink can't read, such as
   *     that of an arena confined to one thread
   */
  void write(SegmentedBytes bytes) throws IOException;

  /**
   * Returns how many bytes it may collect before it releases the first of them, such as a part of
   * an upload. A source that can't lend that much would wait forever.
   */
  default long gatheredByteSize() {
    return 0;
  }

  /**
   * Closes the sink: an unfinished object is dropped, and a publisher that provided the sink stays
   * open. Idempotent.
   */
  @Override
  default void close() throws IOException {}
}
