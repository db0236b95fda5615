package dev.segue.objectstore.http;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.ProtocolException;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;

/** One request and its response, from the first byte to the last, on one thread. */
public final class HttpExchange implements Runnable {
  /**
   * Bound around the SDK's handler while it learns of a response: whoever transforms the body says
   * here, synchronously, where its bytes must go. A request header would do as well, but gets
   * signed.
   */
  static final ScopedValue<HttpExchange> CURRENT = ScopedValue.newInstance();

  /**
   * Returns the exchange whose response is being delivered on this thread, or null if there is
   * none.
   */
  public static @Nullable HttpExchange current() {
    return CURRENT.isBound() ? CURRENT.get() : null;
  }

  // What is told downstream at a time: many reads, yet still in the processor's cache.
  private static final int WINDOW_BYTE_SIZE = 512 << 10;
  private static final int GENERIC_READ_BYTE_SIZE = 16 << 10;
  private static final int INTERIM_COUNT_LIMIT = 8;
  private static final int LONGEST_ALLOWANCE = 3;

  /** The factor by which a request with long work may take longer than others. */
  private static final int LONG_WORK = 10;

  private static final long UNWATCHED = Long.MAX_VALUE;

  private final HttpEngine engine;
  private final HttpCall call;
  private final CompletableFuture<Void> done = new CompletableFuture<>();
  private final AtomicReference<@Nullable Throwable> aborted = new AtomicReference<>();
  private @Nullable Connection connection;
  private volatile @Nullable Thread thread;

  /** How long nothing may move from the next look of the watchdog on; 0 once it has looked. */
  private final AtomicLong grantedNanos = new AtomicLong();

  // The watchdog's.
  private long stallDeadline = UNWATCHED;
  private long attemptDeadline = UNWATCHED;
  private @Nullable MemorySegment destination;
  private @Nullable ResponseBody responseBody;
  private boolean requestSent;
  private volatile long patienceNanos;
  private boolean released;
  private @Nullable Occupancy read;
  private @Nullable Occupancy written;

  HttpExchange(HttpEngine engine, HttpCall call) {
    this.engine = engine;
    this.call = call;
    this.patienceNanos = engine.stallNanos();
    // The SDK completes it to cancel: its timeouts, its users.
    var _ =
        done.whenComplete(
            (nothing, failure) -> {
              if (failure != null) {
                abort(failure);
              }
            });
  }

  /** Done when the exchange is over; completing it with an exception ends the exchange. */
  public CompletableFuture<Void> done() {
    return done;
  }

  /** Directs the body of this exchange into {@code region}; called while its head is delivered. */
  public void into(MemorySegment region, Occupancy occupancy) throws IOException {
    occupancy.enter(this);
    this.written = occupancy;
    this.destination = region;
  }

  /** The request's body lies in regions that {@code occupancy} guards. */
  void from(Occupancy occupancy) throws IOException {
    occupancy.enter(this);
    this.read = occupancy;
  }

  /** Ends the exchange from any thread: its socket is closed, its own thread does the rest. */
  public void abort(Throwable why) {
    if (aborted.compareAndSet(null, why)) {
      synchronized (this) {
        if (connection != null) {
          connection.close();
        }
      }
      Thread waiting = thread;
      if (waiting != null) {
        LockSupport.unpark(waiting);
      }
    }
  }

  boolean isOnThisThread() {
    return Thread.currentThread().equals(thread);
  }

  /**
   * Checks that nobody has ended the exchange.
   *
   * @throws IOException if somebody has
   */
  public void checkNotAborted() throws IOException {
    Throwable why = aborted.get();
    if (why != null) {
      throw why instanceof IOException ioe ? ioe : new IOException("the request was given up", why);
    }
  }

  void progressed() {
    grantedNanos.set(patienceNanos);
  }

  /** So many bytes of the request were written. */
  void wrote(long byteCount) {
    progressed();
    Occupancy from = read;
    if (from != null) {
      from.moved(byteCount);
    }
  }

