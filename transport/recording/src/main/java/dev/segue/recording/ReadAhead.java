package dev.segue.recording;

import dev.segue.bytes.BytesSource;
import dev.segue.bytes.LoanPool;
import dev.segue.mcap.McapMessage;
import dev.segue.mcap.McapReader;
import dev.segue.objectstore.ObjectReader;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads the messages of a recording on a thread of its own, ahead of who plays them.
 *
 * <p>Bounded by the number of messages, the windows and the pool. Threads: one takes.
 */
final class ReadAhead implements AutoCloseable {
  private static final int MESSAGE_LIMIT = 64;
  private static final long HELD_TOO_LONG_NANOS = Duration.ofSeconds(2).toNanos();

  private final McapReader reader;
  private final Thread thread;
  private final ArrayDeque<Recorded> ready = new ArrayDeque<>();
  private @Nullable Throwable failure;
  private BytesSource.@Nullable Piece extraPiece;
  private boolean ended;
  private boolean closed;
  private long idleSince = System.nanoTime();

  ReadAhead(ObjectReader object, @Nullable LoanPool loans) throws IOException {
    this.reader =
        McapReader.open(new ObjectInput(object, loans, this::isIdleForLong), this::keepExtra);
    this.thread = Thread.ofPlatform().daemon().name("segue-read-ahead").start(this::run);
  }

  /** Whether all was taken long ago, so that no room will come from here. */
  private synchronized boolean isIdleForLong() {
    return ready.isEmpty() && System.nanoTime() - idleSince > HELD_TOO_LONG_NANOS;
  }

  private void keepExtra(int opcode, BytesSource.Piece content) {
    if (opcode == SampleRecord.OPCODE && extraPiece == null) {
      extraPiece = content;
    } else {
      content.close();
    }
  }

  private void run() {
    try {
      boolean more = true;
      while (more) {
        Optional<McapMessage> next = reader.next();
        BytesSource.Piece extra = extraPiece;
        extraPiece = null;
        if (next.isEmpty()) {
          if (extra != null) {
            extra.close();
          }
          more = false;
        } else {
          more = add(next.get(), extra);
        }
      }
      end(null);
    } catch (Throwable e) {
      end(e);
    }
  }

  private boolean add(McapMessage message, BytesSource.@Nullable Piece extra) throws Exception {
    SampleRecord record = SampleRecord.NONE;
    if (extra != null) {
      try {
        record = SampleRecord.read(extra.bytes());
      } catch (IOException e) {
        message.close();
        extra.close();
        throw e;
      }
    }
    Recorded recorded = new Recorded(message, record, extra);
    synchronized (this) {
      while (ready.size() == MESSAGE_LIMIT && !closed) {
        wait();
      }
      if (!closed) {
        ready.add(recorded);
        notifyAll();
        return true;
      }
    }
    recorded.close();
    return false;
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

  /** Where the recording stops being whole, once the end was reached. */
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
        boolean _ = thread.join(Duration.ofSeconds(1));
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    ready.forEach(Recorded::close);
    ready.clear();
    if (extraPiece != null) {
      extraPiece.close();
    }
    reader.close();
  }
}
