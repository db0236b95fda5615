package dev.segue.recording;

import dev.segue.mcap.McapStatistics;
import dev.segue.objectstore.ObjectWriter;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.ReceivedSample;
import dev.segue.zenoh.SampleFeed;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.SubscriberOptions;
import dev.segue.zenoh.ZenohException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.BackoffIdleStrategy;
import org.agrona.concurrent.IdleStrategy;
import org.jspecify.annotations.Nullable;

/**
 * Records the samples of a key expression as MCAP: through a {@link Spool}, which survives failures
 * of the store and of the process, or straight into one object.
 *
 * <p>Payloads are not copied in user space. With a spool each is written to its file at once, from
 * where it was received. Into an object each is held where it was received until the part of the
 * object that it is in is stored, so memory is bounded by the parts in flight and the backlog; two
 * kinds are copied all the same: small ones (see {@link dev.segue.mcap.McapWriter}), and those that
 * would wait for more than 250 ms until their part is full (ledger: {@code
 * objectstore.releaseBorrowed}).
 *
 * <p>When samples come faster than they can be written, the backlog fills up and behaves as the
 * options set it; what it drops is counted.
 *
 * <p>An object that is written straight is visible after {@link #finish()}, or not at all: a
 * recorder that is closed, killed, or fails before that leaves nothing. The contents of a spool
 * stay, however the recorder ends.
 *
 * <p>Owner: the caller; it owns the object's writer. Lifetime: until {@link #finish()} or {@link
 * #close()}. Threads: any.
 */
public final class Recorder implements AutoCloseable {
  private static final int POLL_LIMIT = 64;

  private final SampleFeed feed;
  private final Destination destination;
  private final Recording recording;
  private final RecorderOptions options;
  private final Thread thread;
  private volatile boolean stopping;
  private volatile @Nullable Throwable failure;
  private volatile @Nullable McapStatistics last;
  private volatile Counts counts = new Counts(0, 0, 0, 0, 0, 0, 0);
  private boolean closed;

  /**
   * The counts of what was recorded so far.
   *
   * @param objectByteSize the size of the files so far
   * @param droppedCount samples that the backlog had no room for
   * @param lostCount samples that the spool had no room for
   * @param waitingCount samples that wait to be recorded
   * @param fileCount files that were started
   */
  public record Counts(
      long messageCount,
      long payloadByteSize,
      long objectByteSize,
      long droppedCount,
      long lostCount,
      long waitingCount,
      int fileCount) {}

  private Recorder(
      SampleFeed feed,
      Destination destination,
      Recording recording,
      RecorderOptions options,
      ThreadFactory threads) {
    this.feed = feed;
    this.destination = destination;
    this.recording = recording;
    this.options = options;
    this.thread = threads.newThread(this::run);
    thread.setName("segue-recorder");
    thread.setDaemon(true);
  }

  /**
   * Begins to record into one object. It takes no rotation.
   *
   * @param object taken over, also when this throws
   */
  public static Recorder start(
      Session session, KeyExpr keyExpr, ObjectWriter object, RecorderOptions options)
      throws IOException, ZenohException {
    return start(session, keyExpr, new ObjectDestination(object), options);
  }

  /**
   * Begins to record into a spool.
   *
   * @param spool stays the caller's, to wait until all is stored; one recorder at a time
   */
  public static Recorder start(
      Session session, KeyExpr keyExpr, Spool spool, RecorderOptions options)
      throws IOException, ZenohException {
    return start(session, keyExpr, spool.destination(), options);
  }

  /**
   * Begins to record samples of any lane into a spool.
   *
   * @param lanes opened with the options' backlog; what it opens is the recorder's
   * @param spool stays the caller's, to wait until all is stored; one recorder at a time
   */
  public static Recorder start(
      SampleFeed.Opening lanes, KeyExpr keyExpr, Spool spool, RecorderOptions options)
      throws IOException, ZenohException {
    return start(lanes, keyExpr, spool.destination(), options, Thread::new);
  }

  private static Recorder start(
      Session session, KeyExpr keyExpr, Destination destination, RecorderOptions options)
      throws IOException, ZenohException {
    return start(session, keyExpr, destination, options, Thread::new);
  }

  /** With threads of the caller's, for tests. */
  static Recorder start(
      Session session,
      KeyExpr keyExpr,
      Destination destination,
      RecorderOptions options,
      ThreadFactory threads)
      throws IOException, ZenohException {
    return start(
        (expression, with) -> SampleFeed.of(session.declareSubscriber(expression, with)),
        keyExpr,
        destination,
        options,
        threads);
  }

  private static Recorder start(
      SampleFeed.Opening lanes,
      KeyExpr keyExpr,
      Destination destination,
      RecorderOptions options,
      ThreadFactory threads)
      throws IOException, ZenohException {
    Recording recording = null;
    SampleFeed feed = null;
    boolean started = false;
    try {
      recording = new Recording(keyExpr, destination, options);
      recording.begin();
      feed = lanes.open(keyExpr, SubscriberOptions.defaults().backlog(options.backlog()));
      Recorder recorder = new Recorder(feed, destination, recording, options, threads);
      recorder.thread.start();
      started = true;
      return recorder;
    } finally {
      if (!started) {
        if (feed != null) {
          feed.close();
        }
        if (recording != null) {
          recording.close();
        }
        destination.close();
      }
    }
  }

