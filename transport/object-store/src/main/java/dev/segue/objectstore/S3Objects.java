package dev.segue.objectstore;

import dev.segue.bytes.LoanPool;
import dev.segue.objectstore.ObjectStoreException.Reason;
import dev.segue.objectstore.http.RegionSink;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;

/** Reads objects of a bucket: single requests, each tried again on its own. */
final class S3Objects implements CheckedSource {
  private static final Duration POOL_TIMEOUT = Duration.ofMinutes(10);

  private final S3Clients clients;
  private final String bucket;
  private final String prefix;
  private final StoreSettings settings;
  private final Retry retry;
  private final InFlight inFlight;
  private final S3Store store;
  private final S3Checksums checksums;

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
    this.checksums = new S3Checksums(clients, retry, bucket, prefix);
    this.inFlight = new InFlight(settings.getInflightCount);
  }

  S3Checksums checksums() {
    return checksums;
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
    return range(transfer, key, byteOffset, region, etag, headKnown, null);
  }

  @Override
  public CompletableFuture<Optional<StoredChecksum>> stored(String key, String etag) {
    return checksums.of(key, etag);
  }

  @Override
  public RangeSource noting(Pieces pieces, Consumer<ObjectInfo> seen) {
    return new Noting(this, pieces, seen);
  }

  private record Noting(S3Objects objects, Pieces pieces, Consumer<ObjectInfo> seen)
      implements RangeSource {
    @Override
    public CompletableFuture<ObjectInfo> range(
        Transfer transfer,
        String key,
        long byteOffset,
        MemorySegment region,
        @Nullable String etag,
        Consumer<ObjectInfo> headKnown) {
      return objects.range(
          transfer, key, byteOffset, region, etag, seen.andThen(headKnown), pieces);
    }

    @Override
    public ObjectInfo head(String key) throws ObjectStoreException {
      return objects.head(key);
    }

    @Override
    public long partByteSize() {
      return objects.partByteSize();
    }
  }

  private CompletableFuture<ObjectInfo> range(
      Transfer transfer,
      String key,
      long byteOffset,
      MemorySegment region,
      @Nullable String etag,
      Consumer<ObjectInfo> headKnown,
      @Nullable Pieces pieces) {
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
                  Pieces.Recorder recorder = pieces == null ? null : pieces.from(byteOffset);
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
                          },
                          recorder == null ? bytes -> {} : recorder);
                  GetObjectRequest.Builder request = request(key, version);
                  request.range("bytes=" + byteOffset + "-" + (byteOffset + byteSize - 1));
                  return send(transfer, request.build(), sink)
                      .thenApply(
                          response -> {
                            ObjectInfo info = checkFilled(sink, byteOffset, byteSize, known.get());
                            if (recorder != null) {
                              recorder.end();
                            }
                            return info;
                          });
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
        () -> retry.run(transfer, () -> whole(transfer, key, new WholeGet(key, info -> region))));
  }

  private interface Place {
    MemorySegment of(ObjectInfo info) throws ObjectStoreException;
  }

  /** One attempt to read a whole object by one request. */
  private final class WholeGet {
    final RegionSink<GetObjectResponse> sink;
    final AtomicReference<@Nullable ObjectInfo> known = new AtomicReference<>();
    private volatile @Nullable BodyCheck check;

    WholeGet(String key, Place place) {
      sink =
          RegionSink.choosing(
              response -> {
                ObjectInfo info = S3Ranges.checkWhole(key, null, response);
                known.set(info);
                if (settings.crc != null) {
                  check = BodyCheck.of(response);
                }
                return place.of(info);
              },
              this::arrived);
    }

    private void arrived(ByteBuffer bytes) {
      BodyCheck known = check;
      if (known != null) {
        known.accept(bytes);
      }
    }

    CompletableFuture<ObjectInfo> end() {
      ObjectInfo known = this.known.get();
      ObjectInfo info = checkFilled(sink, 0, known == null ? 0 : known.byteSize(), known);
      BodyCheck body = check;
      return body == null
          ? CompletableFuture.completedFuture(info)
          : body.end(info, checksums).thenApply(nothing -> info);
    }
  }

  private CompletableFuture<ObjectInfo> whole(Transfer transfer, String key, WholeGet get) {
    GetObjectRequest.Builder request = request(key, null);
    if (settings.crc != null) {
      // Not the SDK's own checksumMode: with that it computes them itself, and not all of them.
      request.overrideConfiguration(c -> c.putHeader("x-amz-checksum-mode", "ENABLED"));
    }
    return send(transfer, request.build(), get.sink).thenCompose(response -> get.end());
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
                  AtomicReference<@Nullable Slot> taken = new AtomicReference<>();
                  WholeGet get =
                      new WholeGet(
                          key,
                          info -> {
                            if (info.byteSize() > settings.getThresholdByteSize) {
                              throw new TooLargeForOneRequest(info);
                            }
                            // The socket waits with its body until there is memory for it.
                            Slot slot =
                                Slot.take(pool, Math.max(1, info.byteSize()), POOL_TIMEOUT, key);
                            taken.set(slot);
                            return slot.writable().asSlice(0, info.byteSize());
                          });
                  return whole(transfer, key, get)
                      .handle((info, failure) -> object(info, taken.get(), failure));
                }));
  }

  private static ObjectBytes object(
      @Nullable ObjectInfo info, @Nullable Slot slot, @Nullable Throwable failure) {
    if (info != null && slot != null) {
      return new ObjectBytes(info, 0, slot.bytes().slice(0, info.byteSize()), slot);
    }
    if (slot != null) {
      slot.close();
    }
    throw new CompletionException(
        failure == null ? new ObjectStoreException(Reason.OTHER, "no response") : failure);
  }

  private GetObjectRequest.Builder request(String key, @Nullable String etag) {
    GetObjectRequest.Builder request = GetObjectRequest.builder().bucket(bucket).key(prefix + key);
    return etag == null ? request : request.ifMatch(etag);
  }

  private CompletableFuture<GetObjectResponse> send(
      Transfer transfer, GetObjectRequest request, RegionSink<GetObjectResponse> sink) {
    Runnable eviction = sink::evict;
    transfer.entering(eviction);
    return clients
        .send(s3 -> s3.getObject(request, sink))
        .whenComplete((response, failure) -> transfer.left(eviction));
  }
}
