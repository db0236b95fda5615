package dev.segue.gateway;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Lend;
import dev.segue.http2.WebSocket;
import dev.segue.zenoh.KeyExpr;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The streams of samples on one WebSocket, each with a backlog of its own: one whose samples are
 * large loses its own when the client is slow, and not those of the others.
 *
 * <p>Owner: the connection. Lifetime: until {@link #close()}. Threads: any.
 */
final class SocketStreams implements AutoCloseable {
  /** A longer key takes more than one slot. */
  private static final int KEY_BYTE_SIZE_OF_SLOT = 512;

  private final GatewayExchange call;
  private final WebSocket socket;
  private final Topics topics;
  private final Timers timers;
  private final Executor blocking;
  private final Executor slow;
  private final GatewayOptions options;
  private final ClientSlots subscriptions;
  private final AddressRate begins;
  private final Map<Long, Running> streams = new HashMap<>();

  /** Streams that the socket had no room for, in the order in which they are to try again. */
  private final ConcurrentLinkedQueue<Runnable> waiting = new ConcurrentLinkedQueue<>();

  /** How many of them are still to be woken by the thread that is at it. */
  private final AtomicInteger wakes = new AtomicInteger();

  /**
   * Streams that are still to look for the newest samples of their keys. Without those that have
   * ended: a client that comes and goes would have more looked for than there is time for.
   */
  private final LinkedHashMap<StreamPump, KeyExpr> beginning = new LinkedHashMap<>();

  private boolean isBeginning;

  /** Made once: where there is no memory for it, nothing would begin any more. */
  private final Runnable beginNext = this::beginNext;

  private boolean closed;

  private record Running(StreamPump pump, Timers.Task heart, ClientSlots.Taken slot) {}

  SocketStreams(
      GatewayExchange call,
      WebSocket socket,
      Topics topics,
      Timers timers,
      Executor blocking,
      Executor slow,
      GatewayOptions options,
      ClientSlots subscriptions,
      AddressRate begins) {
    this.begins = begins;
    this.call = call;
    this.socket = socket;
    this.topics = topics;
    this.timers = timers;
    this.blocking = blocking;
    this.slow = slow;
    this.options = options;
    this.subscriptions = subscriptions;
  }

  /**
   * Begins a stream, with the newest samples that are known.
   *
   * @param onTaken runs before the first sample
   * @throws IllegalArgumentException if the id is taken
   * @throws HttpException 503 if there are too many, of all sockets, or too many begin
   */
  void subscribe(long id, KeyExpr key, StreamFormat format, int backlogCount, Runnable onTaken)
      throws HttpException {
    if (begins.isExhausted(call.client())) {
      throw new HttpException(503, "too many subscriptions begin, of this address");
    }
    begins.record(call.client());
    StreamPump pump =
        new StreamPump(
            call,
            topics,
            key,
            new Part(),
            format,
            slow,
            backlogCount,
            options.maxBacklogByteSize,
            topics::recordDropped);
    synchronized (this) {
      if (closed) {
        return;
      }
      if (streams.containsKey(id)) {
        throw new IllegalArgumentException("subscription id=" + id + ": it is taken");
      }
      ClientSlots.Taken slot = subscriptions.take(call.client(), slotsOf(key));
      Timers.Task heart = timers.every(options.beat(call.exchange().idle()), () -> beat(pump));
      streams.put(id, new Running(pump, heart, slot));
    }
    onTaken.run();
    topics.add(key, pump);
    beginLater(id, pump, key);
  }

  /** A key may have 64 KiB, each of which is kept with its subscription. */
  private static long slotsOf(KeyExpr key) {
    return 1L + TextSize.ofHeap(key.toString()) / KEY_BYTE_SIZE_OF_SLOT;
  }

  private void beginLater(long id, StreamPump pump, KeyExpr key) {
    boolean isThere;
    boolean isFirst;
    synchronized (this) {
      Running running = streams.get(id);
      isThere = running != null && running.pump().equals(pump);
      isFirst = isThere && !isBeginning;
      if (isThere) {
        beginning.put(pump, key);
        isBeginning = true;
      }
    }
    if (!isThere) {
      topics.remove(pump); // It ended before it was added.
    } else if (isFirst) {
      handOn();
    }
  }

  /** One at a time, each a task of its own, so that all sockets get their turn. */
  private void beginNext() {
    Map.Entry<StreamPump, KeyExpr> next;
    synchronized (this) {
      next = beginning.pollFirstEntry();
      isBeginning = next != null;
    }
    if (next == null) {
      return;
    }
    try {
      next.getKey().begin(topics.matching(next.getValue()), 0);
    } finally {
      handOn();
    }
  }

  private void handOn() {
    if (!Work.isTakenBy(blocking, beginNext)) {
      synchronized (this) {
        isBeginning = false; // The next subscription tries again, or the next heartbeat.
      }
    }
  }

  private void beat(StreamPump pump) {
    boolean waits;
    synchronized (this) {
      waits = !isBeginning && !beginning.isEmpty();
      isBeginning |= waits;
    }
    if (waits) {
      handOn(); // There was no thread for it.
    }
    pump.heartbeat();
  }

  /** Returns whether there was such a stream. */
  boolean unsubscribe(long id) {
    Running running;
    synchronized (this) {
      running = streams.remove(id);
      if (running != null) {
        beginning.remove(running.pump());
      }
    }
    end(running);
    return running != null;
  }

  private void end(@Nullable Running running) {
    if (running != null) {
      running.heart().cancel();
      topics.remove(running.pump());
      running.pump().close();
      running.slot().close();
    }
  }

  @Override
  public void close() {
    Map<Long, Running> left;
    synchronized (this) {
      closed = true;
      left = Map.copyOf(streams);
      streams.clear();
      beginning.clear();
    }
    left.values().forEach(this::end);
  }

  /** Returns how often something waits for room. */
  int waitingCount() {
    return waiting.size();
  }

  /** Something else than a stream's sample has left the socket. */
  void wakeOne() {
    if (!waiting.isEmpty()) {
      resumeOne();
    }
  }

  /**
   * There may be room for one. One at a time: a stream that has sent something wakes the next when
   * that has left, and one that has nothing to send, such as one that has ended, wakes it at once.
   */
  private void resumeOne() {
    if (wakes.getAndIncrement() > 0) {
      return; // A stream that wakes the next is within this loop: thousands may wait.
    }
    do {
      Runnable next = waiting.poll();
      if (next != null) {
        resume(next);
      }
    } while (wakes.decrementAndGet() > 0);
  }

  private static void resume(Runnable stream) {
    try {
      stream.run();
    } catch (RuntimeException | Error e) { // The others are to be woken all the same.
      Work.warn("stream", e);
    }
  }

  /** One stream's part of the socket. */
  private final class Part implements SampleSink {
    private final AtomicLong queued = new AtomicLong();
    private final AtomicBoolean waits = new AtomicBoolean();

    @Override
    public CompletionStage<Void> send(SegmentedBytes bytes) {
      long byteSize = bytes.byteSize();
      queued.addAndGet(byteSize);
      Lend.begin(bytes); // What owns it may be closed as soon as this returns.
      boolean sent = false;
      try {
        CompletionStage<Void> stage =
            socket
                .sendBinary(bytes)
                .whenComplete(
                    (_, fault) -> {
                      Lend.end(bytes);
                      queued.addAndGet(-byteSize);
                      if (fault == null) {
                        resumeOne();
                      }
                    });
        sent = true;
        return stage;
      } finally {
        if (!sent) {
          Lend.end(bytes);
          queued.addAndGet(-byteSize);
        }
      }
    }

    @Override
    public long queuedByteSize() {
      return queued.get();
    }

    @Override
    public void awaitRoom(Runnable resume) {
      if (waits.compareAndSet(false, true)) { // Each heartbeat tries again, and may be refused.
        waiting.add(
            () -> {
              waits.set(false);
              resume.run();
            });
      }
      if (socket.queuedByteSize() == 0) {
        resumeOne(); // What was on its way has left meanwhile, and wakes nobody any more.
      }
    }

    @Override
    public void leaveRoom() {
      resumeOne();
    }

    @Override
    public void end() {
      socket.close(1001, "the gateway is closing");
    }
  }
}
