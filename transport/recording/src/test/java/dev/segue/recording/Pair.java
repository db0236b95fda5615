package dev.segue.recording;

import dev.segue.zenoh.Config;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.ZenohException;

/** Two sessions over loopback that can hand shared memory to each other. */
record Pair(Session near, Session far) implements AutoCloseable {
  static Pair open() throws Exception {
    Session far = Session.open(config().listen("tcp/127.0.0.1:0"));
    try {
      Session near = Session.open(config().connect(far.locators().getFirst()));
      while (!near.peers().contains(far.zid())) {
        Thread.sleep(1);
      }
      return new Pair(near, far);
    } catch (ZenohException | InterruptedException e) {
      far.close();
      throw e;
    }
  }

  private static Config config() {
    return Config.isolated()
        .sharedMemory(true)
        .sharedMemoryForLargePayloads(false)
        // On a busy machine a frame may take longer than the 5 s after which a put ends its link.
        .set("transport/link/tx/queue/congestion_control/block/wait_before_close", "60000000");
  }

  @Override
  public void close() {
    near.close();
    far.close();
  }
}
