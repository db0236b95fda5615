package dev.segue.gateway;

import dev.segue.bytes.spi.Nanos;
import dev.segue.http2.Http2Limits;
import dev.segue.http2.Tls;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.SampleFeed;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Options of a gateway: what it serves, to whom, and how much of it. Each method gives the same
 * options with one changed.
 *
 * <p>Owner: none, a value. Lifetime: unlimited. Threads: any.
 */
public final class GatewayOptions {
  private static final GatewayOptions DEFAULTS = new GatewayOptions();

  // Written by with() alone, before anyone else sees the copy.
  InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
  Optional<Tls> tls = Optional.empty();
  Http2Limits limits = Http2Limits.defaults().withBodyByteSize(Long.MAX_VALUE);
  Optional<String> token = Optional.empty();
  Optional<Path> accessFile = Optional.empty();
  Optional<Authorizer> authorizer = Optional.empty();
  List<String> hosts = List.of();
  List<String> origins = List.of();
  List<KeyExpr> readable = List.of(KeyExpr.of("**"));
  List<KeyExpr> writable = List.of();
  List<KeyExpr> askable = List.of();
  List<ObjectRoot> roots = List.of();
  long maxPutByteSize = 64L << 20;
  long bodiesByteSize = 256L << 20;
  int maxTopicCount = 10_000;
  long maxValueByteSize = 256L << 20;
  long maxLentByteSize = 256L << 20;
  int maxStreamCount = 1_000;
  int maxTransferCount = 64;
  int maxBacklogCount = 256;
  long maxBacklogByteSize = 64L << 20;
  Duration maxWait = Duration.ofSeconds(60);
  Duration heartbeat = Duration.ofSeconds(15);
  Optional<SampleFeed.Opening> lanes = Optional.empty();

  private GatewayOptions() {}

  private GatewayOptions(GatewayOptions from) {
    address = from.address;
    tls = from.tls;
    limits = from.limits;
    token = from.token;
    accessFile = from.accessFile;
    authorizer = from.authorizer;
    hosts = from.hosts;
    origins = from.origins;
    readable = from.readable;
    writable = from.writable;
    askable = from.askable;
    roots = from.roots;
    maxPutByteSize = from.maxPutByteSize;
    bodiesByteSize = from.bodiesByteSize;
    maxTopicCount = from.maxTopicCount;
    maxValueByteSize = from.maxValueByteSize;
    maxLentByteSize = from.maxLentByteSize;
    maxStreamCount = from.maxStreamCount;
    maxTransferCount = from.maxTransferCount;
    maxBacklogCount = from.maxBacklogCount;
    maxBacklogByteSize = from.maxBacklogByteSize;
    maxWait = from.maxWait;
    heartbeat = from.heartbeat;
    lanes = from.lanes;
  }

