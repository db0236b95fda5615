package dev.segue.zenoh;

import dev.segue.zenoh.ConnectivityEvent.EndpointReached;
import dev.segue.zenoh.ConnectivityEvent.EndpointUnreached;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Logs which endpoints a session is configured to connect to but can't reach, and when it does.
 *
 * <p>A virtual thread, which sleeps unless there is something to wait for; only sessions that are
 * configured to connect have one.
 */
final class EndpointWatch {
  private static final System.Logger LOG = System.getLogger("dev.segue.zenoh");

  /** The time that a connection may take before it is worth a line in the log. */
  private static final long PATIENCE_NANOS = Duration.ofSeconds(3).toNanos();

  private static final Duration FOREVER = Duration.ofDays(365);

  private final Connectivity connectivity;
  private final ConnectivityListener listener;

  /** A client has one connection, to whichever endpoint answers. */
  private final boolean isOneEnough;

  private final Map<String, Outage> outages = new LinkedHashMap<>();
  private final Set<String> reached = new HashSet<>();

  /** What is not noted yet. */
  private @Nullable ConnectivityEvent event;

  private static final class Outage {
    final long since = System.nanoTime();
    String why = "";
    boolean isOver;
    boolean isLogged;
  }

  private EndpointWatch(
      Connectivity connectivity, ConnectivityListener listener, boolean isOneEnough) {
    this.connectivity = connectivity;
    this.listener = listener;
    this.isOneEnough = isOneEnough;
  }

  static EndpointWatch start(
      Connectivity connectivity, ConnectivityListener listener, boolean isOneEnough) {
    EndpointWatch watch = new EndpointWatch(connectivity, listener, isOneEnough);
    Thread.ofVirtual().name("segue-endpoints").start(watch::run);
    return watch;
  }

  /** Ends it, before the session ends. */
  void close() {
    listener.close();
  }

  private void run() {
    boolean isGoingOn = true;
    while (isGoingOn) {
      try {
        isGoingOn = watch();
      } catch (OutOfMemoryError _) {
        NumberDrain.pause(); // what it was about is in its fields
      }
    }
  }

  /** Watches for a while; returns whether there is more to watch. */
  private boolean watch() {
    try {
      if (event == null) {
        event = listener.receive(untilNext()).orElse(null);
      }
    } catch (InterruptedException | IllegalStateException e) {
      if (!listener.isClosed()) {
        log(System.Logger.Level.ERROR, "endpoints aren't watched any more: " + e);
      }
      return false;
    }
    if (event != null) {
      note(event);
      event = null;
    }
    logOverdue();
    return true;
  }

  /** What a log throws ends nothing here. */
  private static void log(System.Logger.Level level, String message) {
    try {
      LOG.log(level, message);
    } catch (OutOfMemoryError e) {
      throw e; // then it is logged again
    } catch (RuntimeException | Error e) {
      HandlerErrors.tellThread(e);
    }
  }

  /** Returns how long nothing is to be logged. */
  private Duration untilNext() {
    long now = System.nanoTime();
    return outages.values().stream()
        .filter(outage -> !outage.isOver)
        .mapToLong(outage -> outage.since + PATIENCE_NANOS - now)
        .min()
        .stream()
        .mapToObj(left -> Duration.ofNanos(Math.max(0, left)))
        .findFirst()
        .orElse(FOREVER);
  }

  private void note(ConnectivityEvent event) {
    switch (event) {
      case EndpointReached(Endpoint endpoint) -> {
        reached.add(endpoint.endpoint());
        Outage outage = outages.get(endpoint.endpoint());
        if (outage != null && outage.isLogged) {
          log(System.Logger.Level.INFO, "connected to " + endpoint.endpoint());
        }
        outages.remove(endpoint.endpoint());
      }
      case EndpointUnreached(Endpoint endpoint) -> {
        reached.remove(endpoint.endpoint());
        Outage outage = outages.computeIfAbsent(endpoint.endpoint(), _ -> new Outage());
        outage.why = endpoint.failure().map(why -> " (" + why + ")").orElse("");
      }
      default -> {}
    }
  }

  private void logOverdue() {
    long now = System.nanoTime();
    outages.forEach(
        (endpoint, outage) -> {
          if (outage.isOver || now - outage.since < PATIENCE_NANOS) {
            return;
          }
          boolean isFine = isOneEnough && !reached.isEmpty();
          if (!isFine && !connectivity.isListened()) {
            log(
                System.Logger.Level.WARNING,
                "no connection to " + endpoint + outage.why + "; the session keeps trying");
            outage.isLogged = true;
          }
          outage.isOver = true;
        });
  }
}
