package dev.segue.objectstore.http;

import dev.segue.bytes.CopyLedger;
import java.io.IOException;
import java.net.ProtocolException;
import java.nio.ByteBuffer;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;

/** Takes a request's body from the SDK and writes it, gathered, with the head in front. */
final class RequestBody implements Subscriber<ByteBuffer> {
  private static final CopyLedger.Site ON_HEAP =
      CopyLedger.site("objectstore.http.heapBody", "a request's body lay on the heap");
  private static final int BATCH = 64;

  private record Failure(Throwable cause) {}

  private static final Object END = new Object();

  private final ConcurrentLinkedQueue<Object> arrived = new ConcurrentLinkedQueue<>();
  private final HttpExchange exchange;
  private final Thread thread = Thread.currentThread();
  private final ByteBuffer[] batch = new ByteBuffer[BATCH];
  private volatile @Nullable Subscription subscription;
  private int count;
  private int outstanding;
  private long left;
  private boolean ended;
  private boolean refused;

  RequestBody(HttpExchange exchange, long byteSize) {
    this.exchange = exchange;
    this.left = byteSize;
  }

  /** Writes the head and the whole body. */
  void write(Connection connection, ByteBuffer head, Publisher<ByteBuffer> body)
      throws IOException {
    ScopedValue.where(HttpExchange.CURRENT, exchange).run(() -> body.subscribe(this));
    batch[count++] = head;
    try {
      while (left > 0 || count > 0) {
        collect();
        if (count > 0) {
          flush(connection);
        }
      }
    } finally {
      Subscription known = subscription;
      if (known != null && !ended) {
        known.cancel();
      }
    }
  }

  /** Returns whether it was the server that did not take the bytes. */
  boolean isRefused() {
    return refused;
  }

  private void collect() throws IOException {
    while (count < BATCH && left > 0) {
      Object next = arrived.poll();
      if (next == null) {
        if (outstanding == 0 && subscription != null) {
          outstanding = BATCH;
          subscription.request(BATCH);
        } else if (count > 0) {
          return;
        } else {
          exchange.checkNotAborted();
          exchange.suspendWatch();
          LockSupport.park(this);
          exchange.progressed();
        }
      } else if (next instanceof ByteBuffer bytes) {
        outstanding--;
        left -= bytes.remaining();
        if (left < 0) {
          throw new ProtocolException("request body: longer than declared by byteSize=" + -left);
        }
        if (bytes.hasRemaining()) {
          if (!bytes.isDirect()) {
            ON_HEAP.record(bytes.remaining());
          }
          batch[count++] = bytes;
        }
      } else {
        ended = true;
        if (next instanceof Failure(Throwable cause)) {
          throw new IOException("request body: " + cause.getMessage(), cause);
        }
        throw new ProtocolException("request body: shorter than declared by byteSize=" + left);
      }
    }
  }

  private void flush(Connection connection) throws IOException {
    int at = 0;
    while (at < count) {
      long before = position(at);
      try {
        write(connection.wire(), at, connection.pace().byteSize());
      } catch (IOException e) {
        refused = true;
        throw e;
      }
      exchange.wrote(position(at) - before);
      while (at < count && !batch[at].hasRemaining()) {
        at++;
      }
    }
    count = 0;
  }

  private long position(int from) {
    long position = 0;
    for (int i = from; i < count; i++) {
      position += batch[i].position();
    }
    return position;
  }

  /** Writes from a buffer of the batch on, and no more than moves in time. */
  private void write(Wire wire, int from, int atOnce) throws IOException {
    int end = from;
    int room = atOnce;
    while (end < count && batch[end].remaining() <= room) {
      room -= batch[end++].remaining();
    }
    if (end == count || room == 0) {
      wire.write(batch, from, end - from);
      return;
    }
    ByteBuffer cut = batch[end];
    int limit = cut.limit();
    cut.limit(cut.position() + room);
    try {
      wire.write(batch, from, end + 1 - from);
    } finally {
      cut.limit(limit);
    }
  }

  @Override
  public void onSubscribe(Subscription subscription) {
    this.subscription = subscription;
    LockSupport.unpark(thread);
  }

  @Override
  public void onNext(ByteBuffer bytes) {
    add(bytes);
  }

  @Override
  public void onError(Throwable failure) {
    add(new Failure(failure));
  }

  @Override
  public void onComplete() {
    add(END);
  }

  private void add(Object next) {
    arrived.add(next);
    if (!Thread.currentThread().equals(thread)) {
      LockSupport.unpark(thread);
    }
  }
}
