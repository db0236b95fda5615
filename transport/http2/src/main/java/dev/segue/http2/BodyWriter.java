package dev.segue.http2;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.SegmentCheck;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Writes regions of memory as DATA frames of one stream, from where they lie.
 *
 * <pre>
 *   write(image, 0, 65536, 0, true)   [9][16 KiB] [9][16 KiB] [9][16 KiB] [9][16 KiB END_STREAM]
 * </pre>
 *
 * <p>A region is lent from the call until its stage completes: all of it was handed to the
 * connection, which may still lose it if it dies, or the rest was dropped before that because the
 * stream or the connection ended, with a {@link Http2StreamException}. The windows of the peer
 * decide when; {@link #queuedByteSize()} says how much waits.
 *
 * <p>Owner: the exchange. Lifetime: until the end of the stream is written. Threads: any; calls
 * keep the order they were made in. The memory must be accessible from any thread.
 */
public final class BodyWriter {
  /** The largest count of one frame of flow control. */
  private static final long MAX_CHUNK_BYTE_SIZE = 1L << 30;

  private final ProtocolExchange transport;
  private final AtomicLong queued = new AtomicLong();
  private final @Nullable ExchangeEnd end;

  /** The writes of other threads, headers included, that the loop has not taken yet. */
  private final AtomicInteger handedToLoop = new AtomicInteger();

  private volatile boolean ended;
  private volatile boolean dropping;

  BodyWriter(ProtocolExchange transport) {
    this(transport, null);
  }

  /** With {@code end} not reached before what is written here has left or been dropped. */
  BodyWriter(ProtocolExchange transport, @Nullable ExchangeEnd end) {
    this.transport = transport;
    this.end = end;
  }

  /** The response has no body (HEAD, 204, 304): what is written is checked and dropped. */
  void dropAll() {
    dropping = true;
  }

  /**
   * Writes a region: split into frames of the peer's SETTINGS_MAX_FRAME_SIZE, or gathered into one
   * with the regions around it.
   *
   * @param padByteSize how many zero bytes to append to each frame, from 0 (no padding) to 255
   * @param endStream whether the last frame ends the stream
   * @throws IndexOutOfBoundsException if the region is not within {@code source}
   * @throws IllegalArgumentException if {@code padByteSize} is out of range, or a segment is
   *     confined to the caller's thread
   * @throws IllegalStateException if the end was written before, or the memory has been given back
   */
  public CompletionStage<Void> write(
      SegmentedBytes source, long byteOffset, long byteSize, int padByteSize, boolean endStream) {
    if (padByteSize < 0 || padByteSize > DataFrame.MAX_PAD_BYTE_SIZE) {
      throw new IllegalArgumentException(
          "write with padByteSize=" + padByteSize + ": from 0 to " + DataFrame.MAX_PAD_BYTE_SIZE);
    }
    SegmentedBytes region = source.slice(byteOffset, byteSize);
    SegmentCheck.checkShared("write of a body", region);
    if (ended) {
      throw new IllegalStateException(
          "write of byteSize="
              + byteSize
              + " to "
              + transport.describe()
              + ": its end was written");
    }
    if (dropping) {
      ended = endStream;
      return CompletableFuture.completedStage(null);
    }
    long run = Math.min(MAX_CHUNK_BYTE_SIZE, byteSize);
    // Before anything is counted: memory that was given back is refused here.
    LentRegion lease = new LentRegion(region.slice(0, run), transport.loop());
    ended = endStream;
    queued.addAndGet(byteSize);
    CompletionStage<Void> done = null;
    long at = 0;
    while (true) {
      at += run;
      boolean last = at == byteSize;
      boolean held = end != null && end.tryAcquire();
      long counted = run;
      var part = lease.done().whenComplete((_, _) -> left(counted, held));
      done = done == null ? part : done.thenCombine(part, (_, _) -> null);
      enqueue(lease, padByteSize, last && endStream);
      if (last) {
        return done;
      }
      run = Math.min(MAX_CHUNK_BYTE_SIZE, byteSize - at);
      lease = new LentRegion(region.slice(at, run), transport.loop());
    }
  }

  /** Writes all of {@code bytes}, with no padding, the stream going on. */
  public CompletionStage<Void> write(SegmentedBytes bytes) {
    return write(bytes, 0, bytes.byteSize(), 0, false);
  }

  /**
   * {@link #write(SegmentedBytes, long, long, int, boolean)} of one segment.
   *
   * @throws IllegalArgumentException if the segment is on the heap or writable, too
   */
  public CompletionStage<Void> write(
      MemorySegment source, long byteOffset, long byteSize, int padByteSize, boolean endStream) {
    Objects.checkFromIndexSize(byteOffset, byteSize, source.byteSize());
    return write(
        SegmentedBytes.fromSegments(List.of(source.asSlice(byteOffset, byteSize)), false),
        0,
        byteSize,
        padByteSize,
        endStream);
  }

  /** Ends the stream with an empty frame. */
  public CompletionStage<Void> end() {
    return write(SegmentedBytes.empty(), 0, 0, 0, true);
  }

  /** Returns the number of bytes that were written here and are still lent. */
  public long queuedByteSize() {
    return queued.get();
  }

  private void left(long byteSize, boolean held) {
    queued.addAndGet(-byteSize);
    if (held && end != null) {
      end.release();
    }
  }

  private void enqueue(LentRegion lease, int padByteSize, boolean endStream) {
    if (mayGoNow()) {
      transport.writeData(lease, padByteSize, endStream);
      return;
    }
    try {
      handToLoop(() -> transport.writeData(lease, padByteSize, endStream));
    } catch (RejectedExecutionException e) {
      lease.fail(
          new Http2StreamException(
              "write to " + transport.describe() + ": closed", Http2Error.CANCEL, e));
    }
  }

  /** The loop must not overtake what another thread wrote before. */
  private boolean mayGoNow() {
    return transport.loop().inEventLoop() && handedToLoop.get() == 0;
  }

  private void handToLoop(Runnable task) {
    handedToLoop.incrementAndGet();
    transport
        .loop()
        .execute(
            () -> {
              handedToLoop.decrementAndGet();
              task.run();
            });
  }

  /**
   * Runs on the loop what comes before the writes that follow, as a header does, and after those
   * before.
   *
   * @throws RejectedExecutionException if the loop has ended
   */
  void inOrder(Runnable task) {
    if (mayGoNow()) {
      task.run();
    } else {
      handToLoop(task);
    }
  }
}
