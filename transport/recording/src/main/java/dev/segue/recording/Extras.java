package dev.segue.recording;

import dev.segue.bytes.BytesSource;
import dev.segue.bytes.CopyLedger;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.mcap.McapChannel;
import dev.segue.mcap.McapHandler;
import dev.segue.mcap.McapMessage;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the private records of a recording until the messages come that they belong to. Those of
 * messages that never come are dropped, the oldest first.
 *
 * <p>All but the newest are copied: each holds the windows that it was read in, and who reads would
 * wait for room in vain when they hold them all. Threads: one at a time.
 */
final class Extras implements McapHandler, AutoCloseable {
  private static final CopyLedger.Site COPY =
      CopyLedger.site(
          "recording.extra", "what a message brings along waits longer than its window");

  /** More than a chunk of small messages has. */
  private static final int LIMIT = 100_000;

  private static final long LARGEST_TOTAL = 256L << 20;

  /** Copies of a few bytes free the window that they were read in. */
  private static final long COPIED_BYTE_SIZE = 4096;

  /** The private record before a message. */
  record Found(SampleRecord extra, BytesSource.@Nullable Piece piece) {}

  private static final Found NONE = new Found(SampleRecord.NONE, null);

  private static final class Kept {
    private final long byteSize;
    private SampleRecord extra;
    private BytesSource.@Nullable Piece piece;

    Kept(SampleRecord extra, BytesSource.@Nullable Piece piece, long byteSize) {
      this.extra = extra;
      this.piece = piece;
      this.byteSize = byteSize;
    }

    void copyOut() {
      BytesSource.Piece held = piece;
      if (held != null) {
        COPY.record(byteSize);
        extra =
            extra.withAttachment(
                extra.attachment().map(bytes -> SegmentedBytes.copyOf(bytes.copyToByteArray())));
        piece = null;
        held.close();
      }
    }

    /** Gives it to whoever asked for it, who closes it. */
    Found taken() {
      Found found = new Found(extra, piece);
      piece = null;
      return found;
    }

    void close() {
      BytesSource.Piece held = piece;
      if (held != null) {
        piece = null;
        held.close();
      }
    }
  }

  private final Map<SampleRecord.Reference, Kept> byMessage = new LinkedHashMap<>();
  private @Nullable Kept next;

  /** The one that may hold a window. */
  private @Nullable Kept newest;

  private long byteSize;

  @Override
  public void privateRecord(int opcode, BytesSource.Piece content) throws IOException {
    if (opcode != SampleRecord.OPCODE || !SampleRecord.isOurs(content.bytes())) {
      content.close();
      return;
    }
    Kept kept = read(content);
    Kept before = newest;
    if (before != null) {
      before.copyOut();
    }
    newest = kept;
    if (kept.extra.message().isEmpty()) {
      if (next == null) {
        next = kept;
      } else {
        kept.close();
      }
      return;
    }
    byteSize += kept.byteSize;
    drop(byMessage.put(kept.extra.message().get(), kept));
    while (byMessage.size() > LIMIT || (byteSize > LARGEST_TOTAL && byMessage.size() > 1)) {
      var oldest = byMessage.entrySet().iterator();
      Kept dropped = oldest.next().getValue();
      oldest.remove();
      drop(dropped);
    }
  }

  /** Large ones would be read whole, for nobody. */
  @Override
  public boolean takesAttachments() {
    return false;
  }

  private void drop(@Nullable Kept kept) {
    if (kept != null) {
      byteSize -= kept.byteSize;
      kept.close();
    }
  }

  private static Kept read(BytesSource.Piece content) throws IOException {
    long byteSize = content.bytes().byteSize();
    boolean kept = false;
    try {
      boolean copies = byteSize <= COPIED_BYTE_SIZE;
      SampleRecord extra =
          SampleRecord.read(
              copies ? SegmentedBytes.copyOf(content.bytes().copyToByteArray()) : content.bytes());
      kept = !copies;
      return new Kept(extra, copies ? null : content, byteSize);
    } finally {
      if (!kept) {
        content.close();
      }
    }
  }

  /** Returns what belongs to a message; the caller closes it. */
  Found of(McapMessage message) {
    return of(message.channel(), message.sequence());
  }

  private Found of(McapChannel channel, long sequence) {
    Kept own = byMessage.remove(new SampleRecord.Reference(channel.id(), (int) sequence));
    Kept before = next;
    next = null;
    if (own == null) {
      return before == null ? NONE : before.taken();
    }
    byteSize -= own.byteSize;
    if (before != null) {
      before.close();
    }
    return own.taken();
  }

  /** Nobody asks for what belongs to it. */
  @Override
  public void leftOut(McapChannel channel, long sequence) {
    BytesSource.Piece piece = of(channel, sequence).piece();
    if (piece != null) {
      piece.close();
    }
  }

  @Override
  public void close() {
    byMessage.values().forEach(Kept::close);
    byMessage.clear();
    byteSize = 0;
    Kept before = next;
    next = null;
    if (before != null) {
      before.close();
    }
  }
}
