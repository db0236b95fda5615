package dev.segue.objectstore.http;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Lend;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.List;
import java.util.function.LongConsumer;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;

/**
 * A request body that consists of regions, which are written one after another and never joined. It
 * can be sent again, so a retry needs nothing more.
 *
 * <p>Owner: the caller, who keeps the memory open and unchanged until the request is done. Threads:
 * the memory must be accessible by any thread.
 */
public final class RegionBody implements Publisher<ByteBuffer> {
  private final List<ByteBuffer> regions;
  private final long byteSize;
  private final Occupancy occupancy;

  private RegionBody(SegmentedBytes bytes, LongConsumer moved) {
    this.occupancy = new Occupancy(moved);
    this.regions = Lend.byteBuffers(bytes);
    this.byteSize = bytes.byteSize();
  }

  /** The body that consists of {@code bytes}. */
  public static RegionBody of(SegmentedBytes bytes) {
    return of(bytes, byteCount -> {});
  }

  /**
   * Like {@link #of(SegmentedBytes)}, but reports progress: each time the number of bytes written
   * since the last time, including the request's head, on the thread that writes them.
   */
  public static RegionBody of(SegmentedBytes bytes, LongConsumer moved) {
    return new RegionBody(bytes, moved);
  }

  /** Ends an attempt that still reads the regions, and returns when none does nor ever will. */
  public void evict() {
    occupancy.evict("the request's regions were taken back");
  }

  /** Returns how many bytes it has. */
  public long byteSize() {
    return byteSize;
  }

  /** Returns what requests call it: bytes that mean nothing to the store. */
  public String contentType() {
    return "application/octet-stream";
  }

  @Override
  public void subscribe(Subscriber<? super ByteBuffer> subscriber) {
    Sending sending = new Sending(subscriber, regions.iterator());
    try {
      if (HttpExchange.CURRENT.isBound()) {
        HttpExchange.CURRENT.get().from(occupancy);
      }
    } catch (IOException e) {
      subscriber.onSubscribe(sending);
      sending.fail(e);
      return;
    }
    subscriber.onSubscribe(sending);
  }

  private static final class Sending implements Subscription {
    private final Subscriber<? super ByteBuffer> subscriber;
    private final Iterator<ByteBuffer> regions;
    private long demand;
    private boolean emitting;
    private boolean ended;

    Sending(Subscriber<? super ByteBuffer> subscriber, Iterator<ByteBuffer> regions) {
      this.subscriber = subscriber;
      this.regions = regions;
    }

    @Override
    public synchronized void request(long count) {
      if (count <= 0 && !ended) {
        ended = true;
        subscriber.onError(new IllegalArgumentException("request(" + count + "): positive"));
        return;
      }
      demand = demand + count < 0 ? Long.MAX_VALUE : demand + count;
      if (emitting) {
        return;
      }
      emitting = true;
      try {
        emit();
      } finally {
        emitting = false;
      }
    }

    synchronized void fail(IOException failure) {
      if (!ended) {
        ended = true;
        subscriber.onError(failure);
      }
    }

    private void emit() {
      while (demand > 0 && !ended && regions.hasNext()) {
        demand--;
        subscriber.onNext(regions.next().duplicate());
      }
      if (!ended && !regions.hasNext()) {
        ended = true;
        subscriber.onComplete();
      }
    }

    @Override
    public synchronized void cancel() {
      ended = true;
    }
  }
}
