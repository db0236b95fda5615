package dev.segue.objectstore.s3;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.ObjectMetadata;
import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.ObjectStoreException.Reason;
import dev.segue.objectstore.WriteOptions;
import dev.segue.objectstore.checksum.Crc;
import dev.segue.objectstore.internal.Attempt;
import dev.segue.objectstore.internal.RemotePartSink;
import dev.segue.objectstore.internal.Transfer;
import dev.segue.objectstore.internal.UploadEnd;
import dev.segue.objectstore.internal.WriteConditions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.s3.model.ChecksumType;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadResponse;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadResponse;
import software.amazon.awssdk.services.s3.model.ListPartsResponse;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.PutObjectResponse;
import software.amazon.awssdk.services.s3.model.Tag;
import software.amazon.awssdk.services.s3.model.Tagging;
import software.amazon.awssdk.services.s3.model.UploadPartResponse;

/** Uploads one object to a bucket: whole, or as a multipart upload. */
final class S3PartSink extends RemotePartSink {
  private static final int PART_COUNT_LIMIT = 10_000;

  private final S3Store store;
  private final @Nullable Crc kind;
  private final String bucket;
  private final String key;
  private final String objectKey;
  private @Nullable String uploadId;
  private boolean fullObject;

  S3PartSink(S3Store store, String key, WriteOptions options) {
    super(store, key, options, S3Store.MARK, S3Store.METADATA_BYTE_SIZE_LIMIT);
    this.store = store;
    this.kind = store.crc;
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
    return store.call(store.attempt(what, key), call);
  }

  private String id() {
    return Objects.requireNonNull(uploadId, "uploadId");
  }

