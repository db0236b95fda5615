package dev.segue.objectstore.http;

import java.io.IOException;
import java.net.ConnectException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Connections that wait to be used again; the client's threads bound those that are in use. */
final class ConnectionPool {
  private final ArrayDeque<Connection> idle = new ArrayDeque<>();
  private final EngineSettings<?> settings;
  private int inUseCount;
  private boolean closed;

  ConnectionPool(EngineSettings<?> settings) {
    this.settings = settings;
  }

  /** A quiet connection that was used before, else a new one. */
  Connection take(HttpEndpoint endpoint) throws IOException {
    for (Connection known = poll(endpoint); known != null; known = poll(endpoint)) {
      if (known.isQuiet()) {
        return known;
      }
      giveBack(known, false);
    }
    begin();
    Connection made = null;
    try {
      made = connect(endpoint);
      return made;
    } finally {
      if (made == null) {
        end();
      }
    }
  }

  private Connection connect(HttpEndpoint endpoint) throws IOException {
    HttpProxy proxy = settings.proxyFor(endpoint);
    Duration timeout = settings.connectTimeout;
    PlainWire plain =
        proxy == null
            ? PlainWire.connect(endpoint.host(), endpoint.port(), timeout)
            : PlainWire.connect(proxy.host(), proxy.port(), timeout);
    if (!endpoint.tls()) {
      return new Connection(endpoint, plain, settings.headByteSizeLimit, proxy);
    }
    // A socket has no read timeout here, so a server that never shakes hands is cut off by a timer.
    var timer = CompletableFuture.delayedExecutor(timeout.toMillis(), TimeUnit.MILLISECONDS);
    var cut = CompletableFuture.runAsync(plain::close, timer);
    try {
      if (proxy != null) {
        Tunnel.open(plain, proxy, endpoint, settings.headByteSizeLimit);
      }
      TlsWire wire =
          new TlsWire(plain, settings.tlsEngines().engine(endpoint.host(), endpoint.port()));
      return new Connection(endpoint, wire, settings.headByteSizeLimit, null);
    } catch (ConnectException e) {
      throw e;
    } catch (IOException e) {
      throw new IOException("TLS with " + endpoint + ": " + e.getMessage(), e);
    } finally {
      cut.cancel(false);
    }
  }

  private synchronized @Nullable Connection poll(HttpEndpoint endpoint) {
    for (Iterator<Connection> each = idle.iterator(); each.hasNext(); ) {
      Connection candidate = each.next();
      if (candidate.endpoint.equals(endpoint)) {
        each.remove();
        inUseCount++;
        return candidate;
      }
    }
    return null;
  }

  private synchronized void begin() throws IOException {
    if (closed) {
      throw new IOException("the HTTP client is closed");
    }
    inUseCount++;
    if (inUseCount + idle.size() > settings.maxConnections && !idle.isEmpty()) {
      idle.pollLast().close();
    }
  }

  private synchronized void end() {
    inUseCount--;
  }

  void giveBack(Connection connection, boolean keep) {
    synchronized (this) {
      inUseCount--;
      if (keep && !closed) {
        connection.idleSinceNanos = System.nanoTime();
        idle.addFirst(connection);
        return;
      }
    }
    connection.close();
  }

  /** Closes connections that were idle for too long; called by the watchdog. */
  void expire(long now) {
    List<Connection> expired = new ArrayList<>();
    synchronized (this) {
      while (!idle.isEmpty()
          && now - idle.peekLast().idleSinceNanos > settings.idleTimeout.toNanos()) {
        expired.add(idle.pollLast());
      }
    }
    expired.forEach(Connection::close);
  }

  synchronized int idleCount() {
    return idle.size();
  }

  void close() {
    List<Connection> all;
    synchronized (this) {
      closed = true;
      all = new ArrayList<>(idle);
      idle.clear();
    }
    all.forEach(Connection::close);
  }
}
