package dev.segue.http2;

import dev.segue.bytes.SegmentedBytes;
import java.util.List;

/**
 * Holds a whole body, in the pieces it came in.
 *
 * <p>Owner: its reader, until it is closed. Lifetime: {@link #bytes()} are valid until {@link
 * #close()}, or as long as they are lent. Threads: any.
 */
public final class WholeBody implements AutoCloseable {
  private final List<BodyPiece> pieces;
  private final SegmentedBytes bytes;

  /** Takes over the pieces. */
  WholeBody(List<BodyPiece> pieces) {
    this.pieces = pieces;
    this.bytes = SegmentedBytes.concat(pieces.stream().map(BodyPiece::bytes).toList());
  }

  /** The bytes, a segment or more for each piece. */
  public SegmentedBytes bytes() {
    return bytes;
  }

  /** Gives the memory back. Idempotent. */
  @Override
  public void close() {
    pieces.forEach(BodyPiece::close);
  }
}
