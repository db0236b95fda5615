package dev.segue.objectstore.http;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;

/** The publisher that the SDK subscribes to; only the exchange's thread emits. */
public final class ResponseBody implements Publisher<ByteBuffer>, Subscription {
  private final HttpExchange exchange;
  private final long declaredByteSize;
  private final Thread thread;
  private final AtomicLong demand = new AtomicLong();
  private volatile @Nullable Subscriber<? super ByteBuffer> subscriber;
  private volatile boolean cancelled;

  ResponseBody(HttpExchange exchange, long declaredByteSize) {
    this.exchange = exchange;
    this.declaredByteSize = declaredByteSize;
    this.thread = Thread.currentThread();
  }

  /** Returns how long the body is, or -1 where the server does not say. */
  public long declaredByteSize() {
    return declaredByteSize;
  }

  @Override
  public void subscribe(Subscriber<? super ByteBuffer> subscriber) {
    if (this.subscriber != null) {
      throw new IllegalStateException("a response body has one subscriber");
    }
    this.subscriber = subscriber;
    subscriber.onSubscribe(this);
    LockSupport.unpark(thread);
  }

  @Override
  public void request(long count) {
    demand.getAndUpdate(
        before -> before + count < 0 ? Long.MAX_VALUE : before + Math.max(0, count));
    LockSupport.unpark(thread);
  }

  @Override
  public void cancel() {
    cancelled = true;
    LockSupport.unpark(thread);
  }

  /**
   * Waits until the subscriber wants more; a consumer that is slow is not a stall of the server.
   */
  void awaitDemand() throws IOException {
    boolean waited = false;
    while (demand.get() == 0 || subscriber == null) {
      checkWanted();
      if (!waited) {
        exchange.suspendWatch();
        waited = true;
      }
      LockSupport.park(this);
    }
    checkWanted();
    if (waited) {
      exchange.progressed();
    }
  }

  /** A body without bytes is complete when somebody listens. */
  void awaitSubscriber() throws IOException {
    while (subscriber == null) {
      checkWanted();
      LockSupport.park(this);
    }
  }

  private void checkWanted() throws IOException {
    exchange.checkNotAborted();
    if (cancelled) {
      throw new CancellationException("the response's subscriber cancelled");
    }
  }

  void emit(ByteBuffer bytes) {
    Subscriber<? super ByteBuffer> to = subscriber;
    if (to != null) {
      if (demand.get() != Long.MAX_VALUE) {
        demand.decrementAndGet();
      }
      to.onNext(bytes);
    }
  }

  void complete() {
    Subscriber<? super ByteBuffer> to = subscriber;
    if (to != null && !cancelled) {
      to.onComplete();
    }
  }

  void fail(Throwable failure) {
    Subscriber<? super ByteBuffer> to = subscriber;
    if (to != null && !cancelled) {
      to.onError(failure);
    }
  }
}
