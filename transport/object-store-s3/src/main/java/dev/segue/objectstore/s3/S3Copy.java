package dev.segue.objectstore.s3;

import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.checksum.Crc;
import dev.segue.objectstore.checksum.StoredChecksum;
import dev.segue.objectstore.internal.Attempt;
import dev.segue.objectstore.internal.Failures;
import dev.segue.objectstore.internal.InFlight;
import dev.segue.objectstore.internal.PartSink;
import dev.segue.objectstore.internal.Transfer;
import dev.segue.objectstore.internal.UploadEnd;
import dev.segue.objectstore.internal.WriteConditions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadResponse;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.CopyObjectResult;
import software.amazon.awssdk.services.s3.model.CopyPartResult;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.Tagging;

/**
 * Copies an object within a service without a byte of it on this machine: by one request up to 5
 * GiB, by parts beyond, which are copied at the same time and pinned to one version. Its content
 * headers, user metadata and tags go with it, as with one request.
 */
final class S3Copy {
  /** One request copies no more. */
  static final long ONE_REQUEST_LIMIT = 5L << 30;

  private static final long PART = 256L << 20;
  private static final long PART_COUNT_LIMIT = 10_000;

  private final S3Store store;
  private final S3Store origin;
  private final String from;
  private final String to;
  private final String toKey;
  private final Attempt what;

  /** Copies from one store to another, whose requests read and write. */
  S3Copy(S3Store origin, String fromKey, S3Store store, String toKey) {
    this.store = store;
    this.origin = origin;
    this.from = origin.nameOf(fromKey);
    this.to = store.nameOf(toKey);
    this.toKey = toKey;
    this.what = new Attempt("copy " + origin.uriOf(fromKey) + " to " + store.uriOf(toKey), fromKey);
  }

  private <T> T call(Function<S3AsyncClient, CompletableFuture<T>> request)
      throws ObjectStoreException {
    return store.call(what, request);
  }

  /** Copies the version that {@code source} tells of by one request; gives the copy's ETag. */
  String byOneRequest(HeadObjectResponse source) throws ObjectStoreException {
    return call(
        s3 ->
            s3.copyObject(
                    request ->
                        request
                            .sourceBucket(origin.bucket)
                            .sourceKey(from)
                            .copySourceIfMatch(source.eTag())
                            .destinationBucket(store.bucket)
                            .destinationKey(to))
                .thenApply(
                    done -> {
                      CopyObjectResult result = done.copyObjectResult();
                      return checked(result == null ? null : result.eTag(), "ETag");
                    }));
  }

  /**
   * Returns what tells that something was made. Without it the answer confirms nothing, and what is
   * there under the name may be an older object.
   */
  private static String checked(@Nullable String told, String name) {
    if (told == null || told.isEmpty()) {
      throw new CompletionException(
          new ObjectStoreException(
              ObjectStoreException.Reason.UNTRUSTWORTHY, "the server's answer has no " + name));
    }
    return told;
  }

  /** Returns how large the parts of an object are: more of them than S3 takes are none. */
  static long partByteSize(long byteSize) {
    long least = (byteSize + PART_COUNT_LIMIT - 1) / PART_COUNT_LIMIT;
    return Math.max(PART, least);
  }

  /**
   * Copies the version that {@code source} tells of by parts.
   *
   * @return the copy's ETag
   */
  String byParts(HeadObjectResponse source, long partByteSize) throws ObjectStoreException {
    Tagging tags =
        source.tagCount() == null || source.tagCount() == 0
            ? null
            : Tagging.builder()
                .tagSet(
                    origin
                        .call(
                            what, s3 -> s3.getObjectTagging(r -> r.bucket(origin.bucket).key(from)))
                        .tagSet())
                .build();
    Map<String, String> user = S3Store.user(source);
    String mark = mark(user);
    String id =
        store.callToItsAnswer(
            what,
            s3 ->
                s3.createMultipartUpload(request -> describe(request, source, user, tags))
                    .thenApply(begun -> checked(begun.uploadId(), "upload id")));
    UploadAbort abort = new UploadAbort(store, what, to, id);
    try {
      List<PartSink.Part> parts = parts(id, source, partByteSize, abort);
      return completed(id, UploadEnd.of(parts, null, mark), source);
    } catch (ObjectStoreException | RuntimeException | Error e) {
      try {
        abort.run();
      } catch (ObjectStoreException suppressed) {
        e.addSuppressed(suppressed);
      }
      throw e;
    }
  }

  /**
   * Ends the upload; gives the copy's ETag, also where the answer was lost and the mark proves it.
   */
  private String completed(String id, UploadEnd end, HeadObjectResponse source)
      throws ObjectStoreException {
    List<CompletedPart> completed =
        end.parts().stream()
            .map(
                part -> CompletedPart.builder().partNumber(part.number()).eTag(part.etag()).build())
            .toList();
    AtomicInteger attempts = new AtomicInteger();
    try {
      CompleteMultipartUploadResponse done =
          call(
              s3 -> {
                attempts.incrementAndGet();
                return s3.completeMultipartUpload(
                    request ->
                        request
                            .bucket(store.bucket)
                            .key(to)
                            .uploadId(id)
                            .multipartUpload(all -> all.parts(completed)));
              });
      if (done.eTag() == null || done.eTag().isEmpty()) {
        throw what.failure(
            ObjectStoreException.Reason.UNTRUSTWORTHY, "the server's answer has no ETag");
      }
      checkSame(source, S3Checksums.stored(done));
      return done.eTag();
    } catch (ObjectStoreException e) {
      PartSink.There made = end.madeBefore(e, attempts.get() > 1, () -> store.there(toKey));
      if (made == null) {
        throw e;
      }
      checkSame(source, made.stored());
      return made.info().etag();
    }
  }

