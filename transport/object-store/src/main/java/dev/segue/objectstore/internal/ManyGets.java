package dev.segue.objectstore.internal;

import dev.segue.objectstore.ObjectBytes;
import dev.segue.objectstore.ObjectStore;
import dev.segue.objectstore.ObjectStoreException;
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
  private final RemoteStore store;
  private final Transfer transfer;
  private final ObjectStore.ManyHandler handler;
  private int count;
  private boolean closed;

  ManyGets(RemoteStore store, Transfer transfer, ObjectStore.ManyHandler handler) {
    this.store = store;
    this.transfer = transfer;
    this.handler = handler;
  }

  /** Reads one object. */
  interface Get {
    ObjectBytes run() throws ObjectStoreException;
  }

  /** Reads one object and hands it over, or its fault. */
  static void handle(String key, ObjectStore.ManyHandler handler, Get get)
      throws ObjectStoreException {
    ObjectBytes object;
    try {
      object = get.run();
    } catch (ObjectStoreException e) {
      failed(key, handler, e);
      return;
    }
    handler.accept(object);
  }

  private static void failed(
      String key, ObjectStore.ManyHandler handler, ObjectStoreException failure)
      throws ObjectStoreException {
    if (failure.reason() == Reason.CANCELLED) {
      throw failure;
    }
    handler.failed(key, failure);
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
   * Waits for one object and hands it over, or its fault, or notes the key of one that is too large
   * for one request; false when none is under way.
   */
  boolean handleNext(List<String> large) throws ObjectStoreException {
    if (count == 0) {
      return false;
    }
    Arrival arrival;
    try {
      arrival = arrivals.take();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ObjectStoreException(
          Reason.CANCELLED, "get from " + store.uri() + ": the thread was interrupted", e);
    }
    count--;
    if (arrival.object() != null) {
      handler.accept(arrival.object());
    } else if (arrival.failure() != null
        && Failures.root(arrival.failure()) instanceof RemoteObjects.TooLargeForOneRequest) {
      large.add(arrival.key());
    } else if (arrival.failure() != null) {
      Attempt what = store.attempt("get", arrival.key());
      failed(arrival.key(), handler, Failures.of(what, arrival.failure()));
    }
    return true;
  }

  @Override
  public void close() {
    transfer.cancel();
    List<Arrival> left = new ArrayList<>();
    synchronized (this) {
      closed = true;
      arrivals.drainTo(left);
    }
    for (Arrival arrival : left) {
      if (arrival.object() != null) {
        arrival.object().close();
      }
    }
  }
}
