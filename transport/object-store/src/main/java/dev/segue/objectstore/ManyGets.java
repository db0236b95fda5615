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
   * Hands all objects over but those that are too large for one request; returns the keys of these.
   */
  List<String> handleAll(ObjectStore.ManyHandler handler, String uri) throws ObjectStoreException {
    List<String> large = new ArrayList<>();
    for (; count > 0; count--) {
      Arrival arrival;
      try {
        arrival = arrivals.take();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new ObjectStoreException(
            Reason.CANCELLED, "get from " + uri + ": the thread was interrupted", e);
      }
      if (arrival.object() != null) {
        handler.accept(arrival.object());
      } else if (arrival.failure() != null
          && Failures.root(arrival.failure()) instanceof RemoteObjects.TooLargeForOneRequest) {
        large.add(arrival.key());
      } else if (arrival.failure() != null) {
        throw Failures.of("get " + uri + "/" + arrival.key(), arrival.failure());
      }
    }
    return large;
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
