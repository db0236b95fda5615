package dev.segue.bytes;

import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;

/**
 * Counts each byte that this process copies on the way of a payload, by place and reason.
 *
 * <p>Every place in the library that must copy has a {@link Site}. What the Zenoh core copies
 * itself is read from its own counters. Tests assert the ledger, benchmarks and the {@code segue}
 * command show it.
 *
 * <p>Lifetime: the process. Threads: any.
 */
public final class CopyLedger {
  private static final ConcurrentHashMap<String, Site> SITES = new ConcurrentHashMap<>();

  /** The open ones. Its lock makes reading a gauge and ending it exclude each other. */
  private static final Set<Gauge> GAUGES = new LinkedHashSet<>();

  private CopyLedger() {}

  /** One place that copies, and why it must. */
  public static final class Site {
    private final String name;
    private final String reason;
    private final LongAdder byteCount = new LongAdder();

    private Site(String name, String reason) {
      this.name = name;
      this.reason = reason;
    }

    /**
     * Counts a copy of {@code byteSize} bytes.
     *
     * @throws IllegalArgumentException if {@code byteSize} is negative: a count never falls
     */
    public void record(long byteSize) {
      if (byteSize < 0) {
        throw new IllegalArgumentException(
            "record of byteSize=" + byteSize + " at " + name + ": a count never falls");
      }
      byteCount.add(byteSize);
    }

    /** The place, {@code module.what}. */
    public String name() {
      return name;
    }

    /** Returns why the copy can't be avoided there. */
    public String reason() {
      return reason;
    }
  }

  /**
   * A total that something else keeps, such as a native core: what it grew by is recorded at its
   * site with each snapshot and when it closes.
   *
   * <p>So nothing is counted twice or lost, whenever snapshots and closing come, and a total that
   * falls, as a link's may that is gone, takes nothing back: the least that it fell to is where it
   * grows from. It is never read after {@link #close()} has returned, so what keeps it may end
   * then.
   */
  public static final class Gauge implements AutoCloseable {
    private final Site site;
    private final LongSupplier byteCount;
    private long last;

    private Gauge(Site site, LongSupplier byteCount) {
      this.site = site;
      this.byteCount = byteCount;
    }

    /** Under the lock of {@link #GAUGES}. */
    private void push() {
      long now = byteCount.getAsLong();
      if (now > last) {
        site.record(now - last);
      }
      last = now;
    }

    @Override
    public void close() {
      synchronized (GAUGES) {
        if (GAUGES.remove(this)) {
          push();
        }
      }
    }
  }

  /** Bytes copied so far, by the name of the place. */
  public record Snapshot(Map<String, Long> byteCounts) {
    /** Of counts that are copied, so that they stay as they are. */
    public Snapshot {
      byteCounts = Collections.unmodifiableMap(new TreeMap<>(byteCounts));
    }

    /** Returns what was copied between an earlier snapshot and this one. */
    public Snapshot since(Snapshot earlier) {
      Map<String, Long> difference = new TreeMap<>();
      byteCounts.forEach(
          (name, count) -> difference.put(name, count - earlier.byteCounts.getOrDefault(name, 0L)));
      return new Snapshot(difference);
    }

    /** Bytes copied at one place. */
    public long byteCount(String name) {
      return byteCounts.getOrDefault(name, 0L);
    }

    /** Bytes copied at all places. */
    public long totalByteCount() {
      return byteCounts.values().stream().mapToLong(Long::longValue).sum();
    }
  }

  /** The site of that name, made at the first call. */
  public static Site site(String name, String reason) {
    return SITES.computeIfAbsent(name, key -> new Site(key, reason));
  }

  /**
   * Adds a total, from zero, that is read at each snapshot, to the site of that name.
   *
   * @param byteCount read under the ledger's lock: it must neither block nor take a lock under
   *     which somebody closes a gauge
   */
  public static Gauge gauge(String name, String reason, LongSupplier byteCount) {
    Gauge gauge = new Gauge(site(name, reason), byteCount);
    synchronized (GAUGES) {
      GAUGES.add(gauge);
    }
    return gauge;
  }

  /** All counts now. */
  public static Snapshot snapshot() {
    Map<String, Long> counts = new TreeMap<>();
    synchronized (GAUGES) {
      GAUGES.forEach(Gauge::push);
      SITES.forEach((name, site) -> counts.put(name, site.byteCount.sum()));
    }
    return new Snapshot(counts);
  }

  /** The reasons by name of the place. */
  public static Map<String, String> reasons() {
    Map<String, String> reasons = new TreeMap<>();
    SITES.forEach((name, site) -> reasons.put(name, site.reason));
    return reasons;
  }
}
