package dev.segue.gateway;

import dev.segue.bytes.OffHeapPool;
import dev.segue.http2.Http2Server;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.ZenohException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Puts the topics of a Zenoh session, and objects, on HTTP/2.
 *
 * <pre>{@code
 * try (Session session = Session.open(config);
 *     Gateway gateway = Gateway.start(session, GatewayOptions.defaults())) {
 *   System.out.println("http://localhost:" + gateway.address().getPort() + "/topics");
 *   …
 * }
 * }</pre>
 *
 * <p>Owner: the caller, who owns the session as well. Lifetime: until {@link #close()}, which ends
 * the streams. Threads: any.
 */
public final class Gateway implements AutoCloseable {
  private static final long SMALL_BYTE_SIZE = 128L << 20;
  private static final long PICTURES_BYTE_SIZE = 512L << 20;

  private final Timers timers = new Timers();
  private final ExecutorService blocking = Executors.newVirtualThreadPerTaskExecutor();
  private final OffHeapPool memory = new OffHeapPool(PICTURES_BYTE_SIZE);
  private final OffHeapPool small = new OffHeapPool(SMALL_BYTE_SIZE);
  private final AtomicBoolean closed = new AtomicBoolean();
  private @Nullable Topics topics;
  private @Nullable ObjectRoots roots;
  private volatile @Nullable Http2Server server;

  private Gateway() {}

  /**
   * Subscribes to what may be read and begins to listen.
   *
   * @throws ZenohException if it can't subscribe
   * @throws IOException if it can't listen there, or a store can't be opened
   */
  public static Gateway start(Session session, GatewayOptions options)
      throws ZenohException, IOException {
    Gateway gateway = new Gateway();
    boolean started = false;
    try {
      gateway.open(session, options);
      started = true;
      return gateway;
    } finally {
      if (!started) {
        gateway.close();
      }
    }
  }

  private void open(Session session, GatewayOptions options) throws ZenohException, IOException {
    Topics opened =
        Topics.open(
            session, options.readable, options.maxTopicCount, options.maxValueByteSize, small);
    topics = opened;
    Metrics metrics = new Metrics();
    opened.addTo(metrics);
    metrics.gauge("segue_connections", "Connections that are open.", this::connectionCount);
    StreamSlots slots = new StreamSlots(options.maxStreamCount);
    metrics.gauge("segue_streams", "Responses that go on for long.", slots::takenCount);
    metrics.gauge(
        "segue_values_held",
        "Samples that are kept, or on their way to a client.",
        Value::heldCount);
    ObjectRoots openedRoots = ObjectRoots.open(options.roots);
    roots = openedRoots;
    Router router =
        new Router(
            new Guard(options),
            new TopicRoutes(session, opened, options, slots, timers, blocking, memory, small),
            new Listing(opened, slots, timers, memory),
            new ObjectRoutes(
                openedRoots, new ObjectDownload(memory), blocking, options.maxTransferCount),
            metrics,
            session::isClosed,
            new Pages());
    Http2Server.Builder builder =
        Http2Server.builder(router).address(options.address).limits(options.limits);
    options.tls.ifPresent(builder::tls);
    server = builder.start();
  }

  /** Where it listens. */
  public InetSocketAddress address() {
    Http2Server running = server;
    if (running == null) {
      throw new IllegalStateException("address of a gateway: it never started");
    }
    return running.address();
  }

  private int connectionCount() {
    Http2Server running = server;
    return running == null ? 0 : running.connectionCount();
  }

  /** How many streams of samples go on, those that wait for one value included. */
  public int streamCount() {
    Topics opened = topics;
    return opened == null ? 0 : opened.listenerCount();
  }

  /** Ends the streams, lets other requests end, then closes. Idempotent. */
  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    timers.close();
    Topics opened = topics;
    if (opened != null) {
      opened.close();
    }
    Http2Server running = server;
    if (running != null) {
      running.close();
    }
    blocking.shutdownNow();
    blocking.close();
    ObjectRoots openedRoots = roots;
    if (openedRoots != null) {
      openedRoots.close();
    }
    memory.close();
    small.close();
  }
}
