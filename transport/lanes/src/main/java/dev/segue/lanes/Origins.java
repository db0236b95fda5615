package dev.segue.lanes;

import dev.segue.iceoryx2.IceoryxException;
import dev.segue.iceoryx2.Node;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The publishers that a subscriber knows of. */
final class Origins implements AutoCloseable {
  /** Those that are remembered after they have gone, for copies that are still on their way. */
  private static final int MOST_GONE = 256;

  /**
   * The time that Zenoh is kept for what one of its publishers left on its way: the word of its end
   * comes before that. A link that brings nothing for so long is closed by Zenoh's lease.
   */
  private static final long LINGER_NANOS = Duration.ofSeconds(10).toNanos();

  /**
   * How long those that came are opened at a time, and then not for as long as that took: it takes
   * milliseconds for each, in which nothing is given of those that are read already, and a hundred
   * may come at once.
   */
  private static final long OPENING_NANOS = Duration.ofMillis(5).toNanos();

  private final @Nullable Node node;
  private final LaneChoice choice;

  /** Whether publishers that overwrite what a slow reader has not taken stay on Zenoh. */
  private final boolean farIfOverflowing;

  private final Changes changes;
  private final Doorbell doorbell;
  private final LinkedHashMap<Origin.Id, Origin> all = new LinkedHashMap<>();

  /** Those that are read by iceoryx2. */
  private final List<Origin> near = new ArrayList<>();

  private final Unopened failed = new Unopened();

  private boolean begun;

  /** Whether some were left to a later update, and when that is. */
  private boolean more;

  private long moreAt;

  /** Whether a publisher of Zenoh's lane has ended, and when it did or Zenoh brought something. */
  private boolean lingers;

  private long lingersSince;
  private int announcedCount;
  private int turn;
  private long missedOfGone;

  /**
   * Those of a subscriber.
   *
   * @param pushesBack whether Zenoh's lane loses nothing, so that no lane may that can do without
   */
  Origins(
      @Nullable Node node,
      LaneChoice choice,
      boolean pushesBack,
      Changes changes,
      Doorbell doorbell) {
    this.node = node;
    this.choice = choice;
    this.farIfOverflowing = pushesBack && choice.readsFar();
    this.changes = changes;
    this.doorbell = doorbell;
  }

  @Nullable Origin of(Origin.@Nullable Id id) {
    return id == null ? null : all.get(id);
  }

  /** Takes what was announced since, or some of it. */
  void update() throws IceoryxException {
    if (node == null) {
      return;
    }
    if (untilMore() <= 0) {
      takeChanges();
    }
    Announcement again = failed.isEmpty() ? null : failed.next(System.nanoTime());
    if (again != null) {
      retry(again);
    }
  }

  private void takeChanges() throws IceoryxException {
    Changes.Change change = changes.poll();
    long start = change == null ? 0 : System.nanoTime();
    more = false;
    while (change != null) {
      if (change.isThere()) {
        come(change.publisher());
      } else {
        go(change.publisher());
      }
      long now = System.nanoTime();
      // Without Zenoh, what a publisher puts until it is opened is lost.
      more = choice.readsFar() && now - start >= OPENING_NANOS && !changes.isEmpty();
      moreAt = now + (now - start);
      change = more ? null : changes.poll();
    }
  }

  /** Returns whether some of what was announced was left to a later update. */
  boolean hasMore() {
    return more;
  }

  /**
   * Returns how long nothing is opened of what was left; 0 or less if it may be, or nothing was.
   */
  long untilMore() {
    return more ? moreAt - System.nanoTime() : 0;
  }

  private void come(Announcement announcement) throws IceoryxException {
    Origin origin =
        all.computeIfAbsent(
            new Origin.Id(announcement.session(), announcement.key()),
            _ -> new Origin(!choice.readsFar()));
    if (!origin.announced().add(announcement)) {
      return;
    }
    announcedCount++;
    if (!announcement.host().equals(HostId.text())
        || (farIfOverflowing && announcement.offer() == Announcement.Offer.OVERFLOW)) {
      return;
    }
    NearSource known = origin.source(announcement);
    if (known != null) {
      known.setAnnounced(true);
      return;
    }
    open(origin, announcement);
  }

