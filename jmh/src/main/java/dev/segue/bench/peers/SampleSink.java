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
  /** What it subscribes to. */
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

  @Override
  public void close() {
    child.close();
  }
}
