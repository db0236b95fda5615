package dev.segue.recording;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.mcap.McapStatistics;
import dev.segue.mcap.McapSummary;
import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.ObjectReader;
import dev.segue.objectstore.ObjectStore;
import dev.segue.zenoh.Encoding;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.PutOptions;
import dev.segue.zenoh.Query;
import dev.segue.zenoh.Queryable;
import dev.segue.zenoh.QueryableOptions;
import dev.segue.zenoh.SampleKind;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.Timestamp;
import dev.segue.zenoh.ZenohException;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/**
 * Answers queries from recordings, so that the past of a topic can be queried like its present:
 * {@code robot/camera?_time=[now(-1h)..]}.
 *
 * <p>With the parameter {@code _time}, as in Zenoh's storages, each sample recorded in that time
 * range is a reply, ordered by the recordings' names and within one recording as recorded. Without
 * it, the newest sample of each key is the reply, unless that is a delete: the last one in the
 * recording that ended last among those with the key. A reply carries the sample's timestamp, or,
 * if it has none, the time it was recorded with this session's id.
 *
 * <p>A recording that can't be read gives an error reply, and the others follow; so does closing
 * this storage before the end of an answer. A client can't detect that this process was killed: see
 * {@link dev.segue.zenoh.Replies.State#FINISHED}.
 *
 * <p>Memory: the names of up to 100,000 recordings with the times of their ends; for each query in
 * progress, the index of a recording, windows of 4 MiB, and messages of 32 MiB or one that is
 * larger, however long the recordings are. A slow client makes reading wait.
 *
 * <p>Owner: the caller. Lifetime: until {@link #close()}; the store and the session stay open.
 * Threads: any.
 */
public final class RecordingStorage implements AutoCloseable {
  private static final Duration SLICE = Duration.ofMillis(100);
  private static final long READ_AHEAD_BYTE_SIZE = 32L << 20;
  private static final int ASKED_LIMIT = 100_000;
  private static final int END_LIMIT = 100_000;
  private static final String RECORDINGS = ".mcap";
  private static final System.Logger LOG = System.getLogger("dev.segue.recording");

  private final KeyExpr keyExpr;
  private final Session session;
  private final ObjectStore store;
  private final String key;
  private final StorageOptions options;
  private final Queryable queryable;
  private final List<Thread> threads = new ArrayList<>();

  /** When recordings end, by their names, so that not each question reads all of their ends. */
  private final Map<String, End> ends = new ConcurrentHashMap<>();

  private final AtomicLong queryCount = new AtomicLong();
  private final AtomicLong replyCount = new AtomicLong();
  private final AtomicLong payloadByteSize = new AtomicLong();
  private final AtomicLong errorCount = new AtomicLong();
  private volatile boolean closed;

  /**
   * The counts of what it did so far.
   *
   * @param queryCount queries that were answered, or are
   * @param replyCount samples of recordings
   * @param payloadByteSize of these
   * @param errorCount replies that are errors
   */
  public record Counts(long queryCount, long replyCount, long payloadByteSize, long errorCount) {}

  private RecordingStorage(
      Session session, KeyExpr keyExpr, ObjectStore store, String key, StorageOptions options)
      throws ZenohException {
    this.session = session;
    this.keyExpr = keyExpr;
    this.store = store;
    this.key = key;
    this.options = options;
    this.queryable = session.declareQueryable(keyExpr, QueryableOptions.defaults());
    for (int i = 0; i < options.jobs(); i++) {
      threads.add(Thread.ofPlatform().daemon().name("segue-storage-" + i).start(this::serve));
    }
  }

  /**
   * Begins to answer.
   *
   * @param keyExpr what it answers for
   * @param key a recording; or, with a slash at its end or empty, all below it whose names end with
   *     {@code .mcap}, those that come later as well
   */
  public static RecordingStorage open(
      Session session, KeyExpr keyExpr, ObjectStore store, String key, StorageOptions options)
      throws ZenohException {
    return new RecordingStorage(session, keyExpr, store, key, options);
  }