  /**
   * Marks the metadata of a copy, which proves that it was made whose answer was lost.
   *
   * @return empty where it has no room for a mark
   */
  private static String mark(Map<String, String> user) {
    user.remove(S3Store.MARK);
    if (!WriteConditions.hasRoomForMark(user, S3Store.MARK, S3Store.METADATA_BYTE_SIZE_LIMIT)) {
      return "";
    }
    String mark = UUID.randomUUID().toString();
    user.put(S3Store.MARK, mark);
    return mark;
  }

  private void describe(
      CreateMultipartUploadRequest.Builder request,
      HeadObjectResponse source,
      Map<String, String> user,
      @Nullable Tagging tags) {
    request
        .bucket(store.bucket)
        .key(to)
        // No checksum is named: stores then compute their own (S3: CRC64NVME), while versitygw 1.8
        // takes the source's for that of each part.
        .metadata(user)
        .contentType(source.contentType())
        .contentEncoding(source.contentEncoding())
        .contentLanguage(source.contentLanguage())
        .contentDisposition(source.contentDisposition())
        .cacheControl(source.cacheControl());
    if (tags != null) {
      request.tagging(tags);
    }
  }

  /** Where the store computed the same kind of checksum, it must be the same. */
  private void checkSame(HeadObjectResponse source, @Nullable StoredChecksum copied)
      throws ObjectStoreException {
    StoredChecksum stored = S3Checksums.stored(source);
    if (stored != null
        && copied != null
        && stored.crc() == Crc.CRC64NVME
        && copied.crc() == Crc.CRC64NVME
        && !stored.isComposite()
        && !stored.base64().equals(copied.base64())) {
      throw Failures.of(what, stored.mismatch(copied.base64(), source.contentLength()));
    }
  }

  private List<PartSink.Part> parts(
      String id, HeadObjectResponse source, long partByteSize, UploadAbort abort)
      throws ObjectStoreException {
    String etag = source.eTag();
    long byteSize = source.contentLength();
    Transfer transfer = new Transfer();
    InFlight inFlight = new InFlight(store.settings.putInflightCount());
    List<CompletableFuture<PartSink.Part>> parts = new ArrayList<>();
    for (long at = 0; at < byteSize; at += partByteSize) {
      int number = parts.size() + 1;
      long partEnd = Math.min(byteSize, at + partByteSize);
      String range = "bytes=" + at + "-" + (partEnd - 1);
      long size = partEnd - at;
      parts.add(
          inFlight.run(
              () ->
                  store
                      .retry
                      .run(
                          transfer,
                          () -> {
                            transfer.checkNotCancelled();
                            return store.clients.send(s3 -> part(s3, id, etag, number, range));
                          })
                      .thenApply(given -> new PartSink.Part(number, size, given, 0))));
    }
    List<PartSink.Part> stored = new ArrayList<>();
    ObjectStoreException failure = null;
    for (CompletableFuture<PartSink.Part> part : parts) {
      try {
        stored.add(transfer.await(part, what));
      } catch (ObjectStoreException e) {
        failure = e;
        break;
      }
    }
    if (failure != null) {
      // What is stored goes at once: whoever waits here may be ended meanwhile.
      abort.tryOnce(failure);
      awaitEnds(parts, abort);
      throw failure;
    }
    return stored;
  }

  /**
   * Lets the parts that are on their way end, also when the thread is interrupted: one that the
   * store makes after the abort would bring the upload back. Behind those that take longer than the
   * caller can be kept it is aborted once more, if the store is still open then.
   */
  private void awaitEnds(List<CompletableFuture<PartSink.Part>> parts, UploadAbort abort) {
    CompletableFuture<Void> all = CompletableFuture.allOf(parts.toArray(CompletableFuture[]::new));
    try {
      all.copy()
          .completeOnTimeout(null, store.settings.stallTimeout().toMillis(), TimeUnit.MILLISECONDS)
          .join();
    } catch (CompletionException e) {
      // The first failure is the one that the caller hears of.
    }
    if (!all.isDone()) {
      var _ = all.whenComplete((nothing, failed) -> abort.begin());
    }
  }

  /** Copies one part; gives its ETag. */
  private CompletableFuture<String> part(
      S3AsyncClient s3, String id, String etag, int number, String range) {
    return s3.uploadPartCopy(
            request ->
                request
                    .sourceBucket(origin.bucket)
                    .sourceKey(from)
                    .copySourceIfMatch(etag)
                    .copySourceRange(range)
                    .destinationBucket(store.bucket)
                    .destinationKey(to)
                    .uploadId(id)
                    .partNumber(number))
        .thenApply(
            response -> {
              CopyPartResult result = response.copyPartResult();
              return checked(result == null ? null : result.eTag(), "ETag");
            });
  }
}
