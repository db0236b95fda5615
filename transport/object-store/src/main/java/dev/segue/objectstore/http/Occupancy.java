package dev.segue.objectstore.http;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * At most one exchange is inside a request's regions at a time, and their owner can wait until none
 * is.
 *
 * <p>An attempt that the SDK gave up may still be inside a read: the next one closes its socket and
 * waits until it has left.
 */
public final class Occupancy {
  private @Nullable HttpExchange occupant;
  private @Nullable String closedBecause;

  private final LongConsumer moved;

  /** Nobody is inside. */
  public Occupancy() {
    this(byteCount -> {});
  }

  /** The same; {@code moved} is told how many bytes went out of the regions, on any thread. */
  Occupancy(LongConsumer moved) {
    this.moved = moved;
  }

  void moved(long byteCount) {
    moved.accept(byteCount);
  }

  synchronized void enter(HttpExchange exchange) throws IOException {
    while (occupant != null && occupant != exchange && closedBecause == null) {
      occupant.abort(new IOException("another attempt took the regions over"));
      try {
        wait();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted while an earlier attempt left the regions", e);
      }
    }
    if (closedBecause != null) {
      throw new InterruptedIOException(closedBecause);
    }
    occupant = exchange;
  }

  synchronized void leave(HttpExchange exchange) {
    if (occupant == exchange) {
      occupant = null;
      notifyAll();
    }
  }

  /**
   * Admits nobody any more, ends the exchanges that are inside, and returns when none is. The
   * occupant's own thread is not waited for: an exchange that is ended does not touch its regions
   * again.
   */
  public synchronized void evict(String why) {
    closedBecause = why;
    notifyAll();
    boolean interrupted = false;
    while (occupant != null) {
      occupant.abort(new InterruptedIOException(why));
      if (occupant.isOnThisThread()) {
        break;
      }
      try {
        wait();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
