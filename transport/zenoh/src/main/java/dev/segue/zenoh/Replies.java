package dev.segue.zenoh;

import dev.segue.bytes.spi.Nanos;
import java.time.Duration;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Set;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Flow;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * The replies to a query, as they come.
 *
 * <pre>
 *   native threads ──► bounded queue (Backlog) ──► receive(timeout)      one, yours until closed
 *                                              ──► for (Reply reply : …) each until the next one
 *                                              ──► handler               a thread of the library
 * </pre>
 *
 * <p>A queue that pushes back ({@link Backlog#hold}) does so until the query times out: replies
 * that it has no room for then are dropped and counted. A client that reads too slowly gets fewer
 * replies, but no link is blocked for longer than that.
 *
 * <p>{@link State#FINISHED} means that all queryables that were asked have finished, or are gone:
 * Zenoh doesn't distinguish a queryable that died halfway through its replies from one that had no
 * more.
 *
 * <p>Owner: the caller; its session or querier closes it at the latest, and it closes itself when
 * its last reply was taken. Lifetime: until {@link #close()}, which cancels the query; then {@link
 * IllegalStateException}. Threads: any.
 */
public final class Replies extends Declared implements AutoCloseable, Iterable<Reply> {
  private static final Duration ITERATOR_WAIT = Duration.ofSeconds(1);

  private final Session session;
  private final Selector selector;
  private final Handle handle;
  private final KeyCache keys = new KeyCache();
  private final Inbox<Reply> inbox;

  /** Those that hold a reply, which nobody else would close. */
  private final Set<Borrowing> iterations = ConcurrentHashMap.newKeySet();

  private volatile State lastState = State.OPEN;
  private volatile Subscriber.Counts lastCounts = new Subscriber.Counts(0, 0, 0, 0);

  /** The way a query ended. */
  public enum State {
    /** It hasn't: replies may come. */
    OPEN,
    /** All who were asked are through, or gone. */
    FINISHED,
    /** Its time was up before all were through. */
    TIMED_OUT,
    /** It was closed, or its querier or session was, before all were through. */
    CLOSED;

    private static final State[] CODES = values();

    static State of(int code) {
      return CODES[code];
    }
  }

  Replies(Session session, Selector selector, long address) {
    this.session = session;
    this.selector = selector;
    this.handle =
        new Handle("the replies to " + selector, address, () -> NativeQuery.free(address));
    this.inbox =
        new Inbox<>(
            handle,
            new Inbox.Queue<Reply>() {
              @Override
              public Inbox.Taken<Reply> take(long replies, long waitNanos) {
                Inbox.Taken<Reply> taken = NativeQuery.take(replies, keys, waitNanos);
                if (taken.ended()) {
                  lastState = NativeQuery.state(replies);
                }
                return taken;
              }

              @Override
              public boolean arm(long replies, long bell) {
                return NativeQuery.arm(replies, bell);
              }
            });
  }

  /** Returns the selector of the query. */
  public Selector selector() {
    return selector;
  }

  /**
   * The next reply if one waits; it is the calling thread's until closed.
   *
   * @throws IllegalStateException if this was closed before its end
   */
  public Optional<Reply> tryReceive() {
    try {
      return inbox.hasEnded() ? end() : settled(inbox.tryReceive());
    } catch (IllegalStateException e) {
      return endOr(e);
    }
  }

  /**
   * Waits for the next reply, which belongs to the calling thread until it is closed.
   *
   * @return empty if none came within {@code timeout}, or none will come: {@link #isEnded()} says
   *     which
   * @throws IllegalStateException if this was closed before its end, earlier or meanwhile
   * @throws InterruptedException if the thread is interrupted while it waits
   */
  public Optional<Reply> receive(Duration timeout) throws InterruptedException {
    try {
      return inbox.hasEnded() ? end() : settled(inbox.receive(timeout));
    } catch (IllegalStateException e) {
      return endOr(e);
    }
  }

  private Optional<Reply> settled(Optional<Reply> reply) {
    return reply.isEmpty() && inbox.hasEnded() ? end() : reply;
  }

  /** Another thread may have taken the last reply, and closed this, meanwhile. */
  private Optional<Reply> endOr(IllegalStateException error) {
    if (inbox.hasEnded() && lastState != State.CLOSED) {
      return Optional.empty();
    }
    throw error;
  }

  private Optional<Reply> end() {
    beginClose();
    session.forget(this);
    if (lastState == State.CLOSED) {
      throw new IllegalStateException("receive of the replies to " + selector + ": it is closed");
    }
    return Optional.empty();
  }

  /** Returns whether all replies were taken and none will come. */
  public boolean isEnded() {
    return inbox.hasEnded();
  }

  /** Returns how the query ended; replies may still wait to be taken. */
  public State state() {
    long address = handle.tryEnter();
    if (address == 0) {
      return lastState;
    }
    try {
      return NativeQuery.state(address);
    } finally {
      handle.release();
    }
  }

  /** Counts the replies that came, were dropped, wait, and were refused; also after the end. */
  public Subscriber.Counts counts() {
    long address = handle.tryEnter();
    if (address == 0) {
      return lastCounts;
    }
    try {
      return NativeQuery.counts(address);
    } finally {
      handle.release();
    }
  }

  /**
   * Iterates over the replies until the end. Each is valid until the next one is taken, or until
   * its thread closes this or its session; {@link Reply#retain()} keeps one. Close this when you
   * leave the loop early.
   *
   * <p>For one thread. Waiting for the next reply throws {@link CancellationException} when the
   * thread is interrupted, and the thread stays interrupted.
   */
  @Override
  public Iterator<Reply> iterator() {
    return new Borrowing();
  }

  /**
   * {@link #iterator()} as a sequential stream: each reply is valid inside the operations on it, so
   * map it to what it says; a list of them is a list of ended ones. Closing the stream closes this.
   */
  public Stream<Reply> stream() {
    int traits = Spliterator.ORDERED | Spliterator.NONNULL;
    return StreamSupport.stream(Spliterators.spliteratorUnknownSize(new Borrowing(), traits), false)
        .onClose(this::close);
  }

  /**
   * The replies for reactive streams: each is valid until {@code onNext} returns, and the queue
   * does what its backlog says while nothing is requested. It completes at the end of the query,
   * {@link #state()} says which; cancelling closes this.
   *
   * <p>A subscription has a virtual thread that calls it. What {@code onNext} throws ends the
   * subscription and goes to the thread's uncaught-exception handler.
   */
  public Flow.Publisher<Reply> asPublisher() {
    return new PulledPublisher<>(
        "segue-replies-" + selector.keyExpr(),
        new PulledPublisher.Source<>() {
          @Override
          public Optional<Reply> next(Duration timeout) throws InterruptedException {
            return receive(timeout);
          }

          @Override
          public boolean hasEnded() {
            // Who requested no more than there were gets the end as well.
            return isEnded() || isClosed() || (state() != State.OPEN && counts().waiting() == 0);
          }

          @Override
          public void end(Reply reply) {
            reply.close();
          }

          @Override
          public void cancelled() {
            close();
          }
        });
  }

  /** Replies that end when the next one is asked for. */
  private final class Borrowing implements Iterator<Reply> {
    private @Nullable Reply current;
    private @Nullable Reply next;

    /** Whose the replies are. */
    private volatile @Nullable Thread reader;

    @Override
    public boolean hasNext() {
      if (next == null) {
        leave();
        next = await();
      }
      return next != null;
    }

    @Override
    public Reply next() {
      Reply reply = hasNext() ? next : null;
      if (reply == null) {
        throw new NoSuchElementException("no more replies to " + selector);
      }
      next = null;
      current = reply;
      return reply;
    }

    private void leave() {
      iterations.remove(this);
      Reply left = current;
      current = null;
      if (left != null) {
        left.close();
      }
    }

    /**
     * Ends what the loop was left with; replies of another thread that has not ended end with its
     * next step.
     */
    private void end() {
      Thread of = reader;
      boolean isHere = Thread.currentThread().equals(of);
      if (of == null || (!isHere && (of.isAlive() || !iterations.remove(this)))) {
        return;
      }
      leave();
      Reply unread = next;
      next = null;
      if (unread != null) {
        unread.close();
      }
    }

    private @Nullable Reply await() {
      while (!isEnded()) {
        try {
          Optional<Reply> reply = receive(ITERATOR_WAIT);
          if (reply.isPresent()) {
            reader = Thread.currentThread();
            iterations.add(this);
            return reply.get();
          }
        } catch (InterruptedException _) {
          Thread.currentThread().interrupt();
          throw new CancellationException("interrupted while waiting for a reply to " + selector);
        }
      }
      return null;
    }
  }

  void dispatchTo(ReplyHandler handler) {
    inbox.dispatchTo(
        Thread.ofVirtual().name("segue-replies-" + selector.keyExpr()),
        reply -> {
          try (reply) {
            handler.onReply(reply);
          }
        },
        handler::onError,
        () -> {
          close();
          Closing.await(handle::awaitFreed, System.nanoTime() + Closing.PATIENCE_NANOS);
          handler.onEnd(lastState);
        });
  }

  /** Returns whether it is closed, by hand or at its end. */
  public boolean isClosed() {
    return handle.isClosed();
  }

  /**
   * Cancels the query unless it has ended, wakes waiting calls, and waits for a handler that is
   * running on another thread, at most 10 s. Received replies stay valid; waiting ones are freed,
   * and so is the one that a loop or stream of the calling thread stopped at. Idempotent, from any
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

  private void endIterations() {
    iterations.forEach(Borrowing::end);
  }

  @Override
  void beginClose() {
    inbox.beginClose(
        address -> {
          NativeQuery.close(address);
          lastCounts = NativeQuery.counts(address);
          lastState = NativeQuery.state(address);
        });
  }

  @Override
  boolean awaitClosed(long nanos) throws InterruptedException {
    endIterations();
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
    return "Replies[" + selector + ", " + state() + "]";
  }
}
