package dev.segue.zenoh;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Lend;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The outcome of one sample in this session, returned by {@link Publisher#tryPut(SegmentedBytes)}.
 *
 * <p>It covers what the links of this session had done when the put returned. What happens later
 * isn't known here: whether a link breaks with the sample in its queue, whether a router drops it
 * on the next link, and whether a subscriber's backlog overwrites it. Counts stop at 255.
 *
 * @param verdict a summary of the counts
 * @param inSession whether a subscriber of this session got it, or an {@link AdvancedSubscriber} of
 *     this session matches, which may keep the sample until earlier ones have come
 * @param sharedMemoryLinks how many links took it as a descriptor; parts of the payload that aren't
 *     whole loans went with it as bytes
 * @param networkLinks how many links took it as bytes
 * @param refusals how many links dropped it because they had no room
 * @param filtered for how many links a filter of the configuration dropped it
 * @param reason why it or a part of it didn't go through shared memory, or null if all of it did or
 *     no link took it
 */
public record PutResult(
    Verdict verdict,
    boolean inSession,
    int sharedMemoryLinks,
    int networkLinks,
    int refusals,
    int filtered,
    @Nullable NotShared reason) {
  // The bits of stats/src/sent.rs.
  private static final long IN_SESSION = 1 << 1;
  private static final int SHARED_MEMORY = 8;
  private static final int NEAR = 16;
  private static final int FAR = 24;
  private static final int CONGESTED = 32;
  private static final int FILTERED = 40;
  private static final int NO_LINK = 48;
  private static final int WAITING = 56;

  /** Those bits of a put's code that say that a link dropped it. */
  static final long DROPS = 0xFF_FF_FFL << CONGESTED;

  /** {@link #reason()} as an {@code Optional}. */
  public Optional<NotShared> whyNotShared() {
    return Optional.ofNullable(reason);
  }

  /** Returns the number of links without room, from the code of a put. */
  static int congestedOf(long code) {
    return count(code, CONGESTED) + count(code, NO_LINK);
  }

  /** Returns the number of links that a filter held it back from, from the code of a put. */
  static int filteredOf(long code) {
    return count(code, FILTERED);
  }

  private static int count(long code, int shift) {
    return (int) (code >>> shift) & 0xFF;
  }

  /**
   * Reads the code of a put.
   *
   * @param isShmOn whether this session uses shared memory
   * @param wouldWait whether the publisher waits for the network in other puts
   */
  static PutResult of(long code, SegmentedBytes payload, boolean isShmOn, boolean wouldWait) {
    boolean inSession = (code & IN_SESSION) != 0;
    int shared = count(code, SHARED_MEMORY);
    int near = count(code, NEAR);
    int network = near + count(code, FAR);
    int refusals = congestedOf(code);
    int filtered = filteredOf(code);
    Verdict verdict;
    if (refusals > 0) {
      verdict = wouldWait && filtered == 0 ? Verdict.WOULD_BLOCK : Verdict.DROPPED;
    } else if (filtered > 0) {
      verdict = Verdict.DROPPED;
    } else if (count(code, WAITING) > 0) {
      verdict = Verdict.WAITING;
    } else if (network > 0) {
      verdict = Verdict.NETWORK;
    } else if (shared > 0) {
      verdict = Verdict.SHARED_MEMORY;
    } else {
      verdict = inSession ? Verdict.SESSION : Verdict.NOBODY;
    }
    NotShared reason = network + shared == 0 ? null : reason(payload, near, network, isShmOn);
    return new PutResult(verdict, inSession, shared, network, refusals, filtered, reason);
  }

  private static @Nullable NotShared reason(
      SegmentedBytes payload, int near, int network, boolean isShmOn) {
    if (payload.segmentCount() == 0) {
      return null;
    }
    if (!isShmOn) {
      return NotShared.DISABLED;
    }
    int loans = 0;
    int wholes = 0;
    for (int i = 0; i < payload.segmentCount(); i++) {
      if (Lend.owner(payload, i) instanceof ShmPool.ShmMemory loan) {
        loans++;
        wholes += loan.beginsWith(Lend.segment(payload, i)) ? 1 : 0;
      }
    }
    boolean isWhole = wholes == payload.segmentCount();
    if (network == 0 && (isWhole || wholes == 0)) {
      // Ordinary memory that went so was copied by the core into shared memory of its own.
      return null;
    }
    if (!isWhole) {
      return loans == payload.segmentCount() ? NotShared.PART_OF_LOAN : NotShared.NOT_IN_POOL;
    }
    return near > 0 ? NotShared.PEER_WITHOUT : NotShared.OTHER_HOST;
  }
}
