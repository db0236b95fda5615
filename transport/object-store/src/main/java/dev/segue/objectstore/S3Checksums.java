package dev.segue.objectstore;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.services.s3.model.ChecksumMode;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;

/** Asks a bucket for the checksums that its objects were stored with. */
final class S3Checksums {
  private final S3Store store;

  S3Checksums(S3Store store) {
    this.store = store;
  }

  /**
   * What one version of an object can be checked by; empty if it has nothing, or is there no more.
   */
  CompletableFuture<Optional<StoredChecksum>> of(String key, String etag) {
    return head(key, etag, null)
        .thenCompose(
            head -> {
              StoredChecksum stored = head.map(StoredChecksum::of).orElse(null);
              return stored == null
                  ? CompletableFuture.completedFuture(Optional.<StoredChecksum>empty())
                  : withParts(key, etag, stored).thenApply(Optional::of);
            });
  }

  /** The same with the size of the object's first part, where that matters. */
  CompletableFuture<StoredChecksum> withParts(String key, String etag, StoredChecksum stored) {
    if (!stored.isComposite() || stored.firstPartByteSize() > 0) {
      return CompletableFuture.completedFuture(stored);
    }
    return head(key, etag, 1)
        .thenApply(
            part -> {
              Long byteSize = part.map(HeadObjectResponse::contentLength).orElse(null);
              return stored.withFirstPart(byteSize == null ? 0 : byteSize);
            });
  }

  private CompletableFuture<Optional<HeadObjectResponse>> head(
      String key, String etag, @Nullable Integer partNumber) {
    return store
        .retry
        .run(
            new Transfer(),
            () ->
                store.clients.send(
                    s3 ->
                        s3.headObject(
                            request ->
                                request
                                    .bucket(store.bucket)
                                    .key(store.nameOf(key))
                                    .ifMatch(etag)
                                    .partNumber(partNumber)
                                    .checksumMode(ChecksumMode.ENABLED))))
        .thenApply(Optional::of)
        .exceptionallyCompose(
            failure ->
                Failures.root(failure) instanceof AwsServiceException refusal
                        && refusal.statusCode() < 500
                    // Replaced meanwhile, or a server that knows no parts: nothing to check by.
                    ? CompletableFuture.completedFuture(Optional.empty())
                    : CompletableFuture.failedFuture(failure));
  }
}
