package dev.segue.zenoh;

import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The configuration of a session: Zenoh's own, by its JSON5 keys, with setters for the usual ones.
 *
 * <p>Immutable: each setter returns a new one, and validates it with the core at once. A file is
 * read once, by the factory that names it. Two are equal if all their keys have equal values.
 *
 * <p>Lifetime: a value. Threads: any.
 */
public final class Config {
  /** All of it, as the core writes it: its keys in their order, and defaults where none was set. */
  private final String json;

  /** Values that the core takes and doesn't write again, as JSON by key. */
  private final Map<String, String> unwritten;

  /** Certificates and keys as texts: the core leaves them out of what it writes. */
  private static final List<String> UNWRITTEN =
      Stream.of(
              "root_ca_certificate",
              "listen_private_key",
              "listen_certificate",
              "connect_private_key",
              "connect_certificate")
          .map(name -> "transport/link/tls/" + name + "_base64")
          .toList();

  /** The only values that the core checks in a whole configuration alone. */
  private static final String QUEUE_SIZES = "transport/link/tx/queue/size";

  /** As the core has it at an address. */
  private Config(long address) {
    this.json = NativeConfig.get(address, "");
    Map<String, String> found = new TreeMap<>();
    for (String key : UNWRITTEN) {
      String value = NativeConfig.get(address, key);
      if (!value.equals("null")) {
        found.put(key, value);
      }
    }
    this.unwritten = Collections.unmodifiableMap(found);
  }

  /** Makes it the core's; returns its address, which the caller frees. */
  private long load() {
    long address = NativeConfig.fromJson5(json);
    try {
      unwritten.forEach((key, value) -> insert(address, key, value));
      return address;
    } catch (RuntimeException | Error e) {
      NativeConfig.free(address);
      throw e;
    }
  }

  private static final class Defaults {
    /**
     * A payload of 5 MB needs 200 ms of a line of 200 Mbit/s: with the core's 50 ms, none comes.
     */
    private static final String LARGE_PAYLOAD_MICROS = "1000000";

    static final Config CONFIG =
        ofNative(NativeConfig::defaults)
            .set(
                "transport/link/tx/queue/congestion_control/drop/max_wait_before_drop_fragments",
                LARGE_PAYLOAD_MICROS);
  }

  /** Takes over a configuration of the core; what it says of a fault quotes the line or value. */
  private static Config ofNative(LongSupplier made) {
    long address;
    try {
      address = made.getAsLong();
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(Secrets.text(String.valueOf(e.getMessage())));
    }
    try {
      return new Config(address);
    } finally {
      NativeConfig.free(address);
    }
  }

  /**
   * A peer that finds others by multicast on the local network. Zenoh's defaults, but that 16
   * batches per link may be on their way, that a payload of many batches may wait for a second
   * until it is dropped, and that {@link #sharedMemoryForLargePayloads} is off.
   */
  public static Config defaults() {
    return Defaults.CONFIG;
  }

  /**
   * A peer that finds nobody by itself and listens nowhere: for tests, and for pairs of processes
   * that name each other's endpoint.
   */
  public static Config isolated() {
    return defaults().scouting(false).listen();
  }

  /**
   * A whole configuration as JSON5.
   *
   * @throws IllegalArgumentException if the core doesn't take it; the message says where
   */
  public static Config fromJson5(String text) {
    return ofNative(() -> NativeConfig.fromJson5(text));
  }

  /**
   * Reads a file in JSON5, JSON, or YAML, by its extension.
   *
   * @throws IllegalArgumentException if it can't be read or the core rejects it
   */
  public static Config fromFile(Path path) {
    return ofNative(() -> NativeConfig.fromFile(path));
  }

  /**
   * Returns what the file says now that the environment variable {@code ZENOH_CONFIG} names.
   *
   * @throws IllegalArgumentException if it isn't set, or the file is not right
   */
  public static Config fromEnvironment() {
    return ofNative(NativeConfig::fromEnvironment);
  }

  /** Sets this session's role in the network. */
  public Config mode(Mode mode) {
    return set("mode", JsonFields.quote(mode.name().toLowerCase(Locale.ROOT)));
  }

  /**
   * Sets the endpoints to connect to, such as {@code tcp/192.168.1.7:7447}. A session in {@link
   * Mode#CLIENT} opens only if it reaches one of them; any other session opens in any case, keeps
   * trying as long as it is open, and lists the nodes it has reached in {@link Session#peers()} and
   * {@link Session#routers()}.
   */
  public Config connect(String... endpoints) {
    return set("connect/endpoints", JsonFields.list(List.of(endpoints)));
  }

  /**
   * Endpoints to listen on, {@code tcp/127.0.0.1:0}; none: don't listen. A session that can't have
   * all of them doesn't open.
   */
  public Config listen(String... endpoints) {
    return set("listen/endpoints", JsonFields.list(List.of(endpoints)));
  }

  /** Sets whether to find others by multicast. */
  public Config scouting(boolean enabled) {
    return set("scouting/multicast/enabled", Boolean.toString(enabled));
  }

  /** Sets whether payloads go to processes of the same machine through shared memory. */
  public Config sharedMemory(boolean enabled) {
    return set("transport/shared_memory/enabled", Boolean.toString(enabled));
  }

