package dev.segue.zenoh;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/** The downcalls on configurations; what the core doesn't take is an argument. */
final class NativeConfig {
  private static final MethodHandle DEFAULT = Native.handle("segue_config_default");
  private static final MethodHandle FROM_JSON5 =
      Native.handle("segue_config_from_json5", ADDRESS, JAVA_LONG);
  private static final MethodHandle FROM_FILE =
      Native.handle("segue_config_from_file", ADDRESS, JAVA_LONG);
  private static final MethodHandle FROM_ENV = Native.handle("segue_config_from_env");
  private static final MethodHandle INSERT =
      Native.handle("segue_config_insert", JAVA_LONG, ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG);
  private static final MethodHandle GET =
      Native.handle("segue_config_get", JAVA_LONG, ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG);
  private static final MethodHandle FREE = Native.freeing("segue_config_free");

  private NativeConfig() {}

  static long defaults() {
    return Native.call(() -> (long) DEFAULT.invokeExact());
  }

  static long fromJson5(String text) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment utf8 = Native.utf8(arena, text);
      return Native.argued(
          "configuration as JSON5",
          Native.call(() -> (long) FROM_JSON5.invokeExact(utf8, utf8.byteSize())));
    }
  }

  static long fromFile(Path path) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment utf8 = Native.utf8(arena, path.toString());
      return Native.argued(
          "configuration file " + path,
          Native.call(() -> (long) FROM_FILE.invokeExact(utf8, utf8.byteSize())));
    }
  }

  static long fromEnvironment() {
    return Native.argued(
        "configuration of the environment variable ZENOH_CONFIG",
        Native.call(() -> (long) FROM_ENV.invokeExact()));
  }

  static void insert(long config, String key, String json5, String attempted) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment name = Native.utf8(arena, key);
      MemorySegment value = Native.utf8(arena, json5);
      Native.argued(
          attempted,
          Native.call(
              () ->
                  (long)
                      INSERT.invokeExact(config, name, name.byteSize(), value, value.byteSize())));
    }
  }

  /** The value of a key as JSON; of the empty key, the whole. */
  static String get(long config, String key) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment name = Native.utf8(arena, key);
      return Native.readText(
              (buffer, capacity) ->
                  (long) GET.invokeExact(config, name, name.byteSize(), buffer, capacity))
          .orArgued("configuration key=" + key);
    }
  }

  static void free(long config) {
    Native.free(FREE, config);
  }
}
