package dev.segue.objectstore;

import dev.segue.bytes.BytesSink;
import dev.segue.bytes.CopyLedger;
import dev.segue.bytes.Loan;
import dev.segue.bytes.OffHeapPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Lend;
import dev.segue.bytes.spi.SegmentCheck;
import dev.segue.objectstore.checksum.Crc;
import dev.segue.objectstore.internal.Attempt;
import dev.segue.objectstore.internal.PartSink;
import dev.segue.objectstore.internal.Slot;
import dev.segue.objectstore.internal.Upload;
import dev.segue.objectstore.internal.UploadJournal;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Writes an object of unknown size. A part is sent as soon as it is full; it is a list of regions
 * and never joined. The object is visible after {@link #finish()}, or not at all.
 *
 * <pre>{@code
 * try (ObjectWriter writer = store.write("recording.mcap")) {
 *   writer.writeOwned(bytes);              // lent until the part is stored
 *   writer.writeFrom(channel);             // read straight into the part's memory
 *   writer.writeChunk(segment);            // copied, and counted in the copy ledger
 *   writer.finish();
 * }                                        // without finish(): aborted
 * }</pre>
 *
 * <p>Memory: what was lent, and for {@link #writeChunk} and {@link #writeFrom} at most two parts of
 * its own, or as many as {@code SEGUE_PUT_INFLIGHT} names, whatever the object's size; a call waits
 * while as much is in flight as the settings allow.
 *
 * <p>Owner: the caller. Lifetime: until {@link #finish()} or {@link #close()}. Threads: one at a
 * time.
 */
public final class ObjectWriter implements BytesSink, AutoCloseable {
  private static final CopyLedger.Site COPY =
      CopyLedger.site("objectstore.writeChunk", "the caller keeps its buffer");
  private static final CopyLedger.Site RELEASE =
      CopyLedger.site(
          "objectstore.releaseBorrowed", "the lender wants its memory before the part is full");
  private static final long BLOCK = 1L << 20;

  private final Attempt what;
  private final Upload upload;
  private final StoreSettings settings;
  private final @Nullable Crc crc;
  private final OffHeapPool blocks;
  private PendingPart current;
  private @Nullable Slot block;
  private long blockFrom;
  private long blockUsed;
  private long byteSize;

  /** Whether a stream's write failed within its bytes. */
  private boolean isTorn;

  private boolean closed;

  /** Whether the last part, which may be shorter, was sent: no other one may follow it. */
  private boolean isEnding;

  /**
   * For stores: writes an object's parts.
   *
   * @param journal where parts are noted, null for nowhere
   */
  @SuppressWarnings("exports") // for stores, which see these types
  public ObjectWriter(
      Attempt what, PartSink sink, StoreSettings settings, @Nullable UploadJournal journal)
      throws ObjectStoreException {
    this.what = what;
    this.settings = settings;
    this.crc = Crc.of(settings);
    this.current = nextPart();
    this.blocks =
        new OffHeapPool(
            Math.multiplyExact((long) settings.writtenPartCount(), settings.putPartByteSize()));
    // Last: what it goes on with is closed with this writer alone.
    this.upload = new Upload(what, sink, settings, journal);
    this.byteSize = upload.resumeByteOffset();
  }

  private PendingPart nextPart() {
    return new PendingPart(settings.putPartByteSize(), crc == null ? null : crc.begin());
  }

  /**
   * Returns how many bytes the store has already of an upload that is resumed: go on from there.
   * Zero for a new one. Where the object is there, as an earlier process ended the upload and the
   * answer was lost, it is the object's size, {@link #finish()} returns it, and writing more fails
   * with reason {@code CHANGED}; the next writer begins anew.
   */
  public long resumeByteOffset() {
    return upload.resumeByteOffset();
  }

  /**
   * Reports how many bytes have gone to the store each time, some 128 KiB: a part that is sent
   * again counts again, and what requests have beside their parts is included. It is called on any
   * thread, also while {@link #finish()} waits, and must return soon.
   */
  public void whenMoved(LongConsumer moved) {
    upload.whenMoved(moved);
  }

  /** Returns the number of bytes written so far, including those of a resumed upload. */
  public long byteSize() {
    return byteSize;
  }

  /**
   * Copies bytes; the caller may change them when this returns.
   *
   * @throws IllegalStateException if the writer is finished or closed
   */
  public void writeChunk(MemorySegment chunk) throws ObjectStoreException {
    checkWritable();
    for (long at = 0; at < chunk.byteSize(); ) {
      MemorySegment free = freeOfBlock();
      long count = Math.min(free.byteSize(), chunk.byteSize() - at);
      MemorySegment.copy(chunk, at, free, 0, count);
      COPY.record(count);
      at += count;
      filled(count);
    }
  }

  /**
   * Copies the bytes of a stream. Nobody knows how many of them are here where that fails, and who
   * writes the stream may not be told of the failure: it ends the writer.
   */
  void writeStreamed(MemorySegment chunk) throws ObjectStoreException {
    boolean isWhole = false;
    try {
      writeChunk(chunk);
      isWhole = true;
    } finally {
      isTorn |= !isWhole;
    }
  }

  /**
   * Reads once from a channel straight into this writer's own memory, as much as the channel gives:
   * a pipe, a socket or a file needs no buffer in between.
   *
   * @return how many bytes were read; -1 at the channel's end
   * @throws IOException if the channel can't be read; the writer can still be used
   * @throws IllegalStateException if the writer is finished or closed
   */
  public int writeFrom(ReadableByteChannel source) throws IOException {
    checkWritable();
    int count = source.read(freeOfBlock().asByteBuffer());
    if (count > 0) {
      filled(count);
    }
    return count;
  }

  /** Returns what is left of the current block and fits into the current part; never empty. */
  private MemorySegment freeOfBlock() throws ObjectStoreException {
    if (current.room() == 0) {
      // Its sending was interrupted.
      sealPiece();
      send();
    }
    Slot full = block;
    if (full != null && blockUsed == full.writable().byteSize()) {
      sealBlock();
    }
    Slot into = currentBlock();
    long free = Math.min(into.writable().byteSize() - blockUsed, current.room());
    return into.writable().asSlice(blockUsed, free);
  }

  private Slot currentBlock() throws ObjectStoreException {
    Slot known = block;
    if (known == null) {
      known = Slot.take(blocks, Math.min(BLOCK, settings.putPartByteSize()), what);
      block = known;
      blockFrom = 0;
      blockUsed = 0;
    }
    return known;
  }

  /** The first bytes of what was free have content now. */
  private void filled(long count) throws ObjectStoreException {
    Slot into = Objects.requireNonNull(block);
    current.count(into.bytes().slice(blockUsed, count));
    blockUsed += count;
    byteSize += count;
    if (current.room() == 0) {
      sealPiece();
      send();
    }
    if (blockUsed == into.writable().byteSize()) {
      sealBlock();
    }
  }

  /**
   * Borrows bytes: they must stay alive and unchanged until {@link SegmentedBytes#released()}, or
   * until this writer is finished or closed.
   *
   * @throws IllegalArgumentException if the memory is confined to one thread
   * @throws IllegalStateException if the writer is finished or closed
   */
  public void writeOwned(SegmentedBytes bytes) throws ObjectStoreException {
    checkWritable();
    SegmentCheck.checkShared(what.text(), bytes);
    add(bytes);
  }

  /**
   * This writer as a stream for whatever writes one: a ZIP, serialized objects, a columnar file.
   * Its bytes are copied once, into the parts (site {@code objectstore.writeChunk}), and memory
   * stays that of the writer.
   *
   * <p>Closing the stream does not finish the object: an exception closes it too, and half an
   * object must not become visible. {@link #finish()} does, unless a write of the stream failed:
   * some that write streams do not tell of that.
   *
   * <pre>{@code
   * try (ObjectWriter writer = store.write("logs.zip")) {
   *   try (ZipOutputStream zip = new ZipOutputStream(writer.asOutputStream())) {
   *     // …
   *   }
   *   writer.finish();
   * }
   * }</pre>
   */
  public OutputStream asOutputStream() {
    return new WriterOutputStream(this);
  }

  /**
   * This writer as a channel; see {@link #asOutputStream()} for what is copied and what closing
   * means.
   */
  public WritableByteChannel asChannel() {
    return new WriterChannel(this);
  }

  /** {@link #writeOwned(SegmentedBytes)}, as a sink. */
  @Override
  public void write(SegmentedBytes bytes) throws ObjectStoreException {
    writeOwned(bytes);
  }

  /** Returns the size of a part: it is stored and released when it is full. */
  @Override
  public long gatheredByteSize() {
    return settings.putPartByteSize();
  }

  /**
   * Copies bytes that were borrowed at least that long ago and wait in a part that isn't full, so
   * that the lender gets its memory back: a slow topic fills a part slowly, and others may need the
   * memory in the meantime.
   *
   * @throws IllegalStateException if the writer is finished or closed
   */
  public void releaseBorrowed(Duration age) throws ObjectStoreException {
    checkWritable();
    if (current.hasBorrowed(age)) {
      sealPiece();
      current.replaceBorrowed(this::copy);
    }
  }

  /** Copies bytes into this writer's own memory. */
  private void copy(SegmentedBytes bytes, Consumer<SegmentedBytes> to) throws ObjectStoreException {
    for (long at = 0; at < bytes.byteSize(); ) {
      Slot into = currentBlock();
      long count = Math.min(into.writable().byteSize() - blockUsed, bytes.byteSize() - at);
      Lend.copyTo(RELEASE, bytes, at, into.writable(), blockUsed, count);
      to.accept(into.bytes().slice(blockUsed, count));
      blockUsed += count;
      blockFrom = blockUsed;
      at += count;
      if (blockUsed == into.writable().byteSize()) {
        sealBlock();
      }
    }
  }

  /** Takes a filled loan over: it is closed when its bytes are stored. */
  public void writeOwned(Loan loan) throws ObjectStoreException {
    checkWritable();
    SegmentedBytes bytes = loan.handOver();
    try {
      add(bytes);
    } finally {
      loan.close();
    }
  }

  private void add(SegmentedBytes bytes) throws ObjectStoreException {
    sealPiece();
    for (long at = 0; at < bytes.byteSize(); ) {
      long count = Math.min(current.room(), bytes.byteSize() - at);
      SegmentedBytes piece = bytes.slice(at, count);
      current.borrow(piece, bytes);
      current.count(piece);
      at += count;
      byteSize += count;
      if (current.room() == 0) {
        send();
      }
    }
  }

  /** Makes one region of what was copied into the block since the last one. */
  private void sealPiece() {
    Slot filled = block;
    if (filled != null && blockUsed > blockFrom) {
      SegmentedBytes piece = filled.bytes().slice(blockFrom, blockUsed - blockFrom);
      current.own(piece);
      blockFrom = blockUsed;
    }
  }

  private void sealBlock() {
    sealPiece();
    Slot full = block;
    if (full != null) {
      // The part's lease keeps the memory until it is stored.
      full.close();
      block = null;
    }
  }

  private void send() throws ObjectStoreException {
    PendingPart part = current;
    SegmentedBytes bytes = part.bytes();
    PendingPart next = nextPart();
    // Nothing may come between these: what is admitted is waited for.
    upload.admit();
    current = next;
    upload.send(bytes, part.crc(), part::release);
  }

  /**
   * Waits until all is stored and makes the object visible. If the last request to a store over
   * HTTP alone fails, as that is unavailable, it can be called again; so it can for a file that is
   * smaller than a part. A larger one whose end failed is resumed by its journal, or written again
   * by another writer.
   *
   * @throws IllegalStateException if the writer is finished or closed
   */
  public ObjectInfo finish() throws ObjectStoreException {
    checkOpen();
    sealBlock();
    ObjectInfo info;
    if (!upload.isBegun()) {
      info = upload.whole(current.bytes(), current.crc());
      current.release();
    } else {
      isEnding = true;
      if (current.byteSize() > 0) {
        send();
      }
      info = upload.complete();
    }
    closed = true;
    blocks.close();
    upload.forget();
    return info;
  }

  /**
   * Ends the writer. Without {@link #finish()}, the upload is aborted and leaves nothing behind;
   * one with a journal stays, to be resumed. Idempotent.
   */
  @Override
  public void close() throws ObjectStoreException {
    if (closed) {
      return;
    }
    closed = true;
    // An interrupt that ended the writing must not end the clearing away as well.
    boolean interrupted = Thread.interrupted();
    try {
      end();
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void end() throws ObjectStoreException {
    sealBlock();
    upload.cancel();
    current.release();
    blocks.close();
    upload.leave();
  }

  private void checkWritable() throws ObjectStoreException {
    checkOpen();
    if (isEnding) {
      throw new IllegalStateException(
          what + ": finish of the writer failed, and its last part is sent: finish or close it");
    }
  }

  private void checkOpen() throws ObjectStoreException {
    if (closed) {
      throw new IllegalStateException(what + ": the writer is finished or closed");
    }
    upload.checkHealthy();
    if (isTorn) {
      throw what.failure(
          ObjectStoreException.Reason.OTHER, "a write of its stream failed: it has not all bytes");
    }
  }
}