  /**
   * Sets whether the core copies large payloads that are not in shared memory into some of its own,
   * for processes of the same machine. Off in {@link #defaults()}: the core overwrites such a copy
   * when it needs the room and its reader was stopped for 100 ms, so a reader that was merely
   * paused may read other bytes.
   */
  public Config sharedMemoryForLargePayloads(boolean enabled) {
    return set("transport/shared_memory/transport_optimization/enabled", Boolean.toString(enabled));
  }

  /**
   * Sets whether links carry each message at once and by itself, best over a Unix socket ({@code
   * unixsock-stream/PATH}). Both ends of a link must have the same setting. Such a session rejects
   * everything that would end its links, with an {@link IllegalArgumentException}: publishers whose
   * priority isn't {@link Priority#DATA}, and puts of more than 64 KiB that aren't in shared
   * memory. While a peer reads nothing, puts wait without a limit, even those that may be dropped.
   */
  public Config lowLatency(boolean enabled) {
    return set("transport/unicast/lowlatency", Boolean.toString(enabled))
        .set("transport/unicast/qos/enabled", Boolean.toString(!enabled));
  }

  /** Sets whether puts get a timestamp of this session's clock. */
  public Config timestamping(boolean enabled) {
    return set("timestamping/enabled", Boolean.toString(enabled));
  }

  /**
   * Sets certificates and keys for TLS and QUIC endpoints. Values that are null stay unchanged;
   * mTLS, name verification, and expiration checks are always set.
   */
  public Config tls(TlsConfig tls) {
    return tls.in(this);
  }

  /** Sets the user and password that this session gives to nodes that ask for them. */
  public Config userPassword(String user, String password) {
    return set(
        "transport/auth/usrpwd",
        new JsonFields()
            .withText("user", user)
            .withText("password", password)
            .with("dictionary_file", get("transport/auth/usrpwd/dictionary_file"))
            .toString());
  }

  /**
   * Lets only clients with a user name and the right password connect here.
   *
   * @param file lines {@code user:password}, read when a session opens
   */
  public Config userPasswordFile(Path file) {
    return set("transport/auth/usrpwd/dictionary_file", JsonFields.quote(file.toString()));
  }

  /** Holds messages back that come too often; these in place of those that were set. */
  public Config downsampling(Downsampling... values) {
    return set("downsampling", array(Stream.of(values).map(Downsampling::json)));
  }

  /** Holds messages back that are too large; these in place of those that were set. */
  public Config lowPassFilter(LowPassFilter... values) {
    return set("low_pass_filter", array(Stream.of(values).map(LowPassFilter::json)));
  }

  /** Which messages go through the links of this session. */
  public Config accessControl(AccessControl value) {
    return set("access_control", value.json());
  }

  private static String array(Stream<String> json) {
    return json.collect(Collectors.joining(",", "[", "]"));
  }

  /**
   * Sets any setting by its key, such as {@code transport/link/tx/batch_size}.
   *
   * @throws IllegalArgumentException if there is no such key or the value doesn't fit it
   */
  public Config set(String key, String json5) {
    long address = load();
    try {
      insert(address, key, json5);
      return new Config(address).checked(key, json5);
    } finally {
      NativeConfig.free(address);
    }
  }

  /** Refuses what the core takes as one value but not as part of a whole: no session would open. */
  private Config checked(String key, String json5) {
    try {
      NativeConfig.free(load());
      return this;
    } catch (IllegalArgumentException e) {
      String reason =
          QUEUE_SIZES.startsWith(key) || key.startsWith(QUEUE_SIZES)
              ? "each size of a queue is from 1 to 16"
              : String.valueOf(e.getMessage());
      String value = Secrets.isSecret(key) ? "***" : json5;
      throw new IllegalArgumentException(
          Secrets.text("configuration key=" + key + " value=" + value + ": " + reason));
    }
  }

  private static void insert(long address, String key, String json5) {
    String attempted = "configuration key=" + key + " value=";
    try {
      NativeConfig.insert(address, key, json5, attempted + json5);
    } catch (IllegalArgumentException e) {
      // The core's message quotes the value.
      throw new IllegalArgumentException(
          Secrets.isSecret(key)
              ? attempted + "***: the core doesn't take it"
              : Secrets.text(String.valueOf(e.getMessage())));
    }
  }

  /**
   * Returns the value of a key as JSON, secret or not; for the empty key, the whole configuration
   * except for certificates and keys given as text ({@code …_base64}).
   *
   * @throws IllegalArgumentException if there is no such key
   */
  public String get(String key) {
    if (key.isEmpty()) {
      return json;
    }
    long address = load();
    try {
      return NativeConfig.get(address, key);
    } finally {
      NativeConfig.free(address);
    }
  }

  /** Opens a session of the core with it; returns its address. */
  long open() throws ZenohException {
    return with(NativeSession::open);
  }

  /** A call with the configuration of the core. */
  interface Call {
    long with(long config) throws ZenohException;
  }

  /** Makes a call with it as the core's. */
  long with(Call call) throws ZenohException {
    long address = load();
    try {
      return call.with(address);
    } catch (ZenohException e) {
      // An endpoint may carry a private key.
      throw new ZenohException(e.kind(), Secrets.text(String.valueOf(e.getMessage())));
    } finally {
      NativeConfig.free(address);
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Config that
        && json.equals(that.json)
        && unwritten.equals(that.unwritten);
  }

  @Override
  public int hashCode() {
    return Objects.hash(json, unwritten);
  }

  /** All of it as JSON, with {@code ***} for passwords and private keys. */
  @Override
  public String toString() {
    return Secrets.json(json);
  }
}
