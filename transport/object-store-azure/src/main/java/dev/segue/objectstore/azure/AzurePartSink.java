package dev.segue.objectstore.azure;

import com.azure.core.http.HttpHeaderName;
import com.azure.core.http.HttpHeaders;
import com.azure.storage.blob.models.AccessTier;
import com.azure.storage.blob.models.BlobRequestConditions;
import com.azure.storage.blob.models.BlockBlobItem;
import com.azure.storage.blob.models.BlockListType;
import com.azure.storage.blob.options.BlockBlobCommitBlockListOptions;
import com.azure.storage.blob.specialized.BlockBlobAsyncClient;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.ObjectStoreException.Reason;
import dev.segue.objectstore.WriteOptions;
import dev.segue.objectstore.http.RegionBody;
import dev.segue.objectstore.internal.Failures;
import dev.segue.objectstore.internal.RemotePartSink;
import dev.segue.objectstore.internal.Transfer;
import dev.segue.objectstore.internal.UploadEnd;
import dev.segue.objectstore.internal.WriteConditions;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Uploads one blob: whole, or as blocks that become the blob when their list is committed.
 *
 * <p>Uncommitted blocks belong to the blob's name, not to an upload, so each block's id begins with
 * the upload's. All ids of a blob must be equally long: 36 characters, as those of the SDKs are.
 */
final class AzurePartSink extends RemotePartSink {
  private static final int BLOCK_COUNT_LIMIT = 50_000;
  private static final int UPLOAD_ID_LENGTH = 30;
  private static final HttpHeaderName MARK =
      HttpHeaderName.fromString("x-ms-meta-" + AzureMetadata.MARK);

  private final AzureStore store;
  private final boolean checksums;
  private final String key;
  private final String name;
  private final AzureRequests requests;
  private final BlockBlobAsyncClient blob;
  private @Nullable String uploadId;

  AzurePartSink(AzureStore store, String key, WriteOptions options) {
    super(store, key, options, AzureMetadata.MARK, AzureMetadata.BYTE_SIZE_LIMIT);
    WriteConditions.checkNoEncryption(store.attempt("put", key), options);
    this.store = store;
    this.checksums = store.crc != null;
    this.key = key;
    this.name = store.nameOf(key);
    this.requests = store.requests();
    this.blob = store.container().getBlobAsyncClient(name).getBlockBlobAsyncClient();
  }

  @Override
  public int partCountLimit() {
    return BLOCK_COUNT_LIMIT;
  }

  /** Nothing is asked of the service: the first block begins the upload. */
  @Override
  public String begin() {
    String id = UUID.randomUUID().toString().replace("-", "").substring(0, UPLOAD_ID_LENGTH);
    uploadId = id;
    return id;
  }

  private @Nullable Long checksum(long crc) {
    return checksums ? crc : null;
  }

  private String blockId(int number) {
    String id =
        String.format(Locale.ROOT, "%s-%05d", Objects.requireNonNull(uploadId, "uploadId"), number);
    return Base64.getEncoder().encodeToString(id.getBytes(StandardCharsets.US_ASCII));
  }

  @Override
  public CompletableFuture<Part> part(
      int number, SegmentedBytes bytes, long crc, Transfer transfer) {
    String id = blockId(number);
    return sent(transfer, bytes, body -> requests.putBlock(name, id, body, checksum(crc)))
        .thenApply(head -> new Part(number, bytes.byteSize(), id, crc));
  }

  private CompletableFuture<HttpHeaders> sent(
      Transfer transfer, SegmentedBytes bytes, Function<RegionBody, Mono<HttpHeaders>> request) {
    return store.retry.run(
        transfer,
        () -> {
          RegionBody body = RegionBody.of(bytes, transfer::moved);
          Runnable eviction = body::evict;
          transfer.entering(eviction);
          return AzureFaults.sent(() -> request.apply(body))
              .whenComplete(
                  (response, failure) -> {
                    // The SDK may have given it up before its thread was out of the regions.
                    body.evict();
                    transfer.left(eviction);
                  });
        });
  }

