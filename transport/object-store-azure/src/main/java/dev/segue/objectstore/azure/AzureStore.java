package dev.segue.objectstore.azure;

import com.azure.core.http.HttpHeaderName;
import com.azure.core.http.HttpHeaders;
import com.azure.core.http.rest.PagedFlux;
import com.azure.core.http.rest.PagedResponse;
import com.azure.storage.blob.BlobAsyncClient;
import com.azure.storage.blob.BlobContainerAsyncClient;
import com.azure.storage.blob.models.BlobItem;
import com.azure.storage.blob.models.BlobItemProperties;
import com.azure.storage.blob.models.BlobListDetails;
import com.azure.storage.blob.models.BlobRequestConditions;
import com.azure.storage.blob.models.DeleteSnapshotsOptionType;
import com.azure.storage.blob.models.ListBlobsOptions;
import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.ObjectMetadata;
import dev.segue.objectstore.ObjectPage;
import dev.segue.objectstore.ObjectStore;
import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.ObjectStoreException.Reason;
import dev.segue.objectstore.StoreSettings;
import dev.segue.objectstore.WriteOptions;
import dev.segue.objectstore.checksum.StoredChecksum;
import dev.segue.objectstore.http.TlsEngines;
import dev.segue.objectstore.internal.Attempt;
import dev.segue.objectstore.internal.Failures;
import dev.segue.objectstore.internal.GetAnswer;
import dev.segue.objectstore.internal.PartSink;
import dev.segue.objectstore.internal.RemoteStore;
import dev.segue.objectstore.internal.ServiceFault;
import dev.segue.objectstore.internal.Transfer;
import dev.segue.objectstore.internal.Versions;
import dev.segue.objectstore.spi.StoreUri;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** A container of Azure Blob Storage, below a prefix. */
final class AzureStore extends RemoteStore {
  /** Put Block's limit since version 2019-12-12. */
  private static final long LARGEST_BLOCK = 4000L << 20;

  /** Put Blob's limit since the same. */
  private static final long LARGEST_WHOLE = 5000L << 20;

  private final AzureClients clients;
  private final BlobContainerAsyncClient container;
  private final AzureRequests requests;
  private final AzureObjects objects;

  private AzureStore(StoreUri uri, StoreSettings settings, AzureClients clients) {
    super(
        uri,
        settings.checksums() == StoreSettings.Checksums.NONE
            ? settings
            // The one that the service knows.
            : settings.checksums(StoreSettings.Checksums.CRC64NVME));
    this.clients = clients;
    this.container = clients.service().getBlobContainerAsyncClient(uri.authority());
    this.requests = new AzureRequests(container);
    this.objects = new AzureObjects(this, requests);
  }

  static AzureStore open(StoreUri uri, StoreSettings settings) {
    return open(uri, settings, System.getenv(), null);
  }

  /** With an environment and TLS of one's own, null for the JDK's. */
  static AzureStore open(
      StoreUri uri,
      StoreSettings settings,
      Map<String, String> environment,
      @Nullable TlsEngines tls) {
    if (settings.putPartByteSize() > LARGEST_BLOCK) {
      throw new IllegalArgumentException(
          "store \""
              + uri
              + "\": SEGUE_PUT_PART_SIZE="
              + settings.putPartByteSize()
              + ", a block has at most byteSize="
              + LARGEST_BLOCK);
    }
    return new AzureStore(uri, settings, new AzureClients(uri, settings, environment, tls));
  }

  @Override
  protected AzureObjects objects() {
    return objects;
  }

  @Override
  protected long wholePutByteSize() {
    return Math.min(2 * settings.putPartByteSize(), LARGEST_WHOLE);
  }

  @Override
  protected PartSink sink(String key, WriteOptions options) {
    return new AzurePartSink(this, key, options);
  }

  AzureRequests requests() {
    return requests;
  }

  BlobContainerAsyncClient container() {
    return container;
  }

  BlobAsyncClient blob(String key) {
    return container.getBlobAsyncClient(nameOf(key));
  }

