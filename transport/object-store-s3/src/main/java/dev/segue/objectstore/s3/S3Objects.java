package dev.segue.objectstore.s3;

import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.checksum.StoredChecksum;
import dev.segue.objectstore.internal.GetAnswer;
import dev.segue.objectstore.internal.RemoteObjects;
import dev.segue.objectstore.internal.Transfer;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;

/** Reads objects of a bucket. */
final class S3Objects extends RemoteObjects {
  private final S3Store store;
  private final S3Checksums checksums;

  S3Objects(S3Store store) {
    super(store);
    this.store = store;
    this.checksums = new S3Checksums(store);
  }

  @Override
  public CompletableFuture<Optional<StoredChecksum>> stored(String key, String etag) {
    return checksums.of(key, etag);
  }

  @Override
  public CompletableFuture<StoredChecksum> withParts(ObjectInfo info, StoredChecksum stored) {
    return checksums.withParts(info.key(), info.etag(), stored);
  }

  @Override
  public CompletableFuture<Long> fetch(
      Transfer transfer, Wanted wanted, Chooser chooser, Consumer<ByteBuffer> arrived) {
    RegionSink<GetObjectResponse> sink =
        RegionSink.choosing(response -> chooser.regionFor(answer(response)), arrived);
    GetObjectRequest.Builder request =
        GetObjectRequest.builder()
            .bucket(store.bucket)
            .key(store.nameOf(wanted.key()))
            .range(wanted.range())
            .ifMatch(wanted.etag());
    if (wanted.isWhole() && store.crc != null) {
      // Not the SDK's own checksumMode: with that it computes them itself, and not all of them.
      request.overrideConfiguration(c -> c.putHeader("x-amz-checksum-mode", "ENABLED"));
    }
    Runnable eviction = sink::evict;
    transfer.entering(eviction);
    return store
        .clients
        .send(s3 -> s3.getObject(request.build(), sink))
        .thenApply(response -> sink.filledByteSize())
        .whenComplete((filled, failure) -> transfer.left(eviction));
  }

  private static GetAnswer answer(GetObjectResponse response) {
    return new GetAnswer(
        response.contentRange(),
        response.contentLength(),
        response.eTag(),
        response.lastModified(),
        S3Checksums.stored(response),
        response.checksumSHA256(),
        S3Store.orEmpty(response.versionId()));
  }
}
