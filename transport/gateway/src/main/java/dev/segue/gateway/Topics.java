package dev.segue.gateway;

import dev.segue.bytes.LoanPool;
import dev.segue.zenoh.Backlog;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.ReceivedSample;
import dev.segue.zenoh.SampleFeed;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.Subscriber;
import dev.segue.zenoh.SubscriberOptions;
import dev.segue.zenoh.ZenohException;
import java.net.InetAddress;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * All that may be read of a Zenoh network: subscribes to it for as long as the gateway runs, keeps
 * the newest value of each key, and tells the streams.
 *
 * <p>Memory is bounded by the number of topics, by the size of their keys, encodings, and
 * attachments, and by the bytes of their newest values; beyond one of these, the topic that was
 * silent for longest is forgotten, or its value.
 *
 * <p>Owner: the gateway. Lifetime: until {@link #close()}. Threads: any.
 */
final class Topics implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger("dev.segue.gateway");
  private static final int BACKLOG = 256;

  /** The heap that the texts of all topics may take, each counted as often as it is there. */
  static final long MAX_TEXT_BYTE_SIZE = Math.min(16L << 20, Runtime.getRuntime().maxMemory() / 32);

  /** Each takes some 70 bytes of heap, and there may be one for each stream and topic. */
  static final long MAX_AHEAD_COUNT = Math.min(1 << 20, Runtime.getRuntime().maxMemory() / 2048);

  /** As many as the core can compare; a peer can send more. */
  private static final int MAX_CHUNK_COUNT = 1024;

  private final int maxTopicCount;
  private final long maxTextByteSize;
  private final long maxValueByteSize;
  private final List<KeyPattern> readable;
  private final LoanPool small;
  private final LentBudget lent;
  private final List<Subscriber> subscribers = new ArrayList<>();
  private final List<LaneReception> lanes = new ArrayList<>();

  /** Addresses with many streams get them in turn. */
  private final FairThreads telling =
      new FairThreads(
          Math.max(1, Runtime.getRuntime().availableProcessors() / 2), "segue-gateway-samples");

  private final Subscriptions subscriptions =
      new Subscriptions(client -> new ClientLine(client, telling.of(client)));
  private final ConcurrentHashMap<String, Topic> topics = new ConcurrentHashMap<>();
  private final TopicSlots slots = new TopicSlots();

  /** From which sample on those of each subscriber may not have been told to all listeners. */
  private final AtomicLongArray untold;

  /** All, the one that was silent for longest first. Guarded by {@link #valued}. */
  private final LinkedHashSet<Topic> bySilence = new LinkedHashSet<>();

  /** Those that have a value, in the same order, with its size. Guarded by itself. */
  private final LinkedHashMap<Topic, Long> valued = new LinkedHashMap<>();

  private final LongAdder samples = new LongAdder();
  private final LongAdder sampleBytes = new LongAdder();
  private final LongAdder undelivered = new LongAdder();
  private final LongAdder refused = new LongAdder();
  private final LongAdder lost = new LongAdder();
  private final AtomicLong forgotten = new AtomicLong();
  private final AtomicLong changes = new AtomicLong();
  private final AtomicLong aheadCount = new AtomicLong();
  private long valueByteSize;

  /** Of all topics. Guarded by {@link #valued}. */
  private long textByteSize;

  private volatile boolean closed;

  private Topics(
      List<KeyExpr> readable,
      int maxTopicCount,
      long maxTextByteSize,
      long maxValueByteSize,
      LoanPool small,
      LentBudget lent) {
    this.maxTextByteSize = maxTextByteSize;
    this.small = small;
    this.lent = lent;
    this.readable = readable.stream().map(KeyPattern::of).toList();
    this.maxTopicCount = maxTopicCount;
    this.maxValueByteSize = maxValueByteSize;
    this.untold = new AtomicLongArray(readable.size());
    for (int i = 0; i < readable.size(); i++) {
      untold.set(i, Long.MAX_VALUE);
    }
  }

  TopicSlots slots() {
    return slots;
  }

  /**
   * Returns whether a topic's sample that is stored, or an earlier one, may still be told to a
   * listener of a client.
   *
   * @param told up to which of the topic's samples it was told
   */
  boolean mayBeToldLater(Topic topic, KeptSample sample, long told, InetAddress client) {
    for (int i = 0; i < untold.length(); i++) {
      if (sample.id() >= untold.get(i)) {
        return true;
      }
    }
    ClientLine line = subscriptions.lineOf(client); // Which it may have come to meanwhile.
    return line != null && line.mayTell(topic, told);
  }

  /** Returns whether one more stream may send one more topic's sample out of its turn. */
  boolean hasRoomAhead() {
    return aheadCount.get() < MAX_AHEAD_COUNT;
  }

  /** Counts those that were sent and are to be told still. */
  void addAhead(long count) {
    aheadCount.addAndGet(count);
  }

  long aheadCount() {
    return aheadCount.get();
  }

  /** Tells a client's streams what they could not be told of for lack of a thread. */
  void retry(InetAddress client) {
    telling.revive();
    ClientLine line = subscriptions.lineOf(client);
    if (line != null) {
      line.retry();
    }
  }

  /** Returns whether samples are told in the order of their ids, as those of one subscriber are. */
  boolean tellsInOrder() {
    return untold.length() == 1;
  }

  /** Returns whether a sample that came before this one may still be told, but for its line. */
  boolean mayTellOlder(long id) {
    for (int i = 0; i < untold.length(); i++) {
      if (untold.get(i) < id) {
        return true;
      }
    }
    return false;
  }

  /** Returns whether a sample that waits in a client's line came before this one. */
  boolean mayTellOlder(long id, InetAddress client) {
    ClientLine line = subscriptions.lineOf(client);
    return line != null && line.mayTellOlder(id);
  }

  /**
   * Subscribes to {@code readable}.
   *
   * @param small where small payloads are kept
   * @param lent what clients may hold
   */
  static Topics open(
      Session session,
      List<KeyExpr> readable,
      int maxTopicCount,
      long maxValueByteSize,
      LoanPool small,
      LentBudget lent)
      throws ZenohException {
    return open(session, Optional.empty(), readable, maxTopicCount, maxValueByteSize, small, lent);
  }

  /** The same by lanes, if they are given; else by Zenoh. */
  static Topics open(
      Session session,
      Optional<SampleFeed.Opening> lanes,
      List<KeyExpr> readable,
      int maxTopicCount,
      long maxValueByteSize,
      LoanPool small,
      LentBudget lent)
      throws ZenohException {
    Topics topics =
        new Topics(readable, maxTopicCount, MAX_TEXT_BYTE_SIZE, maxValueByteSize, small, lent);
    topics.subscribe(session, lanes);
    return topics;
  }

  /**
   * The same with a limit to texts.
   *
   * @param maxTextByteSize how many bytes the keys, encodings and attachments of all topics may
   *     take together
   */
  static Topics open(
      Session session,
      List<KeyExpr> readable,
      int maxTopicCount,
      long maxTextByteSize,
      long maxValueByteSize,
      LoanPool small,
      LentBudget lent)
      throws ZenohException {
    Topics topics =
        new Topics(readable, maxTopicCount, maxTextByteSize, maxValueByteSize, small, lent);
    topics.subscribe(session, Optional.empty());
    return topics;
  }

  private void subscribe(Session session, Optional<SampleFeed.Opening> by) throws ZenohException {
    SubscriberOptions options = SubscriberOptions.defaults().backlog(Backlog.last(BACKLOG));
    boolean opened = false;
    try {
      for (int i = 0; i < readable.size(); i++) {
        int index = i;
        KeyExpr keys = readable.get(i).keyExpr();
        if (by.isPresent()) {
          lanes.add(
              LaneReception.start(by.get().open(keys, options), sample -> receive(index, sample)));
        } else {
          subscribers.add(
              session.declareSubscriber(keys, options, sample -> receive(index, sample)));
        }
      }
      opened = true;
    } finally {
      if (!opened) {
        close();
      }
    }
  }

  /** A sample that several of the readable expressions include comes once for each of them. */
  private boolean isDouble(int index, KeyExpr key) {
    for (int i = 0; i < index; i++) {
      if (readable.get(i).includes(key)) {
        return true;
      }
    }
    return false;
  }

  private void receive(int index, ReceivedSample sample) {
    Instant received = Instant.now();
    KeyExpr keyExpr = sample.keyExpr();
    if (isTooLong(keyExpr.toString())) {
      refused.increment();
      return;
    }
    if (closed || (index > 0 && isDouble(index, keyExpr))) {
      return;
    }
    Topic topic = topics.computeIfAbsent(keyExpr.toString(), _ -> slots.newTopic(keyExpr));
    Metadata metadata = Metadata.of(sample, keyExpr.toString(), topic.nextSequence(), received);
    if (topic.figures().record(metadata)) {
      changes.incrementAndGet();
    }
    samples.increment();
    sampleBytes.add(metadata.payloadByteSize());
    untold.set(index, KeptSample.newestId() + 1);
    try {
      // Stored first: a stream that begins now finds it, or is told.
      tell(topic, metadata, keepAndStore(topic, sample, metadata));
    } finally {
      untold.set(index, Long.MAX_VALUE);
    }
  }

  private void tell(Topic topic, Metadata metadata, Optional<KeptSample> kept) {
    try {
      long id = kept.map(KeptSample::id).orElseGet(KeptSample::newestId);
      for (Subscriptions.Match each : subscriptions.matchesOf(topic)) {
        each.line().tell(topic, id, metadata.sequence(), kept, each.groups());
      }
    } finally {
      kept.ifPresent(KeptSample::release);
    }
  }

  private static void end(TopicListener listener) {
    try {
      listener.onEnd();
    } catch (RuntimeException | Error e) {
      LOG.log(System.Logger.Level.WARNING, "end of a client's stream", e);
    }
  }

  private static boolean isTooLong(String key) {
    return key.length() > 2 * MAX_CHUNK_COUNT
        && key.chars().filter(c -> c == '/').count() >= MAX_CHUNK_COUNT;
  }

  /** Makes the sample its topic's newest; empty if it could not be kept. */
  private Optional<KeptSample> keepAndStore(Topic topic, ReceivedSample sample, Metadata metadata) {
    boolean storable = metadata.payloadByteSize() <= maxValueByteSize;
    Optional<KeptSample> kept = keep(topic, sample, metadata);
    KeptSample before;
    synchronized (topic) { // Nobody is lent the newest sample meanwhile.
      if (kept.isPresent() && kept.get().isPublishersLoan() && topic.lentLoans().get() > 0) {
        kept.get().release(); // The one before was lent just now: no second loan.
        kept = keep(topic, sample, metadata);
      }
      if (storable) {
        kept.ifPresent(KeptSample::acquire);
      }
      before = topic.replaceNewest(storable ? kept.orElse(null) : null);
    }
    if (before != null) {
      before.release();
    }
    if (kept.isEmpty()) {
      lost.increment();
    }
    account(topic, topic.keyByteSize() + metadata.textByteSize(), kept.orElse(null));
    return kept;
  }

  private Optional<KeptSample> keep(Topic topic, ReceivedSample sample, Metadata metadata) {
    return KeptSample.keep(sample, metadata, small, lent, topic.lentLoans());
  }

  /** Counts a topic's new sample, and lets go of older ones beyond the limits. */
  private void account(Topic topic, long texts, @Nullable KeptSample sample) {
    List<KeptSample> ended = new ArrayList<>(1);
    synchronized (valued) {
      Long before = valued.remove(topic);
      valueByteSize -= before == null ? 0 : before;
      if (closed || !topic.equals(topics.get(topic.key()))) {
        take(topic, ended);
      } else {
        bySilence.remove(topic);
        bySilence.add(topic);
        textByteSize += texts - topic.replaceTextByteSize(texts);
        if (sample != null && topic.isNewest(sample)) {
          long byteSize = sample.heldByteSize();
          valued.put(topic, byteSize);
          valueByteSize += byteSize;
        }
        letGoBeyondLimits(ended);
      }
    }
    ended.forEach(KeptSample::release);
  }

  private void letGoBeyondLimits(List<KeptSample> ended) {
    while (valueByteSize > maxValueByteSize) {
      take(valued.firstEntry().getKey(), ended);
    }
    while (bySilence.size() > maxTopicCount
        || (textByteSize > maxTextByteSize && bySilence.size() > 1)) {
      Topic silent = bySilence.removeFirst();
      textByteSize -= silent.replaceTextByteSize(0);
      topics.remove(silent.key());
      slots.remove(silent);
      forgotten.incrementAndGet();
      changes.incrementAndGet();
      take(silent, ended);
    }
  }

  private void dropValue(Topic topic) {
    List<KeptSample> ended = new ArrayList<>(1);
    synchronized (valued) {
      take(topic, ended);
    }
    ended.forEach(KeptSample::release);
  }

  private void take(Topic topic, List<KeptSample> ended) {
    Long byteSize = valued.remove(topic);
    if (byteSize != null) {
      valueByteSize -= byteSize;
    }
    KeptSample before = topic.replaceNewest(null);
    if (before != null) {
      ended.add(before);
    }
  }

  /** The topic of a key, if a sample of it came. */
  Optional<Topic> find(KeyExpr key) {
    return Optional.ofNullable(topics.get(key.toString()));
  }

  /** The topics of a key expression; takes a while where it is wild. */
  Collection<Topic> matching(KeyExpr keyExpr) {
    if (!keyExpr.isWild()) {
      return find(keyExpr).map(List::of).orElse(List.of());
    }
    KeyPattern pattern = KeyPattern.of(keyExpr);
    return topics.values().stream().filter(each -> pattern.includes(each.keyExpr())).toList();
  }

  /** {@link LentBudget#hasCount}. */
  boolean mayLend(InetAddress client) {
    return lent.hasCount(client);
  }

  /** Tells a listener of each sample of a key expression from here on. */
  void add(KeyExpr keyExpr, TopicListener listener) {
    subscriptions.add(keyExpr, listener);
    if (closed) {
      listener.onEnd();
    }
  }

  void remove(TopicListener listener) {
    subscriptions.remove(listener);
  }

  /** Counts samples that a stream did not get. */
  void recordDropped(Topic topic, long count) {
    undelivered.add(count);
    topic.figures().recordDropped(count);
  }

  /** All topics, by key in their order. */
  Collection<Topic> all() {
    return new TreeMap<>(topics).values();
  }

  int topicCount() {
    return topics.size();
  }

  int listenerCount() {
    return subscriptions.count();
  }

  /** Notes that something else became known of topics. */
  void noteChange() {
    changes.incrementAndGet();
  }

  /** Counts up whenever a topic comes, goes, has another encoding, or its type becomes known. */
  long changeCount() {
    return changes.get();
  }

  /** Returns how many topics were forgotten as there were too many. */
  long forgottenCount() {
    return forgotten.get();
  }

  long valueByteSize() {
    synchronized (valued) {
      return valueByteSize;
    }
  }

  /** Adds what it counts to the metrics. */
  void addTo(Metrics metrics) {
    metrics.counter("segue_samples_total", "Samples received from Zenoh.", samples::sum);
    metrics.counter("segue_sample_bytes_total", "Bytes of their payloads.", sampleBytes::sum);
    metrics.counter(
        "segue_samples_missed_total",
        "Samples that this process was too slow to take from Zenoh.",
        this::droppedCount);
    metrics.counter(
        "segue_stream_dropped_total",
        "Samples that streams did not get, as their clients were slow.",
        undelivered::sum);
    metrics.counter(
        "segue_samples_refused_total",
        "Samples of keys with more chunks than the core can compare.",
        refused::sum);
    metrics.counter(
        "segue_samples_lost_total",
        "Samples that had to be copied, as clients lag, when there was no memory for it.",
        lost::sum);
    metrics.counter(
        "segue_lends_refused_total",
        "Samples that clients did not get, as they held as much as they may.",
        lent::refusedCount);
    metrics.gauge("segue_lent_bytes", "Bytes of samples that clients hold.", lent::lentByteSize);
    metrics.gauge(
        "segue_lagging_copy_bytes",
        "Bytes of copies that were made as clients lag.",
        lent::copiedByteSize);
    metrics.counter(
        "segue_topics_forgotten_total",
        "Topics that were forgotten, as there were too many.",
        forgotten::get);
    metrics.gauge("segue_topics", "Topics that are remembered.", topics::size);
    metrics.gauge(
        "segue_value_bytes", "Memory of the newest values that are kept.", this::valueByteSize);
  }

  /** Samples that this process was too slow for. */
  long droppedCount() {
    return subscribers.stream()
            .filter(subscriber -> !subscriber.isClosed())
            .mapToLong(subscriber -> subscriber.counts().dropped())
            .sum()
        + lanes.stream().mapToLong(LaneReception::missedCount).sum();
  }

  @Override
  public void close() {
    closed = true;
    subscribers.forEach(Subscriber::close);
    lanes.forEach(LaneReception::close);
    subscriptions.all().forEach(Topics::end);
    subscriptions.clear();
    telling.close();
    topics.values().forEach(this::dropValue);
  }
}
