package dev.segue.objectstore;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.objectstore.ObjectStoreException.Reason;
import dev.segue.objectstore.http.RegionBody;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.s3.model.ChecksumType;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadResponse;
import software.amazon.awssdk.services.s3.model.ListPartsResponse;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.PutObjectResponse;
import software.amazon.awssdk.services.s3.model.UploadPartResponse;

/** Uploads one object to a bucket: whole, or as a multipart upload. */
final class S3PartSink implements PartSink {
  private static final int PART_COUNT_LIMIT = 10_000;
  private static final int ABORT_LIMIT = 5;
  private static final Duration ABORT_PAUSE = Duration.ofMillis(50);

  private final S3Store store;
  private final StoreSettings settings;
  private final String bucket;
  private final String key;
  private final String objectKey;
  private final WriteOptions options;
  private @Nullable String uploadId;
  private boolean fullObject;

  S3PartSink(S3Store store, String key, WriteOptions options) {
    this.options = options;
    this.store = store;
    this.settings = store.settings;
    this.bucket = store.bucket;
    this.key = key;
    this.objectKey = store.nameOf(key);
  }

  @Override
  public int partCountLimit() {
    return PART_COUNT_LIMIT;
  }

  private <T> T call(String what, Function<S3AsyncClient, CompletableFuture<T>> call)
      throws ObjectStoreException {
    return store.call(what + " " + store.uriOf(key), call);
  }

  private String id() {
    return Objects.requireNonNull(uploadId, "uploadId");
  }

  @Override
  public String begin() throws ObjectStoreException {
    Crc crc = settings.crc;
    CreateMultipartUploadResponse begun =
        store.callToTheEnd(
            "begin of upload " + store.uriOf(key),
            s3 ->
                s3.createMultipartUpload(
                    request -> {
                      request.bucket(bucket).key(objectKey);
                      describe(request);
                      if (crc != null) {
                        // One of the whole object, so that readers need not know of its parts.
                        request
                            .checksumAlgorithm(UploadChecksums.algorithm(crc))
                            .checksumType(ChecksumType.FULL_OBJECT);
                      }
                    }));
    if (begun.uploadId() == null || begun.uploadId().isEmpty()) {
      throw new ObjectStoreException(
          Reason.UNTRUSTWORTHY,
          "begin of upload " + store.uriOf(key) + ": the server's answer has no upload id");
    }
    uploadId = begun.uploadId();
    fullObject = begun.checksumType() == ChecksumType.FULL_OBJECT;
    return id();
  }

  @Override
  public CompletableFuture<Part> part(
      int number, SegmentedBytes bytes, long crc, Transfer transfer) {
    return sent(
            transfer,
            bytes,
            (s3, body) ->
                s3.uploadPart(
                    request -> {
                      request
                          .bucket(bucket)
                          .key(objectKey)
                          .uploadId(id())
                          .partNumber(number)
                          .contentLength(bytes.byteSize());
                      if (settings.crc != null) {
                        UploadChecksums.put(request, settings.crc, crc);
                      }
                    },
                    body),
            UploadPartResponse::eTag)
        .thenApply(part -> new Part(number, bytes.byteSize(), part, crc));
  }

  /** Sends bytes until the store has them; tells the ETag that it gave them. */
  private <T> CompletableFuture<String> sent(
      Transfer transfer,
      SegmentedBytes bytes,
      BiFunction<S3AsyncClient, RegionBody, CompletableFuture<T>> request,
      Function<T, @Nullable String> etag) {
    return store.retry.run(
        transfer,
        () -> {
          RegionBody body = RegionBody.of(bytes);
          Runnable eviction = body::evict;
          transfer.entering(eviction);
          return store
              .clients
              .send(s3 -> request.apply(s3, body))
              .whenComplete((response, failure) -> transfer.left(eviction))
              .thenApply(
                  response -> {
                    String given = etag.apply(response);
                    if (given == null || given.isEmpty()) {
                      throw new CompletionException(
                          new ObjectStoreException(
                              Reason.UNTRUSTWORTHY, "the server's answer has no ETag"));
                    }
                    return given;
                  });
        });
  }

