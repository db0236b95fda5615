package dev.segue.zenoh;

import dev.segue.bytes.spi.Nanos;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;

/**
 * Asks for one key expression again and again: the network knows of it, so that a query finds its
 * way sooner, and it says whether anybody would answer.
 *
 * <p>Owner: the caller; its session closes it at the latest. Lifetime: until {@link #close()}; then
 * {@link IllegalStateException}. Threads: any.
 */
public final class Querier extends Declared implements AutoCloseable {
  private final Session session;
  private final KeyExpr keyExpr;
  private final GetOptions options;
  private final Handle handle;
  private final Putters putters = new Putters();
  private final Set<Listener<?>> listeners = ConcurrentHashMap.newKeySet();

  Querier(Session session, KeyExpr keyExpr, GetOptions options, long address) {
    this.session = session;
    this.keyExpr = keyExpr;
    this.options = options;
    this.handle = new Handle("the querier of " + keyExpr, address, () -> free(address));
  }

  /** After the last call with it, so that no listener is declared any more. */
  private void free(long address) {
    listeners.forEach(Listener::endWithOwner);
    NativeQuery.freeQuerier(address);
  }

  /** Returns the key expression that it queries. */
  public KeyExpr keyExpr() {
    return keyExpr;
  }

  /** Returns the options of its queries. */
  public GetOptions options() {
    return options;
  }

  /**
   * Asks.
   *
   * @throws ZenohException if the core failed, or the session is closed
   */
  public Replies get(Parameters parameters) throws ZenohException {
    return get(parameters, options);
  }

  /**
   * Queries with a payload of its own: {@code with} sets the payload, its encoding, the attachment,
   * and the backlog; the rest is as declared.
   */
  public Replies get(Parameters parameters, GetOptions with) throws ZenohException {
    with.checkSizes();
    Selector selector = new Selector(keyExpr, parameters);
    long address = handle.enter();
    Putter putter = putters.take();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment ask = NativeQuery.ask(arena, selector, with);
      MemorySegment out = arena.allocate(ValueLayout.JAVA_LONG);
      putter.lend(
          with.payload(),
          with.put(),
          ZenohException.Kind.QUERY,
          "get of " + selector,
          (put, hold1, hold2, hold3, hold4) ->
              NativeQuery.querierGet(address, ask, put, out, hold1, hold2, hold3, hold4));
      return session.remember(
          Handle.owned(
              replies -> new Replies(session, selector, replies),
              NativeQuery::end,
              out.get(ValueLayout.JAVA_LONG, 0)));
    } catch (ZenohException e) {
      throw session.explained(e);
    } finally {
      putters.giveBack(putter);
      handle.release();
    }
  }

  /**
   * {@link #get(Parameters, GetOptions)} whose replies a thread of the library gives to a handler.
   */
  public Replies get(Parameters parameters, GetOptions with, ReplyHandler handler)
      throws ZenohException {
    return Declared.started(replies -> replies.dispatchTo(handler), get(parameters, with));
  }

  /**
   * Returns whether a queryable somewhere matches now.
   *
   * <p>Of queryables in other sessions, the core (1.10.2) takes only those whose key expression
   * includes all of this one's: a querier of {@code a/**} finds a queryable of {@code a/b} by a
   * get, but not here. In the same session it is enough that they have a key in common.
   */
  public boolean hasMatchingQueryables() throws ZenohException {
    long address = handle.enter();
    try {
      return NativeQuery.isQuerierMatching(address, keyExpr);
    } finally {
      handle.release();
    }
  }

  /**
   * Waits for a queryable that matches, as {@link #hasMatchingQueryables()} says: for a key
   * expression with wildcards, that may be never.
   *
   * @return whether there is one
   * @throws InterruptedException if the thread is interrupted while it waits
   */
  public boolean awaitMatchingQueryables(Duration timeout)
      throws ZenohException, InterruptedException {
    long deadline = Nanos.deadline(timeout);
    while (!hasMatchingQueryables()) {
      if (System.nanoTime() - deadline >= 0) {
        return false;
      }
      LockSupport.parkNanos(Duration.ofMillis(1).toNanos());
      if (Thread.interrupted()) {
        throw new InterruptedException("waiting for a queryable of " + keyExpr);
      }
    }
    return true;
  }

  /**
   * Declares a listener that learns whether any queryable matches, as {@link
   * #hasMatchingQueryables()} says, now and when that changes.
   */
  public MatchingListener declareMatchingListener() throws ZenohException {
    long address = handle.enter();
    try {
      return session.remember(
          Handle.owned(
              listener -> new MatchingListener(session, toString(), listeners, listener),
              new NativeListener()::end,
              NativeListener.ofQuerier(address, keyExpr)));
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
   * Ends it, and the gets that are under way, as {@link Replies.State#CLOSED}; waits for calls of
   * it on other threads, for 10 s at most. An interrupt ends the wait, and stays. Idempotent.
   */
  @Override
  public void close() {
    beginClose();
    Closing.await(this, System.nanoTime() + Closing.PATIENCE_NANOS);
  }

  /**
   * Closes like {@link #close()}, with another time limit.
   *
   * @return whether no call of it is under way any more
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
    return "Querier[" + keyExpr + "]";
  }
}
