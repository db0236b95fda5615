package dev.segue.bench.cross;

import dev.segue.zenoh.KeyExpr;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;

/**
 * A process that publishes as fast as this one receives.
 *
 * <p>Owner: the caller. Lifetime: until {@link #close()}. Threads: any.
 */
public final class SampleFeed implements AutoCloseable {
  /** What it publishes to. */
  public static final KeyExpr KEY = SeguePeer.THROUGHPUT_KEY;

  private static final long SECONDS = Duration.ofHours(1).toSeconds();

  private final Child child;

  private SampleFeed(Child child) {
    this.child = child;
  }

  /** An endpoint of this machine that nothing listens on. */
  public static String freeEndpoint() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return "tcp/127.0.0.1:" + socket.getLocalPort();
    }
  }

  /** Starts it; it connects to a session of this process that listens on {@code endpoint}. */
  public static SampleFeed start(String endpoint, long byteSize) throws IOException {
    return new SampleFeed(
        Child.start(
            "the feed of samples",
            Contender.segue(Receiving.HANDLER)
                .command(
                    "thrpub", "tcp", endpoint, Long.toString(byteSize), Long.toString(SECONDS))));
  }

  @Override
  public void close() {
    child.close();
  }
}