  private void run() {
    IdleStrategy idle = new BackoffIdleStrategy(10, 10, 1_000, 1_000_000);
    try {
      while (!stopping && !isAtLimit()) {
        idle.idle(poll(POLL_LIMIT));
        recording.attend();
      }
      for (long left = feed.waitingCount(); left > 0 && !isAtLimit(); ) {
        int count = poll(left);
        left = count == 0 ? 0 : left - count;
      }
    } catch (UncheckedIOException e) {
      failure = e.getCause();
    } catch (IllegalStateException e) {
      // A session that is closed is the end of the topic; what was recorded is still good.
      failure = feed.isClosed() ? null : e;
    } catch (Throwable e) {
      failure = e;
    } finally {
      try {
        if (!feed.isClosed()) {
          count();
        }
        feed.close();
      } finally {
        endFile();
      }
    }
  }

  /**
   * Ends the last file of a spool. This is the recorder's thread, which nobody interrupts: an
   * interrupt closes the file that a thread writes to, and its end would be lost.
   */
  private void endFile() {
    if (!destination.survivesFailures()) {
      return;
    }
    try {
      last = recording.finish();
    } catch (Throwable e) {
      if (failure == null) {
        failure = e;
      }
    } finally {
      countEnd();
    }
  }

  private boolean isAtLimit() {
    return recording.messageCount() >= options.messageLimit();
  }

  private int poll(long atMost) throws IOException, InterruptedException {
    long limit =
        Math.min(Math.min(atMost, POLL_LIMIT), options.messageLimit() - recording.messageCount());
    int count = feed.take(this::record, (int) limit, Duration.ZERO);
    count();
    return count;
  }

  private void count() {
    counts =
        new Counts(
            recording.messageCount(),
            recording.payloadByteSize(),
            recording.byteSize(),
            feed.missedCount(),
            recording.lostCount() + destination.lostCount(),
            feed.waitingCount(),
            recording.fileCount());
  }

  /** What the end of the last file lost is known when there is nothing to receive any more. */
  private void countEnd() {
    Counts received = counts;
    counts =
        new Counts(
            recording.messageCount(),
            recording.payloadByteSize(),
            recording.byteSize(),
            received.droppedCount(),
            recording.lostCount() + destination.lostCount(),
            received.waitingCount(),
            recording.fileCount());
  }

  private void record(ReceivedSample sample) {
    try {
      recording.record(sample);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Ends the file and goes on in the next one, such as at the end of a mission, as soon as the
   * sample that is being recorded is written.
   *
   * @throws UnsupportedOperationException if it records into an object
   */
  public void rotate() {
    if (destination instanceof ObjectDestination) {
      throw new UnsupportedOperationException(
          "rotation of a recording into one object: give the recorder a spool");
    }
    recording.requestRotation();
  }

  /** Returns what was recorded so far. */
  public Counts counts() {
    return counts;
  }

  /**
   * Waits until the recorder ends by itself: at its limit, because its session was closed, or
   * because it failed, which {@link #finish()} reports.
   *
   * @return whether it ended
   */
  public boolean awaitEnd(Duration timeout) throws InterruptedException {
    return thread.join(timeout);
  }

  /**
   * Records what waits and ends the recording. An object is visible then; a spool goes on storing
   * its files, see {@link Spool#awaitStored}.
   *
   * @return what its last file holds
   * @throws IOException if the store failed, now or before: the object does not become visible; or
   *     if the last file of a spool has no end because its disk failed: {@link Counts#lostCount}
   *     has what is lost, and the spool stores the rest
   * @throws IllegalStateException if the recorder is finished or closed
   */
  public synchronized McapStatistics finish() throws IOException {
    if (closed) {
      throw new IllegalStateException("finish of a recorder: it is finished or closed");
    }
    stopping = true;
    try (this) {
      thread.join();
      if (Thread.interrupted()) {
        // Nobody waited for a thread that had ended.
        throw new InterruptedException("finish of a recording");
      }
      checkFailure();
      McapStatistics ended = last;
      if (ended == null) {
        ended = recording.finish();
        countEnd();
      }
      return ended;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      InterruptedIOException interrupted =
          new InterruptedIOException(
              "finish of a recording: interrupted, "
                  + (destination.survivesFailures() ? "the spool has it" : "it is discarded"));
      interrupted.initCause(e);
      throw interrupted;
    }
  }

  private void checkFailure() throws IOException {
    switch (failure) {
      case null -> {}
      case IOException e -> throw e;
      case Error e -> throw e;
      case Throwable e -> throw new IOException("recording of " + feed + ": " + e, e);
    }
  }

  /**
   * Ends it. Without {@link #finish()} nothing is left of an object, and all that was recorded is
   * in the spool. Idempotent.
   */
  @Override
  public synchronized void close() throws IOException {
    if (closed) {
      return;
    }
    closed = true;
    stopping = true;
    boolean interrupted = Thread.interrupted();
    while (thread.isAlive()) {
      // A file that is being written must not be closed by an interrupt.
      if (!destination.survivesFailures()) {
        thread.interrupt();
      }
      try {
        thread.join(Duration.ofMillis(TimeUnit.SECONDS.toMillis(1)));
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    try {
      recording.close();
    } finally {
      destination.close();
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
