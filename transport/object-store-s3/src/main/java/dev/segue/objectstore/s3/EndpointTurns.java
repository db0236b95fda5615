package dev.segue.objectstore.s3;

import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.http.DestinationTooSmallException;
import dev.segue.objectstore.internal.Failures;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Lets the endpoints of a store take turns. One that can't be reached is left out for a while,
 * longer each time, as long as there is another.
 *
 * @param <C> what sends a request to one endpoint
 */
final class EndpointTurns<C> {
  private static final long SHORTEST_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
  private static final int LONGEST_DOUBLINGS = 6;

  private final List<Endpoint<C>> endpoints;
  private final AtomicInteger turn = new AtomicInteger();

  EndpointTurns(List<C> clients) {
    this.endpoints = clients.stream().map(Endpoint::new).toList();
  }

  private static final class Endpoint<C> {
    final C client;
    private int faultCount;
    private long awayUntilNanos;

    Endpoint(C client) {
      this.client = client;
    }

    synchronized boolean isThere(long now) {
      return faultCount == 0 || awayUntilNanos - now <= 0;
    }

    synchronized void ended(boolean reached) {
      if (reached) {
        faultCount = 0;
      } else if (isThere(System.nanoTime())) {
        // Requests that were under way together fail together: that is one fault.
        awayUntilNanos =
            System.nanoTime() + (SHORTEST_NANOS << Math.min(faultCount, LONGEST_DOUBLINGS));
        faultCount++;
      }
    }
  }

  private Endpoint<C> next() {
    int from = Math.floorMod(turn.getAndIncrement(), endpoints.size());
    long now = System.nanoTime();
    for (int i = 0; i < endpoints.size(); i++) {
      Endpoint<C> endpoint = endpoints.get((from + i) % endpoints.size());
      if (endpoint.isThere(now)) {
        return endpoint;
      }
    }
    return endpoints.get(from);
  }

  /** Sends a request to the endpoint whose turn it is. */
  <T> CompletableFuture<T> send(Function<C, CompletableFuture<T>> request) {
    if (endpoints.size() == 1) {
      return request.apply(endpoints.getFirst().client);
    }
    Endpoint<C> endpoint = next();
    return request
        .apply(endpoint.client)
        .whenComplete((response, failure) -> endpoint.ended(isReached(failure)));
  }

  /** A refusal is an answer, too; what the caller gave up says nothing. */
  private static boolean isReached(@Nullable Throwable failure) {
    return failure == null
        || switch (Failures.root(failure)) {
          case ObjectStoreException _, DestinationTooSmallException _, InterruptedIOException _ ->
              true;
          case IOException _ -> false;
          default -> true;
        };
  }
}
