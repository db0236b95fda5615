package dev.segue.gateway;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.http2.BodyWriter;
import dev.segue.http2.Http2Error;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/**
 * Sends the samples of a stream as fast as its client takes them.
 *
 * <pre>
 *   onValue ──► backlog: the newest few, the oldest dropped and counted
 *                  │ while less than {@link #IN_FLIGHT_BYTE_SIZE} is in flight
 *                  ▼
 *              BodyWriter ──► windows of the client ──► the value is released
 * </pre>
 *
 * <p>A client that doesn't read holds what is in flight, one sample more than the limit at most,
 * and the backlog. Owner: the exchange. Lifetime: until {@link #close()}. Threads: any.
 */
final class StreamPump implements TopicListener {
  static final long IN_FLIGHT_BYTE_SIZE = 256 * 1024;
  private static final System.Logger LOG = System.getLogger("dev.segue.gateway");

  private final Call call;
  private final BodyWriter writer;
  private final StreamFormat format;
  private final Executor slow;
  private final int backlogCount;
  private final long backlogByteSize;
  private final Consumer<Metadata> onDropped;
  private final ArrayDeque<Value> backlog = new ArrayDeque<>(2);
  private long waitingByteSize;
  private long dropped;
  private boolean begun;
  private boolean sending;
  private boolean ended;
  private boolean closed;

  /**
   * Makes a pump; nothing is sent before the first sample.
   *
   * @param slow where a slow format works
   * @param backlogCount how many samples wait at most
   * @param backlogByteSize how many bytes of them wait at most, but one sample always may
   */
  StreamPump(
      Call call,
      BodyWriter writer,
      StreamFormat format,
      Executor slow,
      int backlogCount,
      long backlogByteSize,
      Consumer<Metadata> onDropped) {
    this.call = call;
    this.writer = writer;
    this.format = format;
    this.slow = slow;
    this.backlogCount = backlogCount;
    this.backlogByteSize = backlogByteSize;
    this.onDropped = onDropped;
  }

  /** Takes over the newest value from before the stream, which goes only if no other came. */
  void begin(Value value) {
    boolean first;
    synchronized (this) {
      first = !begun;
    }
    if (first) {
      onValue(value);
    }
    value.release();
  }

  @Override
  public void onValue(Value value) {
    synchronized (this) {
      begun = true;
      if (closed || ended) {
        return;
      }
      value.acquire();
      backlog.add(value);
      waitingByteSize += value.metadata().payloadByteSize();
      while (backlog.size() > backlogCount
          || (waitingByteSize > backlogByteSize && backlog.size() > 1)) {
        Value oldest = backlog.remove();
        waitingByteSize -= oldest.metadata().payloadByteSize();
        dropped++;
        onDropped.accept(oldest.metadata());
        oldest.release();
      }
    }
    pump();
  }

  /** One thread sends at a time, so that the samples keep their order. */
  private void pump() {
    synchronized (this) {
      if (sending) {
        return; // It looks again before it goes.
      }
      sending = true;
    }
    if (format.isSlow()) {
      slow.execute(this::sendWhatFits);
    } else {
      sendWhatFits();
    }
  }

  private void sendWhatFits() {
    while (sendNext()) {}
  }

  /** False when another call is to go on later. */
  private boolean sendNext() {
    Value value;
    long lost;
    boolean end = false;
    synchronized (this) {
      value = closed || writer.queuedByteSize() >= IN_FLIGHT_BYTE_SIZE ? null : backlog.poll();
      if (value == null) {
        sending = false;
        end = ended && !closed && backlog.isEmpty();
        closed |= end;
      } else {
        waitingByteSize -= value.metadata().payloadByteSize();
      }
      lost = dropped;
    }
    if (value != null) {
      send(value, lost);
    } else if (end) {
      var _ = writer.end();
    }
    return value != null;
  }

  private void send(Value value, long lost) {
    try {
      Optional<StreamFormat.Part> made = format.of(value, lost);
      if (made.isEmpty()) {
        return;
      }
      try (StreamFormat.Part part = made.get()) {
        var sent = writer.write(part.bytes());
        call.sent(part.bytes().byteSize());
        value.acquire();
        var _ =
            sent.whenComplete(
                (_, fault) -> {
                  value.release();
                  if (fault == null) {
                    pump();
                  }
                });
      }
    } catch (RuntimeException e) {
      // Neither the other streams nor the topic are to suffer from it.
      LOG.log(System.Logger.Level.WARNING, "stream " + call.target().path(), e);
      call.exchange().reset(Http2Error.INTERNAL_ERROR);
    } finally {
      value.release();
    }
  }

  /** Sends what the format has for it when nothing waits. */
  void heartbeat() {
    SegmentedBytes bytes = format.heartbeat();
    synchronized (this) {
      if (closed || ended || bytes.isEmpty() || writer.queuedByteSize() > 0) {
        return;
      }
    }
    var _ = writer.write(bytes);
  }

  @Override
  public void onEnd() {
    synchronized (this) {
      ended = true;
    }
    pump();
  }

  synchronized long droppedCount() {
    return dropped;
  }

  synchronized int waitingCount() {
    return backlog.size();
  }

  /** Lets go of what waits; what is in flight is let go of by the stream's end. */
  void close() {
    ArrayDeque<Value> left;
    synchronized (this) {
      closed = true;
      left = new ArrayDeque<>(backlog);
      backlog.clear();
      waitingByteSize = 0;
    }
    left.forEach(Value::release);
  }

  @Override
  public String toString() {
    return "StreamPump[waiting=" + waitingCount() + ", dropped=" + droppedCount() + "]";
  }
}
