package dev.segue.zenoh;

import dev.segue.bytes.BytesSink;
import dev.segue.bytes.Loan;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Nanos;
import java.io.IOException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Publishes samples of one key expression.
 *
 * {@snippet class="dev.segue.zenoh.JavadocTest" region="publish"}
 *
 * <p>Owner: the caller; its session closes it at the latest. Lifetime: until {@link #close()}; then
 * {@link IllegalStateException}. Threads: any.
 */
public final class Publisher extends Declared implements AutoCloseable {
  private final Session session;
  private final KeyExpr keyExpr;
  private final PublisherOptions options;
  private final boolean isAdvanced;

  /** Whether the core keeps samples beyond the put. */
  private final boolean isCaching;

  /**
   * Of an advanced one, whose puts leave one after the other: a virtual thread that waited for that
   * in the core would keep its carrier from who makes room for the put before.
   */
  private final @Nullable ReentrantLock order;

  private final Handle handle;
  private final Putters putters = new Putters();
  private final Set<Listener<?>> listeners = ConcurrentHashMap.newKeySet();
  private final Drops drops;

  Publisher(
      Session session,
      KeyExpr keyExpr,
      PublisherOptions options,
      boolean isAdvanced,
      boolean isCaching,
      long address) {
    this.session = session;
    this.keyExpr = keyExpr;
    this.options = options;
    this.isCaching = isCaching;
    this.isAdvanced = isAdvanced;
    this.order = isAdvanced ? new ReentrantLock() : null;
    this.drops = new Drops(keyExpr);
    this.handle = new Handle("the publisher of " + keyExpr, address, () -> free(address));
  }

  /** After the last call with it, so that no listener is declared any more. */
  private void free(long address) {
    listeners.forEach(Listener::endWithOwner);
    NativePublisher.free(address);
    session.forget(this);
  }

  /** Begins a put; {@link #release} ends it. */
  private long enter() {
    long address = handle.enter();
    if (order != null) {
      order.lock();
    }
    return address;
  }

  private void release() {
    if (order != null) {
      order.unlock();
    }
    handle.release();
  }

  /** Returns the key expression that it publishes to. */
  public KeyExpr keyExpr() {
    return keyExpr;
  }

  /** Returns the options applied to every sample. */
  public PublisherOptions options() {
    return options;
  }

  /**
   * Lends a payload to the core, without a copy; the cost depends only on the number of segments.
   *
   * <p>When it returns, the core has usually released the memory; {@link SegmentedBytes#released()}
   * returns whether it has. Segments of a foreign arena must stay open and unchanged until then;
   * memory of a {@link dev.segue.bytes.LoanPool} or a {@link dev.segue.bytes.LendingArena} does so
   * by itself. A publisher with a {@link CacheConfig} keeps what is lent, and copies segments of
   * foreign arenas. While the heap is too full to note what the core still holds, and the 64 spare
   * notes are used up, the put waits, without a limit: the core has the payload by then.
   *
   * @throws ZenohException if the core failed, or the session is closed while the put is in
   *     progress
   * @throws IllegalArgumentException if it has more than 4 GiB - 1 and may leave the session
   * @throws IllegalStateException if the publisher or an arena of the payload is closed
   * @throws WrongThreadException if a segment is confined to another thread
   */
  public void put(SegmentedBytes payload) throws ZenohException {
    drops.add(send(payload, false), payload.byteSize(), false);
  }

  private long send(SegmentedBytes payload, boolean droppable) throws ZenohException {
    if (isCaching) {
      return send(payload, PutOptions.none(), droppable);
    }
    Limits.checkSizes(payload, null, options.qos().destination());
    long address = enter();
    try {
      if (Putter.isOne(payload)) {
        return Putter.putOne(address, payload, droppable);
      }
      Putter putter = putters.take();
      try {
        return putter.put(address, payload, droppable);
      } finally {
        putters.giveBack(putter);
      }
    } catch (ZenohException e) {
      throw session.explained(e);
    } finally {
      release();
    }
  }

  /** {@link #put(SegmentedBytes)} with options for this one sample. */
  public void put(SegmentedBytes payload, PutOptions options) throws ZenohException {
    drops.add(send(payload, options, false), payload.byteSize(), false);
  }

  private void checkStack(PutOptions options) {
    if (isAdvanced && options.timestampStack()) {
      throw new IllegalArgumentException(
          "put with a timestamp stack: samples of "
              + this
              + " have none, because it is an advanced one");
    }
  }

  private long send(SegmentedBytes payload, PutOptions options, boolean droppable)
      throws ZenohException {
    Limits.checkSizes(payload, options.attachment(), furthest());
    checkStack(options);
    Putter putter = putters.take();
    long address = enter();
    try {
      return putter.put(
          payload,
          options,
          isCaching,
          (put, hold1, hold2, hold3, hold4) ->
              NativePublisher.putWith(address, put, droppable, hold1, hold2, hold3, hold4));
    } catch (ZenohException e) {
      throw session.explained(e);
    } finally {
      putters.giveBack(putter);
      release();
    }
  }

  /**
   * Puts like {@link #put(SegmentedBytes)}, but doesn't wait for the network, and returns what
   * happened.
   *
   * <p>Where {@link PublisherOptions#blocking()} makes a put wait for room in a link, this one
   * gives up after the session's short wait before drops (1 ms, and 1 s for a payload that has
   * started) and returns {@link Verdict#WOULD_BLOCK}: links that had room have taken the sample,
   * the others haven't. To allow that, the sample is sent as one that may be dropped, also by
   * routers further on. A publisher of {@link Session#declareAdvancedPublisher} and a low-latency
   * session wait as they do in a put.
   *
   * @return what the links of this session did with it; see {@link PutResult} for what can't be
   *     known
   * @throws ZenohException as a put
   */
  public PutResult tryPut(SegmentedBytes payload) throws ZenohException {
    return result(payload, send(payload, true));
  }

  /** {@link #tryPut(SegmentedBytes)} with options for this one sample. */
  public PutResult tryPut(SegmentedBytes payload, PutOptions options) throws ZenohException {
    return result(payload, send(payload, options, true));
  }

  private PutResult result(SegmentedBytes payload, long code) {
    boolean wouldWait = !isAdvanced && options.qos().congestionControl() != CongestionControl.DROP;
    drops.add(code, payload.byteSize(), true);
    return PutResult.of(code, payload, session.isShmOn(), wouldWait);
  }

  /** Counts the samples that links of this session dropped. */
  public DropCounts drops() {
    return drops.counts();
  }

  /**
   * Tells a handler of each sample that a link of this session drops, in place of the handler
   * before. Without one, the first drop of a large payload is logged as a warning.
   */
  public void onDrop(DropHandler handler) {
    drops.handler(handler);
  }

  /** Returns where its samples may go; those of a cache go anywhere. */
  private Locality furthest() {
    return isCaching ? Locality.ANY : options.qos().destination();
  }

  /**
   * Hands over a loan whole, publishes it and closes it: its memory goes back to the pool as soon
   * as no reader holds it.
   *
   * @throws IllegalStateException if the publisher or the loan is closed
   * @throws WrongThreadException if another thread fills the loan and it was not handed over
   */
  public void put(Loan loan) throws ZenohException {
    try (loan) {
      put(loan.handOver());
    }
  }

  /**
   * Each piece that is written becomes the payload of one sample, lent as by {@link
   * #put(SegmentedBytes)}: a whole loan of a {@link ShmPool} goes as a descriptor. Give the
   * publisher {@link PublisherOptions#blocking()}, or the network may drop pieces. Closing the
   * publisher ends it.
   */
  public BytesSink asSink() {
    return new BytesSink() {
      @Override
      public void write(SegmentedBytes bytes) throws IOException {
        try {
          put(bytes);
        } catch (ZenohException e) {
          throw new IOException(Publisher.this + ": " + e.getMessage(), e);
        }
      }

      @Override
      public String toString() {
        return Publisher.this.toString();
      }
    };
  }

  /** Publishes that the value is gone. */
  public void delete() throws ZenohException {
    delete(PutOptions.none());
  }

  /** {@link #delete()} with an attachment, a timestamp or source info. */
  public void delete(PutOptions options) throws ZenohException {
    drops.add(sendDelete(options), 0, false);
  }

  private long sendDelete(PutOptions options) throws ZenohException {
    Limits.checkSizes(SegmentedBytes.empty(), options.attachment(), furthest());
    checkStack(options);
    Putter putter = putters.take();
    long address = enter();
    try {
      return putter.put(
          null,
          options,
          isCaching,
          (put, _, _, _, _) -> {
            // Which holds no scope open: an attachment's threads are checked here.
            Putter.checkAccess(options.attachment());
            return NativePublisher.delete(address, put);
          });
    } catch (ZenohException e) {
      throw session.explained(e);
    } finally {
      putters.giveBack(putter);
      release();
    }
  }

  /** Returns whether a subscriber somewhere matches now. */
  public boolean hasMatchingSubscribers() throws ZenohException {
    long address = handle.enter();
    try {
      return NativePublisher.isMatching(address, keyExpr);
    } finally {
      handle.release();
    }
  }

  /**
   * Waits for a subscriber that matches.
   *
   * @return whether there is one
   * @throws InterruptedException if the thread is interrupted while it waits
   */
  public boolean awaitMatchingSubscribers(Duration timeout)
      throws ZenohException, InterruptedException {
    long deadline = Nanos.deadline(timeout);
    while (!hasMatchingSubscribers()) {
      if (System.nanoTime() - deadline >= 0) {
        return false;
      }
      LockSupport.parkNanos(Duration.ofMillis(1).toNanos());
      if (Thread.interrupted()) {
        throw new InterruptedException("waiting for a subscriber of " + keyExpr);
      }
    }
    return true;
  }

  /** Declares a listener that learns whether any subscriber matches, now and when that changes. */
  public MatchingListener declareMatchingListener() throws ZenohException {
    long address = handle.enter();
    try {
      return session.remember(
          Handle.owned(
              listener -> new MatchingListener(session, toString(), listeners, listener),
              new NativeListener()::end,
              NativeListener.ofPublisher(address, keyExpr)));
    } catch (ZenohException e) {
      throw session.explained(e);
    } finally {
      handle.release();
    }
  }

  /** {@link #declareMatchingListener()} with a handler on a virtual thread of the library. */
  public MatchingListener declareMatchingListener(MatchingHandler handler) throws ZenohException {
    return Declared.started(listener -> listener.dispatchTo(handler), declareMatchingListener());
  }

  /** Returns whether it is closed. */
  public boolean isClosed() {
    return handle.isClosed();
  }

  /**
   * Ends it and waits for puts that are under way on other threads, for 10 s at most; they are not
   * interrupted. An interrupt ends the wait, and stays. Idempotent.
   */
  @Override
  public void close() {
    beginClose();
    Closing.await(this, System.nanoTime() + Closing.PATIENCE_NANOS);
  }

  /**
   * Closes like {@link #close()}, with another time limit.
   *
   * @return whether no put is under way any more
   */
  public boolean close(Duration timeout) throws InterruptedException {
    beginClose();
    return awaitClosed(Nanos.of(timeout));
  }

  @Override
  void beginClose() {
    handle.close(address -> {});
  }

  @Override
  boolean awaitClosed(long nanos) throws InterruptedException {
    boolean ended = handle.awaitFreed(nanos);
    session.forget(this);
    return ended;
  }

  @Override
  boolean isRunHere() {
    return false;
  }

  @Override
  public String toString() {
    return "Publisher[" + keyExpr + "]";
  }
}
