package dev.segue.bytes;

import java.io.IOException;
import java.util.Optional;

/**
 * Gives bytes piece by piece: an object that is read ahead, a topic.
 *
 * <pre>{@code
 * try (BytesSource source = store.read(key, pool, 0, byteSize, chunkByteSize)) {
 *   source.pipeTo(publisher.asSink());
 * }
 * }</pre>
 *
 * <p>Owner: the caller. Lifetime: until {@link #close()}; pieces that were given live on. Threads:
 * one at a time.
 */
public interface BytesSource extends AutoCloseable {
  /**
   * The result of one {@link #next()}.
   *
   * <p>Owner: the caller. Lifetime: the bytes end when the piece is closed and nothing that they
   * were lent to holds them any more, whichever comes last: so close it as soon as it is written.
   * Threads: any.
   */
  interface Piece extends AutoCloseable {
    /** The bytes, where the source put them. */
    SegmentedBytes bytes();

    /** Lets go of the memory, which makes room in the source. Idempotent. */
    @Override
    void close();
  }

  /**
   * The next piece, waiting for it, and for room when too much is still lent.
   *
   * @return empty at the end
   * @throws IOException if the source can't go on
   * @throws IllegalStateException if the source is closed
   */
  Optional<? extends Piece> next() throws IOException;

  /**
   * Returns the minimum number of bytes that can be lent at once before {@link #next()} waits for
   * some to be returned; {@link Long#MAX_VALUE} if the source sets no bound.
   */
  long lendableByteSize();

  /**
   * Writes each piece to a sink, until the end. No byte is copied. What is in flight is bounded by
   * what the source lends and the sink takes at once; the sink isn't closed.
   *
   * @return how many bytes were written
   * @throws IllegalArgumentException if the sink collects more than the source can lend, so that
   *     each would wait for the other
   */
  default long pipeTo(BytesSink sink) throws IOException {
    if (sink.gatheredByteSize() > lendableByteSize()) {
      throw new IllegalArgumentException(
          "pipe of "
              + this
              + " to "
              + sink
              + ": the sink gathers gatheredByteSize="
              + sink.gatheredByteSize()
              + " before it gives memory back, the source lends only lendableByteSize="
              + lendableByteSize()
              + "; give the source a larger pool, or the sink smaller parts");
    }
    long byteSize = 0;
    for (var next = next(); next.isPresent(); next = next()) {
      try (Piece piece = next.get()) {
        sink.write(piece.bytes());
        byteSize += piece.bytes().byteSize();
      }
    }
    return byteSize;
  }

  /** Ends the source; what it fetched ahead is dropped. Idempotent. */
  @Override
  void close() throws IOException;
}
