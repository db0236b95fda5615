package dev.segue.bench.peers;

import dev.segue.bench.harness.Child;
import dev.segue.zenoh.KeyExpr;
import java.io.IOException;

/**
 * A process that receives what this one publishes, and looks at nothing of it.
 *
 * <p>Owner: the caller. Lifetime: until {@link #close()}. Threads: any.
 */
public final class SampleSink implements AutoCloseable {
  /** The key that it subscribes to. */
  public static final KeyExpr KEY = ThroughputPeer.key(0);

  private final Child child;

  private SampleSink(Child child) {
    this.child = child;
  }

  /** Starts it with shared memory, and waits until it listens on {@code endpoint}. */
  public static SampleSink start(String endpoint) throws IOException, InterruptedException {
    Child child =
        Child.start(
            "the sink of samples",
            SeguePeer.contender("handler").command("thrsub", "shm", endpoint));
    try {
      child.awaitReady();
    } catch (IOException | InterruptedException e) {
      child.close();
      throw e;
    }
    return new SampleSink(child);
  }

  /**
   * Ends it.
   *
   * @throws IllegalStateException if it had ended before: what was measured had no subscriber
   */
  @Override
  public void close() {
    boolean wasAlive = child.isAlive();
    child.close();
    if (!wasAlive) {
      throw new IllegalStateException(child.failure("ended while it was sent to"));
    }
  }
}