  <T> T call(Attempt what, Supplier<Mono<T>> call) throws ObjectStoreException {
    return tried(what, () -> AzureFaults.sent(call));
  }

  @Override
  public ObjectInfo head(String key) throws ObjectStoreException {
    return headWith(key).info();
  }

  @Override
  protected Head headWith(String key) throws ObjectStoreException {
    return head(key, headers(key));
  }

  /** The head of the answer about a blob; one that lacks its size or its version is refused. */
  HttpHeaders headers(String key) throws ObjectStoreException {
    Attempt what = attempt("head", key);
    HttpHeaders head = call(what, () -> blob(key).getPropertiesWithResponse(null)).getHeaders();
    String byteSize = head.getValue(HttpHeaderName.CONTENT_LENGTH);
    String etag = AzureObjects.quoted(head.getValue(HttpHeaderName.ETAG));
    if (byteSize == null || etag == null) {
      // The SDK takes what is missing for nothing.
      throw lie(what, "it has Content-Length=" + byteSize + " ETag=" + etag);
    }
    return head;
  }

  /** Returns what such a head tells. */
  static Head head(String key, HttpHeaders head) {
    GetAnswer told = AzureObjects.answer(head);
    Long byteSize = told.contentLength();
    return new Head(told.version(key, byteSize == null ? 0 : byteSize), told.stored());
  }

  private static ObjectStoreException lie(Attempt what, String answer) {
    return what.failure(Reason.UNTRUSTWORTHY, "the server's answer can't be so: " + answer);
  }

  @Override
  public ObjectMetadata metadata(String key) throws ObjectStoreException {
    return AzureMetadata.of(call(attempt("head", key), () -> blob(key).getProperties()));
  }

  /** Returns what one version can be checked by; empty if it has nothing, or is there no more. */
  CompletableFuture<Optional<StoredChecksum>> stored(String key, String etag) {
    BlobRequestConditions same = new BlobRequestConditions().setIfMatch(etag);
    return retry
        .run(
            new Transfer(), () -> AzureFaults.sent(() -> blob(key).getPropertiesWithResponse(same)))
        .thenApply(head -> Optional.ofNullable(AzureChecksums.stored(head.getHeaders())))
        .exceptionallyCompose(
            failure -> {
              ServiceFault fault = ServiceFault.of(Failures.root(failure));
              return fault != null && (fault.status() == 404 || fault.status() == 412)
                  ? CompletableFuture.completedFuture(Optional.empty())
                  : CompletableFuture.failedFuture(failure);
            });
  }

  private static String etag(@Nullable String given) {
    String etag = AzureObjects.quoted(given);
    return etag == null ? "" : etag;
  }

  @Override
  public ObjectPage list(String keyPrefix, String delimiter, Optional<String> token)
      throws ObjectStoreException {
    Attempt what = attempt("list", keyPrefix);
    ListBlobsOptions options =
        new ListBlobsOptions()
            .setPrefix(nameOf(keyPrefix))
            .setDetails(new BlobListDetails().setRetrieveMetadata(true));
    PagedFlux<BlobItem> pages =
        delimiter.isEmpty()
            ? container.listBlobs(options)
            : container.listBlobsByHierarchy(delimiter, options);
    PagedResponse<BlobItem> page =
        call(what, () -> (token.isEmpty() ? pages.byPage() : pages.byPage(token.get())).next());
    List<ObjectInfo> infos = new ArrayList<>();
    List<String> prefixes = new ArrayList<>();
    for (BlobItem item : page.getValue()) {
      String name = listed(what, keyPrefix, item.getName());
      if (Boolean.TRUE.equals(item.isPrefix())) {
        prefixes.add(name);
      } else if (!AzureMetadata.isFolder(item)) {
        infos.add(listed(what, name, item.getProperties()));
      }
    }
    String next = page.getContinuationToken();
    if (next != null && token.filter(next::equals).isPresent()) {
      throw lie(what, "more follows, NextMarker=" + next + " leads nowhere");
    }
    return new ObjectPage(
        infos, prefixes, next == null || next.isEmpty() ? Optional.empty() : Optional.of(next));
  }

