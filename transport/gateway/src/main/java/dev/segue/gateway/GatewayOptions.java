package dev.segue.gateway;

import dev.segue.http2.Limits;
import dev.segue.http2.Tls;
import dev.segue.zenoh.KeyExpr;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What a gateway serves, to whom, and how much of it.
 *
 * <p>Owner: none, a value. Lifetime: unlimited. Threads: any.
 *
 * @param address where it listens
 * @param tls its identity; empty for clear text
 * @param limits of connections, headers and streams
 * @param token what a client must show, as {@code Authorization: Bearer}; empty when none is asked
 * @param hosts the names that it may be asked by, besides the loopback interface's; empty for any
 *     when it listens elsewhere
 * @param readable which keys may be read
 * @param writable which keys may be written
 * @param roots which objects are served
 * @param maxPutByteSize the largest body of a put to a topic
 * @param bodiesByteSize how many bytes of such bodies are held at a time
 * @param maxTopicCount how many topics are remembered
 * @param maxValueByteSize how many bytes of newest values are kept
 * @param maxStreamCount how many streams go on at a time
 * @param maxTransferCount how many objects are read or written at a time
 * @param maxBacklogCount how many samples a stream may ask to be kept for it
 * @param maxBacklogByteSize how many bytes of them are kept
 * @param maxWait how long a request may wait for a value
 * @param heartbeat how often a silent stream is kept alive
 */
