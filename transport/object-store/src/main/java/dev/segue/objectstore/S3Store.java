package dev.segue.objectstore;

import dev.segue.bytes.LoanPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.objectstore.ObjectStoreException.Reason;
import dev.segue.objectstore.http.TlsEngines;
import java.lang.foreign.MemorySegment;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.s3.model.ChecksumMode;
import software.amazon.awssdk.services.s3.model.CommonPrefix;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.ObjectIdentifier;
import software.amazon.awssdk.services.s3.presigner.S3Presigner;

/** A bucket of S3, or of a server that speaks its language, below a prefix. */
final class S3Store implements ObjectStore {
  private static final Duration POOL_TIMEOUT = Duration.ofMinutes(10);
  private static final int DELETE_BATCH = 1000;

  private final StoreUri uri;
  private final StoreSettings settings;
  private final String bucket;
  private final String prefix;
  private final S3Clients clients;
  private final Retry retry;
  private final S3Objects objects;

  private S3Store(StoreUri uri, StoreSettings settings, S3Clients clients) {
    this.uri = uri;
    this.settings = settings;
    this.bucket = uri.authority();
    this.prefix = uri.path().isEmpty() || uri.path().endsWith("/") ? uri.path() : uri.path() + "/";
    this.clients = clients;
    this.retry = new Retry(settings.attemptCount);
    this.objects = new S3Objects(this, clients, bucket, prefix, settings, retry);
  }

  static S3Store open(StoreUri uri, StoreSettings settings) throws ObjectStoreException {
    return open(uri, settings, null, null);
  }

  /** With credentials and TLS of one's own, null for those of the environment. */
  static S3Store open(
      StoreUri uri,
      StoreSettings settings,
      @Nullable AwsCredentialsProvider credentials,
      @Nullable TlsEngines tls)
      throws ObjectStoreException {
    try {
      return new S3Store(uri, settings, new S3Clients(uri, settings, credentials, tls));
    } catch (software.amazon.awssdk.core.exception.SdkClientException e) {
      throw Failures.of("open of " + uri, e);
    }
  }

  @Override
  public String uri() {
    return uri.toString();
  }

  String uriOf(String key) {
    return "s3://" + bucket + "/" + prefix + key;
  }

  /** How many requests were tried again so far. */
  int retriedCount() {
    return retry.retriedCount();
  }

  <T> T call(String what, Function<S3AsyncClient, CompletableFuture<T>> call)
      throws ObjectStoreException {
    Transfer transfer = new Transfer();
    return transfer.await(retry.run(transfer, () -> clients.send(call)), what);
  }

  @Override
  public ObjectInfo head(String key) throws ObjectStoreException {
    return info(key, headWith(key, null));
  }

  private HeadObjectResponse headWith(String key, @Nullable ChecksumMode mode)
      throws ObjectStoreException {
    return call(
        "head " + uriOf(key),
        s3 ->
            s3.headObject(request -> request.bucket(bucket).key(prefix + key).checksumMode(mode)));
  }

  private static ObjectInfo info(String key, HeadObjectResponse head) {
    return new ObjectInfo(key, head.contentLength(), head.eTag(), head.lastModified());
  }

  S3Checksums checksums() {
    return objects.checksums();
  }

