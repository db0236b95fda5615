package dev.segue.zenoh;

import dev.segue.bytes.BytesSource;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Lend;
import dev.segue.bytes.spi.Pending;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.Optional;

/** The payloads of a subscriber's samples, one piece each. */
final class SampleSource implements BytesSource {
  private static final Duration WAIT = Duration.ofSeconds(1);

  private final Subscriber subscriber;
  private volatile boolean closed;

  SampleSource(Subscriber subscriber) {
    this.subscriber = subscriber;
  }

  /** A payload that is there for as long as somebody holds it, on any thread. */
  private static final class Payload extends Pending implements Piece {
    private final Sample sample;
    private final SegmentedBytes bytes;
    private boolean closed;

    Payload(Sample sample) {
      this.sample = sample;
      this.bytes = sample.payload();
    }

    @Override
    public SegmentedBytes bytes() {
      return bytes;
    }

    @Override
    public synchronized void close() {
      if (!closed) {
        // Its views end with it, so it stays until whoever it was lent to has read them.
        Lend.whenReleased(bytes, this::settle);
        closed = true;
      }
    }

    /** Ends the sample, unless a part of it is just being put by itself. */
    @Override
    protected boolean attempt() {
      try {
        sample.close();
        return true;
      } catch (IllegalStateException _) {
        return false;
      }
    }
  }

  @Override
  public Optional<Piece> next() throws InterruptedIOException {
    checkOpen();
    while (!subscriber.isClosed()) {
      Optional<Sample> received;
      try {
        received = subscriber.receive(WAIT);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        InterruptedIOException interrupted =
            new InterruptedIOException("next payload of " + subscriber + ": interrupted");
        interrupted.initCause(e);
        throw interrupted;
      } catch (IllegalStateException e) {
        if (subscriber.isClosed()) {
          break;
        }
        throw e;
      }
      checkOpen(received);
      if (received.isPresent()) {
        try (Sample sample = received.get()) {
          return Optional.of(payloadOf(sample.retain()));
        }
      }
    }
    return Optional.empty();
  }

  /** A payload of a retained sample, which ends where the heap has no room for it. */
  private static Payload payloadOf(Sample retained) {
    boolean isOwned = false;
    try {
      Payload payload = new Payload(retained);
      isOwned = true;
      return payload;
    } finally {
      if (!isOwned) {
        retained.close();
      }
    }
  }

  private void checkOpen() {
    if (closed) {
      throw new IllegalStateException("next of " + this + ": the source is closed");
    }
  }

  private void checkOpen(Optional<Sample> received) {
    if (closed) {
      received.ifPresent(Sample::close);
      checkOpen();
    }
  }

  /** The backlog bounds what waits; what was taken is not bounded. */
  @Override
  public long lendableByteSize() {
    return Long.MAX_VALUE;
  }

  @Override
  public void close() {
    closed = true;
  }

  @Override
  public String toString() {
    return "payloads of " + subscriber;
  }
}