  private String listed(Attempt what, String keyPrefix, @Nullable String name)
      throws ObjectStoreException {
    if (name == null || !name.startsWith(nameOf(keyPrefix))) {
      throw lie(what, "name=" + name);
    }
    return name.substring(prefix.length());
  }

  private static ObjectInfo listed(
      Attempt what, String key, @Nullable BlobItemProperties properties)
      throws ObjectStoreException {
    if (properties == null || properties.getContentLength() == null) {
      throw lie(what, "a blob without a length, key=" + key);
    }
    return new ObjectInfo(
        key,
        properties.getContentLength(),
        etag(properties.getETag()),
        properties.getLastModified() == null
            ? Instant.EPOCH
            : properties.getLastModified().toInstant());
  }

  @Override
  public void delete(Collection<String> keys) throws ObjectStoreException {
    new AzureDeletion(this).run(keys);
  }

  @Override
  public void delete(Collection<ObjectInfo> versions, Consumer<ObjectInfo> kept)
      throws ObjectStoreException {
    for (ObjectInfo version : versions) {
      Versions.checkNamed(attempt("delete", version.key()), version);
    }
    new AzureDeletion(this).run(versions, kept);
  }

  /**
   * Deletes a blob and its snapshots.
   *
   * @param etag of the version that is meant, null for any
   */
  Mono<Void> deletion(String key, @Nullable String etag) {
    BlobRequestConditions same = new BlobRequestConditions().setIfMatch(etag);
    return blob(key).deleteIfExistsWithResponse(DeleteSnapshotsOptionType.INCLUDE, same).then();
  }

  @Override
  public void delete(ObjectInfo version) throws ObjectStoreException {
    Attempt what = attempt("delete", version.key());
    Versions.checkNamed(what, version);
    try {
      call(what, () -> deletion(version.key(), version.etag()));
    } catch (ObjectStoreException e) {
      // What is not there meets no condition either.
      if (e.reason() != Reason.CHANGED || exists(version.key())) {
        throw e;
      }
    }
  }

  @Override
  public ObjectInfo copy(String fromKey, String toKey) throws ObjectStoreException {
    return copy(fromKey, toKey, count -> {});
  }

  @Override
  public ObjectInfo copy(String fromKey, String toKey, LongConsumer copied)
      throws ObjectStoreException {
    return copy(head(fromKey), toKey, copied);
  }

  @Override
  public ObjectInfo copy(ObjectInfo version, String toKey, LongConsumer copied)
      throws ObjectStoreException {
    return new AzureCopy(this, version, this, toKey, copied).run();
  }

  /** Between containers of one account. */
  @Override
  public Optional<ObjectInfo> copyFrom(ObjectStore source, String fromKey, String toKey)
      throws ObjectStoreException {
    return ofThisAccount(source) == null
        ? Optional.empty()
        : copyFrom(source, source.head(fromKey), toKey);
  }

  @Override
  public Optional<ObjectInfo> copyFrom(ObjectStore source, ObjectInfo version, String toKey)
      throws ObjectStoreException {
    AzureStore other = ofThisAccount(source);
    return other == null
        ? Optional.empty()
        : Optional.of(new AzureCopy(other, version, this, toKey, count -> {}).run());
  }

  /** The other store, null if it is none of this account. */
  private @Nullable AzureStore ofThisAccount(ObjectStore source) {
    return source instanceof AzureStore other
            && other.container.getAccountUrl().equals(container.getAccountUrl())
        ? other
        : null;
  }

  /** The URL that the service reads a blob by, with the permission to where one is needed. */
  String sourceUrl(String key) {
    return clients.access().source(blob(key).getBlobUrl());
  }

  @Override
  public URI presignGet(String key, Duration validity) throws ObjectStoreException {
    return AzureSas.sign(this, clients, blob(key), "r", validity);
  }

  @Override
  public URI presignPut(String key, Duration validity) throws ObjectStoreException {
    return AzureSas.sign(this, clients, blob(key), "cw", validity);
  }

  @Override
  public void close() {
    retry.close();
    clients.close();
  }
}