  private void serve() {
    while (!closed) {
      try (Query query = queryable.receive(SLICE).orElse(null)) {
        if (query != null) {
          queryCount.incrementAndGet();
          answer(query);
        }
      } catch (InterruptedException _) {
        return; // closed
      } catch (RuntimeException | Error e) {
        // Nobody else would answer the next one; and what ends one answer need not end that.
        if (!closed) {
          LOG.log(System.Logger.Level.WARNING, "answering for " + keyExpr + ": " + e, e);
        }
      }
    }
  }

  private void answer(Query query) throws InterruptedException {
    try {
      Optional<TimeRange> time = TimeRange.of(query.parameters(), Instant.now());
      Asked asked = new Asked(query);
      if (time.isEmpty()) {
        newest(asked);
      } else if (time.get().fromNanos() <= time.get().toNanos()) {
        RecordingPart part =
            RecordingPart.all()
                .topics(asked::has)
                .between(time.get().fromNanos(), time.get().toNanos());
        try (Stream<ObjectInfo> recordings = recordings()) {
          for (var each = recordings.iterator(); each.hasNext(); ) {
            all(asked, each.next(), part);
          }
        }
      }
    } catch (ZenohException _) {
      return; // nobody is there any more who could be told
    } catch (InterruptedException e) {
      fail(query, "the storage was closed before the end of this answer");
      throw e;
    } catch (IOException | RuntimeException e) {
      fail(query, String.valueOf(e.getMessage()));
    } catch (Error e) {
      fail(query, e.toString()); // Such as a lack of memory: the next answer may be smaller.
    }
  }

  private void fail(Query query, String why) {
    try {
      query.replyErr(SegmentedBytes.copyOfUtf8(why), Encoding.ZENOH_STRING);
      errorCount.incrementAndGet();
    } catch (ZenohException | IllegalStateException _) {
      // Nobody is there any more who could be told.
    }
  }

  private Stream<ObjectInfo> recordings() throws IOException {
    return key.isEmpty() || key.endsWith("/")
        ? store.objects(key).filter(object -> object.key().endsWith(RECORDINGS))
        : Stream.of(store.head(key));
  }

  /** The parts of one query. Threads: the one that answers it and those that read for it. */
  private final class Asked {
    private final Query query;
    private final Map<String, Boolean> known = new HashMap<>();

    Asked(Query query) {
      this.query = query;
    }

    synchronized boolean has(String topic) {
      if (known.size() >= ASKED_LIMIT) {
        known.clear();
      }
      return known.computeIfAbsent(topic, this::matches);
    }

    private boolean matches(String topic) {
      try {
        KeyExpr served = served(topic);
        return !served.isWild() && keyExpr.includes(served) && query.keyExpr().intersects(served);
      } catch (IllegalArgumentException _) {
        return false; // it is not a key
      }
    }
  }

  private KeyExpr served(String topic) {
    String plain = topic.startsWith("/") ? topic.substring(1) : topic;
    String prefix = options.keyPrefix();
    return KeyExpr.of(prefix.isEmpty() ? plain : prefix + "/" + plain);
  }

  private void all(Asked asked, ObjectInfo recording, RecordingPart part)
      throws ZenohException, InterruptedException {
    String name = recording.key();
    try (ObjectReader reader = store.read(name)) {
      Optional<McapSummary> summary = Player.summaryOf(reader, name);
      if (summary.isPresent() && !mayHave(summary.get(), part)) {
        return;
      }
      ReadAhead.Start start = Extent.start(summary, part);
      long last = Extent.lastNanos(summary, part);
      try (ReadAhead messages =
          new ReadAhead(reader, options.loans(), start, part::mayHave, READ_AHEAD_BYTE_SIZE)) {
        for (var next = messages.next(); next.isPresent(); next = messages.next()) {
          try (Recorded recorded = next.get()) {
            long time = recorded.message().logTimeNanos();
            if (part.has(time)) {
              if (part.has(recorded.message().channel(), recorded.extra())) {
                reply(asked.query, recorded);
              }
            } else if (time > last) {
              return;
            }
          }
        }
        if (messages.truncation().isPresent()) {
          fail(
              asked.query, name + ": what is whole of it came, but " + messages.truncation().get());
        }
      }
    } catch (IOException e) {
      complain(asked.query, name, e);
    }
  }

