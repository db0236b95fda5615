package dev.segue.lanes;

import dev.segue.bytes.spi.Nanos;
import dev.segue.iceoryx2.IceoryxException;
import dev.segue.iceoryx2.Node;
import dev.segue.zenoh.Arrivals;
import dev.segue.zenoh.Backlog;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Sample;
import dev.segue.zenoh.SampleFeed;
import dev.segue.zenoh.SampleKind;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.SourceInfo;
import dev.segue.zenoh.Subscriber;
import dev.segue.zenoh.SubscriberOptions;
import dev.segue.zenoh.ZenohException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.agrona.concurrent.IdleStrategy;
import org.jspecify.annotations.Nullable;

/**
 * Receives each message of a key expression once, by the lanes of its {@link LaneChoice}.
 *
 * <p>Each {@link LanePublisher} is read over Zenoh first. When iceoryx2 delivers the very next
 * message, everything after it comes that way too: iceoryx2 becomes the lane, and Zenoh's copies
 * from this publisher are dropped. So a change of lanes duplicates, reorders, and loses nothing. A
 * publisher that iceoryx2 can't reach (another host, user, or container, too many readers, another
 * version) stays on Zenoh.
 *
 * <p>Owner: the caller, who closes it before its session and node. Lifetime: until {@link
 * #close()}; samples that are open stay valid. Threads: any, one at a time, others wait; a sample
 * is for the thread that received it.
 */