  @Override
  public String begin() throws ObjectStoreException {
    Crc crc = kind;
    CreateMultipartUploadResponse begun =
        store.callToItsAnswer(
            store.attempt("begin of upload", key),
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
                      if (kind != null) {
                        UploadChecksums.put(request, kind, crc);
                      }
                    },
                    body),
            UploadPartResponse::eTag)
        .thenApply(part -> new Part(number, bytes.byteSize(), part.eTag(), crc));
  }

  /** Sends bytes until the store has them and says which ETag it gave them. */
  private <T> CompletableFuture<T> sent(
      Transfer transfer,
      SegmentedBytes bytes,
      BiFunction<S3AsyncClient, AwsRegionBody, CompletableFuture<T>> request,
      Function<T, @Nullable String> etag) {
    return store.retry.run(
        transfer,
        () -> {
          AwsRegionBody body = AwsRegionBody.of(bytes, transfer::moved);
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
                    return response;
                  });
        });
  }

  @Override
  public ObjectInfo complete(List<Part> parts) throws ObjectStoreException {
    if (parts.isEmpty()) {
      // No upload ends with no part; it was begun for what is not there any more.
      ObjectInfo empty = whole(SegmentedBytes.empty(), 0, new Transfer());
      abort();
      return empty;
    }
    Crc crc = kind;
    UploadEnd end = end(parts);
    List<CompletedPart> completed = new ArrayList<>(parts.size());
    for (Part part : parts) {
      CompletedPart.Builder builder =
          CompletedPart.builder().partNumber(part.number()).eTag(part.etag());
      if (crc != null) {
        UploadChecksums.put(builder, crc, part.crc());
      }
      completed.add(builder.build());
    }
    AtomicInteger attempts = new AtomicInteger();
    try {
      CompleteMultipartUploadResponse done = completed(completed, end.crcOfAll(), attempts);
      return info(end.byteSize(), done.eTag(), done.versionId());
    } catch (ObjectStoreException e) {
      return madeBefore(e, end, attempts.get());
    }
  }

  @Override
  public There there() throws ObjectStoreException {
    return store.there(key);
  }

  private ObjectInfo info(long byteSize, String etag, @Nullable String versionId) {
    return new ObjectInfo(key, byteSize, etag, Instant.now(), S3Store.orEmpty(versionId));
  }

  private CompleteMultipartUploadResponse completed(
      List<CompletedPart> completed, long crc, AtomicInteger attempts) throws ObjectStoreException {
    Attempt what = store.attempt("end of upload", key);
    CompleteMultipartUploadResponse done =
        store.call(
            what,
            s3 -> {
              attempts.incrementAndGet();
              return s3.completeMultipartUpload(
                  request -> {
                    request
                        .bucket(bucket)
                        .key(objectKey)
                        .uploadId(id())
                        .ifNoneMatch(WriteConditions.ifNoneMatch(options()))
                        .ifMatch(WriteConditions.ifMatch(options()))
                        .multipartUpload(all -> all.parts(completed));
                    if (kind != null && fullObject) {
                      request.checksumType(ChecksumType.FULL_OBJECT);
                      UploadChecksums.put(request, kind, kind.base64(crc));
                    }
                  });
            });
    if (done.eTag() == null || done.eTag().isEmpty()) {
      throw what.failure(Reason.UNTRUSTWORTHY, "the server's answer has no ETag");
    }
    return done;
  }

  @Override
  public ObjectInfo whole(SegmentedBytes bytes, long crc, Transfer transfer)
      throws ObjectStoreException {
    AtomicInteger attempts = new AtomicInteger();
    CompletableFuture<ObjectInfo> stored =
        sent(
                transfer,
                bytes,
                (s3, body) -> {
                  attempts.incrementAndGet();
                  return s3.putObject(
                      request -> {
                        request.bucket(bucket).key(objectKey).contentLength(bytes.byteSize());
                        describe(request);
                        if (kind != null) {
                          UploadChecksums.put(request, kind, crc);
                        }
                      },
                      body);
                },
                PutObjectResponse::eTag)
            .thenApply(response -> info(bytes.byteSize(), response.eTag(), response.versionId()));
    try {
      return transfer.await(stored, store.attempt("put", key));
    } catch (ObjectStoreException e) {
      return madeBefore(e, end(List.of(new Part(1, bytes.byteSize(), "", crc))), attempts.get());
    }
  }

  private void describe(PutObjectRequest.Builder request) {
    WriteOptions options = options();
    ObjectMetadata metadata = options.metadata();
    request
        .ifNoneMatch(WriteConditions.ifNoneMatch(options))
        .ifMatch(WriteConditions.ifMatch(options))
        .contentType(orNull(metadata.contentType()))
        .contentEncoding(orNull(metadata.contentEncoding()))
        .contentLanguage(orNull(metadata.contentLanguage()))
        .contentDisposition(orNull(metadata.contentDisposition()))
        .cacheControl(orNull(metadata.cacheControl()))
        .storageClass(orNull(options.storageClass()))
        .serverSideEncryption(orNull(options.encryption()))
        .ssekmsKeyId(orNull(options.encryptionKey()))
        .metadata(metadata.user());
    if (!options.tags().isEmpty()) {
      request.tagging(tagging());
    }
  }

  private void describe(CreateMultipartUploadRequest.Builder request) {
    WriteOptions options = options();
    ObjectMetadata metadata = options.metadata();
    request
        .contentType(orNull(metadata.contentType()))
        .contentEncoding(orNull(metadata.contentEncoding()))
        .contentLanguage(orNull(metadata.contentLanguage()))
        .contentDisposition(orNull(metadata.contentDisposition()))
        .cacheControl(orNull(metadata.cacheControl()))
        .storageClass(orNull(options.storageClass()))
        .serverSideEncryption(orNull(options.encryption()))
        .ssekmsKeyId(orNull(options.encryptionKey()))
        .metadata(metadata.user());
    if (!options.tags().isEmpty()) {
      request.tagging(tagging());
    }
  }

  private Tagging tagging() {
    return Tagging.builder()
        .tagSet(
            options().tags().entrySet().stream()
                .map(tag -> Tag.builder().key(tag.getKey()).value(tag.getValue()).build())
                .toList())
        .build();
  }

  private static @Nullable String orNull(String text) {
    return text.isEmpty() ? null : text;
  }

  @Override
  public void abort() throws ObjectStoreException {
    if (uploadId == null) {
      return;
    }
    new UploadAbort(store, store.attempt("abort of upload", key), objectKey, id()).run();
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
        if (S3Store.isGone(e)) {
          this.uploadId = null;
          return null;
        }
        throw e;
      }
      fullObject = page.checksumType() == ChecksumType.FULL_OBJECT;
      int before = parts.size();
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
      // Upwards alone and with parts, so that no list goes on for ever.
      if (next == null
          || (marker != null && next <= marker)
          || parts.size() == before
          || parts.size() > PART_COUNT_LIMIT) {
        throw new ObjectStoreException(
            Reason.UNTRUSTWORTHY,
            "resume of upload " + store.uriOf(key) + ": the list of parts does not advance");
      }
      marker = next;
    }
  }
}