  @Override
  public ObjectInfo complete(List<Part> parts) throws ObjectStoreException {
    Crc crc = settings.crc;
    List<CompletedPart> completed = new ArrayList<>(parts.size());
    long byteSize = 0;
    for (Part part : parts) {
      CompletedPart.Builder builder =
          CompletedPart.builder().partNumber(part.number()).eTag(part.etag());
      if (crc != null) {
        UploadChecksums.put(builder, crc, part.crc());
      }
      completed.add(builder.build());
      byteSize += part.byteSize();
    }
    UploadEnd end = new UploadEnd(parts, byteSize, crc);
    AtomicInteger attempts = new AtomicInteger();
    try {
      String etag = completed(completed, crc == null ? 0 : end.crcOfAll(), attempts);
      return new ObjectInfo(key, byteSize, etag, Instant.now());
    } catch (ObjectStoreException e) {
      return completedBefore(e, end, attempts.get());
    }
  }

  /**
   * The answer to an earlier attempt may have been lost: then the upload is gone, the object there.
   * It is ours only if there was an earlier attempt, and what is there is proved to be made of
   * these parts.
   */
  private ObjectInfo completedBefore(ObjectStoreException failure, UploadEnd end, int attemptCount)
      throws ObjectStoreException {
    boolean mayBeDone =
        failure.reason() == Reason.UNTRUSTWORTHY
            || ((failure.reason() == Reason.NOT_FOUND || failure.reason() == Reason.CHANGED)
                && attemptCount > 1);
    if (mayBeDone) {
      try {
        ObjectInfo there = store.head(key);
        if (end.isOf(there, checksumOf(there))) {
          return there;
        }
      } catch (ObjectStoreException e) {
        failure.addSuppressed(e);
      }
    }
    throw options.told(failure);
  }

  private @Nullable StoredChecksum checksumOf(ObjectInfo there) throws ObjectStoreException {
    return settings.crc == null
        ? null
        : new Transfer()
            .await(store.objects().stored(key, there.etag()), "head " + store.uriOf(key))
            .orElse(null);
  }

  private String completed(List<CompletedPart> completed, long crc, AtomicInteger attempts)
      throws ObjectStoreException {
    String what = "end of upload " + store.uriOf(key);
    String etag =
        store
            .call(
                what,
                s3 -> {
                  int _ = attempts.incrementAndGet();
                  return s3.completeMultipartUpload(
                      request -> {
                        request
                            .bucket(bucket)
                            .key(objectKey)
                            .uploadId(id())
                            .ifNoneMatch(options.ifNoneMatchHeader())
                            .ifMatch(options.ifMatchHeader())
                            .multipartUpload(all -> all.parts(completed));
                        if (settings.crc != null && fullObject) {
                          request.checksumType(ChecksumType.FULL_OBJECT);
                          UploadChecksums.put(request, settings.crc, settings.crc.base64(crc));
                        }
                      });
                })
            .eTag();
    if (etag == null || etag.isEmpty()) {
      throw new ObjectStoreException(
          Reason.UNTRUSTWORTHY, what + ": the server's answer has no ETag");
    }
    return etag;
  }

  @Override
  public ObjectInfo whole(SegmentedBytes bytes, long crc, Transfer transfer)
      throws ObjectStoreException {
    CompletableFuture<ObjectInfo> stored =
        sent(
                transfer,
                bytes,
                (s3, body) ->
                    s3.putObject(
                        request -> {
                          request.bucket(bucket).key(objectKey).contentLength(bytes.byteSize());
                          describe(request);
                          if (settings.crc != null) {
                            UploadChecksums.put(request, settings.crc, crc);
                          }
                        },
                        body),
                PutObjectResponse::eTag)
            .thenApply(etag -> new ObjectInfo(key, bytes.byteSize(), etag, Instant.now()));
    try {
      return transfer.await(stored, "put " + store.uriOf(key));
    } catch (ObjectStoreException e) {
      throw options.told(e);
    }
  }

