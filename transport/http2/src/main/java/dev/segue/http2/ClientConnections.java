package dev.segue.http2;

import dev.segue.bytes.spi.Nanos;
import dev.segue.bytes.spi.PeerClock;
import io.netty.channel.EventLoop;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.handler.ssl.SslContext;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The connections of one client, and the requests that wait for a stream on one of them.
 *
 * <pre>
 *   request ──► a connection with a stream to spare, the one with the fewest
 *           └─► else it waits, while one more connection is made if there may be one
 *   stream, SETTINGS, connection come or go ──► dispatch: the oldest that waits first
 * </pre>
 *
 * <p>One connection is made at a time, and after failures with a pause that doubles: a server that
 * accepts and hangs up is not stormed. Loop only.
 */
final class ClientConnections {
  static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
  private static final int MAX_PAUSE_DOUBLINGS = 5;

  final Http2Client.Builder settings;
  final Authority authority;
  final @Nullable SslContext ssl;
  final PeerClock clock;
  private final long tickNanos;
  private final EventLoop loop;
  private final ChannelGroup channels;
  private final List<ClientConnection> connections = new ArrayList<>();
  private final ArrayDeque<ClientRequest> waiting = new ArrayDeque<>();
  private @Nullable Future<?> ticks;
  private boolean dispatchScheduled;
  private boolean closed;
  private int failures;
  private long connectNotBefore = System.nanoTime();
  private volatile int usableCount;

  ClientConnections(
      Http2Client.Builder settings, Authority authority, @Nullable SslContext ssl, EventLoop loop) {
    this.settings = settings;
    this.authority = authority;
    this.ssl = ssl;
    this.tickNanos = settings.timeouts.tickNanos(settings.limits.idle());
    this.clock = new PeerClock(tickNanos);
    this.loop = loop;
    this.channels = new DefaultChannelGroup(loop);
  }

  EventLoop loop() {
    return loop;
  }

  ChannelGroup channels() {
    return channels;
  }

  /** Returns how many connections take requests. Any thread. */
  int usableCount() {
    return usableCount;
  }

  /** Makes the first connection; the future is that of its SETTINGS. Any thread. */
  CompletableFuture<Void> start() {
    CompletableFuture<Void> first = new CompletableFuture<>();
    loop.execute(
        () -> {
          ticks = loop.scheduleAtFixedRate(this::check, tickNanos, tickNanos, TimeUnit.NANOSECONDS);
          connectOne(first);
        });
    return first;
  }

  /** Runs a task on the loop, if there is one still. Any thread. */
  void run(Runnable task) {
    if (loop.inEventLoop()) {
      task.run();
      return;
    }
    soon(task);
  }

  /** Runs a task in the next turn of the loop, if there is one. Any thread. */
  void soon(Runnable task) {
    try {
      loop.execute(task);
    } catch (RejectedExecutionException e) {
      // The client was closed, and everything has ended by that.
    }
  }

  void submit(ClientRequest request) {
    if (closed) {
      request.fail(unsent(request, "the client was closed", null));
    } else if (leastBusy() == null && waiting.size() >= waitingLimit()) {
      request.fail(
          unsent(
              request,
              "waitingRequestCount=" + waiting.size() + " others wait for a stream already",
              null));
    } else if (!request.isSettled()) {
      waiting.addLast(request);
      dispatch();
    }
  }

  /** One more where a connection is made for it, which waits for no other's stream. */
  private int waitingLimit() {
    return settings.waitingRequestCount + (mayConnect() ? 1 : 0);
  }

  /** Returns whether a connection is being made, or may be. */
  private boolean mayConnect() {
    int counted = 0;
    for (ClientConnection each : connections) {
      if (each.isConnecting()) {
        return true;
      }
      counted += each.isRetired() ? 0 : 1;
    }
    return counted < settings.connectionCount;
  }

  /** The server has processed nothing of the request. */
  void again(ClientRequest request) {
    if (closed) {
      request.fail(unsent(request, "the client was closed", null));
      return;
    }
    request.pause();
    waiting.addFirst(request);
    dispatchAt(request.notBeforeNanos());
  }

  void remove(ClientRequest request) {
    waiting.remove(request);
  }

  /** In the next turn of the loop: what has changed may still be changing. */
  void dispatchSoon() {
    if (!dispatchScheduled) {
      dispatchScheduled = true;
      soon(this::dispatchNow);
    }
  }

  private void dispatchNow() {
    dispatchScheduled = false;
    dispatch();
  }

