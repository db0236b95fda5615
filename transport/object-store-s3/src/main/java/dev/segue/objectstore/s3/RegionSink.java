package dev.segue.objectstore.s3;

import dev.segue.bytes.CopyLedger;
import dev.segue.bytes.spi.SegmentCheck;
import dev.segue.objectstore.http.DestinationTooSmallException;
import dev.segue.objectstore.http.HttpExchange;
import dev.segue.objectstore.http.Occupancy;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;
import software.amazon.awssdk.core.async.AsyncResponseTransformer;
import software.amazon.awssdk.core.async.SdkPublisher;

/**
 * Says where the body of a response goes: into a region, straight from the socket when a {@link
 * DirectHttpClient} carries it, by a copy (site {@code objectstore.http.foreignClient}) otherwise.
 *
 * <p>The bytes are still published through the SDK, so its checksums see them.
 *
 * <p>Owner: the caller, who keeps the region open; if it is closed earlier, the request fails, and
 * the region is never written to. Lifetime: one request, all its attempts. Threads: any. When the
 * SDK itself abandons a request (its own timeouts), the last attempt may still be inside the
 * region: call {@link #evict()} before using it for anything else.
 *
 * @param <R> the SDK's response type, such as {@code GetObjectResponse}
 */
public final class RegionSink<R> implements AsyncResponseTransformer<R, R> {
  private static final CopyLedger.Site FOREIGN =
      CopyLedger.site("objectstore.http.foreignClient", "another HTTP client carried the body");

  /**
   * Chooses the region when the response's head is known, and refuses a response by throwing.
   *
   * @param <R> the SDK's response type
   */
  @FunctionalInterface
  public interface Chooser<R> {
    /** The region for the body of {@code response}; native, writable and open to any thread. */
    MemorySegment regionFor(R response) throws IOException;
  }

  private final Chooser<? super R> chooser;
  private final Consumer<ByteBuffer> arrived;
  private final Occupancy occupancy = new Occupancy();
  private volatile @Nullable Attempt attempt;

  private RegionSink(Chooser<? super R> chooser, Consumer<ByteBuffer> arrived) {
    this.chooser = chooser;
    this.arrived = arrived;
  }

  /**
   * Bodies go to the start of {@code region}; one that is longer is a {@link
   * DestinationTooSmallException}.
   *
   * @throws IllegalArgumentException if the region is on the heap, read-only or confined to one
   *     thread: a thread of the client fills it
   */
  public static <R> RegionSink<R> into(MemorySegment region) {
    checkRegion(region);
    return choosing(response -> region);
  }

  /** Bodies go where {@code chooser} says; it runs on the client's thread, once per attempt. */
  public static <R> RegionSink<R> choosing(Chooser<? super R> chooser) {
    return choosing(chooser, bytes -> {});
  }

  /**
   * Like {@link #choosing(Chooser)}; {@code arrived} sees the region's bytes in order, each read as
   * soon as it is in the region and in the processor's cache, which is the place for a checksum. It
   * must not move the buffer's position.
   */
  public static <R> RegionSink<R> choosing(
      Chooser<? super R> chooser, Consumer<ByteBuffer> arrived) {
    return new RegionSink<>(chooser, arrived);
  }

  private static void checkRegion(MemorySegment region) {
    SegmentCheck.checkFillable("body of a response", region);
  }

  /**
   * Ends an attempt that still writes into the region, and returns when none does nor ever will.
   */
  public void evict() {
    occupancy.evict("the destination was taken back");
  }

  /** Returns how many bytes the last attempt put into the region; to be asked when it is done. */
  public long filledByteSize() {
    Attempt known = attempt;
    return known == null ? 0 : known.at;
  }

  @Override
  public CompletableFuture<R> prepare() {
    Attempt next = new Attempt();
    attempt = next;
    return next.result;
  }

  @Override
  public void onResponse(R response) {
    current().onResponse(response);
  }

  @Override
  public void onStream(SdkPublisher<ByteBuffer> publisher) {
    publisher.subscribe(current());
  }

  @Override
  public void exceptionOccurred(Throwable failure) {
    current().result.completeExceptionally(failure);
  }

  private Attempt current() {
    Attempt known = attempt;
    if (known == null) {
      throw new IllegalStateException("a RegionSink was used before prepare()");
    }
    return known;
  }

  private final class Attempt implements Subscriber<ByteBuffer> {
    final CompletableFuture<R> result = new CompletableFuture<>();
    private @Nullable R response;
    private @Nullable MemorySegment region;
    private @Nullable Throwable refusal;
    private long at;

    void onResponse(R response) {
      this.response = response;
      try {
        MemorySegment chosen = chooser.regionFor(response);
        checkRegion(chosen);
        region = chosen;
        HttpExchange carrying = HttpExchange.current();
        if (carrying != null) {
          carrying.into(chosen, occupancy);
        }
      } catch (IOException | RuntimeException e) {
        refusal = e;
      }
    }

    @Override
    public void onSubscribe(Subscription subscription) {
      HttpExchange carrying = HttpExchange.current();
      if (refusal == null) {
        subscription.request(Long.MAX_VALUE);
      } else if (carrying != null) {
        // Its thread reports the refusal when it is done with this attempt.
        carrying.abort(refusal);
      } else {
        subscription.cancel();
        result.completeExceptionally(refusal);
      }
    }

    @Override
    public void onNext(ByteBuffer bytes) {
      MemorySegment to = region;
      if (to == null) {
        return;
      }
      int count = bytes.remaining();
      MemorySegment from = MemorySegment.ofBuffer(bytes);
      if (!from.isNative() || from.address() != to.address() + at) {
        MemorySegment.copy(from, 0, to, at, count);
        FOREIGN.record(count);
      }
      arrived.accept(bytes);
      at += count;
    }

    @Override
    public void onError(Throwable failure) {
      result.completeExceptionally(failure);
    }

    @Override
    public void onComplete() {
      result.complete(response);
    }
  }
}
