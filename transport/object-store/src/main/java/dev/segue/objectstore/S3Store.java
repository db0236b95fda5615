package dev.segue.objectstore;

import dev.segue.objectstore.ObjectStoreException.Reason;
import dev.segue.objectstore.http.TlsEngines;
import java.net.URI;
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
final class S3Store extends RemoteStore {
  private static final int DELETE_BATCH = 1000;

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
    } catch (software.amazon.awssdk.core.exception.SdkClientException e) {
      throw Failures.of("open of " + uri, e);
    }
  }

  @Override
  S3Objects objects() {
    return objects;
  }

  @Override
  long wholePutByteSize() {
    return 2 * settings.putPartByteSize;
  }

  @Override
  PartSink sink(String key) {
    return new S3PartSink(this, key);
  }

  <T> T call(String what, Function<S3AsyncClient, CompletableFuture<T>> call)
      throws ObjectStoreException {
    return tried(what, () -> clients.send(call));
  }

  <T> T callToTheEnd(String what, Function<S3AsyncClient, CompletableFuture<T>> call)
      throws ObjectStoreException {
    return triedToTheEnd(what, () -> clients.send(call));
  }

  @Override
  public ObjectInfo head(String key) throws ObjectStoreException {
    return info(key, head(key, null));
  }

  @Override
  Head headWith(String key) throws ObjectStoreException {
    HeadObjectResponse head = checkedHead(key);
    return new Head(info(key, head), StoredChecksum.of(head));
  }

  private HeadObjectResponse checkedHead(String key) throws ObjectStoreException {
    return head(key, settings.crc == null ? null : ChecksumMode.ENABLED);
  }

  private HeadObjectResponse head(String key, @Nullable ChecksumMode mode)
      throws ObjectStoreException {
    return call(
        "head " + uriOf(key),
        s3 -> s3.headObject(request -> request.bucket(bucket).key(nameOf(key)).checksumMode(mode)));
  }

  private static ObjectInfo info(String key, HeadObjectResponse head) {
    return new ObjectInfo(key, head.contentLength(), head.eTag(), head.lastModified());
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
                      request.bucket(bucket).prefix(nameOf(keyPrefix));
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
        batch.add(ObjectIdentifier.builder().key(nameOf(key)).build());
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
    HeadObjectResponse source = checkedHead(fromKey);
    long byteSize = source.contentLength();
    S3Copy copy = new S3Copy(this, fromKey, toKey);
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
                          .getObjectRequest(get -> get.bucket(bucket).key(nameOf(key))))
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
                          .putObjectRequest(put -> put.bucket(bucket).key(nameOf(key))))
              .url()
              .toString());
    }
  }

  @Override
  public void close() {
    clients.close();
  }
}
