package dev.segue.objectstore;

import java.time.Duration;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Settings of how stores move bytes. Values are immutable; a method with an argument returns a
 * changed one.
 *
 * <pre>{@code
 * StoreSettings.defaults().rangeInflightCount(16).checksums(StoreSettings.Checksums.NONE)
 * }</pre>
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
 *
 * <p>Each setter throws {@code IllegalArgumentException} for a value out of its bounds.
 */
public final class StoreSettings {
  private static final long LARGEST_SPREAD_PART = 32L << 20;
  private static final long PART_COUNT_LIMIT = 10_000;
  private static final StoreSettings DEFAULTS = new StoreSettings(Map.of(), Checksums.CRC32C);

  /** The settings that were given; the others have their defaults. */
  private final Map<Setting, Long> values;

  private final Checksums checksums;

  StoreSettings(Map<Setting, Long> values, Checksums checksums) {
    Map<Setting, Long> copy = new EnumMap<>(Setting.class);
    copy.putAll(values);
    this.values = Collections.unmodifiableMap(copy);
    this.checksums = checksums;
  }

  /** The defaults, whatever the environment says. */
  public static StoreSettings defaults() {
    return DEFAULTS;
  }

  /**
   * Returns the settings of the process's environment.
   *
   * @throws IllegalArgumentException if a variable is invalid; the message names it
   */
  public static StoreSettings fromEnvironment() {
    return of(System.getenv());
  }

  /**
   * The settings that variables ask for: the names of the table, further {@code SEGUE_ATTEMPTS}
   * (10), {@code SEGUE_STALL_TIMEOUT_MILLIS} (30000) and {@code SEGUE_CHECKSUMS} ({@code none},
   * {@code crc32c}, which is the default, or {@code crc64nvme}).
   *
   * @throws IllegalArgumentException if a variable is invalid, or if its name is almost one of
   *     these; the message names it
   */
  public static StoreSettings of(Map<String, String> variables) {
    return SettingVariables.read(variables);
  }

  private long value(Setting setting) {
    return values.getOrDefault(setting, setting.otherwise);
  }

  private StoreSettings with(Setting setting, String name, long value) {
    Map<Setting, Long> changed = new EnumMap<>(Setting.class);
    changed.putAll(values);
    changed.put(setting, setting.check(name, value));
    return new StoreSettings(changed, checksums);
  }

  /**
   * Returns the range that each request reads of an object of that size: requests cost processor
   * time, so there are no more of them than can be in flight, unless the settings give the range.
   */
  public long rangeByteSizeFor(long byteSize) {
    return values.containsKey(Setting.RANGE)
        ? rangeByteSize()
        : spread(rangeByteSize(), byteSize, rangeInflightCount());
  }

  /**
   * The same for an upload whose bytes are all there, so that larger parts cost no memory, unless
   * the settings name the part.
   */
  public StoreSettings forPutOf(long byteSize) {
    if (values.containsKey(Setting.PUT_PART)) {
      return this;
    }
    long least = Math.ceilDiv(byteSize, PART_COUNT_LIMIT);
    return putPartByteSize(
        Math.max(least, spread(putPartByteSize(), byteSize, putInflightCount())));
  }

  /** Returns the number of parts that a writer has memory of its own for. */
  public int writtenPartCount() {
    return values.containsKey(Setting.PUT_INFLIGHT) ? Math.max(2, putInflightCount()) : 2;
  }

  private static long spread(long part, long byteSize, int inflightCount) {
    long share = Math.ceilDiv(Math.ceilDiv(byteSize, inflightCount), 1L << 20) << 20;
    return Math.clamp(share, part, Math.max(part, LARGEST_SPREAD_PART));
  }

  /** Returns the number of idle I/O threads that are kept. */
  public int threadCount() {
    return (int) value(Setting.THREADS);
  }

  /** The same with another number of threads. */
  public StoreSettings threadCount(int count) {
    return with(Setting.THREADS, "threadCount", count);
  }

  /** Returns the largest number of connections. */
  public int maxConnectionCount() {
    return (int) value(Setting.CONNECTIONS);
  }

  /** The same with another bound on connections. */
  public StoreSettings maxConnectionCount(int count) {
    return with(Setting.CONNECTIONS, "maxConnectionCount", count);
  }

  /** The range that one request reads of a large object. */
  public long rangeByteSize() {
    return value(Setting.RANGE);
  }

  /** The same with another range, for every object. */
  public StoreSettings rangeByteSize(long byteSize) {
    return with(Setting.RANGE, "rangeByteSize", byteSize);
  }

  /** Returns the number of ranges read at a time. */
  public int rangeInflightCount() {
    return (int) value(Setting.RANGE_INFLIGHT);
  }

  /** The same with another number of ranges at a time. */
  public StoreSettings rangeInflightCount(int count) {
    return with(Setting.RANGE_INFLIGHT, "rangeInflightCount", count);
  }

  /** Up to which size one request reads the whole object. */
  public long wholeGetByteSize() {
    return value(Setting.WHOLE_GET);
  }

  /** The same where one request reads whole objects up to another size. */
  public StoreSettings wholeGetByteSize(long byteSize) {
    return with(Setting.WHOLE_GET, "wholeGetByteSize", byteSize);
  }

  /** Returns the size of the memory that an {@link ObjectReader} reads ahead into. */
  public long readAheadByteSize() {
    return value(Setting.READ_AHEAD);
  }

  /** The same with another amount of memory for a reader. */
  public StoreSettings readAheadByteSize(long byteSize) {
    return with(Setting.READ_AHEAD, "readAheadByteSize", byteSize);
  }

  /** The size of an upload's part. */
  public long putPartByteSize() {
    return value(Setting.PUT_PART);
  }

  /** The same with another size of parts, for every object. */
  public StoreSettings putPartByteSize(long byteSize) {
    return with(Setting.PUT_PART, "putPartByteSize", byteSize);
  }

  /** Returns the number of parts uploaded at a time. */
  public int putInflightCount() {
    return (int) value(Setting.PUT_INFLIGHT);
  }

  /** The same with another number of parts at a time, for which a writer then has memory. */
  public StoreSettings putInflightCount(int count) {
    return with(Setting.PUT_INFLIGHT, "putInflightCount", count);
  }

  /** Returns the number of times a request is tried in all. */
  public int attemptCount() {
    return (int) value(Setting.ATTEMPTS);
  }

  /** The same with another number of attempts. */
  public StoreSettings attemptCount(int count) {
    return with(Setting.ATTEMPTS, "attemptCount", count);
  }

  /** Returns how long a server may leave a request without moving a byte. */
  public Duration stallTimeout() {
    return Duration.ofMillis(value(Setting.STALL_MILLIS));
  }

  /** The same with another patience, of whole milliseconds. */
  public StoreSettings stallTimeout(Duration timeout) {
    return with(Setting.STALL_MILLIS, "stallTimeoutMillis", TimeUnit.MILLISECONDS.convert(timeout));
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
   * Returns the checksum that uploads carry; data that is read is checked by the one that it was
   * stored with.
   */
  public Checksums checksums() {
    return checksums;
  }

  /** The same with another checksum, or none. */
  public StoreSettings checksums(Checksums other) {
    return new StoreSettings(values, other);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof StoreSettings that
        && values.equals(that.values)
        && checksums == that.checksums;
  }

  @Override
  public int hashCode() {
    return 31 * values.hashCode() + checksums.hashCode();
  }

  @Override
  public String toString() {
    return "StoreSettings" + values + " checksums=" + checksums;
  }
}
