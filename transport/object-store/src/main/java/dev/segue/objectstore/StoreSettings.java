package dev.segue.objectstore;

import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * How stores move bytes. Values are immutable; {@code with…} gives a changed one.
 *
 * <p>From the environment, with the meanings and defaults of s3dlio:
 *
 * <table>
 *   <caption>Variables</caption>
 *   <tr><th>variable</th><th>default</th><th>meaning</th></tr>
 *   <tr><td>SEGUE_RT_THREADS</td><td>max(8, cores × 2)</td><td>I/O threads kept when idle</td></tr>
 *   <tr><td>SEGUE_HTTP_MAX_CONNS</td><td>512</td><td>connections at most</td></tr>
 *   <tr><td>SEGUE_GET_PART_SIZE</td><td>8MiB</td><td>range of one request</td></tr>
 *   <tr><td>SEGUE_GET_INFLIGHT</td><td>64</td><td>ranges at a time</td></tr>
 *   <tr><td>SEGUE_GET_THRESHOLD</td><td>32MiB</td><td>up to here one request reads all</td></tr>
 *   <tr><td>SEGUE_READ_AHEAD</td><td>16MiB</td><td>memory of a reader</td></tr>
 *   <tr><td>SEGUE_PUT_PART_SIZE</td><td>8MiB</td><td>size of an upload's part</td></tr>
 *   <tr><td>SEGUE_PUT_INFLIGHT</td><td>16</td><td>parts at a time</td></tr>
 * </table>
 */
public final class StoreSettings {
  /** S3 takes no smaller part, the last one excepted. */
  static final long SMALLEST_PART = 5L << 20;

  private static final long LARGEST_PART = 5L << 30;
  private static final long LARGEST_SPREAD_PART = 32L << 20;
  private static final long PART_COUNT_LIMIT = 10_000;
  private static final String GET_PART = "SEGUE_GET_PART_SIZE";
  private static final String PUT_PART = "SEGUE_PUT_PART_SIZE";
  private static final String PUT_INFLIGHT = "SEGUE_PUT_INFLIGHT";

  private final Source source;

  final int threadCount;
  final int maxConnectionCount;
  final long getPartByteSize;
  final int getInflightCount;
  final long getThresholdByteSize;
  final long readAheadByteSize;
  final long putPartByteSize;
  final int putInflightCount;
  final int attemptCount;
  final Duration stallTimeout;
  final @Nullable Crc crc;

  private StoreSettings(Source from) {
    source = from;
    threadCount = (int) from.count("SEGUE_RT_THREADS", defaultThreadCount(), 1, 4096);
    maxConnectionCount = (int) from.count("SEGUE_HTTP_MAX_CONNS", 512, 1, 65_536);
    getPartByteSize = from.size(GET_PART, 8L << 20, 64L << 10, 1L << 30);
    getInflightCount = (int) from.count("SEGUE_GET_INFLIGHT", 64, 1, 65_536);
    getThresholdByteSize = from.size("SEGUE_GET_THRESHOLD", 32L << 20, 0, 1L << 50);
    readAheadByteSize = from.size("SEGUE_READ_AHEAD", 16L << 20, 256L << 10, 64L << 30);
    putPartByteSize = from.size(PUT_PART, 8L << 20, SMALLEST_PART, LARGEST_PART);
    putInflightCount = (int) from.count(PUT_INFLIGHT, 16, 1, 65_536);
    attemptCount = (int) from.count("SEGUE_ATTEMPTS", 10, 1, 100);
    stallTimeout =
        Duration.ofMillis(from.count("SEGUE_STALL_TIMEOUT_MILLIS", 30_000, 10, 86_400_000));
    crc = from.crc("SEGUE_CHECKSUMS");
  }

  private StoreSettings(StoreSettings other, @Nullable Crc crc) {
    source = other.source;
    threadCount = other.threadCount;
    maxConnectionCount = other.maxConnectionCount;
    getPartByteSize = other.getPartByteSize;
    getInflightCount = other.getInflightCount;
    getThresholdByteSize = other.getThresholdByteSize;
    readAheadByteSize = other.readAheadByteSize;
    putPartByteSize = other.putPartByteSize;
    putInflightCount = other.putInflightCount;
    attemptCount = other.attemptCount;
    stallTimeout = other.stallTimeout;
    this.crc = crc;
  }

  /** The same with the one checksum that a store knows, unless none is wanted. */
  StoreSettings withOnly(Crc known) {
    return crc == null ? this : new StoreSettings(this, known);
  }

  private static int defaultThreadCount() {
    return Math.max(8, Runtime.getRuntime().availableProcessors() * 2);
  }

  /** Where values come from: texts by the name of their variable. */
  private record Source(Map<String, String> texts) {
    long count(String name, long otherwise, long least, long most) {
      return number(name, otherwise, least, most, "a whole number", Long::parseLong);
    }

    long size(String name, long otherwise, long least, long most) {
      return number(name, otherwise, least, most, "a size such as 8MiB", ByteSizes::parse);
    }