  private GatewayOptions with(Consumer<GatewayOptions> change) {
    GatewayOptions copy = new GatewayOptions(this);
    change.accept(copy);
    return copy;
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

  /** Its identity; empty for clear text. */
  public Optional<Tls> tls() {
    return tls;
  }

  /** Sets the address to listen on; by default any free port of the loopback interface. */
  public GatewayOptions address(InetSocketAddress value) {
    return with(copy -> copy.address = value);
  }

  /** Its identity, for HTTP/2 over TLS; by default none: clear text. */
  public GatewayOptions tls(Tls value) {
    return with(copy -> copy.tls = Optional.of(value));
  }

  /**
   * Sets what a client may ask of connections, headers and streams; by default {@link
   * Http2Limits#defaults()}, but bodies of any size.
   */
  public GatewayOptions limits(Http2Limits value) {
    return with(copy -> copy.limits = value);
  }

  /**
   * Sets what a client must show, as {@code Authorization: Bearer}; by default nothing.
   *
   * @throws IllegalArgumentException if it is empty, begins or ends with a blank, or has something
   *     else than printable ASCII in it
   */
  public GatewayOptions token(String value) {
    String secret = Token.checked(value);
    return with(copy -> copy.token = Optional.of(secret));
  }

  /**
   * A file with more tokens, each with keys and roots of its own; it is read again when it was
   * changed. A line is {@code SECRET read=KEYEXPR write=KEYEXPR query=KEYEXPR root=NAME
   * until=DATE}, each but the secret as often as needed, or a comment behind {@code #}. By default
   * none.
   */
  public GatewayOptions accessFile(Path value) {
    return with(copy -> copy.accessFile = Optional.of(value));
  }

  /**
   * Sets the authorizer, which decides what a client may do before its token is checked; none by
   * default.
   */
  public GatewayOptions authorizer(Authorizer value) {
    return with(copy -> copy.authorizer = Optional.of(value));
  }

  /**
   * Origins whose pages may send requests and read the answers (CORS), such as {@code
   * https://dashboard.example:8080}, exactly as a browser writes them; by default none.
   *
   * @throws IllegalArgumentException if one is not an origin
   */
  public GatewayOptions origins(List<String> value) {
    for (String origin : value) {
      if (!origin.matches("https?://[^/*\\s]+")) {
        throw new IllegalArgumentException(
            "origin " + origin + ": a scheme, a host and a port, such as https://host:8080");
      }
    }
    return with(copy -> copy.origins = List.copyOf(value));
  }

  /**
   * The names that it may be asked by, besides the loopback interface's; by default none, which
   * means any when it listens elsewhere.
   */
  public GatewayOptions hosts(List<String> value) {
    return with(copy -> copy.hosts = List.copyOf(value));
  }

  /** Which keys may be read; by default all. */
  public GatewayOptions readable(List<KeyExpr> value) {
    return with(copy -> copy.readable = List.copyOf(value));
  }

  /** Which keys may be written; by default none. */
  public GatewayOptions writable(List<KeyExpr> value) {
    return with(copy -> copy.writable = List.copyOf(value));
  }

  /**
   * For which keys, of those that may be read, queries may be sent: a query can call a service; by
   * default none. Then {@code GET} of a key that no sample came of asks as well.
   */
  public GatewayOptions askable(List<KeyExpr> value) {
    return with(copy -> copy.askable = List.copyOf(value));
  }

  /** Which objects are served; by default none. */
  public GatewayOptions roots(List<ObjectRoot> value) {
    return with(copy -> copy.roots = List.copyOf(value));
  }

  /**
   * The largest body of a put to a topic, in bytes; by default 64 MiB.
   *
   * @throws IllegalArgumentException if it is not positive
   */
  public GatewayOptions maxPutByteSize(long value) {
    positive("maxPutByteSize", value);
    return with(copy -> copy.maxPutByteSize = value);
  }

  /**
   * Sets how many bytes of such bodies are held at a time; by default 256 MiB.
   *
   * @throws IllegalArgumentException if it is not positive
   */
  public GatewayOptions bodiesByteSize(long value) {
    positive("bodiesByteSize", value);
    return with(copy -> copy.bodiesByteSize = value);
  }

  /**
   * Sets how many topics are remembered; by default 10,000.
   *
   * @throws IllegalArgumentException if it is not positive
   */
  public GatewayOptions maxTopicCount(int value) {
    positive("maxTopicCount", value);
    return with(copy -> copy.maxTopicCount = value);
  }

  /**
   * Sets how many bytes of newest values are kept; by default 256 MiB.
   *
   * @throws IllegalArgumentException if it is not positive
   */
  public GatewayOptions maxValueByteSize(long value) {
    positive("maxValueByteSize", value);
    return with(copy -> copy.maxValueByteSize = value);
  }

  /**
   * Sets how many bytes of samples wait for clients or are on their way to them, all clients
   * together, one client's address half of it at most; and once more as many of copies that are
   * made as clients lag. By default 256 MiB.
   *
   * @throws IllegalArgumentException if it is not positive
   */
  public GatewayOptions maxLentByteSize(long value) {
    positive("maxLentByteSize", value);
    return with(copy -> copy.maxLentByteSize = value);
  }

  /**
   * By which lanes samples come; by default Zenoh alone. What is opened is the gateway's. Of
   * samples that other lanes bring it keeps copies: how many may be open is their publisher's to
   * say.
   */
  public GatewayOptions lanes(SampleFeed.Opening value) {
    return with(copy -> copy.lanes = Optional.of(value));
  }

  /**
   * Sets how many streams go on at a time, half of them for one client's address; by default 1,000.
   *
   * @throws IllegalArgumentException if it is not positive
   */
  public GatewayOptions maxStreamCount(int value) {
    positive("maxStreamCount", value);
    return with(copy -> copy.maxStreamCount = value);
  }

  /**
   * Sets how many objects are read or written at a time; by default 64.
   *
   * @throws IllegalArgumentException if it is not positive
   */
  public GatewayOptions maxTransferCount(int value) {
    positive("maxTransferCount", value);
    return with(copy -> copy.maxTransferCount = value);
  }

  /**
   * Sets the maximum backlog that a stream may ask for, in samples; by default 256.
   *
   * @throws IllegalArgumentException if it is not positive
   */
  public GatewayOptions maxBacklogCount(int value) {
    positive("maxBacklogCount", value);
    return with(copy -> copy.maxBacklogCount = value);
  }

  /**
   * Sets how many bytes of them are kept; by default 64 MiB.
   *
   * @throws IllegalArgumentException if it is not positive
   */
  public GatewayOptions maxBacklogByteSize(long value) {
    positive("maxBacklogByteSize", value);
    return with(copy -> copy.maxBacklogByteSize = value);
  }

  /** Sets how long a request may wait for a value; by default 60 s. */
  public GatewayOptions maxWait(Duration value) {
    return with(copy -> copy.maxWait = value);
  }

  /** Returns how often streams are looked after, on connections that may be idle for so long. */
  Duration beat(Duration idle) {
    Duration half = idle.dividedBy(2);
    return heartbeat.compareTo(half) < 0 ? heartbeat : half;
  }

  /**
   * Sets how often a silent stream is kept alive; by default every 15 s. Where the server's idle
   * time is less than twice of that, also that of a server of the caller's own, it is half of the
   * idle time.
   *
   * @throws IllegalArgumentException if it is not positive
   */
  public GatewayOptions heartbeat(Duration value) {
    positive("heartbeat", Nanos.of(value));
    return with(copy -> copy.heartbeat = value);
  }
}
