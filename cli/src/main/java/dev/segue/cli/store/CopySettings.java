package dev.segue.cli.store;

import dev.segue.objectstore.StoreSettings;
import java.util.HashMap;
import java.util.Map;

/**
 * The memory settings of a copy: what is read ahead, and what is lent to parts under way.
 *
 * <p>By default, 8 ranges of 4 MiB are read ahead and 8 parts of 8 MiB are under way: 32 MiB into a
 * file, 64 MiB of a file, 96 MiB from store to store, whatever the object's size.
 */
final class CopySettings {
  private static final long PART_COUNT_LIMIT = 10_000;
  private static final long MIB = 1L << 20;

  private CopySettings() {}

  /** The variables with this program's own defaults under them. */
  static Map<String, String> withDefaults(Map<String, String> variables) {
    Map<String, String> all = new HashMap<>(variables);
    all.putIfAbsent("SEGUE_GET_PART_SIZE", "4MiB");
    all.putIfAbsent("SEGUE_GET_INFLIGHT", "8");
    all.putIfAbsent("SEGUE_PUT_INFLIGHT", "8");
    return Map.copyOf(all);
  }

  /**
   * For a stream of unknown length, which is read into the parts' own memory: two parts, unless
   * more are asked for.
   */
  static Map<String, String> streaming(Map<String, String> variables) {
    Map<String, String> all = new HashMap<>(variables);
    all.putIfAbsent("SEGUE_PUT_INFLIGHT", "2");
    return withDefaults(all);
  }

  /** For a store that is read only. */
  static Map<String, String> reading(Map<String, String> variables) {
    StoreSettings settings = StoreSettings.of(variables);
    return with(variables, "SEGUE_READ_AHEAD", readAhead(settings));
  }

  /** For a store that an object of a size is written to; negative if the size is unknown. */
  static Map<String, String> writing(Map<String, String> variables, long byteSize) {
    long partByteSize = StoreSettings.of(variables).putPartByteSize();
    long least = Math.ceilDiv(Math.ceilDiv(Math.max(0, byteSize), PART_COUNT_LIMIT), MIB) * MIB;
    return partByteSize >= least ? variables : with(variables, "SEGUE_PUT_PART_SIZE", least);
  }

  /**
   * Returns how much of a file is in memory while it is sent: the parts under way, and at least one
   * more than is being sent.
   *
   * @param writing of the store that is written to
   */
  static long lentByteSize(Map<String, String> variables, Map<String, String> writing) {
    StoreSettings asked = StoreSettings.of(variables);
    long underWay = Math.multiplyExact(asked.putPartByteSize(), (long) asked.putInflightCount());
    return Math.max(underWay, 2 * StoreSettings.of(writing).putPartByteSize());
  }

  /**
   * For a store that is read while parts of another one are made of the chunks: a part that is not
   * full yet and those under way must leave room to read on.
   *
   * @param writing of the other store
   */
  static Map<String, String> readingForParts(
      Map<String, String> variables, Map<String, String> writing) {
    StoreSettings sink = StoreSettings.of(writing);
    StoreSettings source = StoreSettings.of(variables);
    long lent = Math.multiplyExact(sink.putPartByteSize(), (long) sink.putInflightCount());
    long ring = readAhead(source) + Math.max(lent, 2 * sink.putPartByteSize());
    Map<String, String> all = new HashMap<>(with(variables, "SEGUE_READ_AHEAD", ring));
    all.put(
        "SEGUE_GET_INFLIGHT",
        Long.toString(Math.max(8, Math.ceilDiv(ring, source.rangeByteSize()))));
    return Map.copyOf(all);
  }

  private static long readAhead(StoreSettings settings) {
    return settings.rangeByteSize() * Math.max(4, settings.rangeInflightCount());
  }

  private static Map<String, String> with(Map<String, String> variables, String name, long value) {
    Map<String, String> all = new HashMap<>(variables);
    all.put(name, Long.toString(value));
    return Map.copyOf(all);
  }
}
