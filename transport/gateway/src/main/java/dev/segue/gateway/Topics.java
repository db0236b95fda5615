package dev.segue.gateway;

import dev.segue.bytes.LoanPool;
import dev.segue.zenoh.Backlog;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Sample;
import dev.segue.zenoh.SampleKind;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.Subscriber;
import dev.segue.zenoh.SubscriberOptions;
import dev.segue.zenoh.ZenohException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/**
 * All that may be read of a Zenoh network: subscribes to it for as long as the gateway runs, keeps
 * the newest value of each key, and tells the streams.
 *
 * <p>Memory is bounded by the number of topics and by the bytes of their newest values; beyond
 * either, the topic that was silent for longest is forgotten, or its value.
 *
 * <p>Owner: the gateway. Lifetime: until {@link #close()}. Threads: any.
 */
final class Topics implements AutoCloseable {
  private static final int BACKLOG = 256;

  private final int maxTopicCount;
  private final long maxValueByteSize;
  private final List<KeyExpr> readable;
  private final LoanPool small;
  private final List<Subscriber> subscribers = new ArrayList<>();
  private final List<Listening> listening = new CopyOnWriteArrayList<>();
  private final ConcurrentHashMap<String, Topic> topics = new ConcurrentHashMap<>();

  /** All, the one that was silent for longest first. Guarded by {@link #valued}. */
  private final LinkedHashSet<Topic> bySilence = new LinkedHashSet<>();

  /** Those that have a value, in the same order, with its size. Guarded by itself. */
  private final LinkedHashMap<Topic, Long> valued = new LinkedHashMap<>();

  private final LongAdder samples = new LongAdder();
  private final LongAdder sampleBytes = new LongAdder();
  private final LongAdder undelivered = new LongAdder();
  private final AtomicLong forgotten = new AtomicLong();
  private long valueByteSize;
  private volatile boolean closed;

  private record Listening(KeyExpr keyExpr, TopicListener listener) {}

  private Topics(List<KeyExpr> readable, int maxTopicCount, long maxValueByteSize, LoanPool small) {
    this.small = small;
    this.readable = readable;
    this.maxTopicCount = maxTopicCount;
    this.maxValueByteSize = maxValueByteSize;
  }