  private void describe(PutObjectRequest.Builder request) {
    ObjectMetadata metadata = options.metadata();
    request
        .ifNoneMatch(options.ifNoneMatchHeader())
        .ifMatch(options.ifMatchHeader())
        .contentType(orNull(metadata.contentType()))
        .contentEncoding(orNull(metadata.contentEncoding()))
        .contentLanguage(orNull(metadata.contentLanguage()))
        .contentDisposition(orNull(metadata.contentDisposition()))
        .cacheControl(orNull(metadata.cacheControl()))
        .metadata(metadata.user());
  }

  private void describe(CreateMultipartUploadRequest.Builder request) {
    ObjectMetadata metadata = options.metadata();
    request
        .contentType(orNull(metadata.contentType()))
        .contentEncoding(orNull(metadata.contentEncoding()))
        .contentLanguage(orNull(metadata.contentLanguage()))
        .contentDisposition(orNull(metadata.contentDisposition()))
        .cacheControl(orNull(metadata.cacheControl()))
        .metadata(metadata.user());
  }

  private static @Nullable String orNull(String text) {
    return text.isEmpty() ? null : text;
  }

  @Override
  public void abort() throws ObjectStoreException {
    if (uploadId == null) {
      return;
    }
    abortOnce();
    // A part that was on its way may be stored after the abort: S3 says to look and abort again.
    for (int again = 0; again < ABORT_LIMIT && isStillThere(); again++) {
      LockSupport.parkNanos(ABORT_PAUSE.toNanos() << again);
      abortOnce();
    }
  }

  private void abortOnce() throws ObjectStoreException {
    try {
      var _ =
          call(
              "abort of upload",
              s3 ->
                  s3.abortMultipartUpload(
                      request -> request.bucket(bucket).key(objectKey).uploadId(id())));
    } catch (ObjectStoreException e) {
      if (e.reason() != Reason.NOT_FOUND) {
        throw e;
      }
    }
  }

  private boolean isStillThere() {
    try {
      var _ =
          call(
              "look after the abort of upload",
              s3 -> s3.listParts(request -> request.bucket(bucket).key(objectKey).uploadId(id())));
      return true;
    } catch (ObjectStoreException e) {
      // Not found, or no answer: the abort itself was confirmed.
      return false;
    }
  }

  @Override
  public @Nullable List<Part> resume(String uploadId) throws ObjectStoreException {
    this.uploadId = uploadId;
    List<Part> parts = new ArrayList<>();
    Integer marker = null;
    while (true) {
      Integer after = marker;
      ListPartsResponse page;
      try {
        page =
            call(
                "resume of upload",
                s3 ->
                    s3.listParts(
                        request ->
                            request
                                .bucket(bucket)
                                .key(objectKey)
                                .uploadId(uploadId)
                                .partNumberMarker(after)));
      } catch (ObjectStoreException e) {
        if (e.reason() == Reason.NOT_FOUND) {
          this.uploadId = null;
          return null;
        }
        throw e;
      }
      fullObject = page.checksumType() == ChecksumType.FULL_OBJECT;
      page.parts()
          .forEach(
              part -> {
                if (part.partNumber() != null && part.size() != null && part.eTag() != null) {
                  parts.add(new Part(part.partNumber(), part.size(), part.eTag(), 0));
                }
              });
      if (!Boolean.TRUE.equals(page.isTruncated())) {
        return parts;
      }
      Integer next = page.nextPartNumberMarker();
      if (next == null || next.equals(marker)) {
        throw new ObjectStoreException(
            Reason.UNTRUSTWORTHY,
            "resume of upload " + store.uriOf(key) + ": the list of parts goes on nowhere");
      }
      marker = next;
    }
  }
}
