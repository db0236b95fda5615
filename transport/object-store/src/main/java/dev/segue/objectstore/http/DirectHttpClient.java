package dev.segue.objectstore.http;

import java.io.IOException;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.http.async.AsyncExecuteRequest;
import software.amazon.awssdk.http.async.SdkAsyncHttpClient;

/**
 * An HTTP/1.1 client for the AWS SDK: blocking sockets, one thread per exchange, bodies read
 * straight into the memory that a {@link RegionSink} names and written from the regions of a {@link
 * RegionBody}. With any other transformer or body it works as every client does.
 *
 * <p>{@code Expect: 100-continue} is left out of requests; redirects are the SDK's business.
 *
 * <p>Owner: the caller. Lifetime: {@link #close()} ends all exchanges. Threads: any.
 */
public final class DirectHttpClient implements SdkAsyncHttpClient {
  private final Builder settings;
  private final ConnectionPool pool;
  private final Watchdog watchdog;
  private final @Nullable ThreadPoolExecutor ownThreads;
  private final Executor threads;
  private final ArrayDeque<Exchange> pending = new ArrayDeque<>();
  private int runningCount;
  private boolean closed;

  private DirectHttpClient(Builder settings) {
    this.settings = settings;
    this.pool = new ConnectionPool(settings);
    this.watchdog = new Watchdog(pool);
    Executor given = settings.executor;
    this.ownThreads = given == null ? threads(settings.threadCount) : null;
    this.threads = given == null ? Objects.requireNonNull(ownThreads) : given;
  }

  private static ThreadPoolExecutor threads(int threadCount) {
    // The bound on running exchanges is this client's own, so the pool never refuses one.
    return new ThreadPoolExecutor(
        threadCount,
        Integer.MAX_VALUE,
        10,
        TimeUnit.SECONDS,
        new SynchronousQueue<>(),
        Thread.ofPlatform().daemon().name("segue-http-", 0).stackSize(256 << 10).factory());
  }

  /** A builder with the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  @Override
  public CompletableFuture<Void> execute(AsyncExecuteRequest request) {
    Exchange exchange = new Exchange(this, request);
    synchronized (this) {
      if (closed) {
        throw new IllegalStateException("request to a DirectHttpClient: it is closed");
      }
      if (runningCount == settings.maxConnections) {
        pending.add(exchange);
        return exchange.done();
      }
      runningCount++;
    }
    threads.execute(() -> runAll(exchange));
    return exchange.done();
  }

  private void runAll(Exchange first) {
    for (Exchange exchange = first; exchange != null; exchange = next()) {
      watchdog.watch(exchange);
      try {
        exchange.run();
      } finally {
        watchdog.forget(exchange);
      }
    }
  }

  private synchronized @Nullable Exchange next() {
    Exchange next = pending.poll();
    if (next == null) {
      runningCount--;
    }
    return next;
  }

  ConnectionPool pool() {
    return pool;
  }

  long stallNanos() {
    return settings.stallTimeout.toNanos();
  }

  long attemptNanos() {
    return settings.attemptTimeout == null ? 0 : settings.attemptTimeout.toNanos();
  }

  @Override
  public String clientName() {
    return "SegueDirect";
  }

  /** Ends all exchanges with an error and closes all connections. Idempotent. */
  @Override
  public void close() {
    ArrayDeque<Exchange> waiting;
    synchronized (this) {
      closed = true;
      waiting = new ArrayDeque<>(pending);
    }
    IOException why = new IOException("the HTTP client was closed");
    waiting.forEach(exchange -> exchange.abort(why));
    watchdog.close(why);
    pool.close();
    if (ownThreads != null) {
      ownThreads.shutdown();
    }
  }

  /** Settings of a {@link DirectHttpClient}. */
  public static final class Builder implements SdkAsyncHttpClient.Builder<Builder> {
    int maxConnections = 512;
    int threadCount = Math.max(8, Runtime.getRuntime().availableProcessors() * 2);
    int headByteSizeLimit = 64 << 10;
    Duration connectTimeout = Duration.ofSeconds(10);
    Duration stallTimeout = Duration.ofSeconds(30);
    Duration idleTimeout = Duration.ofSeconds(20);
    @Nullable Duration attemptTimeout;
    @Nullable Executor executor;
    private @Nullable TlsEngines tlsEngines;

    private Builder() {}

    private Builder(Builder other) {
      maxConnections = other.maxConnections;
      threadCount = other.threadCount;
      headByteSizeLimit = other.headByteSizeLimit;
      connectTimeout = other.connectTimeout;
      stallTimeout = other.stallTimeout;
      idleTimeout = other.idleTimeout;
      attemptTimeout = other.attemptTimeout;
      executor = other.executor;
      tlsEngines = other.tlsEngines;
    }

    /** How many connections are open at most; further requests wait in their order (512). */
    public Builder maxConnections(int count) {
      maxConnections = positive("maxConnections", count);
      return this;
    }

    /**
     * How many threads are kept when idle (max(8, 2 × cores)); more are started, one per running
     * exchange, and end after ten idle seconds.
     */
    public Builder threadCount(int count) {
      threadCount = positive("threadCount", count);
      return this;
    }

    /** The longest response head that is read (64 KiB). */
    public Builder headByteSizeLimit(int byteSize) {
      headByteSizeLimit = positive("headByteSizeLimit", byteSize);
      return this;
    }

    /** How long connecting may take, and the TLS handshake again (10 s). */
    public Builder connectTimeout(Duration timeout) {
      connectTimeout = positive("connectTimeout", timeout);
      return this;
    }

    /** How long a server may leave a request without moving one byte (30 s). */
    public Builder stallTimeout(Duration timeout) {
      stallTimeout = positive("stallTimeout", timeout);
      return this;
    }

    /** How long a connection is kept unused (20 s). */
    public Builder idleTimeout(Duration timeout) {
      idleTimeout = positive("idleTimeout", timeout);
      return this;
    }

    /**
     * How long one request may take in all (no limit). Prefer it to the SDK's attempt timeout: this
     * one completes the request only when its thread has left the destination.
     */
    public Builder attemptTimeout(Duration timeout) {
      attemptTimeout = positive("attemptTimeout", timeout);
      return this;
    }

    /** Runs exchanges on threads of one's own, such as one virtual thread per task. */
    public Builder executor(Executor executor) {
      this.executor = executor;
      return this;
    }

    /** Where TLS engines come from (the JDK's default context). */
    public Builder tlsEngines(TlsEngines engines) {
      this.tlsEngines = engines;
      return this;
    }

    TlsEngines tlsEngines() throws IOException {
      TlsEngines known = tlsEngines;
      if (known == null) {
        try {
          known = TlsEngines.of(SSLContext.getDefault());
        } catch (NoSuchAlgorithmException e) {
          throw new IOException("TLS: the JDK has no default context", e);
        }
        tlsEngines = known;
      }
      return known;
    }

    private static int positive(String name, int value) {
      if (value <= 0) {
        throw new IllegalArgumentException(name + "=" + value + ": positive");
      }
      return value;
    }

    private static Duration positive(String name, Duration value) {
      if (value.isNegative() || value.isZero()) {
        throw new IllegalArgumentException(name + "=" + value + ": positive");
      }
      return value;
    }

    @Override
    public DirectHttpClient buildWithDefaults(software.amazon.awssdk.utils.AttributeMap defaults) {
      return new DirectHttpClient(new Builder(this));
    }

    @Override
    public DirectHttpClient build() {
      return new DirectHttpClient(new Builder(this));
    }
  }
}
