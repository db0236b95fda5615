package dev.segue.cli.zenoh;

import dev.segue.cli.terminal.Quantities;
import dev.segue.cli.zenoh.Finding.Level;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Sample;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.Timestamp;
import dev.segue.zenoh.ZenohException;
import dev.segue.zenoh.ZenohId;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Looks at what comes for a while: whether large payloads come in shared memory, whether there are
 * pools of a size for them, and how far clocks are apart. One thread.
 */
final class TrafficCheck {
  /** Below it a descriptor in shared memory saves nothing that anybody would notice. */
  static final long LARGE_BYTE_SIZE = 1 << 16;

  /** A reader holds one or two, and a publisher fills one while another is under way. */
  private static final int FEWEST_IN_POOLS = 4;

  /** What a sample needs on its way, and a clock that is set by the network is off by. */
  private static final Duration AHEAD = Duration.ofMillis(10);

  private static final Duration BEHIND = Duration.ofMillis(200);
  private static final int MOST_CLOCKS = 1000;

  private final Listening listening = new Listening();
  private final Map<ZenohId, Duration> clocks = new HashMap<>();
  private long count;
  private long byteSize;
  private long sharedCount;
  private long copiedCount;
  private long largestShared;

  /** Listens to all that others publish. */
  void listen(Session session, double seconds) throws ZenohException, InterruptedException {
    listening.listen(session, KeyExpr.of("**"), seconds, this::see);
  }

  private void see(Sample sample) {
    see(
        sample.payloadByteSize(),
        sample.isSharedMemory(),
        sample.timestamp().orElse(null),
        Instant.now());
  }

  /** Takes a sample into account. */
  void see(long sampleByteSize, boolean isShared, @Nullable Timestamp timestamp, Instant now) {
    count++;
    byteSize += sampleByteSize;
    if (isShared) {
      largestShared = Math.max(largestShared, sampleByteSize);
    }
    if (sampleByteSize >= LARGE_BYTE_SIZE) {
      sharedCount += isShared ? 1 : 0;
      copiedCount += isShared ? 0 : 1;
    }
    if (timestamp != null && (clocks.size() < MOST_CLOCKS || clocks.containsKey(timestamp.id()))) {
      Duration age = Duration.between(timestamp.toInstant(), now);
      clocks.merge(timestamp.id(), age, (one, other) -> one.compareTo(other) < 0 ? one : other);
    }
  }

  /**
   * Returns the findings.
   *
   * @param poolByteSize of the shared memory that processes of this machine map
   */
  List<Finding> findings(long poolByteSize) {
    List<Finding> findings = new ArrayList<>();
    findings.add(traffic());
    if (largestShared > 0 && poolByteSize > 0) {
      findings.add(pools(poolByteSize));
    }
    clocks.forEach((clock, age) -> findings.add(clock(clock, age)));
    return findings;
  }

  private Finding traffic() {
    String text =
        Quantities.count(count, "sample")
            + " came in "
            + Quantities.seconds(listening.seconds())
            + (count == 0
                ? ""
                : ", " + Quantities.rate(byteSize / Math.max(1e-9, listening.seconds())));
    if (sharedCount + copiedCount > 0) {
      text +=
          "; of those of 64 KiB and more "
              + sharedCount
              + " in shared memory, "
              + copiedCount
              + " over the network";
    }
    if (listening.droppedCount() > 0) {
      text += "; " + listening.droppedCount() + " more came too fast to be looked at";
    }
    return copiedCount == 0
        ? Finding.ok("traffic", text)
        : new Finding(
            Level.NOTE,
            "traffic",
            text,
            "those of a publisher on this host would cross without a copy as loans of a ShmPool;"
                + " PutResult.whyNotShared says what keeps them out");
  }

  private Finding pools(long poolByteSize) {
    long room = poolByteSize / largestShared;
    String text =
        Quantities.byteSize(poolByteSize)
            + " of shared memory is mapped, room for "
            + Quantities.count(room, "sample")
            + " of the largest size that came, "
            + Quantities.byteSize(largestShared);
    return room >= FEWEST_IN_POOLS
        ? Finding.ok("pools", text)
        : new Finding(
            Level.NOTE,
            "pools",
            text,
            "a pool needs room for what all readers hold at a time, and for two samples of its"
                + " publisher: ShmPool.create with more");
  }

  /** The youngest sample says the least by which the clocks differ. */
  private static Finding clock(ZenohId clock, Duration youngest) {
    double millis = youngest.toNanos() / 1e6;
    String of = "the clock of " + clock;
    String remedy = "let all machines set their clocks by the network (chrony, ptp4l)";
    if (youngest.compareTo(AHEAD.negated()) < 0) {
      String text =
          String.format(Locale.ROOT, "%s is ahead of ours by %.1f ms at least", of, -millis);
      return new Finding(Level.WARNING, "clock", text, remedy);
    }
    String text =
        String.format(Locale.ROOT, "%s: its youngest sample was %.1f ms old here", of, millis);
    return youngest.compareTo(BEHIND) <= 0
        ? Finding.ok("clock", text)
        : new Finding(
            Level.NOTE,
            "clock",
            text + "; its clock is behind ours, or its samples are from before",
            remedy);
  }
}
