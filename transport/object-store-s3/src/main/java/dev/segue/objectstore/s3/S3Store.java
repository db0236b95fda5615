package dev.segue.objectstore.s3;

import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.ObjectMetadata;
import dev.segue.objectstore.ObjectPage;
import dev.segue.objectstore.ObjectStore;
import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.ObjectStoreException.Reason;
import dev.segue.objectstore.StoreSettings;
import dev.segue.objectstore.WriteOptions;
import dev.segue.objectstore.http.TlsEngines;
import dev.segue.objectstore.internal.Attempt;
import dev.segue.objectstore.internal.Failures;
import dev.segue.objectstore.internal.PartSink;
import dev.segue.objectstore.internal.RemoteStore;
import dev.segue.objectstore.internal.Versions;
import dev.segue.objectstore.spi.StoreUri;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.awscore.presigner.PresignedRequest;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.s3.model.ChecksumMode;
import software.amazon.awssdk.services.s3.model.CommonPrefix;
import software.amazon.awssdk.services.s3.model.EncodingType;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.S3Object;
import software.amazon.awssdk.services.s3.presigner.S3Presigner;

/** A bucket of S3, or of a server that speaks its language, below a prefix. */
final class S3Store extends RemoteStore {
  /** One request stores no more. */
  private static final long ONE_PUT_LIMIT = 5L << 30;

  /** The status of a server that knows no conditions. */
  static final int NOT_IMPLEMENTED = 501;

  /** The metadata that tells who wrote an object. */
  static final String MARK = "segue-write";

  /** Of the names and values that users give an object; S3 takes no more. */
  static final int METADATA_BYTE_SIZE_LIMIT = 2048;

  final String bucket;
  final S3Clients clients;
  private final S3Objects objects;

