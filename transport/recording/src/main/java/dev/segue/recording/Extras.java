package dev.segue.recording;

import dev.segue.bytes.BytesSource;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.mcap.McapHandler;
import dev.segue.mcap.McapMessage;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the private records of a recording until the messages come that they belong to. Those of
 * messages that never come are dropped, the oldest first. Threads: one at a time.
 */
final class Extras implements McapHandler, AutoCloseable {
  /** More than a chunk of small messages has. */
  private static final int LIMIT = 100_000;

  /** Copies of a few bytes free the window that they were read in. */
  private static final long COPIED_BYTE_SIZE = 4096;

  /** What stood before a message. */
  record Found(SampleRecord extra, BytesSource.@Nullable Piece piece) {}

  private static final Found NONE = new Found(SampleRecord.NONE, null);

  private final Map<SampleRecord.Reference, Found> byMessage = new LinkedHashMap<>();
  private @Nullable Found next;

  @Override
  public void privateRecord(int opcode, BytesSource.Piece content) throws IOException {
    if (opcode != SampleRecord.OPCODE) {
      content.close();
      return;
    }
    Found found = read(content);
    if (found.extra().message().isEmpty()) {
      if (next == null) {
        next = found;
      } else {
        close(found);
      }
      return;
    }
    Found before = byMessage.put(found.extra().message().get(), found);
    if (before != null) {
      close(before);
    }
    if (byMessage.size() > LIMIT) {
      var oldest = byMessage.entrySet().iterator();
      close(oldest.next().getValue());
      oldest.remove();
    }
  }

  private static Found read(BytesSource.Piece content) throws IOException {
    boolean kept = false;
    try {
      boolean copies = content.bytes().byteSize() <= COPIED_BYTE_SIZE;
      SampleRecord extra =
          SampleRecord.read(
              copies ? SegmentedBytes.copyOf(content.bytes().copyToByteArray()) : content.bytes());
      kept = !copies;
      return new Found(extra, copies ? null : content);
    } finally {
      if (!kept) {
        content.close();
      }
    }
  }

  /** What belongs to a message; the caller closes it. */
  Found of(McapMessage message) {
    SampleRecord.Reference reference =
        new SampleRecord.Reference(message.channel().id(), (int) message.sequence());
    Found own = byMessage.remove(reference);
    Found before = next;
    next = null;
    if (own == null) {
      return before == null ? NONE : before;
    }
    if (before != null) {
      close(before);
    }
    return own;
  }

  private static void close(Found found) {
    BytesSource.Piece piece = found.piece();
    if (piece != null) {
      piece.close();
    }
  }

  @Override
  public void close() {
    byMessage.values().forEach(Extras::close);
    byMessage.clear();
    Found before = next;
    next = null;
    if (before != null) {
      close(before);
    }
  }
}
