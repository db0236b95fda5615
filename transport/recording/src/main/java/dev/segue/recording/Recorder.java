package dev.segue.recording;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Lend;
import dev.segue.mcap.McapStatistics;
import dev.segue.mcap.McapWriter;
import dev.segue.objectstore.ObjectWriter;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Sample;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.Subscriber;
import dev.segue.zenoh.SubscriberOptions;
import dev.segue.zenoh.Timestamp;
import dev.segue.zenoh.ZenohException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.BackoffIdleStrategy;
import org.agrona.concurrent.IdleStrategy;
import org.jspecify.annotations.Nullable;

/**
 * Records what comes under a key expression into an object, as MCAP.
 *
 * <p>Payloads are not copied: each is held where it was received until the part of the object that
 * it is in is stored, so memory is bounded by the parts in flight and the backlog. When the store
 * is slower than the topic, the backlog fills and does what the options say; what it drops is
 * counted.
 *
 * <p>Two kinds of payload are copied all the same: those of a few bytes (see {@link McapWriter}),
 * and those that would wait for more than 250 ms until their part is full, since their publisher
 * may be short of the shared memory that they are in (ledger: {@code objectstore.releaseBorrowed}).
 *
 * <p>The object is visible after {@link #finish()}, or not at all: a recorder that is closed,
 * killed or fails before leaves nothing.
 *
 * <p>Owner: the caller; it owns the object's writer. Lifetime: until {@link #finish()} or {@link
 * #close()}. Threads: any.
 */
public final class Recorder implements AutoCloseable {
  private static final int POLL_LIMIT = 64;

  /** How long a part may take to become full before it gives the publishers' memory back. */
  private static final Duration LONGEST_HOLD = Duration.ofMillis(250);

  private final Subscriber subscriber;
  private final ObjectWriter object;
  private final McapWriter mcap;
  private final RecorderOptions options;
  private final Map<SampleChannel, Channel> channels = new HashMap<>();
  private final Thread thread;
  private volatile boolean stopping;
  private volatile @Nullable Throwable failure;
  private volatile Counts counts = new Counts(0, 0, 0, 0, 0);
  private boolean closed;

  /**
   * What was recorded so far.
   *
   * @param objectByteSize what the object has so far
   * @param droppedCount samples that the backlog had no room for
   * @param waitingCount samples that wait to be recorded
   */
  public record Counts(
      long messageCount,
      long payloadByteSize,
      long objectByteSize,
      long droppedCount,
      long waitingCount) {}

  private static final class Channel {
    private final int id;
    private long sequence;

    Channel(int id) {
      this.id = id;
    }
  }

  private Recorder(
      Subscriber subscriber, ObjectWriter object, McapWriter mcap, RecorderOptions options) {
    this.subscriber = subscriber;
    this.object = object;
    this.mcap = mcap;
    this.options = options;
    this.thread = Thread.ofPlatform().daemon().name("segue-recorder").unstarted(this::run);
  }

  /**
   * Begins to record.
   *
   * @param object taken over, also when this throws
   */
  public static Recorder start(
      Session session, KeyExpr keyExpr, ObjectWriter object, RecorderOptions options)
      throws IOException, ZenohException {
    McapWriter mcap = null;
    Recorder recorder = null;
    try {
      mcap = McapWriter.to(object, "", "segue");
      mcap.writeMetadata("zenoh", Map.of("key_expression", keyExpr.toString()));
      Subscriber subscriber =
          session.declareSubscriber(
              keyExpr, SubscriberOptions.defaults().backlog(options.backlog()));
      recorder = new Recorder(subscriber, object, mcap, options);
      recorder.thread.start();
      return recorder;
    } finally {
      if (recorder == null) {
        if (mcap != null) {
          mcap.close();
        }
        object.close();
      }
    }
  }

  private void run() {
    IdleStrategy idle = new BackoffIdleStrategy(10, 10, 1_000, 1_000_000);
    try {
      while (!stopping && !isAtLimit()) {
        idle.idle(poll(POLL_LIMIT));
        object.releaseBorrowed(LONGEST_HOLD);
      }
      for (long left = subscriber.counts().waiting(); left > 0 && !isAtLimit(); ) {
        int count = poll(left);
        left = count == 0 ? 0 : left - count;
      }
    } catch (UncheckedIOException e) {
      failure = e.getCause();
    } catch (IllegalStateException e) {
      // A session that is closed is the end of the topic; what was recorded is still good.
      failure = subscriber.isClosed() ? null : e;
    } catch (Throwable e) {
      failure = e;
    } finally {
      if (!subscriber.isClosed()) {
        countReceived();
        subscriber.close();
      }
    }
  }

  private boolean isAtLimit() {
    return counts.messageCount >= options.messageLimit();
  }