  void suspendWatch() {
    grantedNanos.set(UNWATCHED);
  }

  /** Aborts the exchange if the server took too long; called by the watchdog, by its clock. */
  void checkDeadlines(long now) {
    long granted = grantedNanos.getAndSet(0);
    if (granted != 0) {
      stallDeadline = granted == UNWATCHED ? UNWATCHED : now + granted;
    }
    if (attemptDeadline == UNWATCHED && engine.attemptNanos() > 0) {
      attemptDeadline = now + engine.attemptNanos();
    }
    if (stallDeadline != UNWATCHED && stallDeadline - now < 0) {
      abort(
          new IOException(
              describe() + ": no byte moved for stallMillis=" + patienceNanos / 1_000_000));
    } else if (attemptDeadline != UNWATCHED && attemptDeadline - now < 0) {
      abort(
          new IOException(
              describe() + ": not done in attemptMillis=" + engine.attemptNanos() / 1_000_000));
    }
  }

  private String describe() {
    // Without the query, which may be a secret.
    String path = call.target().split("\\?", 2)[0];
    return call.method() + " " + call.endpoint().host() + ":" + call.endpoint().port() + path;
  }

  @Override
  public void run() {
    thread = Thread.currentThread();
    Throwable failure = null;
    try {
      checkNotAborted();
      Connection taken = engine.pool().take(call.endpoint());
      synchronized (this) {
        connection = taken;
      }
      checkNotAborted();
      progressed();
      exchange(taken);
    } catch (Throwable e) {
      Throwable why = aborted.get();
      failure = why == null ? e : why;
    }
    suspendWatch();
    release(false);
    if (failure == null) {
      done.complete(null);
    } else {
      fail(failure);
    }
  }

  /** Tells of a failure; on its own thread, or where there is none for it. */
  void fail(Throwable failure) {
    try {
      // Before the body's subscriber: it may begin another attempt, which is not this one's to
      // fail.
      call.onFailure(failure);
      ResponseBody known = responseBody;
      if (known != null) {
        known.fail(failure);
      }
    } finally {
      done.completeExceptionally(failure);
    }
  }

  /** Returns whether all is done but telling; asked by its own thread. */
  boolean isReleased() {
    return released;
  }

  /** The thread is out of the destination from here on. */
  private void release(boolean keep) {
    released = true;
    destination = null;
    leave();
    Connection used;
    boolean again;
    synchronized (this) {
      // From here on an abort can't close a connection that another exchange has.
      used = connection;
      connection = null;
      again = keep && requestSent && aborted.get() == null;
    }
    if (used != null) {
      engine.pool().giveBack(used, again);
    }
  }

  private void leaveRequestBody() {
    if (read != null) {
      read.leave(this);
    }
  }

  private void leave() {
    leaveRequestBody();
    if (written != null) {
      written.leave(this);
    }
  }

  private void exchange(Connection on) throws IOException {
    on.beginExchange();
    Publisher<ByteBuffer> publisher = call.body();
    long byteSize = call.bodyByteSize();
    if (byteSize < 0) {
      throw new IllegalArgumentException(describe() + ": a request body without a length");
    }
    ByteBuffer bytes = RequestHead.encode(on, call, byteSize);
    RequestBody body = new RequestBody(this, publisher == null ? 0 : byteSize);
    long begunNanos = System.nanoTime();
    try {
      body.write(on, bytes, publisher == null ? new NoBody() : publisher);
    } catch (IOException e) {
      if (!body.isRefused()) {
        throw e;
      }
      // A server that refuses a body may say why before it hangs up.
      refused(on, e);
      return;
    }
    requestSent = true;
    // Who takes the regions back from here on ends nothing: the server may be storing them.
    leaveRequestBody();
    if (call.isLongWork()) {
      patienceNanos = LONG_WORK * engine.stallNanos();
      progressed();
    }
    allowForSending(byteSize, System.nanoTime() - begunNanos, on.wire().sendBufferByteSize());
    ResponseHead response = on.readHead();
    for (int i = 0; response.status() < 200; i++) {
      if (i == INTERIM_COUNT_LIMIT || response.status() == 101) {
        throw new ProtocolException(
            "response: interim status=" + response.status() + " where none can come");
      }
      response = on.readHead();
    }
    on.pace().answered(byteSize, System.nanoTime() - begunNanos);
    progressed();
    respond(on, response);
  }

