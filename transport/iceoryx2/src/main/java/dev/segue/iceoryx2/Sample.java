package dev.segue.iceoryx2;

import dev.segue.bytes.BytesReader;
import dev.segue.bytes.SegmentedBytes;

/**
 * One received message, read where its publisher wrote it, in a mapping that can't be written.
 *
 * <p>While it is open, its publisher does not write there again, even after the publisher or the
 * subscriber is closed. Its subscriber stays in the service with its buffer for that time, so close
 * samples soon.
 *
 * <p>Owner: the caller; in a handler the library. Lifetime: until {@link #close()}, or for its
 * memory until the last borrower of its payload releases it; then every access throws an {@link
 * IllegalStateException}. Threads: any, also for views (segments, slices of them, buffers); of a
 * sample of a handler, or of one that is {@linkplain #confine() confined}, the views that its
 * thread asks for are for that thread.
 */
public sealed interface Sample extends AutoCloseable permits Received, Watched {
  /**
   * The message in place, one segment. It may be lent on while the sample is open.
   *
   * @throws IllegalStateException if the sample is closed and this was not called before
   */
  SegmentedBytes payload();

  /**
   * A reader of the message in place, as that of its payload, but without the 40 B that a payload
   * takes on the heap.
   *
   * @throws IllegalStateException if the sample is closed, and nobody borrows its payload any more
   */
  BytesReader reader();

  /**
   * The message's user header in place; empty if the service has none.
   *
   * @throws IllegalStateException if the sample is closed, and nobody borrows its payload any more
   */
  SegmentedBytes userHeader();

  /**
   * Confines the sample to this thread: views that the thread requests from here on are for it
   * alone and end with {@link #close()}, even if the payload is lent on, without the handshake with
   * all threads that ending other views takes. After that, only this thread may close the sample,
   * or any thread once this one has ended. A sample in a handler is already confined. Idempotent.
   *
   * @return this
   * @throws IllegalStateException if the sample is closed
   * @throws WrongThreadException if it is confined to another thread
   */
  Sample confine();

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
