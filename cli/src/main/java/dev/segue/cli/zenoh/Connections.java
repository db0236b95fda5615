package dev.segue.cli.zenoh;

import dev.segue.zenoh.Config;
import dev.segue.zenoh.ConnectivityEvent;
import dev.segue.zenoh.ConnectivityEvent.EndpointReached;
import dev.segue.zenoh.ConnectivityEvent.EndpointUnreached;
import dev.segue.zenoh.ConnectivityEvent.TransportOpened;
import dev.segue.zenoh.ConnectivityListener;
import dev.segue.zenoh.Endpoint;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.ZenohException;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Says which endpoints a session is told to connect to and doesn't reach, and when it does. */
public final class Connections implements AutoCloseable {
  /** Time that a connection may take before the user is told that there is none. */
  private static final long PATIENCE_NANOS = Duration.ofSeconds(3).toNanos();

  private static final Duration LONG = Duration.ofDays(1);
  private static final Duration SOON = Duration.ofMillis(50);

  /** None of a low-latency session, which has none. */
  private final @Nullable ConnectivityListener listener;

  private final Consumer<String> say;

  /** A client has one connection, to whichever endpoint answers. */
  private final boolean isOneEnough;

  private final Map<String, Outage> outages = new LinkedHashMap<>();
  private final Set<String> reached = new HashSet<>();
  private volatile boolean connected;

  private static final class Outage {
    final long since = System.nanoTime();
    final boolean isFirst;
    boolean isOver;
    boolean isTold;

    Outage(boolean isFirst) {
      this.isFirst = isFirst;
    }
  }

  private Connections(
      @Nullable ConnectivityListener listener, boolean isOneEnough, Consumer<String> say) {
    this.listener = listener;
    this.isOneEnough = isOneEnough;
    this.say = say;
  }

  /**
   * Begins to look, on a thread of its own, until it or the session is closed.
   *
   * @param say gets what there is to say
   */
  public static Connections watch(Session session, Config config, Consumer<String> say)
      throws ZenohException {
    boolean isClient = config.get("mode").equals("\"client\"");
    if (config.get("transport/unicast/lowlatency").equals("true")) {
      return new Connections(null, isClient, say);
    }
    ConnectivityListener listener = session.connectivity().declareListener();
    Connections connections = new Connections(listener, isClient, say);
    Thread.ofVirtual().name("segue-connections").start(() -> connections.run(listener));
    return connections;
  }

  /** Returns whether there was a connection to any node. */
  boolean wasConnected() {
    return connected;
  }

  private void run(ConnectivityListener listener) {
    try {
      while (true) {
        boolean isCounting = outages.values().stream().anyMatch(outage -> !outage.isOver);
        listener.receive(isCounting ? SOON : LONG).ifPresent(this::note);
        outages.forEach(this::tell);
      }
    } catch (InterruptedException | IllegalStateException e) {
      if (!listener.isClosed()) {
        say.accept("connections aren't watched any more: " + e.getMessage());
      }
    }
  }

  private void note(ConnectivityEvent event) {
    switch (event) {
      case TransportOpened _ -> connected = true;
      case EndpointReached(Endpoint endpoint) -> {
        reached.add(endpoint.endpoint());
        Outage outage = outages.remove(endpoint.endpoint());
        if (outage != null && outage.isTold) {
          say.accept("connected to " + endpoint.endpoint());
        }
      }
      case EndpointUnreached(Endpoint endpoint) -> {
        boolean isFirst = !reached.remove(endpoint.endpoint());
        outages.computeIfAbsent(endpoint.endpoint(), _ -> new Outage(isFirst));
      }
      default -> {}
    }
  }

  private void tell(String endpoint, Outage outage) {
    if (outage.isOver || System.nanoTime() - outage.since < PATIENCE_NANOS) {
      return;
    }
    outage.isOver = true;
    if (!isOneEnough || reached.isEmpty()) {
      outage.isTold = true;
      say.accept(
          outage.isFirst
              ? "no connection to " + endpoint + " came about yet; still trying"
              : "the connection to " + endpoint + " ended; still trying");
    }
  }

  @Override
  public void close() {
    if (listener != null) {
      listener.close();
    }
  }
}
