package dev.segue.objectstore;

import com.azure.core.http.rest.PagedFlux;
import com.azure.core.http.rest.PagedResponse;
import com.azure.core.util.polling.LongRunningOperationStatus;
import com.azure.storage.blob.BlobContainerAsyncClient;
import com.azure.storage.blob.models.BlobItem;
import com.azure.storage.blob.models.BlobProperties;
import com.azure.storage.blob.models.BlobRequestConditions;
import com.azure.storage.blob.models.DeleteSnapshotsOptionType;
import com.azure.storage.blob.models.ListBlobsOptions;
import com.azure.storage.blob.options.BlobBeginCopyOptions;
import dev.segue.objectstore.ObjectStoreException.Reason;
import dev.segue.objectstore.http.TlsEngines;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** A container of Azure Blob Storage, below a prefix. */
final class AzureStore extends RemoteStore {
  /** Put Block's limit since version 2019-12-12. */
  private static final long LARGEST_BLOCK = 4000L << 20;

  /** Put Blob's limit since the same. */
  private static final long LARGEST_WHOLE = 5000L << 20;

  private static final Duration COPY_POLL = Duration.ofMillis(200);

  private final AzureClients clients;
  private final BlobContainerAsyncClient container;
  private final AzureRequests requests;
  private final AzureObjects objects;

  private AzureStore(StoreUri uri, StoreSettings settings, AzureClients clients) {
    super(uri, settings.withOnly(Crc.CRC64NVME));
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
    if (settings.putPartByteSize > LARGEST_BLOCK) {
      throw new IllegalArgumentException(
          "store \""
              + uri
              + "\": SEGUE_PUT_PART_SIZE="
              + settings.putPartByteSize
              + ", a block has at most byteSize="
              + LARGEST_BLOCK);
    }
    return new AzureStore(uri, settings, new AzureClients(uri, settings, environment, tls));
  }

  @Override
  AzureObjects objects() {
    return objects;
  }

  @Override
  long wholePutByteSize() {
    return Math.min(2 * settings.putPartByteSize, LARGEST_WHOLE);
  }

  @Override
  PartSink sink(String key, WriteOptions options) {
    return new AzurePartSink(this, requests, retry, settings.crc != null, key, container, options);
  }

  <T> T call(String what, Supplier<Mono<T>> call) throws ObjectStoreException {
    return tried(what, () -> call.get().toFuture());
  }

  @Override
  public ObjectInfo head(String key) throws ObjectStoreException {
    return headWith(key).info();
  }

  @Override
  Head headWith(String key) throws ObjectStoreException {
    BlobProperties properties =
        call("head " + uriOf(key), () -> container.getBlobAsyncClient(nameOf(key)).getProperties());
    ObjectInfo info =
        new ObjectInfo(
            key,
            properties.getBlobSize(),
            etag(properties.getETag()),
            properties.getLastModified().toInstant());
    return new Head(info, AzureChecksums.stored(properties.getMetadata()));
  }

  @Override
  public ObjectMetadata metadata(String key) throws ObjectStoreException {
    BlobProperties properties =
        call("head " + uriOf(key), () -> container.getBlobAsyncClient(nameOf(key)).getProperties());
    return AzureMetadata.of(properties);
  }

  /** What one version can be checked by; empty if it has nothing, or is there no more. */
  CompletableFuture<Optional<StoredChecksum>> stored(String key, String etag) {
    BlobRequestConditions same = new BlobRequestConditions().setIfMatch(etag);
    return retry
        .run(
            new Transfer(),
            () ->
                container
                    .getBlobAsyncClient(nameOf(key))
                    .getPropertiesWithResponse(same)
                    .toFuture())
        .thenApply(
            head -> Optional.ofNullable(AzureChecksums.stored(head.getValue().getMetadata())))
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
    ListBlobsOptions options = new ListBlobsOptions().setPrefix(nameOf(keyPrefix));
    PagedFlux<BlobItem> pages =
        delimiter.isEmpty()
            ? container.listBlobs(options)
            : container.listBlobsByHierarchy(delimiter, options);
    PagedResponse<BlobItem> page =
        call(
            "list " + uriOf(keyPrefix),
            () -> (token.isEmpty() ? pages.byPage() : pages.byPage(token.get())).next());
    List<ObjectInfo> infos = new ArrayList<>();
    List<String> prefixes = new ArrayList<>();
    for (BlobItem item : page.getValue()) {
      String name = item.getName().substring(prefix.length());
      if (Boolean.TRUE.equals(item.isPrefix())) {
        prefixes.add(name);
      } else {
        var properties = item.getProperties();
        infos.add(
            new ObjectInfo(
                name,
                properties.getContentLength(),
                etag(properties.getETag()),
                properties.getLastModified().toInstant()));
      }
    }
    String next = page.getContinuationToken();
    return new ObjectPage(
        infos, prefixes, next == null || next.isEmpty() ? Optional.empty() : Optional.of(next));
  }

  @Override
  public void delete(Collection<String> keys) throws ObjectStoreException {
    Transfer transfer = new Transfer();
    InFlight inFlight = new InFlight(settings.getInflightCount);
    List<CompletableFuture<Void>> all = new ArrayList<>();
    for (String key : keys) {
      all.add(inFlight.run(() -> retry.run(transfer, () -> deleted(key))));
    }
    for (int i = 0; i < all.size(); i++) {
      Void _ =
          transfer.await(all.get(i), "delete of objectCount=" + keys.size() + " below " + uri());
    }
  }

  private CompletableFuture<Void> deleted(String key) {
    return container
        .getBlobAsyncClient(nameOf(key))
        .deleteIfExistsWithResponse(DeleteSnapshotsOptionType.INCLUDE, null)
        .then()
        .toFuture();
  }

  @Override
  public ObjectInfo copy(String fromKey, String toKey) throws ObjectStoreException {
    String what = "copy " + uriOf(fromKey) + " to " + uriOf(toKey);
    String source =
        clients.access().source(container.getBlobAsyncClient(nameOf(fromKey)).getBlobUrl());
    var done =
        call(
            what,
            () ->
                container
                    .getBlobAsyncClient(nameOf(toKey))
                    .beginCopy(new BlobBeginCopyOptions(source).setPollInterval(COPY_POLL))
                    .last());
    if (!done.getStatus().equals(LongRunningOperationStatus.SUCCESSFULLY_COMPLETED)) {
      throw new ObjectStoreException(
          Reason.OTHER, what + ": status=" + done.getStatus() + " " + done.getValue().getError());
    }
    return head(toKey);
  }

  @Override
  public URI presignGet(String key, Duration validity) throws ObjectStoreException {
    return AzureSas.sign(this, clients, container.getBlobAsyncClient(nameOf(key)), "r", validity);
  }

  @Override
  public URI presignPut(String key, Duration validity) throws ObjectStoreException {
    return AzureSas.sign(this, clients, container.getBlobAsyncClient(nameOf(key)), "cw", validity);
  }

  @Override
  public void close() {
    retry.close();
    clients.close();
  }
}