  private void open(Origin origin, Announcement announcement) throws IceoryxException {
    Node with = node;
    if (with == null) {
      return;
    }
    long start = System.nanoTime();
    try {
      NearSource source = NearSource.open(announcement, with, doorbell);
      failed.remove(announcement);
      if (source == null) {
        return;
      }
      origin.add(source);
      begun = true;
      if (!near.contains(origin)) {
        near.add(origin);
      }
    } catch (IceoryxException e) {
      boolean isNew = failed.add(announcement, start, System.nanoTime());
      if (!choice.readsFar()) {
        throw e;
      }
      if (isNew) {
        LaneSubscriber.warn(
            "publisher of " + announcement.key() + " stays on Zenoh; it is tried again: " + e);
      }
    }
  }

  private void retry(Announcement announcement) throws IceoryxException {
    Origin origin = all.get(new Origin.Id(announcement.session(), announcement.key()));
    if (origin == null) {
      failed.remove(announcement);
    } else {
      open(origin, announcement);
    }
  }

  private void go(Announcement announcement) {
    failed.remove(announcement);
    Origin origin = all.get(new Origin.Id(announcement.session(), announcement.key()));
    if (origin == null || !origin.announced().remove(announcement)) {
      return;
    }
    announcedCount--;
    if (!origin.isNear()) {
      lingers = true;
      lingersSince = System.nanoTime();
    }
    NearSource source = origin.source(announcement);
    if (source != null) {
      source.setAnnounced(false);
    }
    forgetGone();
  }

  private void forgetGone() {
    int gone = 0;
    for (Origin origin : all.values()) {
      gone += isGone(origin) ? 1 : 0;
    }
    Iterator<Origin> origins = all.values().iterator();
    while (gone > MOST_GONE && origins.hasNext()) {
      Origin origin = origins.next();
      if (isGone(origin)) {
        origins.remove();
        missedOfGone += origin.merge().missedCount();
        origin.close();
        gone--;
      }
    }
  }

  private static boolean isGone(Origin origin) {
    return origin.announced().isEmpty() && !origin.hasFeeds();
  }

  /** Zenoh brought a message of it: there may be more behind it. */
  void heardFar(@Nullable Origin origin) {
    if (lingers && origin != null && origin.announced().isEmpty()) {
      lingersSince = System.nanoTime();
    }
  }

  private boolean lingers() {
    lingers = lingers && System.nanoTime() - lingersSince < LINGER_NANOS;
    return lingers;
  }

  /**
   * Returns whether all publishers are known of, there are some, and iceoryx2 is the lane of each.
   */
  boolean allNear() {
    if (announcedCount == 0 || more || changes.isBeyond() || lingers()) {
      return false;
    }
    for (Origin origin : all.values()) {
      if (!origin.announced().isEmpty() && !origin.isNear()) {
        return false;
      }
    }
    return true;
  }

  /** The next message of the near lane, of each publisher in turn. */
  @Nullable LaneSample take() throws IceoryxException {
    for (int i = near.size(); i > 0; i--) {
      turn = turn + 1 >= near.size() ? 0 : turn + 1;
      Origin origin = near.get(turn);
      LaneSample sample = origin.take();
      if (sample != null) {
        return sample;
      }
      if (!origin.hasFeeds() && !origin.merge().hasHeld()) {
        near.remove(turn);
      }
    }
    return null;
  }

  /** Returns whether one was ever read by iceoryx2; only then may Zenoh bring copies. */
  boolean hasBegun() {
    return begun;
  }

  /** Returns how many messages may wait in iceoryx2, at most. */
  long waitingCount() {
    return near.stream().mapToLong(Origin::waitingCount).sum();
  }

  /** Returns whether some are read by iceoryx2. */
  boolean hasNear() {
    return !near.isEmpty();
  }

  /** Returns whether what waits in iceoryx2 can't be read now, so that it must not wake anybody. */
  boolean isBlocked() {
    for (Origin origin : near) {
      if (origin.merge().isBlocked()) {
        return true;
      }
    }
    return false;
  }

  /** Returns whether something has to be looked at from time to time that wakes nobody. */
  boolean mayChange() {
    if (!failed.isEmpty() || lingers) {
      return true;
    }
    for (Origin origin : near) {
      if (origin.mayEnd()) {
        return true;
      }
    }
    return false;
  }

  long missedCount() {
    return missedOfGone
        + all.values().stream().mapToLong(origin -> origin.merge().missedCount()).sum();
  }

  @Override
  public void close() {
    all.values().forEach(Origin::close);
    all.clear();
    near.clear();
  }
}
