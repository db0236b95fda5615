package dev.segue.objectstore.s3;

import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.checksum.Crc;
import dev.segue.objectstore.checksum.StoredChecksum;
import dev.segue.objectstore.internal.Failures;
import dev.segue.objectstore.internal.InFlight;
import dev.segue.objectstore.internal.ServiceFault;
import dev.segue.objectstore.internal.Transfer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.s3.model.ChecksumMode;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadResponse;
import software.amazon.awssdk.services.s3.model.GetObjectAttributesParts;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.ObjectAttributes;

/** Asks a bucket for the checksums that its objects were stored with. */
final class S3Checksums {
  /** Of so many parts each is asked for by a request of its own. */
  private static final int ASKED_PART_COUNT = 64;

  private static final int ASKED_AT_A_TIME = 8;

  private final S3Store store;

  S3Checksums(S3Store store) {
    this.store = store;
  }

  static @Nullable StoredChecksum stored(HeadObjectResponse head) {
    return stored(head.checksumCRC64NVME(), head.checksumCRC32C(), head.checksumCRC32());
  }

  static @Nullable StoredChecksum stored(CompleteMultipartUploadResponse made) {
    return stored(made.checksumCRC64NVME(), made.checksumCRC32C(), made.checksumCRC32());
  }

  static @Nullable StoredChecksum stored(GetObjectResponse head) {
    return stored(head.checksumCRC64NVME(), head.checksumCRC32C(), head.checksumCRC32());
  }

  private static @Nullable StoredChecksum stored(
      @Nullable String crc64Nvme, @Nullable String crc32c, @Nullable String crc32) {
    if (crc64Nvme != null) {
      return StoredChecksum.of(Crc.CRC64NVME, crc64Nvme);
    }
    if (crc32c != null) {
      return StoredChecksum.of(Crc.CRC32C, crc32c);
    }
    return crc32 == null ? null : StoredChecksum.of(Crc.CRC32, crc32);
  }

  /**
   * Returns what one version of an object can be checked by; empty if it has nothing, or is there
   * no more.
   */
  CompletableFuture<Optional<StoredChecksum>> of(String key, String etag) {
    return head(key, etag, null)
        .thenCompose(
            head -> {
              StoredChecksum stored = head.map(S3Checksums::stored).orElse(null);
              return stored == null
                  ? CompletableFuture.completedFuture(Optional.<StoredChecksum>empty())
                  : withParts(key, etag, stored).thenApply(Optional::of);
            });
  }

  /**
   * The same with the sizes of the object's parts, where they matter. Parts need not be equally
   * large, so that each is asked for; of more than a few the service must know them all at once.
   */
  CompletableFuture<StoredChecksum> withParts(String key, String etag, StoredChecksum stored) {
    if (!stored.isComposite() || !stored.partByteSizes().isEmpty()) {
      return CompletableFuture.completedFuture(stored);
    }
    return listed(key, etag, stored, null, new ArrayList<>())
        .thenCompose(
            sizes ->
                sizes.size() == stored.partCount() || stored.partCount() > ASKED_PART_COUNT
                    ? CompletableFuture.completedFuture(stored.withParts(sizes))
                    : asked(key, etag, stored));
  }

  /** By GetObjectAttributes, which few servers but S3 itself know; empty where it fails. */
  private CompletableFuture<List<Long>> listed(
      String key, String etag, StoredChecksum stored, @Nullable Integer marker, List<Long> sizes) {
    return store
        .retry
        .run(
            new Transfer(),
            () ->
                store.clients.send(
                    s3 ->
                        s3.getObjectAttributes(
                            request ->
                                request
                                    .bucket(store.bucket)
                                    .key(store.nameOf(key))
                                    .partNumberMarker(marker)
                                    .objectAttributes(
                                        ObjectAttributes.E_TAG, ObjectAttributes.OBJECT_PARTS))))
        .thenCompose(
            answer -> {
              GetObjectAttributesParts parts = answer.objectParts();
              String version = answer.eTag() == null ? "" : answer.eTag().replace("\"", "");
              if (parts == null || !version.equals(etag.replace("\"", ""))) {
                return CompletableFuture.completedFuture(List.<Long>of());
              }
              int before = sizes.size();
              parts
                  .parts()
                  .forEach(part -> sizes.add(part.size() == null ? Long.MIN_VALUE : part.size()));
              Integer next = parts.nextPartNumberMarker();
              boolean more =
                  Boolean.TRUE.equals(parts.isTruncated())
                      && next != null
                      && sizes.size() > before
                      && sizes.size() < stored.partCount();
              return more
                  ? listed(key, etag, stored, next, sizes)
                  : CompletableFuture.completedFuture(sizes);
            })
        .exceptionallyCompose(
            failure ->
                // A refusal, or an answer that the SDK can't read: the parts are asked for one by
                // one.
                Failures.root(failure) instanceof IOException
                    ? CompletableFuture.failedFuture(failure)
                    : CompletableFuture.completedFuture(List.of()));
  }

  private CompletableFuture<StoredChecksum> asked(String key, String etag, StoredChecksum stored) {
    InFlight inFlight = new InFlight(ASKED_AT_A_TIME);
    List<CompletableFuture<Long>> sizes = new ArrayList<>();
    for (int number = 1; number <= stored.partCount(); number++) {
      int part = number;
      sizes.add(
          inFlight.run(
              () ->
                  head(key, etag, part)
                      .thenApply(head -> head.map(HeadObjectResponse::contentLength).orElse(-1L))));
    }
    return CompletableFuture.allOf(sizes.toArray(CompletableFuture[]::new))
        .thenApply(
            nothing -> stored.withParts(sizes.stream().map(CompletableFuture::join).toList()));
  }

  /** An answer without an ETag, or with another one, says nothing of this version's checksum. */
  private static HeadObjectResponse checked(HeadObjectResponse head, String etag) {
    if (!etag.equals(head.eTag())) {
      throw new CompletionException(
          new ObjectStoreException(
              ObjectStoreException.Reason.UNTRUSTWORTHY,
              "ETag=" + etag + " was asked for, the server's answer has ETag=" + head.eTag()));
    }
    return head;
  }

  private CompletableFuture<Optional<HeadObjectResponse>> head(
      String key, String etag, @Nullable Integer partNumber) {
    return store
        .retry
        .run(
            new Transfer(),
            () ->
                store
                    .clients
                    .send(
                        s3 ->
                            s3.headObject(
                                request ->
                                    request
                                        .bucket(store.bucket)
                                        .key(store.nameOf(key))
                                        .ifMatch(etag)
                                        .partNumber(partNumber)
                                        .checksumMode(ChecksumMode.ENABLED)))
                    .thenApply(head -> checked(head, etag)))
        .thenApply(Optional::of)
        .exceptionallyCompose(
            failure -> {
              ServiceFault refusal = ServiceFault.of(Failures.root(failure));
              return refusal != null && refusal.status() < 500
                  // Replaced meanwhile, or a server that knows no parts: nothing to check by.
                  ? CompletableFuture.completedFuture(Optional.empty())
                  : CompletableFuture.failedFuture(failure);
            });
  }
}