  /**
   * Subscribes to {@code readable}.
   *
   * @param small where small payloads are kept
   */
  static Topics open(
      Session session,
      List<KeyExpr> readable,
      int maxTopicCount,
      long maxValueByteSize,
      LoanPool small)
      throws ZenohException {
    Topics topics = new Topics(readable, maxTopicCount, maxValueByteSize, small);
    boolean opened = false;
    try {
      for (int i = 0; i < readable.size(); i++) {
        int index = i;
        topics.subscribers.add(
            session.declareSubscriber(
                readable.get(i),
                SubscriberOptions.defaults().backlog(Backlog.last(BACKLOG)),
                sample -> topics.receive(index, sample)));
      }
      opened = true;
      return topics;
    } finally {
      if (!opened) {
        topics.close();
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

  private void receive(int index, Sample sample) {
    Instant received = Instant.now();
    KeyExpr keyExpr = sample.keyExpr();
    if (closed || (index > 0 && isDouble(index, keyExpr))) {
      return;
    }
    Topic topic = topicOf(keyExpr);
    Metadata metadata = Metadata.of(sample, keyExpr.toString(), topic.nextSequence(), received);
    topic.figures().record(metadata);
    samples.increment();
    sampleBytes.add(metadata.payloadByteSize());
    Value value = Value.keep(sample, metadata, small);
    try {
      for (TopicListener listener : topic.listeners()) {
        listener.onValue(value);
      }
      store(topic, value);
    } finally {
      value.release();
    }
  }

  private Topic topicOf(KeyExpr keyExpr) {
    String key = keyExpr.toString();
    Topic known = topics.get(key);
    if (known != null) {
      return known;
    }
    synchronized (listening) {
      Topic topic = topics.computeIfAbsent(key, Topic::new);
      topic.listeners(listenersOf(keyExpr));
      return topic;
    }
  }

  private List<TopicListener> listenersOf(KeyExpr key) {
    return listening.stream()
        .filter(each -> each.keyExpr.includes(key))
        .map(Listening::listener)
        .toList();
  }

  /** Keeps the value as the newest one of its topic, and lets go of older ones beyond the limit. */
  private void store(Topic topic, Value value) {
    long byteSize = value.metadata().payloadByteSize();
    boolean kept = value.metadata().kind() == SampleKind.PUT && byteSize <= maxValueByteSize;
    List<Value> ended = new ArrayList<>(1);
    synchronized (valued) {
      take(topic, ended);
      if (!closed && topics.get(topic.key()) == topic) {
        bySilence.remove(topic);
        bySilence.add(topic);
        if (kept) {
          value.acquire();
          Value _ = topic.replaceLatest(value);
          valued.put(topic, byteSize);
          valueByteSize += byteSize;
        }
        letGoBeyondLimits(ended);
      }
    }
    ended.forEach(Value::release);
  }

  private void letGoBeyondLimits(List<Value> ended) {
    while (valueByteSize > maxValueByteSize) {
      take(valued.firstEntry().getKey(), ended);
    }
    while (bySilence.size() > maxTopicCount) {
      Topic silent = bySilence.removeFirst();
      topics.remove(silent.key());
      forgotten.incrementAndGet();
      take(silent, ended);
    }
  }

  private void dropValue(Topic topic) {
    List<Value> ended = new ArrayList<>(1);
    synchronized (valued) {
      take(topic, ended);
    }
    ended.forEach(Value::release);
  }

  private void take(Topic topic, List<Value> ended) {
    Long byteSize = valued.remove(topic);
    if (byteSize != null) {
      valueByteSize -= byteSize;
    }
    Value before = topic.replaceLatest(null);
    if (before != null) {
      ended.add(before);
    }
  }

  /** The newest value of a key, acquired for the caller. */
  Optional<Value> acquireLatest(KeyExpr key) {
    Topic topic = topics.get(key.toString());
    return topic == null ? Optional.empty() : Optional.ofNullable(topic.acquireLatest());
  }

  /** Tells a listener of each sample of a key expression from here on. */
  void add(KeyExpr keyExpr, TopicListener listener) {
    synchronized (listening) {
      Listening added = new Listening(keyExpr, listener);
      listening.add(added);
      tell(added);
    }
    if (closed) {
      listener.onEnd();
    }
  }

  void remove(TopicListener listener) {
    synchronized (listening) {
      List<Listening> left =
          listening.stream().filter(each -> each.listener.equals(listener)).toList();
      listening.removeAll(left);
      for (Listening each : left) {
        for (Topic topic : topicsOf(each.keyExpr)) {
          topic.listeners(
              topic.listeners().stream().filter(other -> !other.equals(listener)).toList());
        }
      }
    }
  }

  private void tell(Listening added) {
    for (Topic topic : topicsOf(added.keyExpr)) {
      List<TopicListener> more = new ArrayList<>(topic.listeners());
      more.add(added.listener);
      topic.listeners(List.copyOf(more));
    }
  }

  private Collection<Topic> topicsOf(KeyExpr keyExpr) {
    if (!keyExpr.isWild()) {
      Topic topic = topics.get(keyExpr.toString());
      return topic == null ? List.of() : List.of(topic);
    }
    return topics.values().stream()
        .filter(topic -> keyExpr.includes(KeyExpr.of(topic.key())))
        .toList();
  }

  /** Counts a sample that a stream had no room for. */
  void recordDropped(String key) {
    undelivered.increment();
    Topic topic = topics.get(key);
    if (topic != null) {
      topic.figures().recordDropped();
    }
  }

  /** All topics, by key in their order. */
  Collection<Topic> all() {
    return new TreeMap<>(topics).values();
  }

  int topicCount() {
    return topics.size();
  }

  int listenerCount() {
    return listening.size();
  }

  /** How many topics were forgotten as there were too many. */
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
        "segue_topics_forgotten_total",
        "Topics that were forgotten, as there were too many.",
        forgotten::get);
    metrics.gauge("segue_topics", "Topics that are remembered.", topics::size);
    metrics.gauge(
        "segue_value_bytes", "Bytes of the newest values that are kept.", this::valueByteSize);
  }

  /** Samples that this process was too slow for. */
  long droppedCount() {
    return subscribers.stream()
        .filter(subscriber -> !subscriber.isClosed())
        .mapToLong(subscriber -> subscriber.counts().dropped())
        .sum();
  }

  @Override
  public void close() {
    closed = true;
    subscribers.forEach(Subscriber::close);
    listening.forEach(each -> each.listener.onEnd());
    listening.clear();
    topics.values().forEach(this::dropValue);
  }
}
