package dev.segue.gateway;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.http2.Http2Error;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
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
  private static final System.Logger LOG = System.getLogger("dev.segue.gateway");

  private final Call call;
  private final SampleSink sink;
  private final StreamFormat format;
  private final Executor slow;
  private final int backlogCount;
  private final long backlogByteSize;
  private final BiConsumer<Topic, Metadata> onDropped;
  private final ArrayDeque<Waiting> backlog = new ArrayDeque<>(2);

  /** Topics whose newest sample is to be sent, unless another one comes before. */
  private final LinkedHashSet<Topic> behind = new LinkedHashSet<>();

  /** Up to which of its samples a topic out of {@link #behind} was sent. */
  private Map<Topic, Long> sentUpTo = new HashMap<>();

  /** Those from before the last heartbeat. */
  private Map<Topic, Long> sentUpToBefore = Map.of();

  /** Topics of which a sample came before {@link #begin}; null from then on. */
  private @Nullable Set<Topic> told = new HashSet<>();

  private final ReadingPace pace = new ReadingPace();
  private long waitingByteSize;
  private long dropped;
  private boolean sending;
  private boolean ended;
  private boolean closed;

  private record Waiting(Topic topic, LentSample lent) {}

  /**
   * Makes a pump; nothing is sent before the first sample.
   *
   * @param slow where a slow format works
   * @param backlogCount how many samples wait at most
   * @param backlogByteSize how many bytes of them wait at most, but one sample always may
   */
  StreamPump(
      Call call,
      SampleSink sink,
      StreamFormat format,
      Executor slow,
      int backlogCount,
      long backlogByteSize,
      BiConsumer<Topic, Metadata> onDropped) {
    this.call = call;
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
    List<Topic> wanted = new ArrayList<>();
    for (Topic topic : topics) {
      KeptSample newest = topic.acquireNewest();
      if (newest != null) {
        if (newest.id() > known) {
          wanted.add(topic);
        }
        newest.release();
      }
    }
    synchronized (this) {
      Set<Topic> came = told == null ? Set.of() : told;
      for (Topic topic : wanted) {
        if (!came.contains(topic)) {
          boolean _ = behind.add(topic);
        }
      }
      told = null;
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
      boolean _ = behind.remove(topic);
      if (told != null) {
        boolean _ = told.add(topic);
      }
      Long sent = sentUpTo.remove(topic);
      if (sent == null) {
        sent = sentUpToBefore.get(topic);
      }
      if (sent != null && sample.metadata().sequence() <= sent) {
        return;
      }
      Optional<LentSample> lent = lend(sample, over);
      if (lent.isPresent()) {
        backlog.add(new Waiting(topic, lent.get()));
        waitingByteSize += sample.metadata().payloadByteSize();
        while (backlog.size() > backlogCount
            || (waitingByteSize > backlogByteSize && backlog.size() > 1)) {
          over.add(dropOldest());
        }
      } else {
        dropped++;
        boolean _ = behind.add(topic);
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

  /** What waits goes before the newest is refused. */
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
    return oldest;
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
    LentSample next;
    long lost;
    boolean caughtUp;
    boolean end = false;
    synchronized (this) {
      next = closed || sink.queuedByteSize() >= IN_FLIGHT_BYTE_SIZE ? null : poll();
      if (next == null) {
        sending = false;
        end = ended && !closed && backlog.isEmpty();
        closed |= end;
      }
      lost = dropped;
      caughtUp = behind.isEmpty();
    }
    if (next != null) {
      send(next, lost, caughtUp);
    } else if (end) {
      sink.end();
    }
    return next != null;
  }

  private @Nullable LentSample poll() {
    Waiting waiting = backlog.poll();
    if (waiting != null) {
      waitingByteSize -= waiting.lent().metadata().payloadByteSize();
      return waiting.lent();
    }
    for (Iterator<Topic> topics = behind.iterator(); topics.hasNext(); ) {
      Topic topic = topics.next();
      Topic.Newest newest = topic.lendNewest(call.client());
      if (newest.refused()) {
        return null; // The heartbeat tries again.
      }
      topics.remove();
      if (newest.lent().isPresent()) {
        sentUpTo.put(topic, newest.lent().get().metadata().sequence());
        return newest.lent().get();
      }
    }
    return null;
  }

  private void send(LentSample lent, long lost, boolean caughtUp) {
    boolean handedOver = false;
    try {
      Optional<StreamFormat.Part> made = format.of(lent, lost, caughtUp);
      if (made.isEmpty()) {
        return;
      }
      try (StreamFormat.Part part = made.get()) {
        pace.began();
        var sent = sink.send(part.bytes());
        call.sent(part.bytes().byteSize());
        handedOver = true;
        var _ =
            sent.whenComplete(
                (_, fault) -> {
                  lent.close();
                  pace.ended();
                  if (fault == null) {
                    pump();
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