  private void dispatchAt(long nanos) {
    long delay = nanos - System.nanoTime();
    if (delay <= 0) {
      dispatchSoon();
    } else {
      var _ = loop.schedule(this::dispatchSoon, delay, TimeUnit.NANOSECONDS);
    }
  }

  private void dispatch() {
    ClientRequest request = next();
    while (request != null) {
      ClientConnection connection = leastBusy();
      if (connection == null) {
        connectAnother();
        return;
      }
      waiting.remove(request);
      failures = 0;
      if (!connection.start(request)) {
        connection.retire();
        if (request.mayTryAgain()) {
          waiting.addFirst(request);
        } else {
          request.fail(unsent(request, "no stream could be opened", null));
        }
      }
      request = next();
    }
  }

  /** The oldest that need not pause. */
  private @Nullable ClientRequest next() {
    long now = System.nanoTime();
    for (ClientRequest each : waiting) {
      if (now - each.notBeforeNanos() >= 0) {
        return each;
      }
    }
    return null;
  }

  private @Nullable ClientConnection leastBusy() {
    ClientConnection least = null;
    for (ClientConnection each : connections) {
      if (each.hasRoom() && (least == null || each.streamCount() < least.streamCount())) {
        least = each;
      }
    }
    return least;
  }

  private void connectAnother() {
    if (closed || !mayConnect() || connections.stream().anyMatch(ClientConnection::isConnecting)) {
      return;
    }
    if (System.nanoTime() - connectNotBefore < 0) {
      dispatchAt(connectNotBefore);
      return;
    }
    connectOne(new CompletableFuture<>());
  }

  private void connectOne(CompletableFuture<Void> ready) {
    ClientConnection made = new ClientConnection(this, ready);
    connections.add(made);
    made.connect();
  }

  /** A connection takes requests now, or takes none any more. */
  void changed() {
    int usable = 0;
    for (ClientConnection each : connections) {
      usable += each.isUsable() ? 1 : 0;
    }
    usableCount = usable;
    dispatchSoon();
  }

  /**
   * A connection is gone.
   *
   * @param wasUsed whether it ever had a stream
   */
  void ended(ClientConnection connection, boolean wasUsed, @Nullable IOException whyNotConnected) {
    connections.remove(connection);
    if (!wasUsed) {
      int doublings = Math.min(failures++, MAX_PAUSE_DOUBLINGS);
      connectNotBefore = System.nanoTime() + (PAUSE_NANOS << doublings);
    }
    boolean last = connections.stream().allMatch(ClientConnection::isRetired);
    if (whyNotConnected != null && last) {
      // Whoever waits is told at once; the next request tries again.
      List<ClientRequest> failing = new ArrayList<>(waiting);
      waiting.clear();
      for (ClientRequest each : failing) {
        each.fail(unsent(each, String.valueOf(whyNotConnected.getMessage()), whyNotConnected));
      }
    }
    changed();
  }

  private static Http2StreamException unsent(
      ClientRequest request, String why, @Nullable IOException cause) {
    String message = request + ": not sent: " + why;
    return cause == null
        ? new Http2StreamException(message, Http2Error.REFUSED_STREAM)
        : new Http2StreamException(message, Http2Error.REFUSED_STREAM, cause);
  }

  private void check() {
    long now = clock.nanoTime();
    long limit = Nanos.of(settings.timeouts.stream());
    List<ClientRequest> late = new ArrayList<>(0);
    for (Iterator<ClientRequest> each = waiting.iterator(); each.hasNext(); ) {
      ClientRequest request = each.next();
      if (now - request.sinceNanos() >= limit) {
        each.remove();
        late.add(request);
      }
    }
    for (ClientRequest each : late) {
      each.fail(
          new Http2TimeoutException(
              each
                  + ": no stream for it within stream="
                  + settings.timeouts.stream()
                  + " on connectionCount="
                  + usableCount));
    }
    for (ClientConnection each : List.copyOf(connections)) {
      each.check(now);
    }
  }

  /** Fails what waits, and says goodbye on each connection. */
  void close() {
    closed = true;
    if (ticks != null) {
      ticks.cancel(false);
    }
    List<ClientRequest> failing = new ArrayList<>(waiting);
    waiting.clear();
    for (ClientRequest each : failing) {
      each.fail(unsent(each, "the client was closed", null));
    }
    for (ClientConnection each : List.copyOf(connections)) {
      each.close();
    }
  }

  @Override
  public String toString() {
    return (ssl == null ? "http" : "https") + "://" + authority;
  }
}
