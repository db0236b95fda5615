package dev.segue.lanes;

import dev.segue.iceoryx2.IceoryxException;
import dev.segue.zenoh.ZenohId;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** All that one session publishes to one key, on both lanes. */
final class Origin implements AutoCloseable {
  private static final int MOST_HELD = 8;

  /** Its identity in samples of Zenoh. */
  record Id(ZenohId session, String key) {}

  private final boolean nearAlone;
  private final Set<Announcement> announced = new HashSet<>();

  /** The one that is read first; those behind it belong to publishers that came after it. */
  private final ArrayDeque<NearSource> sources = new ArrayDeque<>();

  private Merge<LaneSample> merge = new Merge<>(0, LaneSample::close);
  private boolean begun;

  Origin(boolean nearAlone) {
    this.nearAlone = nearAlone;
  }

  Merge<LaneSample> merge() {
    return merge;
  }

  Set<Announcement> announced() {
    return announced;
  }

  /** Returns whether it was ever read by iceoryx2; only then may Zenoh bring copies. */
  boolean hasBegun() {
    return begun;
  }

  /** Returns how many messages may wait in iceoryx2, at most. */
  long waitingCount() {
    long count = 0;
    for (NearSource source : sources) {
      count += source.bufferCount();
    }
    return count;
  }

  boolean hasFeeds() {
    return !sources.isEmpty();
  }

  /** Returns whether what is read may end without a message. */
  boolean mayEnd() {
    NearSource source = sources.peek();
    return source != null && (source.mayEnd() || sources.size() > 1);
  }

  @Nullable NearSource source(Announcement announcement) {
    for (NearSource source : sources) {
      if (source.announcement().equals(announcement)) {
        return source;
      }
    }
    return null;
  }

  void add(NearSource source) {
    boolean isAlone = sources.isEmpty();
    sources.add(source);
    if (!begun) {
      begun = true;
      merge =
          new Merge<>(
              Math.max(0, Math.min(MOST_HELD, source.borrowedCount() - 2)), LaneSample::close);
      if (nearAlone) {
        merge.nearAlone();
      }
    } else if (isAlone) {
      beginNext();
    }
  }

  /** What an earlier publisher left by iceoryx2 was given, before this. */
  private void beginNext() {
    merge.beginNext();
    if (!nearAlone) {
      merge.startOver();
    }
  }

  /** Returns whether iceoryx2 is the lane, also of the publisher that came last. */
  boolean isNear() {
    return merge.isNear() && sources.size() <= 1;
  }

  /**
   * Returns whether iceoryx2 brings the messages, and not this one, while its publisher is still
   * there, so that none came after it: iceoryx2 lost it, or it is a forgery, whose number must not
   * count.
   */
  boolean isStray(int number) {
    NearSource source = sources.peek();
    return merge.isAhead(number) && source != null && source.hasPublisher();
  }

  /** The next message of the near lane that is to be given, or null. */
  @Nullable LaneSample take() throws IceoryxException {
    LaneSample held = merge.takeHeld();
    if (held != null) {
      return held;
    }
    for (NearSource source = sources.peek(); source != null; source = sources.peek()) {
      // One publisher of a session at a time: what comes behind it began when it had ended. Asked
      // before what waits is read: nothing comes after that.
      boolean isOver = sources.size() > 1 || source.isOver();
      for (NearSource.Message next = take(source); next != null; next = take(source)) {
        LaneSample given = offer(next);
        if (given != null) {
          return given;
        }
      }
      if (!isOver) {
        return null;
      }
      sources.remove();
      source.close();
      if (!sources.isEmpty()) {
        beginNext();
      }
    }
    return null;
  }

  /**
   * The next message; where the reader has too many open, it is left to Zenoh if that counts, but
   * not what an earlier publisher left: Zenoh does not bring that again.
   */
  private NearSource.@Nullable Message take(NearSource source) throws IceoryxException {
    try {
      return source.take();
    } catch (IllegalStateException e) {
      if (merge.isNear() || sources.size() > 1) {
        throw e;
      }
      merge.leaveToZenoh();
      return null;
    }
  }

  /** Gives a message of the near lane, or keeps or drops it. */
  @Nullable LaneSample offer(NearSource.Message next) {
    return switch (merge.onNear(next.number(), next.isFirst(), next.sample())) {
      case GIVE -> next.sample();
      case HELD -> null;
      case DROP, WAIT -> {
        next.sample().close();
        yield null;
      }
    };
  }

  @Override
  public void close() {
    merge.close();
    sources.forEach(NearSource::close);
    sources.clear();
  }
}