  /**
   * What was written last may still lie in the socket's buffer, where nobody sees it move: the wait
   * for a response is longer by the time that the buffer takes at the rate of the body so far.
   */
  private void allowForSending(long byteSize, long elapsedNanos, long bufferByteSize) {
    if (byteSize <= bufferByteSize) {
      return;
    }
    double nanos = (double) bufferByteSize * elapsedNanos / (byteSize - bufferByteSize);
    grantedNanos.set(
        patienceNanos + (long) Math.min(nanos, LONGEST_ALLOWANCE * (double) engine.stallNanos()));
  }

  private void refused(Connection on, IOException failure) throws IOException {
    checkNotAborted();
    ResponseHead response;
    try {
      response = on.readHead();
    } catch (IOException e) {
      failure.addSuppressed(e);
      throw failure;
    }
    if (response.status() < 400) {
      throw failure;
    }
    respond(on, response);
  }

  private void respond(Connection on, ResponseHead head) throws IOException {
    BodyInput input = new BodyInput(on, head, call.method().equals("HEAD"));
    ResponseBody body = new ResponseBody(this, input.declaredByteSize());
    // Whoever names the destination may wait for memory: that is not a stall of the server.
    suspendWatch();
    ScopedValue.where(CURRENT, this).run(() -> call.onResponse(head, body));
    progressed();
    responseBody = body;
    MemorySegment region = destination;
    if (region == null) {
      readGeneric(input, body, engine.bodyByteSizeLimit(head.status()));
    } else {
      readInto(region, input, body);
    }
    body.awaitSubscriber();
    checkNotAborted();
    // Who waits for the body may send the next request at once, on this very connection.
    release(head.persistent() && input.isDelimited() && on.isReusable());
    body.complete();
  }

  private void readInto(MemorySegment region, BodyInput input, ResponseBody body)
      throws IOException {
    if (input.declaredByteSize() > region.byteSize()) {
      throw new DestinationTooSmallException(
          describe(), input.declaredByteSize(), region.byteSize());
    }
    long at = 0;
    while (!input.isEnded()) {
      body.awaitDemand();
      long room = region.byteSize() - at;
      if (room == 0) {
        if (input.read(ByteBuffer.allocate(1)) >= 0) {
          throw new DestinationTooSmallException(describe(), -1, region.byteSize());
        }
        return;
      }
      ByteBuffer window = region.asSlice(at, Math.min(room, WINDOW_BYTE_SIZE)).asByteBuffer();
      fill(window, input);
      at += window.position();
      if (window.position() > 0) {
        body.emit(window.flip());
      }
    }
  }

  /** Reads until the window is full or the body ends. */
  private void fill(ByteBuffer window, BodyInput input) throws IOException {
    while (window.hasRemaining() && input.read(window) >= 0) {
      progressed();
    }
  }

  private void readGeneric(BodyInput input, ResponseBody body, long byteSizeLimit)
      throws IOException {
    long byteSize = 0;
    while (!input.isEnded()) {
      body.awaitDemand();
      ByteBuffer bytes = ByteBuffer.allocate(GENERIC_READ_BYTE_SIZE);
      if (input.read(bytes) < 0) {
        return;
      }
      byteSize += bytes.position();
      if (byteSize > byteSizeLimit) {
        throw new ProtocolException(
            describe() + ": the response's body is longer than byteSizeLimit=" + byteSizeLimit);
      }
      progressed();
      body.emit(bytes.flip());
    }
  }
}