public final class LaneSubscriber implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger("dev.segue.lanes");

  /** Where something may change that wakes nobody: a publisher that was killed, or has room. */
  private static final long LOOK_NANOS = Duration.ofMillis(100).toNanos();

  private static final long SHORT_SLICE_NANOS = Duration.ofMillis(1).toNanos();

  /** To wake a thread takes longer than a short spin; see {@code dev.segue.iceoryx2}. */
  private static final long SHORT_SPIN_NANOS = 5_000;

  private static final long LONG_SPIN_NANOS = 50_000;
  private static final int FAR_RUN = 64;

  private final Session session;
  private final KeyExpr keyExpr;
  private final LaneSubscriberOptions options;
  private final @Nullable Subscriber announcements;
  private final Origins origins;
  final ReentrantLock reading = new ReentrantLock();

  /** Whoever polls Zenoh alone. */
  private final ReentrantLock polling = new ReentrantLock();

  private final Doorbell doorbell;
  private @Nullable Subscriber far;

  /** Rings where {@code far} has something. */
  private @Nullable Arrivals arrivals;

  /** A sample of Zenoh that others come before; of any thread. */
  private @Nullable Sample waiting;

  /** Whether the last sample that was given is one that Zenoh brought. */
  private boolean wasFar;

  /**
   * The time that waits spin; a thread that reads it late spins for a little too long or too short.
   */
  private volatile long spinNanos = SHORT_SPIN_NANOS;

  private volatile boolean closed;
  private long farDropped;

  private LaneSubscriber(
      Session session, @Nullable Node node, KeyExpr keyExpr, LaneSubscriberOptions options)
      throws ZenohException {
    this.session = session;
    this.keyExpr = keyExpr;
    this.options = options;
    Changes changes = new Changes();
    Node near = options.choice().readsNear() ? node : null;
    this.doorbell = new Doorbell(near);
    this.origins =
        new Origins(
            near, options.choice(), options.zenoh().backlog().pushesBack(), changes, doorbell);
    boolean opened = false;
    try {
      if (options.choice().readsFar()) {
        openFar();
      }
      announcements = near == null ? null : announcements(changes);
      opened = true;
    } finally {
      if (!opened) {
        closeFar();
        doorbell.close();
      }
    }
  }

  private Subscriber announcements(Changes changes) throws ZenohException {
    return session
        .liveliness()
        .declareSubscriber(
            Announcement.all(keyExpr),
            true,
            SubscriberOptions.defaults().backlog(Backlog.hold(256)),
            token -> {
              changes.heard(token.keyExpr(), token.kind() == SampleKind.PUT);
              doorbell.ring();
            });
  }

  private void openFar() throws ZenohException {
    Subscriber opened = session.declareSubscriber(keyExpr, options.zenoh());
    far = opened;
    arrivals = opened.newArrivals(doorbell::ring);
  }

  private void closeFar() {
    Arrivals telling = arrivals;
    Subscriber opened = far;
    arrivals = null;
    far = null;
    close(telling, opened);
  }

  private static void close(@Nullable Arrivals telling, @Nullable Subscriber opened) {
    if (telling != null) {
      telling.close();
    }
    if (opened != null) {
      opened.close();
    }
  }

  static LaneSubscriber open(
      Session session, @Nullable Node node, KeyExpr keyExpr, LaneSubscriberOptions options)
      throws ZenohException {
    return new LaneSubscriber(session, node, keyExpr, options);
  }

  /** Returns what it receives. */
  public KeyExpr keyExpr() {
    return keyExpr;
  }

  /** Returns how it was made. */
  public LaneSubscriberOptions options() {
    return options;
  }

  /**
   * Gives the messages that wait to a handler, on this thread, without waiting for more. What the
   * handler throws comes out of here; the messages after it wait for the next poll.
   *
   * @return how many the handler took, at most {@code limit}
   * @throws IllegalStateException if the subscriber is closed, or as many samples of a publisher
   *     are open as it allows
   * @throws IceoryxException if the near lane fails
   * @throws ZenohException if subscribing to Zenoh fails because the session is closed
   */
  public int poll(LaneSampleHandler handler, int limit) throws IceoryxException, ZenohException {
    int count = pollFar(handler, limit);
    while (count < limit) {
      if (count > 0 && closed) {
        break;
      }
      Optional<LaneSample> sample = tryReceive();
      if (sample.isEmpty()) {
        break;
      }
      count++;
      try (LaneSample given = sample.get()) {
        handler.onSample(given);
      }
    }
    return count;
  }

  /** While nobody was near there are no copies, and Zenoh gives samples in batches. */
  private int pollFar(LaneSampleHandler handler, int limit)
      throws IceoryxException, ZenohException {
    if (polling.isHeldByCurrentThread() || !polling.tryLock()) {
      return 0; // of a handler, or beside another thread: one at a time
    }
    try {
      Subscriber zenoh = farAlone();
      if (zenoh == null) {
        return 0;
      }
      int[] given = new int[1];
      try {
        return zenoh.poll(
            sample -> {
              given[0]++;
              handler.onSample(LaneSample.far(sample));
            },
            limit);
      } catch (IllegalStateException e) {
        if (given[0] == 0 && zenoh.isClosed() && !closed) {
          return 0; // another thread found that all are near
        }
        throw e;
      }
    } finally {
      polling.unlock();
    }
  }

  private @Nullable Subscriber farAlone() throws IceoryxException, ZenohException {
    reading.lock();
    try {
      checkOpen();
      origins.update();
      followLanes();
      return waiting == null && !origins.hasBegun() ? far : null;
    } finally {
      reading.unlock();
    }
  }

  /**
   * Polls with an idle strategy in between until the subscriber is closed or the thread is
   * interrupted.
   */
  public void pollUntilClosed(LaneSampleHandler handler, int limit, IdleStrategy idle)
      throws IceoryxException, ZenohException {
    while (!closed && !Thread.currentThread().isInterrupted()) {
      int count;
      try {
        count = poll(handler, limit);
      } catch (IllegalStateException e) {
        if (closed) {
          return;
        }
        throw e;
      }
      idle.idle(count);
    }
  }

  /**
   * The next message if one waits.
   *
   * @throws IllegalStateException as {@link #poll}
   */
  public Optional<LaneSample> tryReceive() throws IceoryxException, ZenohException {
    reading.lock();
    try {
      checkOpen();
      return given(next());
    } finally {
      reading.unlock();
    }
  }

  /**
   * Waits for the next message.
   *
   * @return empty if none came within {@code timeout}
   * @throws IllegalStateException as {@link #poll}, also if it is closed meanwhile
   * @throws InterruptedException if the thread is interrupted while it waits
   */
  public Optional<LaneSample> receive(Duration timeout)
      throws IceoryxException, ZenohException, InterruptedException {
    long start = System.nanoTime();
    long nanos = Nanos.of(timeout);
    doorbell.enter();
    try {
      while (true) {
        boolean near;
        long wait;
        reading.lockInterruptibly();
        try {
          checkOpen();
          LaneSample next = next();
          long waited = System.nanoTime() - start;
          if (next != null) {
            spinNanos = waited < LONG_SPIN_NANOS ? LONG_SPIN_NANOS : SHORT_SPIN_NANOS;
          }
          if (next != null || waited >= nanos) {
            return given(next);
          }
          near = origins.hasNear() && !origins.isBlocked();
          wait = waited < spinNanos ? 0 : mayWait(nanos - waited);
        } finally {
          reading.unlock();
        }
        // Not under the lock: others may look, and take what comes meanwhile.
        if (wait == 0) {
          Thread.onSpinWait();
        } else {
          doorbell.await(near, wait);
        }
      }
    } finally {
      // However it ends: the ring that woke this one may have been the only one.
      doorbell.leave();
    }
  }

  /**
   * Returns how long nothing has to be looked at unless the bell rings; 0 if something came just
   * now.
   */
  private long mayWait(long leftNanos) {
    if (waiting != null || origins.isBlocked()) {
      return Math.min(leftNanos, SHORT_SLICE_NANOS);
    }
    long most = leftNanos;
    if (origins.hasMore()) {
      // None is taken while somebody polls Zenoh alone.
      long least = polling.isLocked() ? SHORT_SLICE_NANOS : 0;
      most = Math.min(most, Math.max(least, origins.untilMore()));
    }
    Arrivals telling = arrivals;
    if (telling != null && !telling.arm()) {
      return 0;
    }
    return origins.mayChange() ? Math.min(most, LOOK_NANOS) : most;
  }

  private static Optional<LaneSample> given(@Nullable LaneSample next) {
    if (next != null) {
      next.confine();
    }
    return Optional.ofNullable(next);
  }

  private void checkOpen() {
    if (closed) {
      throw new IllegalStateException("receive of " + this + ": it is closed");
    }
  }

  private @Nullable LaneSample next() throws IceoryxException, ZenohException {
    if (!polling.isLocked()) { // else what a poll of Zenoh alone has yet to give would come twice
      origins.update();
    }
    followLanes();
    // Zenoh's copies first, which may hold a publisher's loans; but neither lane starves the other.
    LaneSample first = wasFar ? origins.take() : takeFar();
    if (first != null) {
      wasFar = !wasFar;
      return first;
    }
    LaneSample second = wasFar ? takeFar() : origins.take();
    return second;
  }

  /** Subscribes on Zenoh where something needs it, and ends that where nothing does. */
  private void followLanes() throws ZenohException {
    if (options.choice() != LaneChoice.NEAREST) {
      return;
    }
    boolean needed = !origins.allNear();
    if (needed && far == null) {
      openFar();
    } else if (!needed && far != null && waiting == null && far.counts().waiting() == 0) {
      farDropped += far.counts().dropped();
      closeFar();
    }
  }

  private @Nullable LaneSample takeFar() throws IceoryxException {
    for (int i = 0; i < FAR_RUN; i++) {
      Sample kept = waiting;
      waiting = null;
      if (kept != null) {
        LaneSample given = settle(kept, true);
        if (given != null) {
          return given;
        }
        continue;
      }
      Sample sample = far == null ? null : far.tryReceive().orElse(null);
      if (sample == null) {
        return null;
      }
      LaneSample given = settle(sample, false);
      if (given != null) {
        return given;
      }
    }
    return null;
  }

  /**
   * Returns what is to be given now that Zenoh brought a sample: it, what comes before it, or
   * nothing.
   *
   * @param isKept whether it is retained, and may wait as it is
   */
  private @Nullable LaneSample settle(Sample sample, boolean isKept) throws IceoryxException {
    boolean settled = false;
    try {
      Origin origin = origins.of(id(sample));
      origins.heardFar(origin);
      if (origin == null || !origin.hasBegun()) {
        settled = true;
        return LaneSample.far(sample);
      }
      // What iceoryx2 has was there before Zenoh's copy of it.
      int number = number(sample);
      LaneSample before;
      try {
        before = origin.merge().isPast(number) ? null : origin.take();
      } catch (IceoryxException | RuntimeException e) {
        if (!origin.isStray(number)) {
          waiting = isKept ? sample : sample.retain(); // behind what can't be read yet
          settled = isKept;
          wasFar = true; // the others first
        }
        throw e;
      }
      if (before != null && origin.merge().isPast(number)) {
        return before;
      }
      Merge.Verdict verdict = before != null ? Merge.Verdict.WAIT : onFar(origin, number);
      return switch (verdict) {
        case GIVE -> {
          settled = true;
          yield LaneSample.far(sample);
        }
        case WAIT, HELD -> {
          waiting = isKept ? sample : sample.retain();
          settled = isKept;
          yield before != null ? before : origin.take();
        }
        case DROP -> null;
      };
    } finally {
      if (!settled) {
        sample.close();
      }
    }
  }

  private static Merge.Verdict onFar(Origin origin, int number) {
    Merge<LaneSample> merge = origin.merge();
    if (merge.isPast(number)) {
      return Merge.Verdict.DROP;
    }
    if (origin.isStray(number)) {
      // While Zenoh is the lane, what iceoryx2 lost is not lost; but the number doesn't count.
      return merge.isNear() ? Merge.Verdict.DROP : Merge.Verdict.GIVE;
    }
    return merge.onFar(number);
  }

  private static Origin.@Nullable Id id(Sample sample) {
    SourceInfo source = sample.sourceInfo().orElse(null);
    return source == null ? null : new Origin.Id(source.node(), sample.keyExpr().toString());
  }

  private static int number(Sample sample) {
    return sample.sourceInfo().orElseThrow().sequenceNumber();
  }

  /**
   * Messages that it should have got and didn't: overwritten in its buffer of iceoryx2, or dropped
   * by its backlog of Zenoh, where they may be copies of what iceoryx2 brought.
   */
  public long missedCount() {
    reading.lock();
    try {
      Subscriber zenoh = far;
      return origins.missedCount()
          + farDropped
          + (zenoh == null || closed ? 0 : zenoh.counts().dropped());
    } finally {
      reading.unlock();
    }
  }

  /** Returns how many messages may wait to be received, at most. */
  long waitingCount() {
    reading.lock();
    try {
      Subscriber zenoh = far;
      return closed
          ? 0
          : (zenoh == null ? 0 : zenoh.counts().waiting())
              + (waiting == null ? 0 : 1)
              + origins.waitingCount();
    } finally {
      reading.unlock();
    }
  }

  /**
   * Returns a feed of the samples of all lanes, for code that doesn't know about lanes. The feed
   * owns this subscriber.
   */
  public SampleFeed asFeed() {
    return new LaneFeed(this);
  }

  /** Returns whether it is subscribed on Zenoh now. */
  public boolean isOnZenoh() {
    reading.lock();
    try {
      return far != null && !closed;
    } finally {
      reading.unlock();
    }
  }

  /** Returns whether its session is closed, so that it can't hear of anybody any more. */
  boolean hasSessionEnded() {
    return session.isClosed();
  }

  /** Returns whether it is closed. */
  public boolean isClosed() {
    return closed;
  }

  /**
   * Closes it: waiting calls throw an {@link IllegalStateException}. Received samples stay valid.
   * Idempotent, from any thread.
   */
  @Override
  public void close() {
    closed = true;
    doorbell.ring();
    Arrivals telling;
    Subscriber opened;
    reading.lock();
    try {
      if (announcements != null) {
        announcements.close();
      }
      telling = arrivals;
      opened = far;
      arrivals = null;
      far = null;
      if (waiting != null) {
        waiting.close();
        waiting = null;
      }
      origins.close();
    } finally {
      reading.unlock();
    }
    // Not under the lock: it waits for a handler of Zenoh's, which may ask this for something.
    close(telling, opened);
    doorbell.close();
  }

  static void warn(String message) {
    LOG.log(System.Logger.Level.WARNING, message);
  }

  @Override
  public String toString() {
    return "LaneSubscriber[" + keyExpr + "]";
  }
}
