package dev.segue.objectstore.internal;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.ObjectStoreException.Reason;
import dev.segue.objectstore.StoreSettings;
import java.io.IOException;
import java.util.Comparator;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The parts of one object on their way to a store: as many at a time as the settings allow, noted
 * in a journal if there is one.
 *
 * <p>Threads: one at a time.
 */
public final class Upload {
  private final Attempt what;
  private final PartSink sink;
  private final StoreSettings settings;
  private final Transfer transfer = new Transfer();
  private final Semaphore room;
  private final ConcurrentHashMap<Integer, PartSink.Part> done = new ConcurrentHashMap<>();
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
  private final @Nullable UploadJournal journal;
  private final long resumeByteOffset;

  /** The object, where an earlier process made it without learning of that. */
  private final @Nullable ObjectInfo made;

  private int partCount;
  private boolean begun;

  /** Begins an upload, or goes on with the one that the journal is of. */
  public Upload(
      Attempt what, PartSink sink, StoreSettings settings, @Nullable UploadJournal journal)
      throws ObjectStoreException {
    this.what = what;
    this.sink = sink;
    this.settings = settings;
    this.journal = journal;
    this.room = new Semaphore(settings.putInflightCount());
    long offset = 0;
    ObjectInfo whole = null;
    if (journal != null) {
      for (PartSink.Part part : journal.storedParts(sink)) {
        done.put(part.number(), part);
        partCount = part.number();
        offset += part.byteSize();
      }
      begun = journal.isBegun();
      whole = journal.made();
    }
    made = whole;
    resumeByteOffset = whole == null ? offset : whole.byteSize();
  }

  /** Reports how many bytes have gone to the store each time, on any thread. */
  public void whenMoved(LongConsumer moved) {
    transfer.whenMoved(moved);
  }

  /** Returns how many bytes the store has already of an upload that is resumed. */
  public long resumeByteOffset() {
    return resumeByteOffset;
  }

  /** Waits until a further part may be sent, and begins the upload with the first one. */
  public void admit() throws ObjectStoreException {
    checkHealthy();
    checkNotMade();
    if (partCount == sink.partCountLimit()) {
      throw what.failure(
          Reason.RANGE,
          "more than partCount="
              + partCount
              + " parts of partByteSize="
              + settings.putPartByteSize()
              + "; set SEGUE_PUT_PART_SIZE larger");
    }
    if (!begun) {
      begin();
    }
    try {
      room.acquire();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw what.failure(Reason.CANCELLED, "the thread was interrupted", e);
    }
  }

  /** Nothing can be added to an object that is whole; the next time it is written anew. */
  private void checkNotMade() throws ObjectStoreException {
    ObjectInfo there = made;
    if (there != null && journal != null) {
      ObjectStoreException failure =
          what.failure(
              Reason.CHANGED,
              "the upload that the journal is of is done: the object has byteSize="
                  + there.byteSize()
                  + ", and more was to follow");
      forget(journal, failure);
      throw failure;
    }
  }

  private void begin() throws ObjectStoreException {
    // An end whose answer is lost can be proved by it alone.
    sink.beginMarked();
    if (journal == null) {
      sink.begin();
      begun = true;
      return;
    }
    String planned = sink.plannedId();
    if (planned != null) {
      note(journal, planned);
    }
    String id;
    try {
      id = sink.begin();
    } catch (ObjectStoreException e) {
      forget(journal, e);
      throw e;
    }
    begun = true;
    if (planned == null) {
      note(journal, id);
    }
  }

  /**
   * Sends the part that was admitted; {@code ended} runs when nobody reads its bytes any more.
   *
   * <p>Its room becomes free whatever happens, also an error such as of memory: who ends the upload
   * waits for all of it.
   */
  public void send(SegmentedBytes bytes, long crc, Runnable ended) {
    int number = ++partCount;
    CompletableFuture<PartSink.Part> part;
    try {
      part = sink.part(number, bytes, crc, transfer);
    } catch (RuntimeException | Error e) {
      part = CompletableFuture.failedFuture(e);
    }
    var _ =
        part.whenComplete(
            (stored, failed) -> {
              try {
                ended.run();
                stored(stored, failed);
              } catch (RuntimeException | Error e) {
                failure.compareAndSet(null, e);
              } finally {
                room.release();
              }
            });
  }

  /** An upload that can't be noted could never be resumed: nothing of it may stay. */
  private void note(UploadJournal journal, String id) throws ObjectStoreException {
    try {
      journal.begin(id, sink.mark());
    } catch (ObjectStoreException e) {
      if (begun) {
        begun = false;
        sink.abortFor(e);
      }
      forget(journal, e);
      throw e;
    }
  }

  private static void forget(UploadJournal journal, ObjectStoreException why) {
    try {
      journal.delete();
    } catch (ObjectStoreException suppressed) {
      why.addSuppressed(suppressed);
    }
  }

  private void stored(PartSink.@Nullable Part stored, @Nullable Throwable failed) {
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
  }

  /** Returns whether parts were sent, or the store has some of an earlier time. */
  public boolean isBegun() {
    return begun;
  }

  /** Makes the object of one run of bytes; nothing was sent before, or not with success. */
  public ObjectInfo whole(SegmentedBytes bytes, long crc) throws ObjectStoreException {
    // One of its own: a failure ends it, and the next time is another one.
    Transfer all = new Transfer();
    all.whenMoved(transfer::moved);
    return sink.whole(bytes, crc, all);
  }

  /** Waits until all parts are stored, and makes the object of them. */
  public ObjectInfo complete() throws ObjectStoreException {
    if (made != null) {
      return made;
    }
    try {
      room.acquire(settings.putInflightCount());
      room.release(settings.putInflightCount());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw what.failure(Reason.CANCELLED, "the thread was interrupted", e);
    }
    checkHealthy();
    return sink.complete(
        done.values().stream().sorted(Comparator.comparingInt(PartSink.Part::number)).toList());
  }

  /** The object is there: the journal is of no use any more. */
  public void forget() throws ObjectStoreException {
    if (journal != null) {
      journal.delete();
    }
  }

  /** Ends what is under way, and returns when nobody reads a part's bytes any more. */
  public void cancel() {
    transfer.cancel();
    room.acquireUninterruptibly(settings.putInflightCount());
  }

  /** Removes all trace of the upload; one with a journal stays, to be resumed. */
  public void leave() throws ObjectStoreException {
    if (journal != null) {
      journal.close();
      sink.detach();
    } else if (begun) {
      sink.abort();
    }
  }

  /**
   * Checks that no part has failed.
   *
   * @throws ObjectStoreException if one has
   */
  public void checkHealthy() throws ObjectStoreException {
    Throwable failed = failure.get();
    if (failed != null) {
      throw Failures.of(what, failed);
    }
  }
}
