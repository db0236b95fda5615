package dev.segue.http2;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.HoldCount;
import dev.segue.bytes.spi.Lend;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * One region that is lent to a connection: begun at the write, ended once when the last frame of it
 * has left or been dropped, whichever way the stream goes.
 */
final class LentRegion extends HoldCount implements MemoryHold {
  private final SegmentedBytes bytes;
  private final Executor loop;
  private final CompletableFuture<Void> done = new CompletableFuture<>();
  private volatile @Nullable Throwable fault;

  /** Held once: by the write, until its last frame is made. */
  LentRegion(SegmentedBytes bytes, Executor loop) {
    super(1);
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
  protected void ended() {
    // Never from within a write: whoever waits for the end may write again.
    try {
      loop.execute(this::end);
    } catch (RejectedExecutionException e) {
      end();
    }
  }

  private void end() {
    try {
      Lend.end(bytes);
    } finally {
      // Also when the memory can't be given back: whoever waits for the write must not hang.
      Throwable cause = fault;
      if (cause == null) {
        done.complete(null);
      } else {
        done.completeExceptionally(cause);
      }
    }
  }

  /** Releases, and says that not all of the region was sent. */
  void fail(Throwable cause) {
    fault = cause;
    release();
  }

  @Override
  public String toString() {
    return "a lent region of byteSize=" + bytes.byteSize();
  }
}
