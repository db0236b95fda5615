package dev.segue.recording;

import dev.segue.bytes.BytesSource;
import dev.segue.mcap.McapMessage;
import org.jspecify.annotations.Nullable;

/** A message with what stood before it; closes both. */
record Recorded(McapMessage message, SampleRecord extra, BytesSource.@Nullable Piece extraPiece)
    implements AutoCloseable {
  @Override
  public void close() {
    message.close();
    if (extraPiece != null) {
      extraPiece.close();
    }
  }
}
