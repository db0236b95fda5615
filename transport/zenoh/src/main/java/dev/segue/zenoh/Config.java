package dev.segue.zenoh;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The configuration of a session: Zenoh's own, by its JSON5 keys, with setters for the usual ones.
 *
 * <p>Immutable: each setter gives a new one, and checks it with the core at once.
 *
 * <p>Lifetime: a value. Threads: any.
 */
public final class Config {
  private final Origin origin;
  private final List<Setting> settings;

  private record Setting(String key, String json5) {}

  private sealed interface Origin {
    record Defaults() implements Origin {}

    record Json5(String text) implements Origin {}

    record File(Path path) implements Origin {}

    record Environment() implements Origin {}
  }

  private Config(Origin origin, List<Setting> settings) {
    this.origin = origin;
    this.settings = settings;
  }

  private static Config checked(Origin origin) {
    Config config = new Config(origin, List.of());
    config.withNative(address -> 0L);
    return config;
  }

  /** Zenoh's defaults: a peer that finds others by multicast on the local network. */
  public static Config defaults() {
    return new Config(new Origin.Defaults(), List.of());
  }

  /**
   * A peer of this machine's loopback alone that finds nobody by itself: for tests, and for pairs
   * of processes that name each other's endpoint.
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
    return checked(new Origin.Json5(text));
  }

  /**
   * A file in JSON5, JSON or YAML, by its ending.
   *
   * @throws IllegalArgumentException if it can't be read or the core doesn't take it
   */
  public static Config fromFile(Path path) {
    return checked(new Origin.File(path));
  }

  /**
   * The file that the environment variable {@code ZENOH_CONFIG} names.
   *
   * @throws IllegalArgumentException if it isn't set, or the file is not right
   */
  public static Config fromEnvironment() {
    return checked(new Origin.Environment());
  }

  /** What this session is in the network. */
  public Config mode(Mode mode) {
    return set("mode", quote(mode.name().toLowerCase(Locale.ROOT)));
  }

  /** Endpoints to connect to, {@code tcp/192.168.1.7:7447}. */
  public Config connect(String... endpoints) {
    return set("connect/endpoints", list(endpoints));
  }

  /** Endpoints to listen on, {@code tcp/127.0.0.1:0}; none: don't listen. */
  public Config listen(String... endpoints) {
    return set("listen/endpoints", list(endpoints));
  }

  /** Whether to look for others by multicast. */
  public Config scouting(boolean enabled) {
    return set("scouting/multicast/enabled", Boolean.toString(enabled));
  }

  /** Whether payloads go to processes of the same machine through shared memory. */
  public Config sharedMemory(boolean enabled) {
    return set("transport/shared_memory/enabled", Boolean.toString(enabled));
  }

  /**
   * Whether the core copies large payloads that are not in shared memory into some of its own, for
   * processes of the same machine.
   */
  public Config sharedMemoryForLargePayloads(boolean enabled) {
    return set("transport/shared_memory/transport_optimization/enabled", Boolean.toString(enabled));
  }

  /** Whether puts get a timestamp of this session's clock. */
  public Config timestamping(boolean enabled) {
    return set("timestamping/enabled", Boolean.toString(enabled));
  }

  /**
   * Any setting by its key, {@code transport/link/tx/batch_size}.
   *
   * @throws IllegalArgumentException if there is no such key or the value doesn't fit it
   */
  public Config set(String key, String json5) {
    Config changed =
        new Config(
            origin, Stream.concat(settings.stream(), Stream.of(new Setting(key, json5))).toList());
    changed.withNative(address -> 0L);
    return changed;
  }

  /**
   * The value of a key as JSON.
   *
   * @throws IllegalArgumentException if there is no such key
   */
  public String get(String key) {
    return withNative(
        address -> {
          try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = Native.utf8(arena, key);
            return Native.readText(
                (buffer, capacity) ->
                    (long)
                        Native.CONFIG_GET.invokeExact(
                            address, name, name.byteSize(), buffer, capacity));
          } catch (Native.CallFailed e) {
            throw new IllegalArgumentException("configuration key=" + key + ": " + e.getMessage());
          }
        });
  }

  interface Use<T> {
    T of(long address) throws Throwable;
  }

  /** Makes the core's configuration for the time of a call. */
  <T> T withNative(Use<T> use) {
    try (Arena arena = Arena.ofConfined()) {
      long address = create(arena);
      try {
        for (Setting setting : settings) {
          MemorySegment key = Native.utf8(arena, setting.key);
          MemorySegment value = Native.utf8(arena, setting.json5);
          long code =
              (long)
                  Native.CONFIG_INSERT.invokeExact(
                      address, key, key.byteSize(), value, value.byteSize());
          if (code < 0) {
            throw new IllegalArgumentException(
                "configuration key="
                    + setting.key
                    + " value="
                    + setting.json5
                    + ": "
                    + Native.lastError());
          }
        }
        return use.of(address);
      } finally {
        Native.CONFIG_FREE.invokeExact(address);
      }
    } catch (Throwable e) {
      throw Downcall.rethrow(e);
    }
  }

  private long create(Arena arena) throws Throwable {
    return switch (origin) {
      case Origin.Defaults() -> (long) Native.CONFIG_DEFAULT.invokeExact();
      case Origin.Json5(String text) -> {
        MemorySegment utf8 = Native.utf8(arena, text);
        long address = (long) Native.CONFIG_FROM_JSON5.invokeExact(utf8, utf8.byteSize());
        yield check(address, "configuration as JSON5");
      }
      case Origin.File(Path path) -> {
        MemorySegment utf8 = Native.utf8(arena, path.toString());
        long address = (long) Native.CONFIG_FROM_FILE.invokeExact(utf8, utf8.byteSize());
        yield check(address, "configuration file " + path);
      }
      case Origin.Environment() -> {
        long address = (long) Native.CONFIG_FROM_ENV.invokeExact();
        yield check(address, "configuration of the environment variable ZENOH_CONFIG");
      }
    };
  }

  private static long check(long address, String what) {
    // An address has its top bit clear, an error is a small negative number.
    if (address < 0) {
      throw new IllegalArgumentException(what + ": " + Native.lastError());
    }
    return address;
  }

  private static String list(String... endpoints) {
    return Arrays.stream(endpoints).map(Config::quote).collect(Collectors.joining(",", "[", "]"));
  }

  private static String quote(String text) {
    return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
  }

  /** The whole configuration as JSON. */
  @Override
  public String toString() {
    return get("");
  }
}
