package dev.segue.iceoryx2;

import dev.segue.bytes.BytesReader;
import dev.segue.bytes.SegmentedBytes;

/**
 * One response, read where its server wrote it, in a mapping that can't be written.
 *
 * <p>While it is open, its server does not write there again, even after the server, the {@link
 * PendingResponse}, or the client is closed. Its client stays in the service for that time.
 *
 * <p>Owner: the caller. Lifetime: until {@link #close()}, or for its memory until the last borrower
 * of its payload releases it; then every access throws an {@link IllegalStateException}. Threads:
 * any.
 */
public sealed interface Response extends AutoCloseable permits Received, Watched {
  /**
   * The response in place, one segment. It may be lent on while this is open.
   *
   * @throws IllegalStateException if this is closed and this was not called before
   */
  SegmentedBytes payload();

  /**
   * A reader of the response in place, as {@link Sample#reader()}.
   *
   * @throws IllegalStateException if this is closed, and nobody borrows its payload any more
   */
  BytesReader reader();

  /**
   * Confines it to this thread, as {@link Sample#confine()} does a sample.
   *
   * @return this
   * @throws IllegalStateException if it is closed
   * @throws WrongThreadException if it is confined to another thread
   */
  Response confine();

  /**
   * Gives the memory back, unless it is lent on. Idempotent.
   *
   * @throws IllegalStateException if it is {@linkplain #confine() confined}, and native code that
   *     this thread called uses one of its views; it is open then
   * @throws WrongThreadException if it is confined to another thread, which has not ended, and open
   */
  @Override
  void close();
}
