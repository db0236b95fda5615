package dev.segue.objectstore.http;

import java.io.IOException;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadFactory;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * Settings that the builders of all HTTP clients here have. A time of more than 20 days is taken as
 * 20 days: the JDK counts a socket's in milliseconds of 31 bits.
 *
 * @param <B> the builder
 */
public abstract class EngineSettings<B extends EngineSettings<B>> {
  private static final Duration LONGEST = Duration.ofDays(20);

  int maxConnections = 512;
  int threadCount = Math.max(8, Runtime.getRuntime().availableProcessors() * 2);
  int headByteSizeLimit = 64 << 10;
  long bodyByteSizeLimit = Long.MAX_VALUE;
  Duration connectTimeout = Duration.ofSeconds(10);
  Duration stallTimeout = Duration.ofSeconds(30);
  Duration idleTimeout = Duration.ofSeconds(20);
  @Nullable Duration attemptTimeout;
  @Nullable Executor executor;
  ThreadFactory watchdogThreads =
      Thread.ofPlatform().daemon().name("segue-http-watchdog").factory();
  private @Nullable HttpProxy proxy;
  private ProxyVariables proxies = ProxyVariables.NONE;
  private @Nullable TlsEngines tlsEngines;

  /** The defaults. */
  protected EngineSettings() {}

  /** A copy. */
  protected EngineSettings(EngineSettings<B> other) {
    maxConnections = other.maxConnections;
    threadCount = other.threadCount;
    headByteSizeLimit = other.headByteSizeLimit;
    bodyByteSizeLimit = other.bodyByteSizeLimit;
    connectTimeout = other.connectTimeout;
    stallTimeout = other.stallTimeout;
    idleTimeout = other.idleTimeout;
    attemptTimeout = other.attemptTimeout;
    executor = other.executor;
    watchdogThreads = other.watchdogThreads;
    proxy = other.proxy;
    proxies = other.proxies;
    tlsEngines = other.tlsEngines;
  }

  /** This builder, by its own type. */
  protected abstract B self();

  /** Sets how many connections are open at most; further requests wait in their order (512). */
  public B maxConnections(int count) {
    maxConnections = positive("maxConnections", count);
    return self();
  }

  /**
   * Sets how many threads are kept when idle (max(8, 2 × cores)); more are started, one per running
   * exchange, and end after ten idle seconds.
   */
  public B threadCount(int count) {
    threadCount = positive("threadCount", count);
    return self();
  }

  /** The longest response head that is read (64 KiB). */
  public B headByteSizeLimit(int byteSize) {
    headByteSizeLimit = positive("headByteSizeLimit", byteSize);
    return self();
  }

  /**
   * The longest body that is read where nobody names a region for it, such as a listing (no limit).
   * The body of an error is never read beyond 1 MiB.
   */
  public B bodyByteSizeLimit(long byteSize) {
    if (byteSize <= 0) {
      throw new IllegalArgumentException("bodyByteSizeLimit=" + byteSize + ": positive");
    }
    bodyByteSizeLimit = byteSize;
    return self();
  }

  /** Sets how long connecting may take, and the TLS handshake again (10 s). */
  public B connectTimeout(Duration timeout) {
    connectTimeout = positive("connectTimeout", timeout);
    return self();
  }

  /** Sets how long a server may leave a request without moving one byte (30 s). */
  public B stallTimeout(Duration timeout) {
    stallTimeout = positive("stallTimeout", timeout);
    return self();
  }

  /** Sets how long a connection is kept unused (20 s). */
  public B idleTimeout(Duration timeout) {
    idleTimeout = positive("idleTimeout", timeout);
    return self();
  }

  /**
   * Sets how long one request may take in all (no limit). Prefer it to the SDK's attempt timeout:
   * this one completes the request only when its thread has left the destination.
   */
  public B attemptTimeout(Duration timeout) {
    attemptTimeout = positive("attemptTimeout", timeout);
    return self();
  }

  /** Runs exchanges on threads of one's own, such as one virtual thread per task. */
  public B executor(Executor executor) {
    this.executor = executor;
    return self();
  }

  /** A proxy that all connections go through (none). */
  public B proxy(HttpProxy through) {
    this.proxy = through;
    return self();
  }

  /** Proxies of the environment, where no other one is named (none). */
  public B proxies(ProxyVariables variables) {
    this.proxies = variables;
    return self();
  }

  /** The proxy for connections to a server, null for none. */
  @Nullable HttpProxy proxyFor(HttpEndpoint endpoint) {
    return proxy == null ? proxies.proxyFor(endpoint) : proxy;
  }

  /** Sets where TLS engines come from (the JDK's default context). */
  public B tlsEngines(TlsEngines engines) {
    this.tlsEngines = engines;
    return self();
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
    if (!value.isPositive()) {
      throw new IllegalArgumentException(name + "=" + value + ": positive");
    }
    return value.compareTo(LONGEST) < 0 ? value : LONGEST;
  }
}
