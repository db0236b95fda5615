package dev.segue.bench.peers;

import dev.segue.bench.harness.Child;
import dev.segue.zenoh.KeyExpr;
import java.io.IOException;
import java.time.Duration;

/**
 * A process that publishes as fast as this one receives.
 *
 * <p>Owner: the caller. Lifetime: until {@link #close()}. Threads: any.
 */
public final class SampleFeed implements AutoCloseable {
  /** The key that it publishes to. */
  public static final KeyExpr KEY = ThroughputPeer.key(0);

  private static final long SECONDS = Duration.ofHours(1).toSeconds();

  private final Child child;

  private SampleFeed(Child child) {
    this.child = child;
  }

  /** Starts it; it connects to a session of this process that listens on {@code endpoint}. */
  public static SampleFeed start(String endpoint, long byteSize) throws IOException {
    return new SampleFeed(
        Child.start(
            "the feed of samples",
            SeguePeer.contender("handler")
                .command(
                    "thrpub", "tcp", endpoint, Long.toString(byteSize), Long.toString(SECONDS))));
  }

  @Override
  public void close() {
    child.close();
  }
}