  @Override
  public ObjectInfo get(String key, MemorySegment region) throws ObjectStoreException {
    String what = "get " + uriOf(key);
    MemorySegment to = Destination.of(what, region);
    if (to.byteSize() <= settings.getThresholdByteSize) {
      Transfer transfer = new Transfer();
      return transfer.await(objects.whole(transfer, key, to), what);
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
    if (crc != null) {
      return new CheckedGet(objects, key, what, to, retry, crc).run(etag);
    }
    Transfer transfer = new Transfer();
    long part = settings.rangeByteSizeFor(to.byteSize());
    RangedGet get = new RangedGet(objects, transfer, key, 0, to, part);
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
    if (to.byteSize() == 0) {
      return head(key);
    }
    Transfer transfer = new Transfer();
    return transfer.await(
        new RangedGet(objects, transfer, key, byteOffset, to, rangeOf(to.byteSize())).exactly(null),
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
      return transfer.await(objects.whole(transfer, key, pool), what);
    } catch (ObjectStoreException e) {
      if (e.getCause() instanceof S3Objects.TooLargeForOneRequest large) {
        Slot slot = Slot.take(pool, large.info.byteSize(), POOL_TIMEOUT, what);
        return filled(slot, 0, () -> byRanges(what, key, slot.writable(), large.info.etag()));
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
    String what = "get " + uriOf(key);
    Slot slot = Slot.take(pool, byteSize, POOL_TIMEOUT, what);
    return filled(
        slot,
        byteOffset,
        () -> {
          Transfer transfer = new Transfer();
          return transfer.await(
              new RangedGet(objects, transfer, key, byteOffset, slot.writable(), rangeOf(byteSize))
                  .exactly(null),
              what);
        });
  }

  private interface Filling {
    ObjectInfo run() throws ObjectStoreException;
  }

  private static ObjectBytes filled(Slot slot, long byteOffset, Filling filling)
      throws ObjectStoreException {
    try {
      return new ObjectBytes(filling.run(), byteOffset, slot.bytes(), slot);
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
        gets.add(key, objects.whole(transfer, key, pool));
      }
      List<String> large = gets.handleAll(handler, uri());
      for (String key : large) {
        handler.accept(get(key, pool));
      }
    }
  }

  @Override
  public ObjectReader read(String key) throws ObjectStoreException {
    if (settings.crc == null) {
      return new ObjectReader(objects, head(key), uriOf(key), settings);
    }
    HeadObjectResponse head = headWith(key, ChecksumMode.ENABLED);
    ObjectInfo info = info(key, head);
    StoredChecksum stored = StoredChecksum.of(head);
    if (stored == null) {
      return new ObjectReader(objects, info, uriOf(key), settings);
    }
    StoredChecksum whole =
        new Transfer()
            .await(checksums().withParts(key, info.etag(), stored), "read of " + uriOf(key));
    ContentCheck check = new ContentCheck(whole, info.byteSize(), new Pieces(stored.crc()));
    return new ObjectReader(
        objects.noting(check.pieces(), seen -> {}), info, uriOf(key), settings, check);
  }

  private PartSink sink(String key) {
    return new S3PartSink(this, clients, retry, settings, bucket, prefix, key);
  }

  @Override
  public ObjectInfo put(String key, SegmentedBytes bytes) throws ObjectStoreException {
    String what = "put " + uriOf(key);
    Uploads.checkShared(what, bytes);
    if (bytes.byteSize() <= 2 * settings.putPartByteSize) {
      bytes.beginLend();
      try {
        long crc = settings.crc == null ? 0 : settings.crc.of(bytes);
        return sink(key).whole(bytes, crc, new Transfer());
      } finally {
        bytes.endLend();
      }
    }
    StoreSettings parts = settings.forPutOf(bytes.byteSize());
    try (ObjectWriter writer = new ObjectWriter(what, sink(key), parts, null)) {
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
    UploadJournal opened = UploadJournal.open(journal, uriOf(key), settings);
    return new ObjectWriter("put " + uriOf(key), sink(key), settings, opened);
  }

  @Override
  public ObjectPage list(String keyPrefix, String delimiter, Optional<String> token)
      throws ObjectStoreException {
    ListObjectsV2Response page =
        call(
            "list " + uriOf(keyPrefix),
            s3 ->
                s3.listObjectsV2(
                    request -> {
                      request.bucket(bucket).prefix(prefix + keyPrefix);
                      if (!delimiter.isEmpty()) {
                        request.delimiter(delimiter);
                      }
                      token.ifPresent(request::continuationToken);
                    }));
    List<ObjectInfo> infos = new ArrayList<>();
    page.contents()
        .forEach(
            object ->
                infos.add(
                    new ObjectInfo(
                        object.key().substring(prefix.length()),
                        object.size(),
                        object.eTag(),
                        object.lastModified())));
    List<String> prefixes =
        page.commonPrefixes().stream()
            .map(CommonPrefix::prefix)
            .map(text -> text.substring(prefix.length()))
            .toList();
    return new ObjectPage(
        infos,
        prefixes,
        Boolean.TRUE.equals(page.isTruncated())
            ? Optional.ofNullable(page.nextContinuationToken())
            : Optional.empty());
  }

  @Override
  public void delete(Collection<String> keys) throws ObjectStoreException {
    List<String> all = List.copyOf(keys);
    for (int at = 0; at < all.size(); at += DELETE_BATCH) {
      List<ObjectIdentifier> batch = new ArrayList<>();
      for (String key : all.subList(at, Math.min(all.size(), at + DELETE_BATCH))) {
        batch.add(ObjectIdentifier.builder().key(prefix + key).build());
      }
      String what = "delete of objectCount=" + batch.size() + " below " + uri();
      var response =
          call(
              what,
              s3 ->
                  s3.deleteObjects(
                      request -> request.bucket(bucket).delete(d -> d.objects(batch).quiet(true))));
      if (response.hasErrors() && !response.errors().isEmpty()) {
        var first = response.errors().getFirst();
        throw new ObjectStoreException(
            "AccessDenied".equals(first.code()) ? Reason.DENIED : Reason.OTHER,
            what
                + ": failedCount="
                + response.errors().size()
                + ", the first is "
                + first.key()
                + ": "
                + first.code()
                + " "
                + first.message());
      }
    }
  }

  @Override
  public ObjectInfo copy(String fromKey, String toKey) throws ObjectStoreException {
    return copy(fromKey, toKey, S3Copy.ONE_REQUEST_LIMIT, 0);
  }

  /**
   * Copies by parts what is larger than a limit.
   *
   * @param partByteSize 0 for what fits the object's size
   */
  ObjectInfo copy(String fromKey, String toKey, long oneRequestLimit, long partByteSize)
      throws ObjectStoreException {
    HeadObjectResponse source =
        headWith(fromKey, settings.crc == null ? null : ChecksumMode.ENABLED);
    long byteSize = source.contentLength();
    S3Copy copy =
        new S3Copy(this, clients, retry, settings, bucket, prefix + fromKey, prefix + toKey);
    if (byteSize <= oneRequestLimit) {
      copy.byOneRequest(source);
    } else {
      copy.byParts(source, partByteSize > 0 ? partByteSize : S3Copy.partByteSize(byteSize));
    }
    return head(toKey);
  }

  @Override
  public URI presignGet(String key, Duration validity) {
    try (S3Presigner presigner = clients.presigner()) {
      return URI.create(
          presigner
              .presignGetObject(
                  request ->
                      request
                          .signatureDuration(validity)
                          .getObjectRequest(get -> get.bucket(bucket).key(prefix + key)))
              .url()
              .toString());
    }
  }

  @Override
  public URI presignPut(String key, Duration validity) {
    try (S3Presigner presigner = clients.presigner()) {
      return URI.create(
          presigner
              .presignPutObject(
                  request ->
                      request
                          .signatureDuration(validity)
                          .putObjectRequest(put -> put.bucket(bucket).key(prefix + key)))
              .url()
              .toString());
    }
  }

  @Override
  public void close() {
    clients.close();
  }
}
