package dev.segue.gateway;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.http2.Http2Error;
import dev.segue.http2.Http2StreamException;
import dev.segue.zenoh.KeyExpr;
import java.net.InetAddress;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.function.ObjLongConsumer;
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

  /** So many topics that can't be sent now are looked at before it waits. */
  private static final int MAX_SKIPPED_COUNT = 16;

  private final GatewayExchange call;
  private final Topics all;
  private final KeyPattern pattern;
  private final SampleSink sink;
  private final StreamFormat format;
  private final Executor slow;
  private final int backlogCount;
  private final long backlogByteSize;
  private final ObjLongConsumer<Topic> onDropped;
  private final ArrayDeque<Waiting> backlog = new ArrayDeque<>(2);

  /** {@link Topic#slot} of those whose newest sample is to be sent, unless one comes before. */
  private final BitSet behind = new BitSet();

  /**
   * Those of them whose newest sample has come to this stream: it counts as dropped as soon as it
   * can't be sent any more.
   */
  private final BitSet owed = new BitSet();

  private int nextBehind;

  /**
   * By key, up to which of its samples a topic out of {@link #behind} was sent, where that one and
   * others before it may still come to {@link #onSample} as well: also those of a topic of the same
   * key that was forgotten before.
   */
  private Map<String, SentUpTo> sentUpTo = new HashMap<>();

  /** Those from before a heartbeat, when {@link #untoldId} was above the id of all samples. */
  private Map<String, SentUpTo> sentUpToBefore = new HashMap<>();

  private long untoldId;

  /** How many of all of them {@link Topics#addAhead} counts. */
  private int aheadCount;

  /** The sample that it was told of last. */
  private @Nullable Topic toldTopic;

  private long toldSequence;

  /** Those of which a sample came before {@link #begin}; null from then on. */
  private @Nullable BitSet told = new BitSet();

  private final ReadingPace pace;
  private long waitingByteSize;
  private long dropped;
  private int inFlightCount;
  private boolean sending;
  private boolean refused;

  /** Whether the sink called back, and nothing was sent since. */
  private boolean resumed;

  private boolean ended;
  private boolean closed;

  /** What is about to be sent; of the thread that sends. */
  private @Nullable LentSample taken;

  /** Whether something threw that nobody expected: what the stream has to send isn't known. */
  private boolean broken;

  private record Waiting(Topic topic, LentSample lent) {}

  /**
   * Out of its turn.
   *
   * @param owed whether one before it counts as dropped, unless that is the same one
   */
  private record SentUpTo(Topic topic, long sequence, boolean owed) {}

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
      ObjLongConsumer<Topic> onDropped) {
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
    try {
      beginWith(topics, known);
    } catch (Throwable e) {
      fail(e);
    }
  }

  private void beginWith(Collection<Topic> topics, long known) {
    BitSet wanted = new BitSet();
    for (Topic topic : topics) {
      if (topic.isNewestAfter(known)) {
        wanted.set(topic.slot());
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
  public InetAddress client() {
    return call.client();
  }

  @Override
  public void onSample(Topic topic, KeptSample sample) {
    try {
      take(topic, sample);
    } catch (Throwable e) {
      fail(e);
    }
  }

  private void take(Topic topic, KeptSample sample) {
    synchronized (this) {
      long sequence = sample.metadata().sequence();
      if (isOver()) {
        return;
      }
      if (leftOf(topic, 1, sequence) == 0) {
        return; // It may be behind with it all the same, if the sink refused it.
      }
      noteTold(topic, sequence);
      Optional<LentSample> lent = lend(sample);
      dropOwed(topic);
      if (lent.isPresent()) {
        addToBacklog(topic, lent.get());
        while (backlog.size() > backlogCount
            || (waitingByteSize > backlogByteSize && backlog.size() > 1)) {
          dropOldest();
        }
      } else {
        sendNewestLater(topic, sequence);
      }
    }
    pump();
  }

  private void addToBacklog(Topic topic, LentSample lent) {
    boolean isAdded = false;
    try {
      backlog.add(new Waiting(topic, lent));
      waitingByteSize += lent.metadata().payloadByteSize();
      isAdded = true;
    } finally {
      if (!isAdded) {
        lent.close();
      }
    }
  }

  @Override
  public void onMissed(Topic topic, long count, long sequence) {
    try {
      miss(topic, count, sequence);
    } catch (Throwable e) {
      fail(e);
    }
  }

  private void miss(Topic topic, long count, long sequence) {
    synchronized (this) {
      if (isOver()) {
        return;
      }
      long left = leftOf(topic, count, sequence);
      if (left > 0) {
        noteTold(topic, sequence);
        dropOwed(topic);
        drop(topic, left - 1);
        sendNewestLater(topic, sequence);
      }
    }
    pump();
  }

  /** Returns whether nothing more is sent. */
  private boolean isOver() {
    return closed || ended || broken;
  }

  private void noteTold(Topic topic, long sequence) {
    toldTopic = topic;
    toldSequence = sequence;
    if (told != null && all.slots().isCurrent(topic)) {
      told.set(topic.slot());
    }
  }

  /**
   * Returns how many of some samples are later than the one that was sent out of its turn; of the
   * others, those that were skipped for it are dropped.
   */
  private long leftOf(Topic topic, long count, long sequence) {
    SentUpTo sent = sentUpTo(topic);
    if (sent == null) {
      return count;
    }
    boolean isSame = topic.equals(sent.topic());
    boolean isPast = isSame ? sequence >= sent.sequence() : topic.isLaterThan(sent.topic());
    long later = isSame ? sequence - sent.sequence() : count;
    long left = isPast ? Math.min(later, count) : 0;
    if (left < count) {
      drop(topic, count - left - (isPast ? 1 : 0));
    }
    if (sent.owed() && (left < count || !isSame)) {
      drop(topic, 1);
    }
    if (isPast) {
      sentUpTo.remove(topic.key());
      sentUpToBefore.remove(topic.key());
    } else {
      sentUpTo.put(topic.key(), new SentUpTo(sent.topic(), sent.sequence(), false));
    }
    countAhead();
    return left;
  }

  private @Nullable SentUpTo sentUpTo(Topic topic) {
    return sentUpTo.getOrDefault(topic.key(), sentUpToBefore.get(topic.key()));
  }

  private void countAhead() {
    int now = sentUpTo.size() + sentUpToBefore.size();
    all.addAhead(now - aheadCount);
    aheadCount = now;
  }

  private void drop(Topic topic, long count) {
    dropped += count;
    onDropped.accept(topic, count);
  }

  /** There is a newer one now. */
  private void dropOwed(Topic topic) {
    if (all.slots().isCurrent(topic)) {
      behind.clear(topic.slot());
      if (owed.get(topic.slot())) {
        owed.clear(topic.slot());
        drop(topic, 1);
      }
    }
  }

  /** Returns what waits goes before the newest is refused. */
  private Optional<LentSample> lend(KeptSample sample) {
    Optional<LentSample> lent = sample.tryLend(call.client());
    while (lent.isEmpty() && !backlog.isEmpty()) {
      dropOldest();
      lent = sample.tryLend(call.client());
    }
    return lent;
  }

  private void dropOldest() {
    Waiting oldest = backlog.remove();
    oldest.lent().close();
    Metadata metadata = oldest.lent().metadata();
    waitingByteSize -= metadata.payloadByteSize();
    sendNewestLater(oldest.topic(), metadata.sequence());
  }

  /**
   * Counts a sample that is not sent now as dropped, unless it is its topic's newest one: a key
   * that is quiet must not stay at an older value since others are busy.
   */
  private void sendNewestLater(Topic topic, long sequence) {
    boolean later = all.slots().isCurrent(topic) && !isWaiting(topic);
    if (later) {
      behind.set(topic.slot());
    }
    if (later && topic.newestSequence() == sequence) {
      owed.set(topic.slot());
    } else {
      drop(topic, 1);
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
    if (!Work.isTakenBy(slow, this::sendWhatFits)) {
      notSending();
    }
  }

  /** There is no thread to send on: the next call tries again, at the next heartbeat at latest. */
  private void notSending() {
    boolean leavesRoom;
    synchronized (this) {
      sending = false;
      leavesRoom = resumed;
      resumed = false;
    }
    if (leavesRoom) {
      sink.leaveRoom();
    }
  }

  private void sendWhatFits() {
    try {
      while (sendNext()) {}
    } catch (Throwable e) {
      fail(e, true);
    }
  }

  /**
   * Ends the stream, as it may be silent for ever otherwise: its client sees it end, and may ask
   * again. Neither the other streams nor the topic are to suffer from it.
   */
  private void fail(Throwable fault) {
    fail(fault, false);
  }

  private void fail(Throwable fault, boolean isSender) {
    LentSample left = null;
    synchronized (this) {
      broken = true;
      if (isSender) {
        sending = false;
        left = taken;
        taken = null;
      }
    }
    if (left != null) {
      left.close();
    }
    Work.warn("stream " + call.target().path(), fault);
    endBroken();
  }

  /** Once more at each heartbeat, where the heap has no room for it. */
  private void endBroken() {
    try {
      call.exchange().reset(Http2Error.INTERNAL_ERROR);
    } catch (RuntimeException | Error e) {
      Work.warn("end of a stream", e);
    }
  }

  /** False when another call is to go on later. */
  private boolean sendNext() {
    Waiting next;
    long lost;
    boolean caughtUp;
    boolean end = false;
    boolean leavesRoom = false;
    synchronized (this) {
      next = hasRoom() ? poll() : null;
      if (next == null) {
        sending = false;
        leavesRoom = resumed;
        resumed = false;
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
    } else if (leavesRoom) {
      sink.leaveRoom();
    }
    return next != null;
  }

  private boolean isNothingOlderToCome(Waiting next) {
    if (told != null || !behind.isEmpty()) {
      return false;
    }
    long id = next.lent().sample().id();
    boolean inOrder =
        all.tellsInOrder()
            || (!all.mayTellOlder(id)
                && backlog.stream().noneMatch(each -> each.lent().sample().id() < id));
    return inOrder && !all.mayTellOlder(id, call.client()); // Which it may come to meanwhile.
  }

  private boolean hasRoom() {
    return !closed
        && !broken
        && !refused
        && inFlightCount < IN_FLIGHT_COUNT
        && sink.queuedByteSize() < IN_FLIGHT_BYTE_SIZE;
  }

  private @Nullable Waiting poll() {
    Waiting waiting = backlog.poll();
    if (waiting != null) {
      taken = waiting.lent();
      waitingByteSize -= waiting.lent().metadata().payloadByteSize();
      return waiting;
    }
    if (!behind.isEmpty() && !all.mayLend(call.client())) {
      return null; // None of them: the heartbeat tries again.
    }
    int left = Math.min(MAX_SKIPPED_COUNT, behind.cardinality());
    while (!behind.isEmpty()) {
      int next = behind.nextSetBit(nextBehind);
      int slot = next < 0 ? behind.nextSetBit(0) : next;
      Topic topic = all.slots().get(slot);
      // Another topic may have the number now, even one that this client may not read.
      if (topic != null && pattern.includes(topic.keyExpr())) {
        Topic.Newest newest = topic.lendNewestOrDelete(call.client());
        if (newest.refused()) {
          nextBehind = slot + 1; // A smaller one may have room; the heartbeat tries this again.
          if (--left <= 0) {
            return null;
          }
          continue;
        }
        if (newest.lent().isPresent()) {
          LentSample lent = newest.lent().get();
          taken = lent;
          long told = topic.equals(toldTopic) ? toldSequence : -1;
          if (all.mayBeToldLater(topic, lent.sample(), told, call.client())) {
            SentUpTo before = sentUpTo(topic);
            if (before == null && !all.hasRoomAhead()) {
              lent.close(); // It comes in its turn, or in another one of these.
              taken = null;
              nextBehind = slot + 1;
              if (--left <= 0) {
                return null;
              }
              continue;
            }
            boolean isOwed = before == null ? owed.get(slot) : before.owed();
            sentUpTo.put(topic.key(), new SentUpTo(topic, lent.metadata().sequence(), isOwed));
            countAhead();
          }
          clearBehind(slot);
          return new Waiting(topic, lent);
        }
        if (owed.get(slot)) {
          drop(topic, 1); // Its value was let go of.
        }
      }
      clearBehind(slot);
    }
    return null;
  }

  private void clearBehind(int slot) {
    behind.clear(slot);
    owed.clear(slot);
    nextBehind = slot + 1; // Each has its turn.
  }

  private void send(Waiting next, long lost, boolean caughtUp) {
    LentSample lent = next.lent();
    taken = null;
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
          resumed = false;
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
      fail(e);
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

  /** The sink had no room: the topic's newest sample is sent later. */
  private void onRefused(Waiting sample) {
    Topic topic = sample.topic();
    synchronized (this) {
      if (closed || ended) {
        return;
      }
      refused = true;
      sendNewestLater(topic, sample.lent().metadata().sequence());
    }
    sink.awaitRoom(this::resume);
  }

  private void resume() {
    synchronized (this) {
      refused = false;
      resumed = true;
    }
    pump();
  }

  /**
   * Sends what the format has for it when nothing waits; ends a stream whose client reads too
   * slowly for too long, or whose token has ended.
   */
  void heartbeat() {
    try {
      beat();
    } catch (Throwable e) {
      fail(e);
    }
  }

  private void beat() {
    if (isBroken()) {
      endBroken();
      return;
    }
    if (!call.isStillAllowed()) {
      call.exchange().reset(Http2Error.CANCEL);
      return;
    }
    if (pace.isTooSlow(sink.queuedByteSize())) {
      call.giveUp();
      return;
    }
    all.retry(call.client());
    SegmentedBytes bytes = format.heartbeat();
    synchronized (this) {
      if (!all.mayTellOlder(untoldId) && !all.mayTellOlder(untoldId, call.client())) {
        sentUpToBefore = sentUpTo;
        sentUpTo = new HashMap<>();
        untoldId = KeptSample.newestId() + 1;
        countAhead();
      }
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
      owed.clear();
    }
    pump();
  }

  private synchronized boolean isBroken() {
    return broken;
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
      owed.clear();
      sentUpTo.clear();
      sentUpToBefore.clear();
      countAhead();
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
