package dev.segue.objectstore.azure;

import com.azure.core.http.HttpHeaders;
import com.azure.core.util.Context;
import com.azure.core.util.FluxUtil;
import dev.segue.bytes.spi.SegmentCheck;
import dev.segue.objectstore.http.HttpExchange;
import dev.segue.objectstore.http.Occupancy;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Says where the body of an Azure response goes: into a region, straight from the socket. It is
 * handed to an {@link AzureHttpClient} in the request's context, and takes bodies of status 200 and
 * 206; others are left to the SDK. The bytes are still published through the SDK, as views of the
 * region; a subscriber only needs to wait for the end.
 *
 * <p>Owner: the caller, who keeps the region open; if it is closed earlier, the request fails, and
 * the region is never written to. Lifetime: one request, all its attempts. Threads: any. An SDK
 * that abandons a request by itself may leave an attempt inside the region: call {@link #evict()}
 * before using it for anything else.
 */
public final class AzureRegionSink {
  private static final String KEY = AzureRegionSink.class.getName();

  /** Chooses the region when a response's head is known, and refuses a response by throwing. */
  @FunctionalInterface
  public interface Chooser {
    /** The region for the body; native and writable. Runs on the client's thread, per attempt. */
    MemorySegment regionFor(HttpHeaders headers) throws IOException;
  }

  private final Chooser chooser;
  private final Consumer<ByteBuffer> arrived;
  private final Occupancy occupancy = new Occupancy();
  private volatile long filledByteSize;

  private AzureRegionSink(Chooser chooser, Consumer<ByteBuffer> arrived) {
    this.chooser = chooser;
    this.arrived = arrived;
  }

  /** Bodies go where {@code chooser} says. */
  public static AzureRegionSink choosing(Chooser chooser) {
    return choosing(chooser, bytes -> {});
  }

  /**
   * Like {@link #choosing(Chooser)}; {@code arrived} sees the region's bytes in order, each read as
   * soon as it is in the region and in the processor's cache, which is the place for a checksum. It
   * must not move the buffer's position.
   */
  public static AzureRegionSink choosing(Chooser chooser, Consumer<ByteBuffer> arrived) {
    return new AzureRegionSink(chooser, arrived);
  }

  /** The request, with this sink in its context. */
  public <T> Mono<T> with(Mono<T> request) {
    return request.contextWrite(FluxUtil.toReactorContext(new Context(KEY, this)));
  }

  static @Nullable AzureRegionSink in(Context context) {
    return (AzureRegionSink) context.getData(KEY).orElse(null);
  }

  /** The exchange's body goes into the region that is chosen now. */
  void admit(HttpHeaders headers) throws IOException {
    MemorySegment region = Objects.requireNonNull(chooser.regionFor(headers));
    try {
      SegmentCheck.checkWritable("body of a response", region);
    } catch (IllegalArgumentException e) {
      throw new IOException(e.getMessage(), e);
    }
    filledByteSize = 0;
    Objects.requireNonNull(HttpExchange.current()).into(region, occupancy);
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // one attempt's thread at a time
  void filled(ByteBuffer view) {
    filledByteSize += view.remaining();
    arrived.accept(view);
  }

  /**
   * Ends an attempt that still writes into the region, and returns when none does nor ever will.
   */
  public void evict() {
    occupancy.evict("the destination was taken back");
  }

  /** Returns how many bytes the last attempt put into the region; to be asked when it is done. */
  public long filledByteSize() {
    return filledByteSize;
  }
}