  /** An interrupt ends what reads, as a fault of its own. */
  private void complain(Query query, String name, IOException e) throws InterruptedException {
    checkOpen(name);
    fail(query, name + ": " + e.getMessage());
  }

  private void checkOpen(String name) throws InterruptedException {
    if (closed || Thread.interrupted()) {
      throw new InterruptedException(name);
    }
  }

  private static boolean mayHave(McapSummary summary, RecordingPart part) {
    boolean isInTime =
        summary
            .statistics()
            .map(
                known ->
                    known.messageCount() > 0
                        && known.messageStartTimeNanos() <= part.toNanos()
                        && known.messageEndTimeNanos() >= part.fromNanos())
            .orElse(true);
    return isInTime
        && (!Extent.namesItsChannels(summary)
            || summary.channels().stream().anyMatch(part::mayHave));
  }

  /**
   * When a recording has its last message.
   *
   * @param etag of the version that says so
   * @param nanos the largest number where it does not say
   */
  private record End(String name, String etag, long nanos) {}

  /** Looks from the last recording to the first; of one, into the last chunk that has a key. */
  private void newest(Asked asked) throws IOException, ZenohException, InterruptedException {
    Set<String> found = new HashSet<>();
    for (String recording : lastFirst()) {
      try {
        newest(asked, recording, found);
      } catch (IOException e) {
        complain(asked.query, recording, e);
      }
      if (!found.isEmpty() && !asked.query.keyExpr().isWild()) {
        return;
      }
    }
  }

  /**
   * The recordings, the one that ended last first. Their names do not say it: {@code drive.mcap} is
   * recorded before {@code drive-0001.mcap}, and a name that is free again is taken again.
   */
  private List<String> lastFirst() throws IOException, InterruptedException {
    List<ObjectInfo> recordings;
    try (Stream<ObjectInfo> listed = recordings()) {
      recordings = listed.toList();
    }
    if (recordings.size() == 1) {
      return List.of(recordings.getFirst().key());
    }
    List<End> all = new ArrayList<>();
    for (ObjectInfo recording : recordings.reversed()) {
      all.add(endOf(recording));
    }
    all.sort(Comparator.comparingLong(End::nanos).reversed());
    return all.stream().map(End::name).toList();
  }

  /**
   * Returns when a recording ends. One that does not say so may be the newest: it is looked into
   * first, and complains.
   */
  private End endOf(ObjectInfo recording) throws InterruptedException {
    String name = recording.key();
    End known = ends.get(name);
    if (known != null && known.etag().equals(recording.etag())) {
      return known;
    }
    long nanos;
    try (ObjectReader reader = store.read(name)) {
      nanos =
          Player.summaryOf(reader, name)
              .flatMap(McapSummary::statistics)
              .map(McapStatistics::messageEndTimeNanos)
              .orElse(Long.MAX_VALUE);
    } catch (IOException e) {
      checkOpen(name);
      return new End(name, recording.etag(), Long.MAX_VALUE);
    }
    End end = new End(name, recording.etag(), nanos);
    if (ends.size() >= END_LIMIT) {
      ends.clear();
    }
    ends.put(name, end);
    return end;
  }