  @Override
  public ObjectInfo complete(List<Part> parts) throws ObjectStoreException {
    WriteOptions options = options();
    UploadEnd end = end(parts);
    List<String> ids = parts.stream().map(Part::etag).toList();
    Map<String, String> metadata = new HashMap<>(options.metadata().user());
    if (checksums) {
      metadata.put(AzureChecksums.METADATA, AzureChecksums.ofBlob(end.crcOfAll()));
    }
    BlockBlobCommitBlockListOptions commit =
        new BlockBlobCommitBlockListOptions(ids)
            .setHeaders(AzureMetadata.headers(options.metadata()))
            .setMetadata(metadata)
            .setTags(options.tags().isEmpty() ? null : options.tags())
            .setTier(
                options.storageClass().isEmpty()
                    ? null
                    : AccessTier.fromString(options.storageClass()))
            .setRequestConditions(
                new BlobRequestConditions()
                    .setIfNoneMatch(WriteConditions.ifNoneMatch(options))
                    .setIfMatch(WriteConditions.ifMatch(options)));
    AtomicInteger attempts = new AtomicInteger();
    try {
      BlockBlobItem committed =
          store
              .call(
                  store.attempt("end of upload", key),
                  () -> {
                    attempts.incrementAndGet();
                    return blob.commitBlockListWithResponse(commit);
                  })
              .getValue();
      return info(committed, end.byteSize());
    } catch (ObjectStoreException e) {
      return madeBefore(e, end, attempts.get());
    }
  }

  @Override
  public There there() throws ObjectStoreException {
    HttpHeaders head = store.headers(key);
    String mark = AzureObjects.orEmpty(head.getValue(MARK));
    return new There(AzureStore.head(key, head).info(), mark, AzureChecksums.stored(head));
  }

  /** Without an ETag it is not an answer of the service, and confirms nothing. */
  private static ObjectStoreException noEtag() {
    return new ObjectStoreException(Reason.UNTRUSTWORTHY, "the server's answer has no ETag");
  }

  private ObjectInfo info(BlockBlobItem item, long byteSize) throws ObjectStoreException {
    String etag = AzureObjects.quoted(item.getETag());
    if (etag == null) {
      throw Failures.of(store.attempt("end of upload", key), noEtag());
    }
    OffsetDateTime modified = item.getLastModified();
    return new ObjectInfo(
        key,
        byteSize,
        etag,
        modified == null ? Instant.now() : modified.toInstant(),
        AzureObjects.orEmpty(item.getVersionId()));
  }

  @Override
  public ObjectInfo whole(SegmentedBytes bytes, long crc, Transfer transfer)
      throws ObjectStoreException {
    AtomicInteger attempts = new AtomicInteger();
    try {
      return transfer.await(
          sent(
                  transfer,
                  bytes,
                  body -> {
                    attempts.incrementAndGet();
                    return requests
                        .putBlob(name, body, checksum(crc), options())
                        .flatMap(
                            head ->
                                head.getValue(HttpHeaderName.ETAG) == null
                                    ? Mono.error(noEtag())
                                    : Mono.just(head));
                  })
              .thenApply(head -> AzureObjects.answer(head).version(key, bytes.byteSize())),
          store.attempt("put", key));
    } catch (ObjectStoreException e) {
      return madeBefore(e, end(List.of(new Part(1, bytes.byteSize(), "", crc))), attempts.get());
    }
  }

  /** Blocks that are never committed are invisible, and the service drops them within a week. */
  @Override
  public void abort() {}

  @Override
  public @Nullable List<Part> resume(String uploadId) throws ObjectStoreException {
    this.uploadId = uploadId;
    try {
      List<Part> parts = new ArrayList<>();
      store
          .call(
              store.attempt("resume of upload", key),
              () -> blob.listBlocks(BlockListType.UNCOMMITTED))
          .getUncommittedBlocks()
          .forEach(
              block -> {
                int number = number(block.getName());
                if (number > 0) {
                  parts.add(new Part(number, block.getSizeLong(), block.getName(), 0));
                }
              });
      return parts;
    } catch (ObjectStoreException e) {
      if (e.reason() == Reason.NOT_FOUND && !e.code().equals("ContainerNotFound")) {
        this.uploadId = null;
        return null;
      }
      throw e;
    }
  }

  /** The number of a block of this upload, 0 for one of another. */
  private int number(String blockId) {
    try {
      String id = new String(Base64.getDecoder().decode(blockId), StandardCharsets.ISO_8859_1);
      String mine = uploadId + "-";
      return id.startsWith(mine) && id.length() == mine.length() + 5
          ? Integer.parseInt(id, mine.length(), id.length(), 10)
          : 0;
    } catch (IllegalArgumentException e) {
      // Another program's: ours are base64 with a number.
      return 0;
    }
  }
}
