package dev.segue.objectstore;

import dev.segue.bytes.LoanPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.objectstore.ObjectStoreException.Reason;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What stores that are asked over HTTP do alike: one request or ranges, one request or parts. */
abstract sealed class RemoteStore implements ObjectStore permits AzureStore {
  private static final Duration POOL_TIMEOUT = Duration.ofMinutes(10);

  final StoreSettings settings;

  RemoteStore(StoreSettings settings) {
    this.settings = settings;
  }

  abstract RemoteObjects objects();

  abstract PartSink sink(String key);

  /** The object's full name, for messages and journals. */
  abstract String uriOf(String key);

  /** Up to which size one request writes the whole object. */
  abstract long wholePutByteSize();

  @Override
  public ObjectInfo get(String key, MemorySegment region) throws ObjectStoreException {
    String what = "get " + uriOf(key);
    MemorySegment to = Destination.of(what, region);
    Transfer transfer = new Transfer();
    if (to.byteSize() <= settings.getThresholdByteSize) {
      return transfer.await(objects().whole(transfer, key, to), what);
    }
    try {
      return transfer.await(
          new RangedGet(objects(), transfer, key, 0, to, settings.getPartByteSize).toTheEnd(null),
          what);
    } catch (ObjectStoreException e) {
      return emptyOr(e, key);
    }
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
    return byteSize <= settings.getThresholdByteSize ? byteSize : settings.getPartByteSize;
  }

  @Override
  public ObjectBytes get(String key, LoanPool pool) throws ObjectStoreException {
    String what = "get " + uriOf(key);
    Transfer transfer = new Transfer();
    try {
      return transfer.await(objects().whole(transfer, key, pool), what);
    } catch (ObjectStoreException e) {
      if (e.getCause() instanceof S3Objects.TooLargeForOneRequest large) {
        return ranges(large.info, 0, large.info.byteSize(), large.info.etag(), pool);
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
    return ranges(new ObjectInfo(key, -1, "", Instant.EPOCH), byteOffset, byteSize, null, pool);
  }

  private ObjectBytes ranges(
      ObjectInfo object, long byteOffset, long byteSize, @Nullable String etag, LoanPool pool)
      throws ObjectStoreException {
    String what = "get " + uriOf(object.key());
    Slot slot = Slot.take(pool, byteSize, POOL_TIMEOUT, what);
    try {
      Transfer transfer = new Transfer();
      RangedGet get =
          new RangedGet(
              objects(), transfer, object.key(), byteOffset, slot.writable(), rangeOf(byteSize));
      ObjectInfo info = transfer.await(get.exactly(etag), what);
      return new ObjectBytes(info, byteOffset, slot.bytes(), slot);
    } catch (ObjectStoreException | RuntimeException e) {
      slot.close();
      throw e;
    }
  }

  @Override
  public void getMany(Collection<String> keys, LoanPool pool, ManyHandler handler)
      throws ObjectStoreException {
    Transfer transfer = new Transfer();
    try (ManyGets gets = new ManyGets(transfer)) {
      for (String key : keys) {
        gets.add(key, objects().whole(transfer, key, pool));
      }
      List<String> large = gets.handleAll(handler, uri());
      for (String key : large) {
        handler.accept(get(key, pool));
      }
    }
  }

  @Override
  public ObjectReader read(String key) throws ObjectStoreException {
    return new ObjectReader(objects(), head(key), uriOf(key), settings);
  }

  @Override
  public ObjectInfo put(String key, SegmentedBytes bytes) throws ObjectStoreException {
    String what = "put " + uriOf(key);
    Uploads.checkShared(what, bytes);
    if (bytes.byteSize() <= wholePutByteSize()) {
      bytes.beginLend();
      try {
        int crc32c = settings.checksums ? Uploads.crc32c(bytes) : 0;
        return sink(key).whole(bytes, crc32c, new Transfer());
      } finally {
        bytes.endLend();
      }
    }
    try (ObjectWriter writer = write(key)) {
      writer.writeOwned(bytes);
      return writer.finish();
    }
  }

  @Override
  public ObjectWriter write(String key) throws ObjectStoreException {
    return new ObjectWriter("put " + uriOf(key), sink(key), settings, null);
  }

  @Override
  public ObjectWriter write(String key, Path journal) throws ObjectStoreException {
    UploadJournal opened = UploadJournal.open(journal, uriOf(key), settings.putPartByteSize);
    return new ObjectWriter("put " + uriOf(key), sink(key), settings, opened);
  }
}
