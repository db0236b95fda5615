package dev.segue.recording;

import dev.segue.bytes.OffHeapPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Nanos;
import dev.segue.mcap.McapChannel;
import dev.segue.mcap.McapSchema;
import dev.segue.mcap.McapSummary;
import dev.segue.objectstore.ObjectBytes;
import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.ObjectReader;
import dev.segue.objectstore.ObjectStore;
import dev.segue.zenoh.CongestionControl;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Publisher;
import dev.segue.zenoh.PublisherOptions;
import dev.segue.zenoh.PutOptions;
import dev.segue.zenoh.Qos;
import dev.segue.zenoh.SampleKind;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.ZenohException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * Publishes a recording again, at its own pace or another.
 *
 * <p>Any MCAP file can be played, if its topics are keys; a leading slash, as ROS writes it, is
 * left out. Keys, encodings, attachments, sequence numbers, priorities, express and reliability are
 * those that were recorded; a put blocks instead of dropping, so that nothing is lost on the way.
 * The player appears as the publisher.
 *
 * <p>Payloads of {@value #LARGE_BYTE_SIZE} B and more are read straight into loans and published as
 * they are.
 *
 * <p>Owner: the caller. Lifetime: until {@link #close()}. Threads: one at a time; {@link #counts()}
 * any.
 */
public final class Player implements AutoCloseable {
  static final long LARGE_BYTE_SIZE = ObjectInput.LARGE;

  /** More than the indexes of any file that a recorder of this module writes. */
  private static final long LARGEST_SUMMARY = 1L << 30;

  private static final long SMALLEST_POOL = 4096;

  /** Of keys without a channel, of which a recording may have any number. */
  private static final int UNNAMED_LIMIT = 4096;

  private final Session session;
  private final ObjectStore store;
  private final String key;
  private final PlayerOptions options;
  private final Map<SampleChannel, Topic> topics = new HashMap<>();

  /** Those of keys that share a channel, the one that was published last at the end. */
  private final Map<SampleChannel, Topic> unnamed = new LinkedHashMap<>(16, 0.75f, true);

  /** The time that keys first met while playing may still wait for subscribers, together. */
  private long waitNanos;

  private final ObjectInfo version;
  private final Optional<McapSummary> summary;
  private volatile Counts counts = new Counts(0, 0, 0);

  /**
   * The counts of what was published so far.
   *
   * @param loanedByteSize the part of the payloads that was read straight into loans
   */
  public record Counts(long messageCount, long payloadByteSize, long loanedByteSize) {}

  private record Topic(SampleChannel channel, Publisher publisher) {}

  private Player(
      Session session,
      ObjectStore store,
      String key,
      PlayerOptions options,
      ObjectInfo version,
      Optional<McapSummary> summary) {
    this.session = session;
    this.store = store;
    this.key = key;
    this.options = options;
    this.version = version;
    this.summary = summary;
  }

  /**
   * Opens a recording and reads its summary, if it has one.
   *
   * @throws IOException if it doesn't exist, or isn't a recording
   */
  public static Player open(Session session, ObjectStore store, String key, PlayerOptions options)
      throws IOException {
    try (ObjectReader reader = store.read(key)) {
      return new Player(session, store, key, options, reader.info(), summaryOf(reader, key));
    }
  }

  /**
   * Reads a recording's summary, if it has one.
   *
   * @throws IOException if it is not there, or its summary is damaged
   */
  public static Optional<McapSummary> readSummary(ObjectStore store, String key)
      throws IOException {
    try (ObjectReader reader = store.read(key)) {
      return summaryOf(reader, key);
    }
  }

  /** The summary of an object, if it has one. */
  static Optional<McapSummary> summaryOf(ObjectReader reader, String key) throws IOException {
    long end = reader.info().byteSize();
    long tail = Math.min(end, McapSummary.END_BYTE_SIZE);
    if (tail == 0) {
      return Optional.empty();
    }
    OptionalLong from;
    try (OffHeapPool pool = new OffHeapPool(SMALLEST_POOL);
        ObjectBytes bytes = reader.range(end - tail, tail, pool)) {
      from = McapSummary.byteOffset(bytes.bytes());
    }
    long byteSize = end - from.orElse(end);
    if (byteSize <= 0) {
      return Optional.empty();
    }
    if (byteSize > LARGEST_SUMMARY) {
      throw new IOException(
          "summary of " + key + ": byteSize=" + byteSize + ", at most " + LARGEST_SUMMARY);
    }
    try (OffHeapPool pool = new OffHeapPool(Math.max(byteSize, SMALLEST_POOL));
        ObjectBytes bytes = reader.range(from.orElseThrow(), byteSize, pool)) {
      return Optional.of(McapSummary.of(bytes.bytes()));
    }
  }

  /** Returns the recording's summary; empty for one without an end. */
  public Optional<McapSummary> summary() {
    return summary;
  }

  /**
   * The topics that the summary names and that are played, with their schemas; more may come, and
   * all of a recording without an end do.
   *
   * @throws IOException if the recording is not right, or a topic can't be published under its name
   */
  public List<PlayedTopic> topics() throws IOException {
    if (summary.isEmpty()) {
      return List.of();
    }
    List<PlayedTopic> all = new ArrayList<>();
    for (McapChannel channel : summary.get().channels()) {
      if (isNamed(channel)) {
        SampleChannel recorded = SampleChannel.of(channel);
        McapSchema schema = summary.get().schemas().get(channel.schemaId());
        all.add(
            new PlayedTopic(
                keyExpr(recorded),
                recorded.encoding(),
                schema == null
                    ? Optional.empty()
                    : Optional.of(
                        new RecordedSchema(schema.name(), schema.encoding(), schema.data()))));
      }
    }
    return List.copyOf(all);
  }

  /** Returns whether a channel is of one topic alone, and played. */
  private boolean isNamed(McapChannel channel) {
    return options.part().mayHave(channel) && !channel.topic().equals(SampleChannel.SHARED_TOPIC);
  }

  /**
   * Publishes the recording from its beginning to its end.
   *
   * @return where the recording stops being whole because its recorder was killed; empty for a
   *     whole one
   * @throws IOException if the store fails, or the recording is not right
   * @throws ZenohException if a message can't be published
   * @throws InterruptedException if the thread is interrupted
   */
  public Optional<String> play() throws IOException, ZenohException, InterruptedException {
    try (ReadAhead messages =
        new ReadAhead(
            reader(),
            options.loans(),
            Extent.start(summary, options.part()),
            options.part()::mayHave)) {
      waitNanos = Nanos.of(options.matchTimeout());
      if (summary.isPresent()) {
        awaitSubscribers(summary.get().channels());
      }
      Pace pace = new Pace(options.rate(), options.longestGap());
      long lastNanos = Extent.lastNanos(summary, options.part());
      for (var next = messages.next(); next.isPresent(); next = messages.next()) {
        try (Recorded recorded = next.get()) {
          long time = recorded.message().logTimeNanos();
          if (options.part().has(time)) {
            play(recorded, pace);
          } else if (time > lastNanos) {
            return Optional.empty();
          }
        }
      }
      return messages.truncation();
    }
  }

  /** Opens the version that the summary is of: what it says holds for no other. */
  private ObjectReader reader() throws IOException {
    ObjectReader reader = store.read(key);
    ObjectInfo now = reader.info();
    if (!now.isSameVersion(version)) {
      reader.close();
      throw new IOException("replay of " + key + ": it was replaced since its summary was read");
    }
    return reader;
  }

  private void play(Recorded recorded, Pace pace)
      throws IOException, ZenohException, InterruptedException {
    if (!options.part().has(recorded.message().channel(), recorded.extra())) {
      return;
    }
    Topic topic = topic(recorded.message().channel(), recorded.extra());
    pace.await(recorded.message().logTimeNanos());
    publish(topic, recorded);
  }

  private void awaitSubscribers(List<McapChannel> channels)
      throws IOException, ZenohException, InterruptedException {
    List<Topic> all = new ArrayList<>();
    for (McapChannel channel : channels) {
      if (isNamed(channel)) {
        all.add(topicOf(SampleChannel.of(channel), topics));
      }
    }
    long deadline = Nanos.deadline(options.matchTimeout());
    for (Topic topic : all) {
      awaitSubscriber(topic, deadline - System.nanoTime());
    }
  }

  private static void awaitSubscriber(Topic topic, long nanos)
      throws ZenohException, InterruptedException {
    topic.publisher().awaitMatchingSubscribers(Duration.ofNanos(Math.max(0, nanos)));
  }

  /** The topic of a message; waits for its first subscriber if nobody knew that it would come. */
  private Topic topic(McapChannel channel, SampleRecord extra)
      throws IOException, ZenohException, InterruptedException {
    boolean isUnnamed = extra.channel().isPresent();
    SampleChannel recorded = isUnnamed ? extra.channel().get() : SampleChannel.of(channel);
    Map<SampleChannel, Topic> among = isUnnamed ? unnamed : topics;
    boolean isNew = !among.containsKey(recorded);
    Topic topic = topicOf(recorded, among);
    if (isNew) {
      long start = System.nanoTime();
      awaitSubscriber(topic, waitNanos);
      waitNanos -= System.nanoTime() - start;
    }
    if (unnamed.size() > UNNAMED_LIMIT) {
      var oldest = unnamed.values().iterator();
      oldest.next().publisher().close();
      oldest.remove();
    }
    return topic;
  }

  private Topic topicOf(SampleChannel recorded, Map<SampleChannel, Topic> among)
      throws IOException, ZenohException {
    Topic known = among.get(recorded);
    if (known == null) {
      Qos qos =
          Qos.defaults()
              .congestionControl(CongestionControl.BLOCK)
              .priority(recorded.priority())
              .express(recorded.express())
              .reliability(recorded.reliability());
      PublisherOptions publishing =
          PublisherOptions.defaults().encoding(recorded.encoding()).qos(qos);
      known = new Topic(recorded, session.declarePublisher(keyExpr(recorded), publishing));
      among.put(recorded, known);
    }
    return known;
  }

  private KeyExpr keyExpr(SampleChannel channel) throws IOException {
    String named = options.remap().apply(channel.key());
    String plain = named.startsWith("/") ? named.substring(1) : named;
    String prefix = options.keyPrefix();
    try {
      KeyExpr key = KeyExpr.of(prefix.isEmpty() ? plain : prefix + "/" + plain);
      if (key.isWild()) {
        throw new IOException(
            "replay of topic="
                + channel.key()
                + ": its messages would go to all keys that match key="
                + key
                + "; leave it out, or give it another name");
      }
      return key;
    } catch (IllegalArgumentException e) {
      throw new IOException("replay of topic=" + channel.key() + ": " + e.getMessage(), e);
    }
  }

  /** The keys that nobody subscribes to now; of those that share a channel, the last 4,096. */
  public List<KeyExpr> unmatched() throws ZenohException {
    List<KeyExpr> keys = new ArrayList<>();
    List<Topic> all = new ArrayList<>(topics.values());
    all.addAll(unnamed.values());
    for (Topic topic : all) {
      if (!topic.publisher().hasMatchingSubscribers()) {
        keys.add(topic.publisher().keyExpr());
      }
    }
    return keys;
  }

  private void publish(Topic topic, Recorded recorded) throws ZenohException {
    SegmentedBytes payload = recorded.message().data();
    SampleRecord extra = recorded.extra();
    Publisher publisher = topic.publisher();
    if (topic.channel().kind() == SampleKind.DELETE) {
      publisher.delete(putOptions(extra));
    } else if (extra.isEmpty()) {
      publisher.put(payload);
    } else {
      publisher.put(payload, putOptions(extra));
    }
    boolean loaned = options.loans() != null && payload.byteSize() >= LARGE_BYTE_SIZE;
    counts =
        new Counts(
            counts.messageCount + 1,
            counts.payloadByteSize + payload.byteSize(),
            counts.loanedByteSize + (loaned ? payload.byteSize() : 0));
  }

  private PutOptions putOptions(SampleRecord extra) {
    return new PutOptions(
        null,
        extra.attachment().orElse(null),
        options.originalTimestamps() ? extra.timestamp().orElse(null) : null,
        extra.sourceInfo().isPresent()
            ? OptionalInt.of(extra.sourceInfo().get().sequenceNumber())
            : OptionalInt.empty());
  }

  /** Returns what was published so far. */
  public Counts counts() {
    return counts;
  }

  /** Ends its publishers. Idempotent. */
  @Override
  public void close() {
    topics.values().forEach(topic -> topic.publisher().close());
    topics.clear();
    unnamed.values().forEach(topic -> topic.publisher().close());
    unnamed.clear();
  }
}
