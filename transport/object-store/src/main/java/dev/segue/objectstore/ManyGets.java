package dev.segue.objectstore;

import dev.segue.objectstore.ObjectStoreException.Reason;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;

/** Gathers objects as they arrive, and gives back those that nobody took when it is closed. */
final class ManyGets implements AutoCloseable {
  private record Arrival(String key, @Nullable ObjectBytes object, @Nullable Throwable failure) {}

  private final LinkedBlockingQueue<Arrival> arrivals = new LinkedBlockingQueue<>();
  private final Transfer transfer;
  private int count;
  private boolean closed;

  ManyGets(Transfer transfer) {
    this.transfer = transfer;
  }

  void add(String key, CompletableFuture<ObjectBytes> get) {
    count++;
    var _ = get.whenComplete((object, failure) -> arrived(new Arrival(key, object, failure)));
  }

  private synchronized void arrived(Arrival arrival) {
    if (closed) {
      if (arrival.object() != null) {
        arrival.object().close();
      }
    } else {
      arrivals.add(arrival);
    }
  }

  /**
   * Waits for one object and hands it over, or notes the key of one that is too large for one
   * request; false when none is under way.
   */
  boolean handleNext(ObjectStore.ManyHandler handler, String uri, List<String> large)
      throws ObjectStoreException {
    if (count == 0) {
      return false;
    }
    Arrival arrival;
    try {
      arrival = arrivals.take();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ObjectStoreException(
          Reason.CANCELLED, "get from " + uri + ": the thread was interrupted", e);
    }
    count--;
    if (arrival.object() != null) {
      handler.accept(arrival.object());
    } else if (arrival.failure() != null
        && Failures.root(arrival.failure()) instanceof RemoteObjects.TooLargeForOneRequest) {
      large.add(arrival.key());
    } else if (arrival.failure() != null) {
      throw Failures.of("get " + uri + "/" + arrival.key(), arrival.failure());
    }
    return true;
  }

  @Override
  public void close() {
    transfer.cancel();
    List<Arrival> left = new ArrayList<>();
    synchronized (this) {
      closed = true;
      int _ = arrivals.drainTo(left);
    }
    for (Arrival arrival : left) {
      if (arrival.object() != null) {
        arrival.object().close();
      }
    }
  }
}
