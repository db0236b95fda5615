package dev.segue.recording;

import dev.segue.bytes.LoanPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.mcap.McapChannel;
import dev.segue.mcap.McapMessage;
import dev.segue.mcap.McapReader;
import dev.segue.mcap.McapSummary;
import dev.segue.objectstore.ObjectReader;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Reads the messages of a recording on a thread of its own, ahead of who plays them.
 *
 * <p>Bounded by the number of messages, their bytes, the windows and the pool. Threads: one takes.
 */
final class ReadAhead implements AutoCloseable {
  private static final int MESSAGE_LIMIT = 64;

  /**
   * Of messages that are in no pool, each in memory of its own, and of the chunks that were
   * unpacked for them; one more may be larger.
   */
  private static final long BYTE_SIZE_LIMIT = 128L << 20;

  private static final long HELD_TOO_LONG_NANOS = Duration.ofSeconds(2).toNanos();

  private final Extras extras = new Extras();
  private final McapReader reader;
  private final Thread thread;
  private final ArrayDeque<Recorded> ready = new ArrayDeque<>();
  private final long byteSizeLimit;
  private long readyByteSize;
  private @Nullable Throwable failure;
  private boolean ended;
  private boolean closed;
  private long idleSince = System.nanoTime();

  /**
   * Begins to read.
   *
   * @param object taken over
   * @param from where to begin, and what is known then; null for the beginning, with nothing known
   * @param selection what is read at all
   */
  ReadAhead(
      ObjectReader object,
      @Nullable LoanPool loans,
      @Nullable Start from,
      Predicate<McapChannel> selection)
      throws IOException {
    this(
        object,
        loans,
        from,
        selection,
        BYTE_SIZE_LIMIT + (loans == null ? 0 : loans.capacityByteSize()));
  }

  /** With another limit of the bytes, for tests. */
  ReadAhead(
      ObjectReader object,
      @Nullable LoanPool loans,
      @Nullable Start from,
      Predicate<McapChannel> selection,
      long byteSizeLimit)
      throws IOException {
    this(object, object.info().byteSize(), loans, from, selection, byteSizeLimit);
  }

  /** Of an object as if it ended earlier, where a record ends. */
  ReadAhead(
      ObjectReader object,
      long endByteOffset,
      @Nullable LoanPool loans,
      @Nullable Start from,
      Predicate<McapChannel> selection,
      long byteSizeLimit)
      throws IOException {
    this.byteSizeLimit = byteSizeLimit;
    ObjectInput input =
        new ObjectInput(
            object, endByteOffset, loans, this::isIdleForLong, WindowSource.Relief.NONE);
    if (from == null || from.byteOffset() == 0) {
      this.reader = McapReader.open(input, extras);
      if (from != null) {
        reader.expect(from.summary());
      }
    } else {
      input.seek(from.byteOffset());
      this.reader = McapReader.resume(input, extras, from.summary(), from.byteOffset());
    }
    reader.select(selection);
    this.thread = Thread.ofPlatform().daemon().name("segue-read-ahead").unstarted(this::run);
    boolean started = false;
    try {
      thread.start();
      started = true;
    } finally {
      if (!started) {
        close();
      }
    }
  }

  /**
   * A place in a recording.
   *
   * @param byteOffset 0 for the beginning
   */
  record Start(McapSummary summary, long byteOffset) {}

  /** Returns whether all was taken long ago, so that no room will come from here. */
  private synchronized boolean isIdleForLong() {
    return ready.isEmpty() && System.nanoTime() - idleSince > HELD_TOO_LONG_NANOS;
  }

  private void run() {
    try {
      boolean more = true;
      while (more) {
        Optional<McapMessage> next = reader.next();
        more = next.isPresent() && add(next.get());
      }
      end(null);
    } catch (Throwable e) {
      end(e);
    }
  }

  private boolean add(McapMessage message) throws InterruptedException {
    Extras.Found extra = extras.of(message);
    Recorded recorded = new Recorded(message, extra.extra(), extra.piece());
    synchronized (this) {
      while (isFull() && !closed) {
        wait();
      }
      if (!closed) {
        ready.add(recorded);
        readyByteSize += byteSize(recorded);
        notifyAll();
        return true;
      }
    }
    recorded.close();
    return false;
  }

  /** Returns whether no more is read until something is taken. */
  synchronized boolean isFull() {
    return ready.size() == MESSAGE_LIMIT || readyByteSize >= byteSizeLimit;
  }

  /** Returns how many messages wait to be taken. */
  synchronized int readyCount() {
    return ready.size();
  }

  private static long byteSize(Recorded recorded) {
    return recorded.message().data().byteSize()
        + recorded.message().unpackedByteSize()
        + recorded.extra().attachment().map(SegmentedBytes::byteSize).orElse(0L);
  }

  private synchronized void end(@Nullable Throwable e) {
    failure = e;
    ended = true;
    notifyAll();
  }

  /** The next message; empty at the end of the recording. */
  synchronized Optional<Recorded> next() throws IOException, InterruptedException {
    while (ready.isEmpty() && !ended) {
      wait();
    }
    Recorded first = ready.poll();
    if (first != null) {
      readyByteSize -= byteSize(first);
      idleSince = System.nanoTime();
      notifyAll();
      return Optional.of(first);
    }
    switch (failure) {
      case null -> {}
      case IOException e -> throw e;
      case Error e -> throw e;
      case Throwable e -> throw new IOException("replay: " + e, e);
    }
    return Optional.empty();
  }

  /** Returns where the recording stops being whole, once the end was reached. */
  Optional<String> truncation() {
    return reader.truncation();
  }

  @Override
  public void close() throws IOException {
    synchronized (this) {
      closed = true;
      notifyAll();
    }
    boolean interrupted = false;
    while (thread.isAlive()) {
      thread.interrupt();
      try {
        thread.join(Duration.ofSeconds(1));
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    ready.forEach(Recorded::close);
    ready.clear();
    extras.close();
    reader.close();
  }
}
