package dev.segue.bytes;

import java.io.IOException;

/**
 * Takes bytes: an object that is being written, a topic.
 *
 * <p>Who opened the sink also ends it, by the sink's own means ({@code ObjectWriter.finish()},
 * {@code Publisher.close()}): only they know whether what was written is all. {@link #close()}
 * alone never says so.
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
   * Returns how many bytes it may gather before it lets go of the first of them: a part of an
   * upload. A source that can't lend so much would wait for ever.
   */
  default long gatheredByteSize() {
    return 0;
  }

  /**
   * Ends the sink as it is: an object that was not finished is dropped, a publisher that lent a
   * sink stays open. Idempotent.
   */
  @Override
  default void close() throws IOException {}
}
