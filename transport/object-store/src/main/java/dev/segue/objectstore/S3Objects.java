package dev.segue.objectstore;

import dev.segue.bytes.LoanPool;
import dev.segue.objectstore.ObjectStoreException.Reason;
import dev.segue.objectstore.http.RegionSink;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.s3.model.ChecksumMode;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;

/** Reads objects of a bucket: single requests, each tried again on its own. */
final class S3Objects implements RangeSource {
  private static final Duration POOL_TIMEOUT = Duration.ofMinutes(10);

  private final S3Clients clients;
  private final String bucket;
  private final String prefix;
  private final StoreSettings settings;
  private final Retry retry;
  private final InFlight inFlight;
  private final S3Store store;

  S3Objects(
      S3Store store,
      S3Clients clients,
      String bucket,
      String prefix,
      StoreSettings settings,
      Retry retry) {
    this.store = store;
    this.clients = clients;
    this.bucket = bucket;
    this.prefix = prefix;
    this.settings = settings;
    this.retry = retry;
    this.inFlight = new InFlight(settings.getInflightCount);
  }

  @Override
  public long partByteSize() {
    return settings.getPartByteSize;
  }

  @Override
  public ObjectInfo head(String key) throws ObjectStoreException {
    return store.head(key);
  }

  @Override
  public CompletableFuture<ObjectInfo> range(
      Transfer transfer,
      String key,
      long byteOffset,
      MemorySegment region,
      @Nullable String etag,
      Consumer<ObjectInfo> headKnown) {
    long byteSize = region.byteSize();
    AtomicReference<@Nullable ObjectInfo> known = new AtomicReference<>();
    AtomicBoolean told = new AtomicBoolean();
    return inFlight.run(
        () ->
            retry.run(
                transfer,
                () -> {
                  ObjectInfo pinned = known.get();
                  String version = pinned == null ? etag : pinned.etag();
                  RegionSink<GetObjectResponse> sink =
                      RegionSink.choosing(
                          response -> {
                            ObjectInfo info =
                                S3Ranges.checkRange(key, byteOffset, byteSize, version, response);
                            known.set(info);
                            if (told.compareAndSet(false, true)) {
                              headKnown.accept(info);
                            }
                            return region;
                          });
                  GetObjectRequest.Builder request = request(key, version);
                  request.range("bytes=" + byteOffset + "-" + (byteOffset + byteSize - 1));
                  return send(transfer, request.build(), sink)
                      .thenApply(response -> checkFilled(sink, byteOffset, byteSize, known.get()));
                }));
  }

  private static ObjectInfo checkFilled(
      RegionSink<?> sink, long byteOffset, long byteSize, @Nullable ObjectInfo info) {
    long wanted = info == null ? -1 : Math.min(byteSize, info.byteSize() - byteOffset);
    if (info == null || sink.filledByteSize() != wanted) {
      throw new CompletionException(
          new ObjectStoreException(
              Reason.UNTRUSTWORTHY,
              "the body has byteSize=" + sink.filledByteSize() + ", wanted byteSize=" + wanted));
    }
    return info;
  }

  /** Reads a whole object by one request, checked against its checksum, into a region. */
  CompletableFuture<ObjectInfo> whole(Transfer transfer, String key, MemorySegment region) {
    return inFlight.run(
        () ->
            retry.run(
                transfer,
                () -> {
                  AtomicReference<@Nullable ObjectInfo> known = new AtomicReference<>();
                  RegionSink<GetObjectResponse> sink =
                      RegionSink.choosing(
                          response -> {
                            known.set(S3Ranges.checkWhole(key, null, response));
                            return region;
                          });
                  return send(transfer, verified(request(key, null)).build(), sink)
                      .thenApply(
                          response -> {
                            ObjectInfo info = known.get();
                            return checkFilled(sink, 0, info == null ? 0 : info.byteSize(), info);
                          });
                }));
  }

  /** A large object was asked for by one request. */
  static final class TooLargeForOneRequest extends RuntimeException {
    private static final long serialVersionUID = 1L;
    final transient ObjectInfo info;

    TooLargeForOneRequest(ObjectInfo info) {
      super("the object of byteSize=" + info.byteSize() + " is read by ranges", null, false, false);
      this.info = info;
    }
  }

  /**
   * Reads a whole object by one request into memory of a pool, of the size that the response's head
   * tells; fails with {@link TooLargeForOneRequest} before the body if ranges would be better.
   */
  CompletableFuture<ObjectBytes> whole(Transfer transfer, String key, LoanPool pool) {
    return inFlight.run(
        () ->
            retry.run(
                transfer,
                () -> {
                  AtomicReference<@Nullable ObjectInfo> known = new AtomicReference<>();
                  AtomicReference<@Nullable Slot> taken = new AtomicReference<>();
                  RegionSink<GetObjectResponse> sink =
                      RegionSink.choosing(
                          response -> {
                            ObjectInfo info = S3Ranges.checkWhole(key, null, response);
                            known.set(info);
                            if (info.byteSize() > settings.getThresholdByteSize) {
                              throw new TooLargeForOneRequest(info);
                            }
                            // The socket waits with its body until there is memory for it.
                            Slot slot =
                                Slot.take(pool, Math.max(1, info.byteSize()), POOL_TIMEOUT, key);
                            taken.set(slot);
                            return slot.writable().asSlice(0, info.byteSize());
                          });
                  return send(transfer, verified(request(key, null)).build(), sink)
                      .handle(
                          (response, failure) -> {
                            Slot slot = taken.get();
                            ObjectInfo info = known.get();
                            try {
                              if (failure == null && slot != null && info != null) {
                                ObjectInfo _ = checkFilled(sink, 0, info.byteSize(), info);
                                return new ObjectBytes(
                                    info, 0, slot.bytes().slice(0, info.byteSize()), slot);
                              }
                            } catch (CompletionException e) {
                              slot.close();
                              throw e;
                            }
                            if (slot != null) {
                              slot.close();
                            }
                            throw new CompletionException(
                                failure == null
                                    ? new ObjectStoreException(Reason.OTHER, "no response")
                                    : failure);
                          });
                }));
  }

  private GetObjectRequest.Builder request(String key, @Nullable String etag) {
    GetObjectRequest.Builder request = GetObjectRequest.builder().bucket(bucket).key(prefix + key);
    return etag == null ? request : request.ifMatch(etag);
  }

  private GetObjectRequest.Builder verified(GetObjectRequest.Builder request) {
    return settings.checksums ? request.checksumMode(ChecksumMode.ENABLED) : request;
  }

  private CompletableFuture<GetObjectResponse> send(
      Transfer transfer, GetObjectRequest request, RegionSink<GetObjectResponse> sink) {
    Runnable eviction = sink::evict;
    transfer.entering(eviction);
    return clients
        .next()
        .getObject(request, sink)
        .whenComplete((response, failure) -> transfer.left(eviction));
  }
}
