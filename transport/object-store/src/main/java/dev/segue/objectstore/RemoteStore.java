package dev.segue.objectstore;

import dev.segue.bytes.LoanPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Lend;
import dev.segue.bytes.spi.SegmentCheck;
import dev.segue.objectstore.ObjectStoreException.Reason;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What stores that are asked over HTTP do alike: one request or ranges, one request or parts. */
abstract sealed class RemoteStore implements ObjectStore permits AzureStore, S3Store {
  final StoreUri uri;
  final StoreSettings settings;
  final Retry retry;
  final String prefix;

  RemoteStore(StoreUri uri, StoreSettings settings) {
    this.uri = uri;
    this.settings = settings;
    this.retry = new Retry(settings.attemptCount);
    this.prefix = uri.path().isEmpty() || uri.path().endsWith("/") ? uri.path() : uri.path() + "/";
  }

  @Override
  public String uri() {
    return StoreUri.encoded(uri.scheme(), uri.authority(), uri.path());
  }

  /** The object's name in the bucket or container. */
  String nameOf(String key) {
    return prefix + key;
  }

  /** The object's full name, for messages and journals. */
  String uriOf(String key) {
    return uri.scheme() + "://" + uri.authority() + "/" + nameOf(key);
  }

  /** How many requests were tried again so far. */
  int retriedCount() {
    return retry.retriedCount();
  }

  /** Waits for a request that is tried again while that may help. */
  <T> T tried(String what, Supplier<CompletableFuture<T>> attempt) throws ObjectStoreException {
    Transfer transfer = new Transfer();
    return transfer.await(retry.run(transfer, attempt), what);
  }

  /**
   * The same, waiting also when the thread is interrupted: for a request whose answer says what has
   * to be cleared away.
   */
  <T> T triedToTheEnd(String what, Supplier<CompletableFuture<T>> attempt)
      throws ObjectStoreException {
    boolean interrupted = Thread.interrupted();
    try {
      CompletableFuture<T> result = retry.run(new Transfer(), attempt);
      while (true) {
        try {
          return result.get();
        } catch (InterruptedException e) {
          interrupted = true;
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
  record Head(ObjectInfo info, @Nullable StoredChecksum stored) {}

  abstract Head headWith(String key) throws ObjectStoreException;

  abstract RemoteObjects objects();

  abstract PartSink sink(String key, WriteOptions options);

  /** Up to which size one request writes the whole object. */
  abstract long wholePutByteSize();

  @Override
  public ObjectInfo get(String key, MemorySegment region) throws ObjectStoreException {
    String what = "get " + uriOf(key);
    MemorySegment to = Destination.of(what, region);
    if (to.byteSize() <= settings.getThresholdByteSize) {
      Transfer transfer = new Transfer();
      return transfer.await(objects().whole(transfer, key, to), what);
    }
    try {
      return byRanges(what, key, to, null);
    } catch (ObjectStoreException e) {
      return emptyOr(e, key);
    }
  }

  private ObjectInfo byRanges(String what, String key, MemorySegment to, @Nullable String etag)
      throws ObjectStoreException {
    Crc crc = settings.crc;
    long part = settings.rangeByteSizeFor(to.byteSize());
    if (crc != null) {
      return new CheckedGet(objects(), key, what, to, part, retry, crc).run(etag);
    }
    Transfer transfer = new Transfer();
    RangedGet get = new RangedGet(objects(), transfer, key, 0, to, part);
    return transfer.await(etag == null ? get.toTheEnd(null) : get.exactly(etag), what);
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
    String what = "get " + uriOf(key);
    MemorySegment to = Destination.of(what, region);
    Destination.checkRange(what, byteOffset, region.byteSize());
    if (to.byteSize() == 0) {
      return head(key);
    }
    Transfer transfer = new Transfer();
    return transfer.await(
        new RangedGet(objects(), transfer, key, byteOffset, to, rangeOf(to.byteSize()))
            .exactly(null),
        what);
  }

  private long rangeOf(long byteSize) {
    return byteSize <= settings.getThresholdByteSize
        ? byteSize
        : settings.rangeByteSizeFor(byteSize);
  }

  @Override
  public ObjectBytes get(String key, LoanPool pool) throws ObjectStoreException {
    String what = "get " + uriOf(key);
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
            region -> byRanges(what, key, region, large.info.etag()));
      }
      throw e;
    }
  }

  @Override
  public ObjectBytes getRange(String key, long byteOffset, long byteSize, LoanPool pool)
      throws ObjectStoreException {
    if (byteSize <= 0) {
      throw new IllegalArgumentException(
          "get " + uriOf(key) + ": byteSize=" + byteSize + ", positive");
    }
    Destination.checkRange("get " + uriOf(key), byteOffset, byteSize);
    return Slot.filled(
        pool,
        byteOffset,
        byteSize,
        "get " + uriOf(key),
        region -> getRange(key, byteOffset, region));
  }

  @Override
  public void getMany(Collection<String> keys, LoanPool pool, ManyHandler handler)
      throws ObjectStoreException {
    Transfer transfer = new Transfer();
    try (ManyGets gets = new ManyGets(transfer)) {
      Iterator<String> next = keys.iterator();
      List<String> large = new ArrayList<>();
      // As many futures as may be in flight, not one for each of a million keys.
      for (int open = 0; open < settings.getInflightCount && next.hasNext(); open++) {
        start(gets, transfer, next.next(), pool);
      }
      while (gets.handleNext(handler, uri(), large)) {
        if (next.hasNext()) {
          start(gets, transfer, next.next(), pool);
        }
      }
      for (String key : large) {
        handler.accept(get(key, pool));
      }
    }
  }

  private void start(ManyGets gets, Transfer transfer, String key, LoanPool pool) {
    gets.add(key, objects().whole(transfer, key, pool));
  }

  @Override
  public ObjectReader read(String key) throws ObjectStoreException {
    Head head = headWith(key);
    StoredChecksum stored = head.stored();
    if (settings.crc == null || stored == null) {
      return new ObjectReader(objects(), head.info(), uriOf(key), settings);
    }
    ObjectInfo info = head.info();
    StoredChecksum whole =
        new Transfer().await(objects().withParts(info, stored), "read of " + uriOf(key));
    ContentCheck check = new ContentCheck(whole, info.byteSize(), new Pieces(whole.crc()));
    return new ObjectReader(
        objects().noting(check.pieces(), seen -> {}), info, uriOf(key), settings, check);
  }

  @Override
  public ObjectInfo put(String key, SegmentedBytes bytes, WriteOptions options)
      throws ObjectStoreException {
    String what = "put " + uriOf(key);
    SegmentCheck.checkShared(what, bytes);
    if (bytes.byteSize() <= wholePutByteSize()) {
      Lend.begin(bytes);
      try {
        long crc = settings.crc == null ? 0 : settings.crc.of(bytes);
        return sink(key, options).whole(bytes, crc, new Transfer());
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
    return new ObjectWriter("put " + uriOf(key), sink(key, options), settings, null);
  }

  @Override
  public ObjectWriter write(String key, Path journal, WriteOptions options)
      throws ObjectStoreException {
    UploadJournal opened = UploadJournal.open(journal, uriOf(key), settings);
    return new ObjectWriter("put " + uriOf(key), sink(key, options), settings, opened);
  }
}