  private int poll(long atMost) {
    long limit =
        Math.min(Math.min(atMost, POLL_LIMIT), options.messageLimit() - counts.messageCount);
    int count = subscriber.poll(this::record, (int) limit);
    countReceived();
    return count;
  }

  private void countReceived() {
    Subscriber.Counts received = subscriber.counts();
    Counts before = counts;
    counts =
        new Counts(
            before.messageCount,
            before.payloadByteSize,
            before.objectByteSize,
            received.dropped(),
            received.waiting());
  }

  private void record(Sample sample) {
    try {
      Channel channel = channelOf(sample);
      long now = nanos(Instant.now());
      SampleRecord extra = SampleRecord.of(sample);
      long published = extra.timestamp().map(Timestamp::toInstant).map(Recorder::nanos).orElse(now);
      long byteSize = sample.payloadByteSize();
      if (isSmall(byteSize, extra)) {
        write(channel, now, published, extra, sample.payload());
      } else {
        keep(channel, now, published, sample);
      }
      Counts before = counts;
      counts =
          new Counts(
              before.messageCount + 1,
              before.payloadByteSize + byteSize,
              mcap.byteSize(),
              before.droppedCount,
              before.waitingCount);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Whether nothing of it is borrowed. */
  private static boolean isSmall(long byteSize, SampleRecord extra) {
    return byteSize <= McapWriter.COPIED_BYTE_SIZE
        && extra.attachment().map(SegmentedBytes::byteSize).orElse(0L)
            <= McapWriter.COPIED_BYTE_SIZE;
  }

  /** Records a sample that stays until what was borrowed of it is stored. */
  private void keep(Channel channel, long now, long published, Sample sample) throws IOException {
    Sample kept = sample.retain();
    SegmentedBytes payload = kept.payload();
    SampleRecord extra = SampleRecord.of(kept);
    SegmentedBytes attachment = extra.attachment().orElse(SegmentedBytes.empty());
    try {
      write(channel, now, published, extra, payload);
    } finally {
      Lend.whenReleased(payload, () -> Lend.whenReleased(attachment, kept::close));
    }
  }

  private void write(
      Channel channel, long now, long published, SampleRecord extra, SegmentedBytes payload)
      throws IOException {
    if (!extra.isEmpty()) {
      mcap.writePrivate(
          SampleRecord.OPCODE, extra.head(), extra.attachment().orElse(SegmentedBytes.empty()));
    }
    mcap.write(channel.id, channel.sequence++, now, published, payload);
  }

  private Channel channelOf(Sample sample) throws IOException {
    SampleChannel key = SampleChannel.of(sample);
    Channel known = channels.get(key);
    if (known == null) {
      known = new Channel(mcap.addChannel(0, key.key(), key.messageEncoding(), key.metadata()));
      channels.put(key, known);
    }
    return known;
  }

  private static long nanos(Instant time) {
    return time.getEpochSecond() * 1_000_000_000L + time.getNano();
  }

  /** What was recorded so far. */
  public Counts counts() {
    return counts;
  }

  /**
   * Waits until the recorder ends by itself: at its limit, as its session was closed, or as it
   * failed, which {@link #finish()} tells.
   *
   * @return whether it ended
   */
  public boolean awaitEnd(Duration timeout) throws InterruptedException {
    return thread.join(timeout);
  }

  /**
   * Records what waits, ends the recording and makes the object visible.
   *
   * @return what it holds
   * @throws IOException if the store failed, now or before; the object does not become visible
   * @throws IllegalStateException if the recorder is finished or closed
   */
  public synchronized McapStatistics finish() throws IOException {
    if (closed) {
      throw new IllegalStateException("finish of a recorder: it is finished or closed");
    }
    stopping = true;
    try (this) {
      thread.join();
      checkFailure();
      McapStatistics statistics = mcap.finish();
      var _ = object.finish();
      return statistics;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      InterruptedIOException interrupted =
          new InterruptedIOException("finish of a recording: interrupted, it is given up");
      interrupted.initCause(e);
      throw interrupted;
    }
  }

  private void checkFailure() throws IOException {
    switch (failure) {
      case null -> {}
      case IOException e -> throw e;
      case Error e -> throw e;
      case Throwable e -> throw new IOException("recording of " + subscriber + ": " + e, e);
    }
  }

  /** Ends it; without {@link #finish()} nothing is left of the object. Idempotent. */
  @Override
  public synchronized void close() throws IOException {
    if (closed) {
      return;
    }
    closed = true;
    stopping = true;
    boolean interrupted = false;
    while (thread.isAlive()) {
      thread.interrupt();
      try {
        boolean _ = thread.join(Duration.ofMillis(TimeUnit.SECONDS.toMillis(1)));
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    mcap.close();
    object.close();
  }
}