public record GatewayOptions(
    InetSocketAddress address,
    Optional<Tls> tls,
    Limits limits,
    Optional<String> token,
    List<String> hosts,
    List<KeyExpr> readable,
    List<KeyExpr> writable,
    List<ObjectRoot> roots,
    long maxPutByteSize,
    long bodiesByteSize,
    int maxTopicCount,
    long maxValueByteSize,
    int maxStreamCount,
    int maxTransferCount,
    int maxBacklogCount,
    long maxBacklogByteSize,
    Duration maxWait,
    Duration heartbeat) {
  private static final GatewayOptions DEFAULTS =
      new GatewayOptions(
          new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
          Optional.empty(),
          Limits.defaults().withBodyByteSize(Long.MAX_VALUE),
          Optional.empty(),
          List.of(),
          List.of(KeyExpr.of("**")),
          List.of(),
          List.of(),
          64L << 20,
          256L << 20,
          10_000,
          256L << 20,
          1_000,
          64,
          256,
          64L << 20,
          Duration.ofSeconds(60),
          Duration.ofSeconds(15));

  /** Checks the numbers and copies the lists. */
  public GatewayOptions {
    hosts = List.copyOf(hosts);
    readable = List.copyOf(readable);
    writable = List.copyOf(writable);
    roots = List.copyOf(roots);
    positive("maxPutByteSize", maxPutByteSize);
    positive("bodiesByteSize", bodiesByteSize);
    positive("maxTopicCount", maxTopicCount);
    positive("maxValueByteSize", maxValueByteSize);
    positive("maxStreamCount", maxStreamCount);
    positive("maxTransferCount", maxTransferCount);
    positive("maxBacklogCount", maxBacklogCount);
    positive("maxBacklogByteSize", maxBacklogByteSize);
    positive("heartbeat", heartbeat.toNanos());
    if (token.isPresent() && token.get().isBlank()) {
      throw new IllegalArgumentException("token of a gateway: it is blank");
    }
  }

  private static void positive(String name, long value) {
    if (value <= 0) {
      throw new IllegalArgumentException("gateway with " + name + "=" + value + ": positive");
    }
  }

  /**
   * Any port of the loopback interface, clear text, every key readable, none writable, no objects,
   * no token.
   */
  public static GatewayOptions defaults() {
    return DEFAULTS;
  }

  /** The same with its identity: HTTP/2 over TLS. */
  public GatewayOptions tls(Tls value) {
    return new GatewayOptions(
        address,
        Optional.of(value),
        limits,
        token,
        hosts,
        readable,
        writable,
        roots,
        maxPutByteSize,
        bodiesByteSize,
        maxTopicCount,
        maxValueByteSize,
        maxStreamCount,
        maxTransferCount,
        maxBacklogCount,
        maxBacklogByteSize,
        maxWait,
        heartbeat);
  }

  /** The same with another address. */
  public GatewayOptions address(InetSocketAddress value) {
    return new GatewayOptions(
        value,
        tls,
        limits,
        token,
        hosts,
        readable,
        writable,
        roots,
        maxPutByteSize,
        bodiesByteSize,
        maxTopicCount,
        maxValueByteSize,
        maxStreamCount,
        maxTransferCount,
        maxBacklogCount,
        maxBacklogByteSize,
        maxWait,
        heartbeat);
  }

  /** The same with other limits. */
  public GatewayOptions limits(Limits value) {
    return new GatewayOptions(
        address,
        tls,
        value,
        token,
        hosts,
        readable,
        writable,
        roots,
        maxPutByteSize,
        bodiesByteSize,
        maxTopicCount,
        maxValueByteSize,
        maxStreamCount,
        maxTransferCount,
        maxBacklogCount,
        maxBacklogByteSize,
        maxWait,
        heartbeat);
  }

  /** The same with a token that clients must show. */
  public GatewayOptions token(String value) {
    return new GatewayOptions(
        address,
        tls,
        limits,
        Optional.of(value),
        hosts,
        readable,
        writable,
        roots,
        maxPutByteSize,
        bodiesByteSize,
        maxTopicCount,
        maxValueByteSize,
        maxStreamCount,
        maxTransferCount,
        maxBacklogCount,
        maxBacklogByteSize,
        maxWait,
        heartbeat);
  }

  /** The same with names that it may be asked by. */
  public GatewayOptions hosts(List<String> value) {
    return new GatewayOptions(
        address,
        tls,
        limits,
        token,
        value,
        readable,
        writable,
        roots,
        maxPutByteSize,
        bodiesByteSize,
        maxTopicCount,
        maxValueByteSize,
        maxStreamCount,
        maxTransferCount,
        maxBacklogCount,
        maxBacklogByteSize,
        maxWait,
        heartbeat);
  }

  /** The same with other keys to read. */
  public GatewayOptions readable(List<KeyExpr> value) {
    return new GatewayOptions(
        address,
        tls,
        limits,
        token,
        hosts,
        value,
        writable,
        roots,
        maxPutByteSize,
        bodiesByteSize,
        maxTopicCount,
        maxValueByteSize,
        maxStreamCount,
        maxTransferCount,
        maxBacklogCount,
        maxBacklogByteSize,
        maxWait,
        heartbeat);
  }

  /** The same with keys to write. */
  public GatewayOptions writable(List<KeyExpr> value) {
    return new GatewayOptions(
        address,
        tls,
        limits,
        token,
        hosts,
        readable,
        value,
        roots,
        maxPutByteSize,
        bodiesByteSize,
        maxTopicCount,
        maxValueByteSize,
        maxStreamCount,
        maxTransferCount,
        maxBacklogCount,
        maxBacklogByteSize,
        maxWait,
        heartbeat);
  }

  /** The same with objects to serve. */
  public GatewayOptions roots(List<ObjectRoot> value) {
    return new GatewayOptions(
        address,
        tls,
        limits,
        token,
        hosts,
        readable,
        writable,
        value,
        maxPutByteSize,
        bodiesByteSize,
        maxTopicCount,
        maxValueByteSize,
        maxStreamCount,
        maxTransferCount,
        maxBacklogCount,
        maxBacklogByteSize,
        maxWait,
        heartbeat);
  }

  /** The same with another size of puts. */
  public GatewayOptions maxPutByteSize(long value) {
    return new GatewayOptions(
        address,
        tls,
        limits,
        token,
        hosts,
        readable,
        writable,
        roots,
        value,
        bodiesByteSize,
        maxTopicCount,
        maxValueByteSize,
        maxStreamCount,
        maxTransferCount,
        maxBacklogCount,
        maxBacklogByteSize,
        maxWait,
        heartbeat);
  }

  /** The same with another size of all bodies together. */
  public GatewayOptions bodiesByteSize(long value) {
    return new GatewayOptions(
        address,
        tls,
        limits,
        token,
        hosts,
        readable,
        writable,
        roots,
        maxPutByteSize,
        value,
        maxTopicCount,
        maxValueByteSize,
        maxStreamCount,
        maxTransferCount,
        maxBacklogCount,
        maxBacklogByteSize,
        maxWait,
        heartbeat);
  }

  /** The same with another number of topics. */
  public GatewayOptions maxTopicCount(int value) {
    return new GatewayOptions(
        address,
        tls,
        limits,
        token,
        hosts,
        readable,
        writable,
        roots,
        maxPutByteSize,
        bodiesByteSize,
        value,
        maxValueByteSize,
        maxStreamCount,
        maxTransferCount,
        maxBacklogCount,
        maxBacklogByteSize,
        maxWait,
        heartbeat);
  }

  /** The same with another size of values. */
  public GatewayOptions maxValueByteSize(long value) {
    return new GatewayOptions(
        address,
        tls,
        limits,
        token,
        hosts,
        readable,
        writable,
        roots,
        maxPutByteSize,
        bodiesByteSize,
        maxTopicCount,
        value,
        maxStreamCount,
        maxTransferCount,
        maxBacklogCount,
        maxBacklogByteSize,
        maxWait,
        heartbeat);
  }

  /** The same with another number of streams. */
  public GatewayOptions maxStreamCount(int value) {
    return new GatewayOptions(
        address,
        tls,
        limits,
        token,
        hosts,
        readable,
        writable,
        roots,
        maxPutByteSize,
        bodiesByteSize,
        maxTopicCount,
        maxValueByteSize,
        value,
        maxTransferCount,
        maxBacklogCount,
        maxBacklogByteSize,
        maxWait,
        heartbeat);
  }

  /** The same with another size of backlogs. */
  public GatewayOptions maxBacklogByteSize(long value) {
    return new GatewayOptions(
        address,
        tls,
        limits,
        token,
        hosts,
        readable,
        writable,
        roots,
        maxPutByteSize,
        bodiesByteSize,
        maxTopicCount,
        maxValueByteSize,
        maxStreamCount,
        maxTransferCount,
        maxBacklogCount,
        value,
        maxWait,
        heartbeat);
  }

  /** The same with another time between heartbeats. */
  public GatewayOptions heartbeat(Duration value) {
    return new GatewayOptions(
        address,
        tls,
        limits,
        token,
        hosts,
        readable,
        writable,
        roots,
        maxPutByteSize,
        bodiesByteSize,
        maxTopicCount,
        maxValueByteSize,
        maxStreamCount,
        maxTransferCount,
        maxBacklogCount,
        maxBacklogByteSize,
        maxWait,
        value);
  }
}
