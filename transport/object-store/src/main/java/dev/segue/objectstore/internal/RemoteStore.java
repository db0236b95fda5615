package dev.segue.objectstore.internal;

import dev.segue.bytes.LoanPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Lend;
import dev.segue.bytes.spi.SegmentCheck;
import dev.segue.objectstore.ObjectBytes;
import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.ObjectReader;
import dev.segue.objectstore.ObjectStore;
import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.ObjectStoreException.Reason;
import dev.segue.objectstore.ObjectWriter;
import dev.segue.objectstore.StoreSettings;
import dev.segue.objectstore.WriteOptions;
import dev.segue.objectstore.checksum.ContentCheck;
import dev.segue.objectstore.checksum.Crc;
import dev.segue.objectstore.checksum.Pieces;
import dev.segue.objectstore.checksum.StoredChecksum;
import dev.segue.objectstore.spi.StoreUri;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The base of stores that are reached over HTTP: one request or ranges, one request or parts. */
public abstract class RemoteStore implements ObjectStore {
  public final StoreUri uri;
  public final StoreSettings settings;
  public final Retry retry;
  public final String prefix;

  /** The checksum that uploads carry, null for none; then nothing that is read is checked. */
  public final @Nullable Crc crc;

  protected RemoteStore(StoreUri uri, StoreSettings settings) {
    this.uri = uri;
    this.settings = settings;
    this.crc = Crc.of(settings);
    this.retry = new Retry(settings.attemptCount());
    this.prefix = uri.path().isEmpty() || uri.path().endsWith("/") ? uri.path() : uri.path() + "/";
  }

  @Override
  public String uri() {
    return StoreUri.encoded(uri.scheme(), uri.authority(), uri.path());
  }

  /** The object's name in the bucket or container. */
  public String nameOf(String key) {
    return prefix + key;
  }

  /** The object's full name, for messages and journals. */
  public String uriOf(String key) {
    return uri.scheme() + "://" + uri.authority() + "/" + nameOf(key);
  }

  /** Returns what is done to an object. */
  public Attempt attempt(String verb, String key) {
    return new Attempt(verb + " " + uriOf(key), key);
  }

  /** Returns how many requests were tried again so far. */
  public int retriedCount() {
    return retry.retriedCount();
  }

  /** Waits for a request that is tried again while that may help. */
  public <T> T tried(Attempt what, Supplier<CompletableFuture<T>> attempt)
      throws ObjectStoreException {
    Transfer transfer = new Transfer();
    return transfer.await(retry.run(transfer, attempt), what);
  }

  /** The same, waiting also when the thread is interrupted: for a request that clears away. */
  public <T> T triedToTheEnd(Attempt what, Supplier<CompletableFuture<T>> attempt)
      throws ObjectStoreException {
    return toTheEnd(what, attempt, transfer -> {});
  }

  /**
   * The same for a request whose answer says what has to be cleared away. When the thread is
   * interrupted, that answer is waited for, and nothing is tried again: a server that answers
   * nothing would keep whoever closes for as long as all attempts take.
   */
  public <T> T triedToItsAnswer(Attempt what, Supplier<CompletableFuture<T>> attempt)
      throws ObjectStoreException {
    return toTheEnd(what, attempt, Transfer::cancel);
  }

