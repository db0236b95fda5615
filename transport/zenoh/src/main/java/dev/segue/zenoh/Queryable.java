package dev.segue.zenoh;

import dev.segue.bytes.spi.Nanos;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Flow;

/**
 * Receives the queries of one key expression: by pulling, or by a handler on a thread of the
 * library.
 *
 * <p>A query that the backlog drops, and one that nobody took before this was closed, is answered
 * with an error.
 *
 * <p>Owner: the caller; its session closes it at the latest. Lifetime: until {@link #close()}; then
 * {@link IllegalStateException}. Threads: any.
 */
public final class Queryable extends Declared implements AutoCloseable {
  private final Session session;
  private final KeyExpr keyExpr;
  private final QueryableOptions options;
  private final Handle handle;
  private final Putters putters = new Putters();
  private final KeyCache keys = new KeyCache();
  private final Inbox<NativeQueryable.Taking> inbox;

  Queryable(Session session, KeyExpr keyExpr, QueryableOptions options, long address) {
    this.session = session;
    this.keyExpr = keyExpr;
    this.options = options;
    this.handle =
        new Handle("the queryable of " + keyExpr, address, () -> NativeQueryable.free(address));
    this.inbox =
        new Inbox<>(
            handle,
            new Inbox.Queue<NativeQueryable.Taking>() {
              @Override
              public Inbox.Taken<NativeQueryable.Taking> take(long queryable, long waitNanos) {
                return NativeQueryable.take(queryable, waitNanos);
              }

              @Override
              public boolean arm(long queryable, long bell) {
                return NativeQueryable.arm(queryable, bell);
              }
            });
  }

  Session session() {
    return session;
  }

  Putters putters() {
    return putters;
  }

  /** Returns the key expression that it answers for. */
  public KeyExpr keyExpr() {
    return keyExpr;
  }

  /** The next query if one waits; it is open until closed. */
  public Optional<Query> tryReceive() {
    return opened(inbox.tryReceive());
  }

  /**
   * Waits for the next query, which stays open until it is closed.
   *
   * @return empty if none came within {@code timeout}
   * @throws IllegalStateException if the queryable is closed, before or during the call
   * @throws InterruptedException if the thread is interrupted while it waits
   */
  public Optional<Query> receive(Duration timeout) throws InterruptedException {
    return opened(inbox.receive(timeout));
  }

  private Optional<Query> opened(Optional<NativeQueryable.Taking> taken) {
    if (taken.isEmpty() && inbox.hasEnded()) {
      throw new IllegalStateException("receive of " + this + ": it is closed");
    }
    return taken.isEmpty() ? Optional.empty() : query(taken.get(), true);
  }

  /** Makes the query of its parts, which are freed if there is no room for that. */
  private Optional<Query> query(NativeQueryable.Taking taking, boolean isForAnyThread) {
    boolean isMade = false;
    try {
      Batch batch = taking.batch();
      Sample sample = isForAnyThread ? Sample.retained(keys, batch) : Sample.owned(keys, batch);
      Optional<Query> query = Optional.of(new Query(this, sample, taking));
      sample.track();
      isMade = true;
      return query;
    } finally {
      if (!isMade) {
        taking.end();
      }
    }
  }

  /**
   * The queries for reactive streams: each is open until {@code onNext} returns, or as long as
   * {@link Query#retain()} keeps it; while nothing is requested, the backlog applies. It completes
   * when this is closed.
   *
   * <p>A subscription has a virtual thread that calls it. What {@code onNext} throws ends the
   * subscription and goes to the thread's uncaught-exception handler.
   */
  public Flow.Publisher<Query> asPublisher() {
    return new PulledPublisher<>(
        "segue-queries-" + keyExpr,
        new PulledPublisher.Source<>() {
          @Override
          public Optional<Query> next(Duration timeout) throws InterruptedException {
            return receive(timeout);
          }

          @Override
          public boolean hasEnded() {
            return isClosed();
          }

          @Override
          public void end(Query query) {
            query.close();
          }

          @Override
          public void cancelled() {}
        });
  }

  void dispatchTo(QueryHandler handler) {
    inbox.dispatchTo(
        Thread.ofPlatform().daemon().name("segue-queryable-" + keyExpr),
        taking -> answer(handler, taking),
        error -> options.onHandlerError().accept(this, error));
  }

  private void answer(QueryHandler handler, NativeQueryable.Taking taking) {
    try (Query query = query(taking, false).orElseThrow()) {
      handler.onQuery(query);
    } catch (ZenohException e) {
      options.onHandlerError().accept(this, e);
    }
  }

  /** Counts the queries that came, were dropped, wait, and were refused for their key. */
  public Subscriber.Counts counts() {
    long address = handle.enter();
    try {
      return NativeQueryable.counts(address);
    } finally {
      handle.release();
    }
  }

  /** Returns whether it is closed. */
  public boolean isClosed() {
    return handle.isClosed();
  }

  /**
   * Closes it: answers waiting queries with an error, wakes waiting calls, lets a handler that is
   * running on another thread finish its query, and waits for that, at most 10 s. Received queries
   * stay open. An interrupt ends the wait, and the thread stays interrupted. Idempotent, from any
   * thread.
   */
  @Override
  public void close() {
    beginClose();
    Closing.await(this, System.nanoTime() + Closing.PATIENCE_NANOS);
  }

  /**
   * Closes like {@link #close()}, with another time limit.
   *
   * @return whether no handler runs any more; within a handler of its own, false at once
   */
  public boolean close(Duration timeout) throws InterruptedException {
    beginClose();
    return awaitClosed(Nanos.of(timeout));
  }

  @Override
  void beginClose() {
    inbox.beginClose(NativeQueryable::close);
  }

  @Override
  boolean awaitClosed(long nanos) throws InterruptedException {
    boolean ended = inbox.awaitClosed(nanos);
    session.forget(this);
    return ended;
  }

  @Override
  boolean isRunHere() {
    return inbox.isRunHere();
  }

  @Override
  public String toString() {
    return "Queryable[" + keyExpr + "]";
  }
}
