package dev.segue.gateway;

import dev.segue.bytes.OffHeapPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.http2.Headers;
import dev.segue.http2.Http2Handler;
import dev.segue.http2.Http2Server;
import dev.segue.http2.Tls;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.ZenohException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
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
  private static final Duration ACCESS_PERIOD = Duration.ofSeconds(2);
  private static final Duration TRIM_PERIOD = Duration.ofSeconds(10);
  private static final Duration LONGEST_END = Duration.ofSeconds(6);

  private final Timers timers = new Timers();
  private final ExecutorService blocking = Executors.newVirtualThreadPerTaskExecutor();
  private final OffHeapPool memory = new OffHeapPool(PICTURES_BYTE_SIZE);
  private final OffHeapPool small = new OffHeapPool(SMALL_BYTE_SIZE);
  private final PictureMaker maker = new PictureMaker(memory, new PixelBudget(PICTURES_BYTE_SIZE));

  /** Takes apart what clients of WebSockets say: few, as each may take much of the heap. */
  private final FairThreads slow =
      new FairThreads(
          Math.max(1, Runtime.getRuntime().availableProcessors() / 2), "segue-gateway-texts");

  private @Nullable LentBudget lent;
  private final AtomicBoolean closed = new AtomicBoolean();
  private @Nullable Publishing publishing;
  private @Nullable Topics topics;
  private @Nullable ObjectRoots roots;
  private @Nullable Listing listing;
  private @Nullable Http2Handler handler;
  private volatile @Nullable Http2Server server;

  private Gateway() {}

  /**
   * Subscribes to what may be read and begins to listen.
   *
   * @throws ZenohException if it can't subscribe
   * @throws IOException if it can't listen there, or a store or the access file can't be opened
   */
  public static Gateway start(Session session, GatewayOptions options)
      throws ZenohException, IOException {
    return opened(session, options, "", true);
  }

  /**
   * Subscribes to everything that may be read, for a server of the caller's own: {@link #handler()}
   * serves the paths that begin with {@code prefix}, and answers 404 to all others. It may itself
   * be {@linkplain Http2Handler#mounted mounted} under a further one. The options' address, limits,
   * and identity aren't used to listen. But if there is an identity, or the request came over TLS,
   * cookies are sent only over TLS; and if the address is local to this machine, only requests to
   * {@code localhost}, to an address, or to one of {@link GatewayOptions#hosts} are answered.
   *
   * @param prefix such as {@code /robot}, without a slash at the end; empty for all paths
   * @throws IllegalArgumentException if the prefix has another form
   * @throws ZenohException if it can't subscribe
   * @throws IOException if a store or the access file can't be opened
   */
  public static Gateway mount(Session session, GatewayOptions options, String prefix)
      throws ZenohException, IOException {
    if (!prefix.isEmpty() && (!prefix.startsWith("/") || prefix.endsWith("/"))) {
      throw new IllegalArgumentException(
          "gateway with prefix=" + prefix + ": a slash in front, none at the end, or empty");
    }
    return opened(session, options, prefix, false);
  }

  private static Gateway opened(
      Session session, GatewayOptions options, String prefix, boolean listens)
      throws ZenohException, IOException {
    Gateway gateway = new Gateway();
    boolean started = false;
    try {
      Router router = gateway.open(session, options);
      gateway.handler = prefix.isEmpty() ? router : mounted(prefix, router);
      if (listens) {
        gateway.listen(router, options);
      }
      started = true;
      return gateway;
    } finally {
      if (!started) {
        gateway.close();
      }
    }
  }

  /** Relative addresses of the page need the slash behind the prefix. */
  private static Http2Handler mounted(String prefix, Router router) {
    Http2Handler below = Http2Handler.mounted(prefix, router);
    return exchange -> {
      String path = exchange.request().path();
      if (path.equals(prefix) || path.startsWith(prefix + "?")) {
        Headers where =
            Headers.of(
                "location", exchange.mountPath() + prefix + "/" + path.substring(prefix.length()));
        exchange.respond(308, where, SegmentedBytes.empty());
      } else {
        below.handle(exchange);
      }
    };
  }

  private Router open(Session session, GatewayOptions options) throws ZenohException, IOException {
    Guard guard = new Guard(options);
    timers.every(ACCESS_PERIOD, guard::reload);
    LentBudget budget =
        options.lanes.isEmpty()
            ? new LentBudget(options.maxLentByteSize)
            : LentBudget.withLanes(options.maxLentByteSize, options.maxValueByteSize);
    lent = budget;
    timers.every(TRIM_PERIOD, blocking, () -> trim(budget));
    Topics opened =
        Topics.open(
            session,
            options.lanes,
            options.readable,
            options.maxTopicCount,
            options.maxValueByteSize,
            small,
            budget);
    topics = opened;
    Metrics metrics = new Metrics();
    opened.addTo(metrics);
    metrics.gauge("segue_connections", "Connections that are open.", this::connectionCount);
    ClientSlots slots =
        new ClientSlots(
            "streamCount", options.maxStreamCount, Math.max(1, options.maxStreamCount / 2), 5);
    ClientSlots bodies =
        new ClientSlots(
            "bodiesByteSize",
            options.bodiesByteSize,
            Math.max(options.bodiesByteSize / 2, options.maxPutByteSize + 1),
            1);
    metrics.gauge("segue_streams", "Responses that go on for long.", slots::takenCount);
    metrics.gauge(
        "segue_values_held",
        "Samples that are kept, or on their way to a client.",
        KeptSample::heldCount);
    MessageTypes types = new MessageTypes(session, opened::noteChange);
    Publishing puts = new Publishing(session);
    publishing = puts;
    TopicAccess access = new TopicAccess(options.readable, options.writable, options.askable);
    Asking asking =
        new Asking(session, access, puts, blocking, timers, metrics, slots, small, budget);
    ObjectRoots openedRoots = ObjectRoots.open(options.roots);
    roots = openedRoots;
    Listing openedListing =
        new Listing(opened, types, options.writable, slots, timers, blocking, memory);
    listing = openedListing;
    return new Router(
        guard,
        new LiveRoutes(
            opened, types, access, puts, bodies, options, slots, timers, blocking, maker, small,
            slow),
        new TopicRoutes(
            opened, types, access, options, slots, bodies, timers, blocking, puts, maker, small,
            asking),
        openedListing,
        new ObjectRoutes(
            openedRoots, new ObjectDownload(memory), blocking, options.maxTransferCount),
        metrics,
        session::isClosed,
        new Pages(),
        timers,
        blocking,
        options.maxTopicCount);
  }

  /** Gives back the memory that a burst has left in the pools. */
  private void trim(LentBudget budget) {
    memory.trim();
    small.trim();
    budget.trim();
  }

  private void listen(Router router, GatewayOptions options) throws IOException {
    Http2Server.Builder builder =
        Http2Server.builder(router).address(options.address).limits(options.limits);
    options.tls.ifPresent(builder::tls);
    server = builder.start();
  }

  /** Returns the handler, for a server of the caller's own; see {@link #mount}. */
  public Http2Handler handler() {
    Http2Handler known = handler;
    if (known == null) {
      throw new IllegalStateException("handler of a gateway: it never started");
    }
    return known;
  }

  /**
   * Returns the address that it listens on.
   *
   * @throws IllegalStateException if it doesn't listen, because it is mounted
   */
  public InetSocketAddress address() {
    Http2Server running = server;
    if (running == null) {
      throw new IllegalStateException("address of a gateway: it never started");
    }
    return running.address();
  }

  /**
   * Replaces the identity for the connections that come from now on, as when a certificate was
   * renewed.
   *
   * @throws IllegalStateException if the gateway doesn't listen itself, or in clear text
   * @throws IOException if the identity can't be used
   */
  public void replaceTls(Tls tls) throws IOException {
    Http2Server running = server;
    if (running == null) {
      throw new IllegalStateException("identity of a gateway that doesn't listen itself");
    }
    running.replaceTls(tls);
  }

  /** A store whose call can't be interrupted is not waited for any longer. */
  private static void stop(ExecutorService blocking) {
    blocking.shutdownNow();
    try {
      blocking.awaitTermination(LONGEST_END.toSeconds(), TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private int connectionCount() {
    Http2Server running = server;
    return running == null ? 0 : running.connectionCount();
  }

  /** Returns the number of open streams of samples, including those that wait for one value. */
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
    Listing openedListing = listing;
    if (openedListing != null) {
      openedListing.close();
    }
    Http2Server running = server;
    if (running != null) {
      running.close();
    }
    slow.close();
    Publishing puts = publishing;
    if (puts != null) {
      puts.close();
    }
    stop(blocking);
    ObjectRoots openedRoots = roots;
    if (openedRoots != null) {
      openedRoots.close();
    }
    maker.close();
    LentBudget budget = lent;
    if (budget != null) {
      budget.close();
    }
    memory.close();
    small.close();
  }
}
