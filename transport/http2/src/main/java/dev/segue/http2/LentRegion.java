package dev.segue.http2;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Lend;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * One region that is lent to a connection: begun at the write, ended once when the last frame of it
 * has left or been dropped, whichever way the stream goes.
 */
final class LentRegion implements MemoryHold {
  private final SegmentedBytes bytes;
  private final Executor loop;
  private final AtomicInteger holders = new AtomicInteger(1);
  private final CompletableFuture<Void> done = new CompletableFuture<>();
  private volatile @Nullable Throwable fault;

  LentRegion(SegmentedBytes bytes, Executor loop) {
    this.loop = loop;
    this.bytes = bytes;
    Lend.begin(bytes);
  }

  SegmentedBytes bytes() {
    return bytes;
  }

  CompletionStage<Void> done() {
    return done.minimalCompletionStage();
  }

  @Override
  public void acquire() {
    int before = holders.getAndIncrement();
    assert before > 0 : "acquire after the end of the lease";
  }

  @Override
  public void release() {
    int left = holders.decrementAndGet();
    assert left >= 0 : "release after the end of the lease";
    if (left == 0) {
      // Never from within a write: whoever waits for the end may write again.
      try {
        loop.execute(this::end);
      } catch (RejectedExecutionException e) {
        end();
      }
    }
  }

  private void end() {
    Lend.end(bytes);
    Throwable cause = fault;
    if (cause == null) {
      done.complete(null);
    } else {
      done.completeExceptionally(cause);
    }
  }

  /** Releases, and says that not all of the region was sent. */
  void fail(Throwable cause) {
    fault = cause;
    release();
  }
}