    @Nullable Crc crc(String name) {
      @Nullable String text = texts.get(name);
      return switch (text == null ? "" : text.strip().toLowerCase(Locale.ROOT)) {
        case "", "1", "crc32c" -> Crc.CRC32C;
        case "crc64nvme" -> Crc.CRC64NVME;
        case "0", "none" -> null;
        default ->
            throw new IllegalArgumentException(
                name + "=" + text + ": none (0), crc32c (1) or crc64nvme");
      };
    }

    boolean names(String name) {
      String text = texts.get(name);
      return text != null && !text.isBlank();
    }

    private long number(
        String name,
        long otherwise,
        long least,
        long most,
        String kind,
        ToLongFunction<String> of) {
      @Nullable String text = texts.get(name);
      if (text == null || text.isBlank()) {
        return otherwise;
      }
      try {
        long value = of.applyAsLong(text.strip());
        if (value >= least && value <= most) {
          return value;
        }
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(problem(name, text, least, most, kind), e);
      }
      throw new IllegalArgumentException(problem(name, text, least, most, kind));
    }

    private static String problem(String name, String text, long least, long most, String kind) {
      return name + "=" + text + ": " + kind + " from " + least + " to " + most;
    }
  }

  /** The defaults, whatever the environment says. */
  public static StoreSettings defaults() {
    return of(Map.of());
  }

  /**
   * The settings that the process's environment asks for.
   *
   * @throws IllegalArgumentException if a variable makes no sense; the message names it
   */
  public static StoreSettings fromEnvironment() {
    return of(System.getenv());
  }

  /**
   * The settings that variables ask for: the names of the table, further {@code SEGUE_ATTEMPTS}
   * (10), {@code SEGUE_STALL_TIMEOUT_MILLIS} (30000) and {@code SEGUE_CHECKSUMS} ({@code none},
   * {@code crc32c}, which is the default, or {@code crc64nvme}).
   *
   * @throws IllegalArgumentException if a variable makes no sense, or if its name is almost one of
   *     these; the message names it
   */
  public static StoreSettings of(Map<String, String> variables) {
    SettingNames.check(variables.keySet());
    return new StoreSettings(new Source(variables));
  }

  /**
   * The range of one request for so many bytes of an object: requests cost processor time, so there
   * are no more of them than can be in flight, unless the environment names the range.
   */
  long rangeByteSizeFor(long byteSize) {
    return source.names(GET_PART)
        ? getPartByteSize
        : spread(getPartByteSize, byteSize, getInflightCount);
  }

  /** The same for an upload whose bytes are all there, so that larger parts cost no memory. */
  StoreSettings forPutOf(long byteSize) {
    if (source.names(PUT_PART)) {
      return this;
    }
    long least = Math.ceilDiv(byteSize, PART_COUNT_LIMIT);
    long part = Math.max(least, spread(putPartByteSize, byteSize, putInflightCount));
    Map<String, String> texts = new HashMap<>(source.texts());
    texts.put(PUT_PART, Long.toString(part));
    return new StoreSettings(of(texts), crc);
  }

  /** How many parts a writer has memory of its own for. */
  int writtenPartCount() {
    return source.names(PUT_INFLIGHT) ? Math.max(2, putInflightCount) : 2;
  }

  private static long spread(long part, long byteSize, int inflightCount) {
    long share = Math.ceilDiv(Math.ceilDiv(byteSize, inflightCount), 1L << 20) << 20;
    return Math.clamp(share, part, Math.max(part, LARGEST_SPREAD_PART));
  }

  /** How many I/O threads are kept when idle. */
  public int threadCount() {
    return threadCount;
  }

  /** How many connections there are at most. */
  public int maxConnectionCount() {
    return maxConnectionCount;
  }

  /** The range that one request reads of a large object. */
  public long getPartByteSize() {
    return getPartByteSize;
  }

  /** How many ranges are read at a time. */
  public int getInflightCount() {
    return getInflightCount;
  }

  /** Up to which size one request reads the whole object. */
  public long getThresholdByteSize() {
    return getThresholdByteSize;
  }

  /** How much memory an {@link ObjectReader} reads ahead into. */
  public long readAheadByteSize() {
    return readAheadByteSize;
  }

  /** The size of an upload's part. */
  public long putPartByteSize() {
    return putPartByteSize;
  }

  /** How many parts are uploaded at a time. */
  public int putInflightCount() {
    return putInflightCount;
  }

  /** How often a request is tried in all. */
  public int attemptCount() {
    return attemptCount;
  }

  /** How long a server may leave a request without moving a byte. */
  public Duration stallTimeout() {
    return stallTimeout;
  }

  /** Checksums of uploads and of what is read. */
  public enum Checksums {
    /** Uploads carry none, and nothing that is read is checked. */
    NONE,
    /** Uploads carry a CRC32C, for which the processor has an instruction. */
    CRC32C,
    /** Uploads carry a CRC-64/NVME, the default of S3 itself. */
    CRC64NVME
  }

  /**
   * The checksum that uploads carry; what is read is checked by the one that it was stored with.
   */
  public Checksums checksums() {
    return crc == null ? Checksums.NONE : Checksums.valueOf(crc.name());
  }
}