  private S3Store(StoreUri uri, StoreSettings settings, S3Clients clients) {
    super(uri, settings);
    this.bucket = uri.authority();
    this.clients = clients;
    this.objects = new S3Objects(this);
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
    } catch (SdkClientException e) {
      throw Failures.of("open of " + uri, S3Faults.of(e));
    }
  }

  @Override
  protected S3Objects objects() {
    return objects;
  }

  @Override
  protected long wholePutByteSize() {
    return Math.min(2 * settings.putPartByteSize(), ONE_PUT_LIMIT);
  }

  @Override
  protected PartSink sink(String key, WriteOptions options) {
    return new S3PartSink(this, key, options);
  }

  <T> T call(Attempt what, Function<S3AsyncClient, CompletableFuture<T>> call)
      throws ObjectStoreException {
    return tried(what, () -> clients.send(call));
  }

  <T> T callToTheEnd(Attempt what, Function<S3AsyncClient, CompletableFuture<T>> call)
      throws ObjectStoreException {
    return triedToTheEnd(what, () -> clients.send(call));
  }

  <T> T callToItsAnswer(Attempt what, Function<S3AsyncClient, CompletableFuture<T>> call)
      throws ObjectStoreException {
    return triedToItsAnswer(what, () -> clients.send(call));
  }

  @Override
  public ObjectInfo head(String key) throws ObjectStoreException {
    return info(key, head(key, null));
  }

  @Override
  protected Head headWith(String key) throws ObjectStoreException {
    HeadObjectResponse head = checkedHead(key);
    return new Head(info(key, head), S3Checksums.stored(head));
  }

  @Override
  public ObjectMetadata metadata(String key) throws ObjectStoreException {
    HeadObjectResponse head = head(key, null);
    Map<String, String> user = user(head);
    user.remove(MARK);
    return new ObjectMetadata(
        orEmpty(head.contentType()),
        orEmpty(head.contentEncoding()),
        orEmpty(head.contentLanguage()),
        orEmpty(head.contentDisposition()),
        orEmpty(head.cacheControl()),
        user);
  }

  /** With names in lower case: servers and proxies write those of fields as they like. */
  static Map<String, String> user(HeadObjectResponse head) {
    Map<String, String> user = new HashMap<>();
    head.metadata().forEach((name, value) -> user.put(name.toLowerCase(Locale.ROOT), value));
    return user;
  }

  static String orEmpty(@Nullable String text) {
    return text == null ? "" : text;
  }

  private HeadObjectResponse checkedHead(String key) throws ObjectStoreException {
    return head(key, crc == null ? null : ChecksumMode.ENABLED);
  }

  /** What has the name. */
  PartSink.There there(String key) throws ObjectStoreException {
    HeadObjectResponse head = readableHead(key);
    String mark = user(head).getOrDefault(MARK, "");
    return new PartSink.There(info(key, head), mark, S3Checksums.stored(head));
  }

  /** The head with the checksum; without it where that must not be seen, as it is encrypted. */
  private HeadObjectResponse readableHead(String key) throws ObjectStoreException {
    try {
      return checkedHead(key);
    } catch (ObjectStoreException e) {
      if (e.reason() != Reason.DENIED || crc == null) {
        throw e;
      }
      return head(key, null);
    }
  }

  HeadObjectResponse head(String key, @Nullable ChecksumMode mode) throws ObjectStoreException {
    return call(
        attempt("head", key),
        s3 -> s3.headObject(request -> request.bucket(bucket).key(nameOf(key)).checksumMode(mode)));
  }

  ObjectInfo info(String key, HeadObjectResponse head) throws ObjectStoreException {
    Long byteSize = head.contentLength();
    if (byteSize == null || byteSize < 0 || head.eTag() == null) {
      throw lie(attempt("head", key), "it has Content-Length=" + byteSize + " ETag=" + head.eTag());
    }
    Instant modified = head.lastModified();
    return new ObjectInfo(
        key,
        byteSize,
        head.eTag(),
        modified == null ? Instant.EPOCH : modified,
        orEmpty(head.versionId()));
  }

  private static ObjectStoreException lie(Attempt what, String answer) {
    return what.failure(Reason.UNTRUSTWORTHY, "the server's answer can't be so: " + answer);
  }

  @Override
  public ObjectPage list(String keyPrefix, String delimiter, Optional<String> token)
      throws ObjectStoreException {
    Attempt what = attempt("list", keyPrefix);
    ListObjectsV2Response page =
        call(
            what,
            s3 ->
                s3.listObjectsV2(
                    request -> {
                      // XML can't say each character that a key may have.
                      request
                          .bucket(bucket)
                          .prefix(nameOf(keyPrefix))
                          .encodingType(EncodingType.URL);
                      if (!delimiter.isEmpty()) {
                        request.delimiter(delimiter);
                      }
                      token.ifPresent(request::continuationToken);
                    }));
    List<ObjectInfo> infos = new ArrayList<>();
    for (S3Object object : page.contents()) {
      if (object.size() == null) {
        throw lie(what, "an object without a size");
      }
      infos.add(
          new ObjectInfo(
              listed(what, keyPrefix, object.key()),
              object.size(),
              object.eTag() == null ? "" : object.eTag(),
              object.lastModified() == null ? Instant.EPOCH : object.lastModified()));
    }
    List<String> prefixes = new ArrayList<>();
    for (CommonPrefix common : page.commonPrefixes()) {
      prefixes.add(listed(what, keyPrefix, common.prefix()));
    }
    return new ObjectPage(infos, prefixes, next(what, page, token));
  }

  private String listed(Attempt what, String keyPrefix, @Nullable String name)
      throws ObjectStoreException {
    if (name == null || !name.startsWith(nameOf(keyPrefix))) {
      throw lie(what, "name=" + name);
    }
    return name.substring(prefix.length());
  }

  /** Returns what the next page is asked for with; whether more follows, no listing leaves open. */
  private static Optional<String> next(
      Attempt what, ListObjectsV2Response page, Optional<String> token)
      throws ObjectStoreException {
    Boolean truncated = page.isTruncated();
    if (truncated == null) {
      throw lie(what, "it does not say whether more follows (no IsTruncated)");
    }
    if (!truncated) {
      return Optional.empty();
    }
    String next = page.nextContinuationToken();
    if (next == null || next.isEmpty() || token.filter(next::equals).isPresent()) {
      throw lie(what, "more follows, NextContinuationToken=" + next + " leads nowhere");
    }
    return Optional.of(next);
  }

  @Override
  public void delete(Collection<String> keys) throws ObjectStoreException {
    S3Deletion.of(this, keys).run();
  }

  @Override
  public void delete(Collection<ObjectInfo> versions, Consumer<ObjectInfo> kept)
      throws ObjectStoreException {
    for (ObjectInfo version : versions) {
      Versions.checkNamed(attempt("delete", version.key()), version);
    }
    S3Deletion.of(this, versions, kept).run();
  }

  /** Looked at before, as servers that don't know conditional deletions pass them over. */
  @Override
  public void delete(ObjectInfo version) throws ObjectStoreException {
    Attempt what = attempt("delete", version.key());
    Versions.checkNamed(what, version);
    try {
      Versions.checkSame(what, version, head(version.key()));
      deleteSeen(what, version);
    } catch (ObjectStoreException e) {
      if (!isGone(e)) {
        throw e;
      }
    }
  }

  /** Deletes a version that was looked at right before. */
  private void deleteSeen(Attempt what, ObjectInfo version) throws ObjectStoreException {
    try {
      delete(what, version.key(), version.etag());
    } catch (ObjectStoreException e) {
      if (e.status() != NOT_IMPLEMENTED) {
        throw e;
      }
      delete(what, version.key(), null);
    }
  }

  /** Returns whether a condition was not met as there is no such object. */
  static boolean isGone(ObjectStoreException e) {
    return e.reason() == Reason.NOT_FOUND && !e.code().equals("NoSuchBucket");
  }

  /**
   * Deletes an object.
   *
   * @param etag of the version that is meant, null for any
   */
  void delete(Attempt what, String key, @Nullable String etag) throws ObjectStoreException {
    call(
        what,
        s3 -> s3.deleteObject(request -> request.bucket(bucket).key(nameOf(key)).ifMatch(etag)));
  }

  @Override
  public ObjectInfo copy(String fromKey, String toKey) throws ObjectStoreException {
    return copy(this, fromKey, toKey, S3Copy.ONE_REQUEST_LIMIT, 0);
  }

  @Override
  public ObjectInfo copy(ObjectInfo version, String toKey, LongConsumer copied)
      throws ObjectStoreException {
    ObjectInfo made = copy(this, version, toKey);
    copied.accept(version.byteSize());
    return made;
  }

  private ObjectInfo copy(S3Store source, ObjectInfo version, String toKey)
      throws ObjectStoreException {
    Attempt what = source.attempt("copy of", version.key());
    Versions.checkNamed(what, version);
    HeadObjectResponse head = source.checkedHead(version.key());
    Versions.checkSame(what, version, source.info(version.key(), head));
    return copy(source, version.key(), head, toKey, S3Copy.ONE_REQUEST_LIMIT, 0);
  }

  /** Between buckets of one service, by requests of this store, which must be allowed to read. */
  @Override
  public Optional<ObjectInfo> copyFrom(ObjectStore source, String fromKey, String toKey)
      throws ObjectStoreException {
    return source instanceof S3Store other && clients.isOfOneServiceWith(other.clients)
        ? Optional.of(copy(other, fromKey, toKey, S3Copy.ONE_REQUEST_LIMIT, 0))
        : Optional.empty();
  }

  @Override
  public Optional<ObjectInfo> copyFrom(ObjectStore source, ObjectInfo version, String toKey)
      throws ObjectStoreException {
    return source instanceof S3Store other && clients.isOfOneServiceWith(other.clients)
        ? Optional.of(copy(other, version, toKey))
        : Optional.empty();
  }

  /**
   * Copies by parts what is larger than a limit.
   *
   * @param partByteSize 0 for what fits the object's size
   */
  ObjectInfo copy(
      S3Store source, String fromKey, String toKey, long oneRequestLimit, long partByteSize)
      throws ObjectStoreException {
    return copy(source, fromKey, source.checkedHead(fromKey), toKey, oneRequestLimit, partByteSize);
  }

  private ObjectInfo copy(
      S3Store source,
      String fromKey,
      HeadObjectResponse head,
      String toKey,
      long oneRequestLimit,
      long partByteSize)
      throws ObjectStoreException {
    long byteSize = source.info(fromKey, head).byteSize();
    S3Copy copy = new S3Copy(source, fromKey, this, toKey);
    String etag =
        byteSize <= oneRequestLimit
            ? copy.byOneRequest(head)
            : copy.byParts(head, partByteSize > 0 ? partByteSize : S3Copy.partByteSize(byteSize));
    ObjectInfo made = head(toKey);
    String bare = etag.replace("\"", "");
    if (!bare.equals(made.etag().replace("\"", ""))) {
      // Another one has replaced it by now, and the caller is told of the copy.
      return new ObjectInfo(toKey, byteSize, '"' + bare + '"', Instant.now());
    }
    if (made.byteSize() != byteSize) {
      throw lie(attempt("copy to", toKey), "byteSize=" + made.byteSize() + " of " + byteSize);
    }
    return made;
  }

  @Override
  public URI presignGet(String key, Duration validity) throws ObjectStoreException {
    return presigned(
        key,
        presigner ->
            presigner.presignGetObject(
                request ->
                    request
                        .signatureDuration(validity)
                        .getObjectRequest(get -> get.bucket(bucket).key(nameOf(key)))));
  }

  @Override
  public URI presignPut(String key, Duration validity) throws ObjectStoreException {
    return presigned(
        key,
        presigner ->
            presigner.presignPutObject(
                request ->
                    request
                        .signatureDuration(validity)
                        .putObjectRequest(put -> put.bucket(bucket).key(nameOf(key)))));
  }

  private URI presigned(String key, Function<S3Presigner, PresignedRequest> signing)
      throws ObjectStoreException {
    try (S3Presigner presigner = clients.presigner()) {
      return URI.create(signing.apply(presigner).url().toString());
    } catch (SdkException e) {
      throw Failures.of(attempt("presign", key), S3Faults.of(e));
    }
  }

  @Override
  public void close() {
    retry.close();
    clients.close();
  }
}