  private <T> T toTheEnd(
      Attempt what, Supplier<CompletableFuture<T>> attempt, Consumer<Transfer> whenInterrupted)
      throws ObjectStoreException {
    Transfer transfer = new Transfer();
    boolean interrupted = Thread.interrupted();
    if (interrupted) {
      whenInterrupted.accept(transfer);
    }
    try {
      CompletableFuture<T> result = retry.run(transfer, attempt);
      while (true) {
        try {
          return result.get();
        } catch (InterruptedException e) {
          interrupted = true;
          whenInterrupted.accept(transfer);
        } catch (ExecutionException e) {
          throw Failures.of(what, e);
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /**
   * An object's version, and the checksum that it was stored with.
   *
   * @param stored null where there is none
   */
  public record Head(ObjectInfo info, @Nullable StoredChecksum stored) {}

  protected abstract Head headWith(String key) throws ObjectStoreException;

  protected abstract RemoteObjects objects();

  protected abstract PartSink sink(String key, WriteOptions options);

  /** Up to which size one request writes the whole object. */
  protected abstract long wholePutByteSize();

  @Override
  public ObjectInfo get(String key, MemorySegment region) throws ObjectStoreException {
    Attempt what = attempt("get", key);
    MemorySegment to = Destination.of(what, region);
    if (to.byteSize() <= settings.wholeGetByteSize()) {
      Transfer transfer = new Transfer();
      return transfer.await(objects().whole(transfer, key, to), what);
    }
    try {
      return byRanges(what, new RangeRead(key, 0, to, null));
    } catch (ObjectStoreException e) {
      return emptyOr(e, key);
    }
  }

  private ObjectInfo byRanges(Attempt what, RangeRead read) throws ObjectStoreException {
    Crc known = crc;
    long part = settings.rangeByteSizeFor(read.byteSize());
    if (known != null) {
      return new CheckedGet(objects(), what, read, part, retry, known).run();
    }
    Transfer transfer = new Transfer();
    RangedGet get = new RangedGet(objects(), transfer, read, part);
    return transfer.await(read.pinned() == null ? get.toTheEnd() : get.exactly(), what);
  }

  /** An empty object has no range at all: every one is refused with 416. */
  private ObjectInfo emptyOr(ObjectStoreException failure, String key) throws ObjectStoreException {
    if (failure.reason() == Reason.RANGE) {
      ObjectInfo info = head(key);
      if (info.byteSize() == 0) {
        return info;
      }
    }
    throw failure;
  }

  @Override
  public ObjectInfo getRange(String key, long byteOffset, MemorySegment region)
      throws ObjectStoreException {
    Attempt what = attempt("get", key);
    MemorySegment to = Destination.of(what, region);
    Destination.checkRange(what, byteOffset, region.byteSize());
    return to.byteSize() == 0 ? head(key) : exactly(what, new RangeRead(key, byteOffset, to, null));
  }

  @Override
  public ObjectInfo getRange(ObjectInfo version, long byteOffset, MemorySegment region)
      throws ObjectStoreException {
    Attempt what = attempt("get", version.key());
    MemorySegment to = Destination.of(what, region);
    Destination.checkRange(what, version, byteOffset, region.byteSize());
    if (to.byteSize() == 0) {
      return version;
    }
    return exactly(what, new RangeRead(version.key(), byteOffset, to, version));
  }

  private ObjectInfo exactly(Attempt what, RangeRead read) throws ObjectStoreException {
    Transfer transfer = new Transfer();
    long part =
        read.byteSize() <= settings.wholeGetByteSize()
            ? read.byteSize()
            : settings.rangeByteSizeFor(read.byteSize());
    return transfer.await(new RangedGet(objects(), transfer, read, part).exactly(), what);
  }

  @Override
  public ObjectBytes get(String key, LoanPool pool) throws ObjectStoreException {
    Attempt what = attempt("get", key);
    Transfer transfer = new Transfer();
    try {
      return transfer.await(objects().whole(transfer, key, pool), what);
    } catch (ObjectStoreException e) {
      if (e.getCause() instanceof RemoteObjects.TooLargeForOneRequest large) {
        return Slot.filled(
            pool,
            0,
            large.info.byteSize(),
            what,
            region -> byRanges(what, new RangeRead(key, 0, region, large.info)));
      }
      throw e;
    }
  }

  @Override
  public ObjectBytes getRange(String key, long byteOffset, long byteSize, LoanPool pool)
      throws ObjectStoreException {
    Attempt what = attempt("get", key);
    if (byteSize <= 0) {
      throw new IllegalArgumentException(what + ": byteSize=" + byteSize + ", positive");
    }
    Destination.checkRange(what, byteOffset, byteSize);
    return Slot.filled(
        pool, byteOffset, byteSize, what, region -> getRange(key, byteOffset, region));
  }

  @Override
  public ObjectBytes getRange(ObjectInfo version, long byteOffset, long byteSize, LoanPool pool)
      throws ObjectStoreException {
    Attempt what = attempt("get", version.key());
    Destination.checkRange(what, version, byteOffset, byteSize);
    return Slot.filled(
        pool, byteOffset, byteSize, what, region -> getRange(version, byteOffset, region));
  }

  @Override
  public void getMany(Collection<String> keys, LoanPool pool, ManyHandler handler)
      throws ObjectStoreException {
    Transfer transfer = new Transfer();
    try (ManyGets gets = new ManyGets(this, transfer, handler)) {
      Iterator<String> next = keys.iterator();
      List<String> large = new ArrayList<>();
      // As many futures as may be in flight, not one for each of a million keys.
      for (int open = 0; open < settings.rangeInflightCount() && next.hasNext(); open++) {
        start(gets, transfer, next.next(), pool);
      }
      while (gets.handleNext(large)) {
        if (next.hasNext()) {
          start(gets, transfer, next.next(), pool);
        }
      }
      for (String key : large) {
        ManyGets.handle(key, handler, () -> get(key, pool));
      }
    }
  }

  private void start(ManyGets gets, Transfer transfer, String key, LoanPool pool) {
    gets.add(key, objects().whole(transfer, key, pool));
  }

  @Override
  public ObjectReader read(String key) throws ObjectStoreException {
    Attempt what = attempt("read of", key);
    Head head = headWith(key);
    StoredChecksum stored = head.stored();
    if (crc == null || stored == null) {
      return new ObjectReader(objects(), head.info(), what, settings, null);
    }
    ObjectInfo info = head.info();
    StoredChecksum whole = new Transfer().await(objects().withParts(info, stored), what);
    ContentCheck check = new ContentCheck(whole, info.byteSize(), new Pieces(whole.crc()));
    return new ObjectReader(
        objects().noting(check.pieces(), seen -> {}), info, what, settings, check);
  }

  @Override
  public ObjectInfo put(String key, SegmentedBytes bytes, WriteOptions options)
      throws ObjectStoreException {
    Attempt what = attempt("put", key);
    SegmentCheck.checkShared(what.text(), bytes);
    if (bytes.byteSize() <= wholePutByteSize()) {
      Lend.begin(bytes);
      try {
        long ofBytes = crc == null ? 0 : crc.of(bytes);
        return sink(key, options).whole(bytes, ofBytes, new Transfer());
      } finally {
        Lend.end(bytes);
      }
    }
    StoreSettings parts = settings.forPutOf(bytes.byteSize());
    try (ObjectWriter writer = new ObjectWriter(what, sink(key, options), parts, null)) {
      writer.writeOwned(bytes);
      return writer.finish();
    }
  }

  @Override
  public ObjectWriter write(String key, WriteOptions options) throws ObjectStoreException {
    return new ObjectWriter(attempt("put", key), sink(key, options), settings, null);
  }

  @Override
  public ObjectWriter write(String key, Path journal, WriteOptions options)
      throws ObjectStoreException {
    UploadJournal opened = UploadJournal.open(journal, uriOf(key), settings);
    return new ObjectWriter(attempt("put", key), sink(key, options), settings, opened);
  }

  @Override
  public void discard(String key, Path journal) throws ObjectStoreException {
    UploadJournal.discard(journal, uriOf(key), sink(key, WriteOptions.NONE));
  }
}