  private void newest(Asked asked, String name, Set<String> found)
      throws IOException, ZenohException, InterruptedException {
    ObjectInfo version;
    Optional<McapSummary> summary;
    try (ObjectReader reader = store.read(name)) {
      version = reader.info();
      summary = Player.summaryOf(reader, name);
    }
    if (summary.isEmpty() || !LastChunks.isIndexed(summary.get())) {
      throw new IOException("it has no index of its chunks, so ask for a time: ?_time=[..]");
    }
    if (LastChunks.hasSharedChannel(summary.get())) {
      fail(
          asked.query,
          name
              + ": it has keys without a channel of their own, whose samples are found by time alone:"
              + " ask for ?_time=[..]");
    }
    LastChunks chunks =
        LastChunks.of(summary.get(), topic -> !found.contains(topic) && asked.has(topic));
    for (LastChunks.Chunk chunk : chunks.all()) {
      ObjectReader reader = store.read(name);
      if (!reader.info().isSameVersion(version)) {
        reader.close();
        throw new IOException("it was replaced since its summary was read");
      }
      newest(asked, reader, chunk);
      found.addAll(chunk.topics());
    }
  }

  private void newest(Asked asked, ObjectReader reader, LastChunks.Chunk chunk)
      throws IOException, ZenohException, InterruptedException {
    Map<String, Recorded> last = new HashMap<>();
    try (reader;
        ReadAhead messages =
            new ReadAhead(
                reader,
                chunk.endByteOffset(),
                options.loans(),
                chunk.start(),
                channel -> chunk.topics().contains(channel.topic()),
                READ_AHEAD_BYTE_SIZE)) {
      try {
        for (var next = messages.next(); next.isPresent(); next = messages.next()) {
          Recorded before = last.put(next.get().message().channel().topic(), next.get());
          if (before != null) {
            before.close();
          }
        }
        for (String topic : chunk.topics()) {
          if (!last.containsKey(topic)) {
            // An older sample would be the newest without a word.
            throw new IOException(
                "its index has a message of "
                    + topic
                    + " in a chunk that has none, so ask for a time: ?_time=[..]");
          }
        }
        for (Recorded recorded : last.values()) {
          if (SampleChannel.of(recorded.message().channel()).kind() == SampleKind.PUT) {
            reply(asked.query, recorded);
          }
        }
      } finally {
        last.values().forEach(Recorded::close);
      }
    }
  }

  private void reply(Query query, Recorded recorded)
      throws IOException, ZenohException, InterruptedException {
    if (closed) {
      throw new InterruptedException("answering for " + keyExpr);
    }
    SampleRecord extra = recorded.extra();
    SampleChannel channel =
        extra.channel().isPresent()
            ? extra.channel().get()
            : SampleChannel.of(recorded.message().channel());
    SegmentedBytes payload = recorded.message().data();
    Timestamp time =
        extra.timestamp().isPresent()
            ? extra.timestamp().get()
            : timestamp(recorded.message().logTimeNanos());
    PutOptions with =
        new PutOptions(
            channel.encoding(),
            extra.attachment().orElse(null),
            time,
            extra.sourceInfo().isPresent()
                ? OptionalInt.of(extra.sourceInfo().get().sequenceNumber())
                : OptionalInt.empty());
    KeyExpr served = served(channel.key());
    if (channel.kind() == SampleKind.DELETE) {
      query.replyDel(served, with);
    } else {
      query.reply(served, payload, with);
    }
    replyCount.incrementAndGet();
    payloadByteSize.addAndGet(payload.byteSize());
  }

  private Timestamp timestamp(long nanos) throws ZenohException {
    long seconds = Math.floorDiv(nanos, 1_000_000_000L);
    long fraction = (Math.floorMod(nanos, 1_000_000_000L) << 32) / 1_000_000_000L;
    return new Timestamp(seconds << 32 | fraction, session.zid());
  }

  /** Returns what it did so far. */
  public Counts counts() {
    return new Counts(queryCount.get(), replyCount.get(), payloadByteSize.get(), errorCount.get());
  }

  /**
   * Ends it: queries that wait, and those whose answers are not complete, end with an error.
   * Idempotent. An interrupt ends the wait, and stays.
   */
  @Override
  public void close() {
    closed = true;
    queryable.close();
    threads.forEach(Thread::interrupt);
    try {
      for (Thread thread : threads) {
        thread.join(Duration.ofSeconds(10));
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
