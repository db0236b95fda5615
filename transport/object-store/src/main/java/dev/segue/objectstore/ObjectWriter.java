package dev.segue.objectstore;

import dev.segue.bytes.BytesSink;
import dev.segue.bytes.CopyLedger;
import dev.segue.bytes.Loan;
import dev.segue.bytes.OffHeapPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Lend;
import dev.segue.bytes.spi.SegmentCheck;
import dev.segue.objectstore.ObjectStoreException.Reason;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.ListIterator;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import java.util.zip.Checksum;
import org.jspecify.annotations.Nullable;

/**
 * Writes an object whose size need not be known. A part is sent as soon as it is full; it is a list
 * of regions and never joined. The object is visible after {@link #finish()}, or not at all.
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

  private final String what;
  private final PartSink sink;
  private final StoreSettings settings;
  private final Transfer transfer = new Transfer();
  private final Semaphore room;
  private final OffHeapPool blocks;
  private final ConcurrentHashMap<Integer, PartSink.Part> done = new ConcurrentHashMap<>();
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
  private final @Nullable UploadJournal journal;
  private final long resumeByteOffset;
  private PendingPart current;
  private @Nullable Slot block;
  private long blockFrom;
  private long blockUsed;
  private int partCount;
  private long byteSize;
  private boolean begun;
  private boolean closed;

  ObjectWriter(String what, PartSink sink, StoreSettings settings, @Nullable UploadJournal journal)
      throws ObjectStoreException {
    this.what = what;
    this.sink = sink;
    this.settings = settings;
    this.current = new PendingPart();
    this.journal = journal;
    this.room = new Semaphore(settings.putInflightCount);
    this.blocks =
        new OffHeapPool(
            Math.multiplyExact((long) settings.writtenPartCount(), settings.putPartByteSize));
    long offset = 0;
    if (journal != null) {
      for (PartSink.Part part : journal.storedParts(sink)) {
        done.put(part.number(), part);
        partCount = part.number();
        offset += part.byteSize();
      }
      begun = journal.isBegun();
    }
    resumeByteOffset = offset;
    byteSize = offset;
  }

  /**
   * How many bytes the store has already of an upload that is resumed: go on from there. Zero for a
   * new one.
   */
  public long resumeByteOffset() {
    return resumeByteOffset;
  }

  /** How many bytes were written so far, those of a resumed upload included. */
  public long byteSize() {
    return byteSize;
  }

  /**
   * Copies bytes; the caller may change them when this returns.
   *
   * @throws IllegalStateException if the writer is finished or closed
   */
  public void writeChunk(MemorySegment chunk) throws ObjectStoreException {
    checkOpen();
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
   * Reads once from a channel straight into this writer's own memory, as much as the channel gives:
   * a pipe, a socket or a file needs no buffer in between.
   *
   * @return how many bytes were read; -1 at the channel's end
   * @throws IOException if the channel can't be read; the writer can still be used
   * @throws IllegalStateException if the writer is finished or closed
   */
  public int writeFrom(ReadableByteChannel source) throws IOException {
    checkOpen();
    int count = source.read(freeOfBlock().asByteBuffer());
    if (count > 0) {
      filled(count);
    }
    return count;
  }

  /** What is left of the current block and fits into the current part; never empty. */
  private MemorySegment freeOfBlock() throws ObjectStoreException {
    Slot into = currentBlock();
    long free = Math.min(into.writable().byteSize() - blockUsed, current.room());
    return into.writable().asSlice(blockUsed, free);
  }

  private Slot currentBlock() throws ObjectStoreException {
    Slot known = block;
    if (known == null) {
      known = Slot.take(blocks, Math.min(BLOCK, settings.putPartByteSize), what);
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
    checkOpen();
    SegmentCheck.checkShared(what, bytes);
    add(bytes);
  }

  /**
   * This writer as a stream for whatever writes one: a ZIP, serialized objects, a columnar file.
   * Its bytes are copied once, into the parts (site {@code objectstore.writeChunk}), and memory
   * stays that of the writer.
   *
   * <p>Closing the stream does not finish the object: an exception closes it too, and half an
   * object must not become visible. {@link #finish()} does.
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

  /** The size of a part: it is stored, and let go of, when it is full. */
  @Override
  public long gatheredByteSize() {
    return settings.putPartByteSize;
  }

  /**
   * Copies what was borrowed that long ago and waits in a part that is not full yet, so that the
   * lender gets its memory back: a slow topic fills a part slowly, and others may be short of the
   * memory meanwhile.
   *
   * @throws IllegalStateException if the writer is finished or closed
   */
  public void releaseBorrowed(Duration age) throws ObjectStoreException {
    checkOpen();
    if (!current.hasBorrowed() || System.nanoTime() - current.borrowedNanos < age.toNanos()) {
      return;
    }
    sealPiece();
    for (ListIterator<Piece> at = current.pieces.listIterator(); at.hasNext(); ) {
      Piece piece = at.next();
      if (piece.borrowed()) {
        List<Piece> copies = copiesOf(piece.bytes());
        at.remove();
        copies.forEach(at::add);
        Lend.end(piece.lent());
      }
    }
    current.borrowedCount = 0;
  }

  /** The same bytes in this writer's own memory, lent already. */
  private List<Piece> copiesOf(SegmentedBytes bytes) throws ObjectStoreException {
    List<Piece> copies = new ArrayList<>(1);
    for (long at = 0; at < bytes.byteSize(); ) {
      Slot into = currentBlock();
      long count = Math.min(into.writable().byteSize() - blockUsed, bytes.byteSize() - at);
      Lend.copyTo(RELEASE, bytes, at, into.writable(), blockUsed, count);
      SegmentedBytes copy = into.bytes().slice(blockUsed, count);
      Lend.begin(copy);
      copies.add(new Piece(copy, copy, false));
      blockUsed += count;
      blockFrom = blockUsed;
      at += count;
      if (blockUsed == into.writable().byteSize()) {
        sealBlock();
      }
    }
    return copies;
  }

  /** Takes a filled loan over: it is closed when its bytes are stored. */
  public void writeOwned(Loan loan) throws ObjectStoreException {
    checkOpen();
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
      current.lend(piece, bytes, true);
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
      current.lend(piece, piece, false);
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
    checkHealthy();
    if (partCount == sink.partCountLimit()) {
      throw new ObjectStoreException(
          Reason.RANGE,
          what
              + ": more than partCount="
              + partCount
              + " parts of partByteSize="
              + settings.putPartByteSize
              + "; set SEGUE_PUT_PART_SIZE larger");
    }
    if (!begun) {
      String id = sink.begin();
      begun = true;
      note(id);
    }
    try {
      room.acquire();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ObjectStoreException(Reason.CANCELLED, what + ": the thread was interrupted", e);
    }
    PendingPart part = current;
    current = new PendingPart();
    int number = ++partCount;
    var _ =
        sink.part(number, part.bytes(), part.crc(), transfer)
            .whenComplete((stored, failed) -> stored(part, stored, failed));
  }

  /** An upload that can't be noted could never be resumed: nothing of it may stay. */
  private void note(String id) throws ObjectStoreException {
    if (journal == null) {
      return;
    }
    try {
      journal.begin(id);
    } catch (ObjectStoreException e) {
      begun = false;
      try {
        sink.abort();
        journal.delete();
      } catch (ObjectStoreException suppressed) {
        e.addSuppressed(suppressed);
      }
      throw e;
    }
  }

  private void stored(
      PendingPart part, PartSink.@Nullable Part stored, @Nullable Throwable failed) {
    part.release();
    if (stored == null) {
      failure.compareAndSet(null, failed);
    } else {
      done.put(stored.number(), stored);
      if (journal != null) {
        try {
          journal.stored(stored);
        } catch (IOException e) {
          failure.compareAndSet(null, e);
        }
      }
    }
    room.release();
  }

  /**
   * Waits until all is stored and makes the object visible.
   *
   * @throws IllegalStateException if the writer is finished or closed
   */
  public ObjectInfo finish() throws ObjectStoreException {
    checkOpen();
    sealBlock();
    ObjectInfo info;
    if (!begun) {
      info = sink.whole(current.bytes(), current.crc(), transfer);
      current.release();
    } else {
      if (current.byteSize > 0) {
        send();
      }
      awaitAll();
      checkHealthy();
      info =
          sink.complete(
              done.values().stream()
                  .sorted(Comparator.comparingInt(PartSink.Part::number))
                  .toList());
    }
    closed = true;
    blocks.close();
    if (journal != null) {
      journal.delete();
    }
    return info;
  }

  private void awaitAll() throws ObjectStoreException {
    try {
      room.acquire(settings.putInflightCount);
      room.release(settings.putInflightCount);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ObjectStoreException(Reason.CANCELLED, what + ": the thread was interrupted", e);
    }
  }

  /**
   * Ends the writer. Without {@link #finish()} the upload is aborted and nothing is left of it; one
   * with a journal stays as it is, to be resumed. Idempotent.
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
    transfer.cancel();
    room.acquireUninterruptibly(settings.putInflightCount);
    current.release();
    blocks.close();
    if (journal != null) {
      journal.close();
      sink.detach();
    } else if (begun) {
      sink.abort();
    }
  }

  private void checkOpen() throws ObjectStoreException {
    if (closed) {
      throw new IllegalStateException(what + ": the writer is finished or closed");
    }
    checkHealthy();
  }

  private void checkHealthy() throws ObjectStoreException {
    Throwable failed = failure.get();
    if (failed != null) {
      throw Failures.of(what, failed);
    }
  }

  /**
   * A region of a part.
   *
   * @param lent all that it was cut from: the caller waits for the release of that
   * @param borrowed whether the memory is not this writer's own
   */
  private record Piece(SegmentedBytes bytes, SegmentedBytes lent, boolean borrowed) {}

  /** The regions of the part that is being filled; each is lent until the part is stored. */
  private final class PendingPart {
    private final List<Piece> pieces = new ArrayList<>();
    private final @Nullable Checksum crc = settings.crc == null ? null : settings.crc.begin();
    private long byteSize;
    private int borrowedCount;
    private long borrowedNanos;

    boolean hasBorrowed() {
      return borrowedCount > 0;
    }

    long room() {
      return settings.putPartByteSize - byteSize;
    }

    void lend(SegmentedBytes piece, SegmentedBytes whole, boolean borrowed) {
      Lend.begin(whole);
      pieces.add(new Piece(piece, whole, borrowed));
      if (borrowed) {
        borrowedNanos = borrowedCount == 0 ? System.nanoTime() : borrowedNanos;
        borrowedCount++;
      }
    }

    /** Adds bytes to the size and the checksum, while they are still in the processor's cache. */
    void count(SegmentedBytes piece) {
      byteSize += piece.byteSize();
      if (crc != null) {
        Lend.update(crc, piece);
      }
    }

    SegmentedBytes bytes() {
      return SegmentedBytes.concat(pieces.stream().map(Piece::bytes).toList());
    }

    long crc() {
      return crc == null ? 0 : crc.getValue();
    }

    void release() {
      List<Piece> ended = List.copyOf(pieces);
      pieces.clear();
      ended.forEach(piece -> Lend.end(piece.lent()));
    }
  }
}
