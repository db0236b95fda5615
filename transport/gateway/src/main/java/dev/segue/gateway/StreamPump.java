package dev.segue.gateway;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.http2.Http2Error;
import dev.segue.http2.Http2StreamException;
import dev.segue.zenoh.KeyExpr;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Sends the samples of a stream as fast as its client takes them.
 *
 * <pre>
 *   topics whose newest sample is to be sent ──┐ while no sample waits
 *   onSample ──► backlog: the newest few,    ──┤
 *                the oldest dropped, counted   │ while less than {@link #IN_FLIGHT_BYTE_SIZE} is
 *                                              ▼ in flight
 *                              sink ──► windows of the client ──► the sample is given back
 * </pre>
 *
 * <p>A client that doesn't read holds what is in flight, one sample more than the limit at most,
 * and the backlog; and no more than the {@link LentBudget} gives it. A sample that it gives no room
 * for is dropped and counted, and the topic's newest one is sent when there is room again. Owner:
 * the exchange. Lifetime: until {@link #close()}. Threads: any.
 */
final class StreamPump implements TopicListener {
  static final long IN_FLIGHT_BYTE_SIZE = 256 * 1024;

  /** As many samples are in flight at most, since each costs some KiB of heap however small. */
  static final int IN_FLIGHT_COUNT = 64;

  private static final System.Logger LOG = System.getLogger("dev.segue.gateway");

  private final GatewayExchange call;
  private final Topics all;
  private final KeyPattern pattern;
  private final SampleSink sink;
  private final StreamFormat format;
  private final Executor slow;
  private final int backlogCount;
  private final long backlogByteSize;
  private final BiConsumer<Topic, Metadata> onDropped;
  private final ArrayDeque<Waiting> backlog = new ArrayDeque<>(2);

  /** {@link Topic#slot} of those whose newest sample is to be sent, unless one comes before. */
  private final BitSet behind = new BitSet();

  private int nextBehind;

  /**
   * Up to which of its samples a topic out of {@link #behind} was sent, where that one may still
   * come to {@link #onSample} as well.
   */
  private Map<Topic, Long> sentUpTo = new HashMap<>();

  /** Those from before the last heartbeat. */
  private Map<Topic, Long> sentUpToBefore = Map.of();

  /** Those of which a sample came before {@link #begin}; null from then on. */
  private @Nullable BitSet told = new BitSet();

  private final ReadingPace pace;
  private long waitingByteSize;
  private long dropped;
  private int inFlightCount;
  private boolean sending;
  private boolean refused;
  private boolean ended;
  private boolean closed;

  private record Waiting(Topic topic, LentSample lent) {}

  /**
   * Makes a pump; nothing is sent before the first sample.
   *
   * @param all all topics, with their numbers
   * @param keyExpr which of them are sent
   * @param slow where a slow format works
   * @param backlogCount how many samples wait at most
   * @param backlogByteSize how many bytes of them wait at most, but one sample always may
   */
  StreamPump(
      GatewayExchange call,
      Topics all,
      KeyExpr keyExpr,
      SampleSink sink,
      StreamFormat format,
      Executor slow,
      int backlogCount,
      long backlogByteSize,
      BiConsumer<Topic, Metadata> onDropped) {
    this.call = call;
    this.pace = new ReadingPace(call::nanoTime);
    this.all = all;
    this.pattern = KeyPattern.of(keyExpr);
    this.sink = sink;
    this.format = format;
    this.slow = slow;
    this.backlogCount = backlogCount;
    this.backlogByteSize = backlogByteSize;
    this.onDropped = onDropped;
  }

  /**
   * Sends the newest sample of each of these topics, but for those of which one came already.
   *
   * @param known up to which {@link KeptSample#id()} the client has them; 0 for none
   */
  void begin(Collection<Topic> topics, long known) {
    BitSet wanted = new BitSet();
    for (Topic topic : topics) {
      KeptSample newest = topic.acquireNewest();
      if (newest != null) {
        if (newest.id() > known) {
          wanted.set(topic.slot());
        }
        newest.release();
      }
    }
    synchronized (this) {
      if (told != null) {
        wanted.andNot(told);
      }
      told = null;
      if (!closed && !ended) {
        behind.or(wanted);
      }
    }
    pump();
  }

  @Override
  public void onSample(Topic topic, KeptSample sample) {
    List<Waiting> over = new ArrayList<>(1);
    synchronized (this) {
      if (closed || ended) {
        return;
      }
      boolean current = all.slots().isCurrent(topic);
      if (current && told != null) {
        told.set(topic.slot());
      }
      Long sent = sentUpTo.remove(topic);
      if (sent == null) {
        sent = sentUpToBefore.get(topic);
      }
      if (sent != null && sample.metadata().sequence() <= sent) {
        return; // It may be behind with it all the same, if the sink refused it.
      }
      if (current) {
        behind.clear(topic.slot());
      }
      Optional<LentSample> lent = lend(sample, over);
      if (lent.isPresent()) {
        backlog.add(new Waiting(topic, lent.get()));
        if (current) {
          behind.clear(topic.slot()); // An older one of it may have been dropped for this one.
        }
        waitingByteSize += sample.metadata().payloadByteSize();
        while (backlog.size() > backlogCount
            || (waitingByteSize > backlogByteSize && backlog.size() > 1)) {
          over.add(dropOldest());
        }
      } else {
        dropped++;
        if (current) {
          behind.set(topic.slot());
        }
      }
      if (lent.isEmpty()) {
        onDropped.accept(topic, sample.metadata());
      }
    }
    for (Waiting each : over) {
      onDropped.accept(each.topic(), each.lent().metadata());
      each.lent().close();
    }
    pump();
  }

  /** Returns what waits goes before the newest is refused. */
  private Optional<LentSample> lend(KeptSample sample, List<Waiting> over) {
    Optional<LentSample> lent = sample.tryLend(call.client());
    while (lent.isEmpty() && !backlog.isEmpty()) {
      Waiting oldest = dropOldest();
      over.add(oldest);
      oldest.lent().close();
      lent = sample.tryLend(call.client());
    }
    return lent;
  }

  private Waiting dropOldest() {
    Waiting oldest = backlog.remove();
    waitingByteSize -= oldest.lent().metadata().payloadByteSize();
    dropped++;
    sendNewestLater(oldest.topic());
    return oldest;
  }

  /** A key that is quiet must not stay at an older value since others are busy. */
  private void sendNewestLater(Topic topic) {
    if (!isWaiting(topic) && all.slots().isCurrent(topic)) {
      behind.set(topic.slot());
    }
  }

  /** The newest ones first, as one of a busy topic is among them. */
  private boolean isWaiting(Topic topic) {
    for (Iterator<Waiting> each = backlog.descendingIterator(); each.hasNext(); ) {
      if (each.next().topic().equals(topic)) {
        return true;
      }
    }
    return false;
  }

  @Override
  public void onLost(Topic topic, Metadata metadata) {
    synchronized (this) {
      if (closed || ended) {
        return;
      }
      dropped++;
    }
    onDropped.accept(topic, metadata);
  }

  /** One thread sends at a time, so that the samples keep their order. */
  private void pump() {
    synchronized (this) {
      if (sending) {
        return; // It looks again before it goes.
      }
      sending = true;
    }
    if (!format.isSlow()) {
      sendWhatFits();
      return;
    }
    try {
      slow.execute(this::sendWhatFits);
    } catch (RejectedExecutionException e) {
      synchronized (this) {
        sending = false;
      }
    }
  }

  private void sendWhatFits() {
    while (sendNext()) {}
  }

  /** False when another call is to go on later. */
  private boolean sendNext() {
    Waiting next;
    long lost;
    boolean caughtUp;
    boolean end = false;
    synchronized (this) {
      next = hasRoom() ? poll() : null;
      if (next == null) {
        sending = false;
        end = ended && !closed && backlog.isEmpty();
        closed |= end;
      }
      lost = dropped;
      caughtUp = next != null && isNothingOlderToCome(next);
    }
    if (next != null) {
      send(next, lost, caughtUp);
    } else if (end) {
      sink.end();
    }
    return next != null;
  }

  private boolean isNothingOlderToCome(Waiting next) {
    if (told != null || !behind.isEmpty()) {
      return false;
    }
    KeptSample sample = next.lent().sample();
    return all.tellsInOrder()
        || (!all.mayTellOlder(sample)
            && backlog.stream().noneMatch(each -> each.lent().sample().id() < sample.id()));
  }

  private boolean hasRoom() {
    return !closed
        && !refused
        && inFlightCount < IN_FLIGHT_COUNT
        && sink.queuedByteSize() < IN_FLIGHT_BYTE_SIZE;
  }

  private @Nullable Waiting poll() {
    Waiting waiting = backlog.poll();
    if (waiting != null) {
      waitingByteSize -= waiting.lent().metadata().payloadByteSize();
      return waiting;
    }
    if (!behind.isEmpty() && !all.mayLend(call.client())) {
      return null; // None of them: the heartbeat tries again.
    }
    while (!behind.isEmpty()) {
      int next = behind.nextSetBit(nextBehind);
      int slot = next < 0 ? behind.nextSetBit(0) : next;
      Topic topic = all.slots().get(slot);
      // Another topic may have the number now, even one that this client may not read.
      if (topic != null && pattern.includes(topic.keyExpr())) {
        Topic.Newest newest = topic.lendNewest(call.client());
        if (newest.refused()) {
          return null; // The heartbeat tries again.
        }
        if (newest.lent().isPresent()) {
          LentSample lent = newest.lent().get();
          clearBehind(slot);
          if (all.mayBeToldLater(lent.sample())) {
            sentUpTo.put(topic, lent.metadata().sequence());
          }
          return new Waiting(topic, lent);
        }
      }
      clearBehind(slot);
    }
    return null;
  }

  private void clearBehind(int slot) {
    behind.clear(slot);
    nextBehind = slot + 1; // Each has its turn.
  }

  private void send(Waiting next, long lost, boolean caughtUp) {
    LentSample lent = next.lent();
    boolean handedOver = false;
    try {
      Optional<StreamFormat.Part> made = format.of(lent, lost, caughtUp);
      if (made.isEmpty()) {
        return;
      }
      try (StreamFormat.Part part = made.get()) {
        pace.began();
        synchronized (this) {
          inFlightCount++;
        }
        var sent = sink.send(part.bytes());
        call.sent(part.bytes().byteSize());
        handedOver = true;
        var _ =
            sent.whenComplete(
                (_, fault) -> {
                  lent.close();
                  pace.ended();
                  synchronized (this) {
                    inFlightCount--;
                  }
                  if (fault == null) {
                    pump();
                  } else if (isRefusal(fault)) {
                    onRefused(next);
                  }
                });
      }
    } catch (Throwable e) {
      // Neither the other streams nor the topic are to suffer from it, nor is memory to be lost.
      LOG.log(System.Logger.Level.WARNING, "stream " + call.target().path(), e);
      call.exchange().reset(Http2Error.INTERNAL_ERROR);
    } finally {
      if (!handedOver) {
        lent.close();
      }
    }
  }

  private static boolean isRefusal(Throwable fault) {
    Throwable cause = fault instanceof CompletionException ? fault.getCause() : fault;
    return cause instanceof Http2StreamException ended
        && ended.error() == Http2Error.ENHANCE_YOUR_CALM;
  }

  /** The sink had no room: the sample is lost, and the topic's newest one is sent later. */
  private void onRefused(Waiting sample) {
    Topic topic = sample.topic();
    synchronized (this) {
      if (closed || ended) {
        return;
      }
      refused = true;
      dropped++;
      sendNewestLater(topic);
    }
    onDropped.accept(topic, sample.lent().metadata());
    sink.awaitRoom(this::resume);
  }

  private void resume() {
    synchronized (this) {
      refused = false;
    }
    pump();
  }

  /**
   * Sends what the format has for it when nothing waits; ends a stream whose client reads too
   * slowly for too long, or whose token has ended.
   */
  void heartbeat() {
    if (!call.isStillAllowed()) {
      call.exchange().reset(Http2Error.CANCEL);
      return;
    }
    if (pace.isTooSlow(sink.queuedByteSize())) {
      call.giveUp();
      return;
    }
    SegmentedBytes bytes = format.heartbeat();
    synchronized (this) {
      // Whoever was between storing and telling a whole period ago has told by now.
      sentUpToBefore = sentUpTo;
      sentUpTo = new HashMap<>();
      refused = false;
      if (closed || ended) {
        return;
      }
      if (!behind.isEmpty()) {
        bytes = SegmentedBytes.empty();
      }
    }
    pump();
    if (!bytes.isEmpty() && sink.queuedByteSize() == 0) {
      pace.began();
      var _ = sink.send(bytes).whenComplete((_, _) -> pace.ended());
    }
  }

  @Override
  public void onEnd() {
    synchronized (this) {
      ended = true;
      behind.clear();
    }
    pump();
  }

  synchronized long droppedCount() {
    return dropped;
  }

  synchronized int waitingCount() {
    return backlog.size();
  }

  /** Lets go of what waits; what is in flight is let go of by the stream's end. */
  void close() {
    List<Waiting> left;
    synchronized (this) {
      closed = true;
      left = List.copyOf(backlog);
      backlog.clear();
      behind.clear();
      sentUpTo = new HashMap<>();
      sentUpToBefore = Map.of();
      told = null;
      waitingByteSize = 0;
    }
    left.forEach(each -> each.lent().close());
  }

  @Override
  public String toString() {
    return "StreamPump[waiting=" + waitingCount() + ", dropped=" + droppedCount() + "]";
  }
}
