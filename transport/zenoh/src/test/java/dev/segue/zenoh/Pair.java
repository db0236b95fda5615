package dev.segue.zenoh;

import java.util.function.UnaryOperator;

/** Two sessions of this process that are connected over loopback: {@code near} publishes. */
record Pair(Session near, Session far) implements AutoCloseable {
  static Pair open(UnaryOperator<Config> settings) throws ZenohException {
    return open(settings, settings);
  }

  static Pair open(UnaryOperator<Config> nearSettings, UnaryOperator<Config> farSettings)
      throws ZenohException {
    Session far = Session.open(farSettings.apply(Config.isolated().listen("tcp/127.0.0.1:0")));
    try {
      Config config = Config.isolated().connect(far.locators().getFirst());
      Session near = Session.open(nearSettings.apply(config));
      Await.until("the sessions to meet", () -> near.peers().contains(far.zid()));
      return new Pair(near, far);
    } catch (Throwable e) {
      far.close();
      throw e;
    }
  }

  /** Payloads go over the link itself. */
  static Pair overNetwork() throws ZenohException {
    return open(config -> config.sharedMemory(false));
  }

  /** Loans of a pool go as descriptors, and nothing else does. */
  static Pair overSharedMemory() throws ZenohException {
    return open(config -> config.sharedMemory(true).sharedMemoryForLargePayloads(false));
  }

  /** A publisher that blocks rather than drops, and that knows its subscriber already. */
  Publisher publisher(KeyExpr keyExpr) throws ZenohException, InterruptedException {
    return publisher(keyExpr, PublisherOptions.blocking());
  }

  Publisher publisher(KeyExpr keyExpr, PublisherOptions options)
      throws ZenohException, InterruptedException {
    return Await.matched(near.declarePublisher(keyExpr, options));
  }

  @Override
  public void close() {
    near.close();
    far.close();
  }
}
