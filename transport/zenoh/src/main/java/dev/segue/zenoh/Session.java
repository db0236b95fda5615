package dev.segue.zenoh;

import dev.segue.bytes.CopyLedger;
import dev.segue.bytes.SegmentedBytes;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A node in a Zenoh network: declares publishers and subscribers, puts and deletes.
 *
 * <p>Owner: the caller. Lifetime: until {@link #close()}, which closes what was declared; then
 * {@link IllegalStateException}. Threads: any.
 */
public final class Session implements AutoCloseable {
  private final Handle handle;
  private final Putters putters = new Putters();
  private final Map<Object, Runnable> declared = new ConcurrentHashMap<>();
  private final CopyLedger.Gauge copiedByCore;
  private volatile String lastMetrics = "";

  private Session(long address) {
    this.handle = new Handle("the session", address, () -> NativeSession.free(address));
    this.copiedByCore =
        CopyLedger.gauge(
            "zenoh.network",
            "the core serializes each payload once into the batches of a network link",
            new SentBytes());
  }

  /** The core forgets what a link counted when the link closes; this remembers. */
  private final class SentBytes implements LongSupplier {
    private long ofClosedLinks;
    private long last;

    @Override
    public synchronized long getAsLong() {
      long now = CoreMetrics.sum(metricsText(), "tx_bytes");
      if (now < last) {
        ofClosedLinks += last;
      }
      last = now;
      return ofClosedLinks + now;
    }
  }

  /**
   * Opens a session.
   *
   * @throws ZenohException if the core can't, for instance as an endpoint is taken
   */
  public static Session open(Config config) throws ZenohException {
    return new Session(config.open());
  }

  /** This node's id. */
  public ZenohId zid() throws ZenohException {
    return ZenohId.of(info("zid"));
  }

  /** The ids of the peers it is connected to. */
  public List<ZenohId> peers() throws ZenohException {
    return info("peers").lines().map(ZenohId::of).toList();
  }

  /** The ids of the routers it is connected to. */
  public List<ZenohId> routers() throws ZenohException {
    return info("routers").lines().map(ZenohId::of).toList();
  }

  /** The endpoints that it listens on, with real ports. */
  public List<String> locators() throws ZenohException {
    return info("locators").lines().toList();
  }

  private String info(String what) throws ZenohException {
    long address = handle.acquire();
    try {
      return NativeSession.info(address, what);
    } finally {
      handle.release();
    }
  }

  /** A new timestamp of this node's clock. */
  public Timestamp newTimestamp() throws ZenohException {
    long address = handle.acquire();
    try {
      return NativeSession.timestamp(address);
    } finally {
      handle.release();
    }
  }

  /** The core's own counters in the Prometheus text format. */
  public String metrics() {
    handle.acquire();
    handle.release();
    return metricsText();
  }

  /** How many messages the core dropped on the way out, as the network couldn't keep up. */
  public long droppedCount() {
    return CoreMetrics.sum(metrics(), "tx_network_message_dropped_payload_bytes_count");
  }

  /** The counters now, or as they were when the session closed. */
  private String metricsText() {
    long address;
    try {
      address = handle.acquire();
    } catch (IllegalStateException e) {
      return lastMetrics;
    }
    try {
      return NativeSession.metrics(address);
    } finally {
      handle.release();
    }
  }

  /** Declares a publisher with Zenoh's defaults. */
  public Publisher declarePublisher(KeyExpr keyExpr) throws ZenohException {
    return declarePublisher(keyExpr, PublisherOptions.defaults());
  }

  /** Declares a publisher. */
  public Publisher declarePublisher(KeyExpr keyExpr, PublisherOptions options)
      throws ZenohException {
    long session = handle.acquire();
    try {
      long address = NativeSession.declarePublisher(session, keyExpr, options);
      Publisher publisher = new Publisher(this, keyExpr, options, address);
      remember(publisher, publisher::close);
      return publisher;
    } finally {
      handle.release();
    }
  }

  /** Declares a subscriber to be polled or pulled that keeps the last 256 samples. */
  public Subscriber declareSubscriber(KeyExpr keyExpr) throws ZenohException {
    return declareSubscriber(keyExpr, SubscriberOptions.defaults());
  }

  /** Declares a subscriber to be polled or pulled. */
  public Subscriber declareSubscriber(KeyExpr keyExpr, SubscriberOptions options)
      throws ZenohException {
    return declare(keyExpr, options, null);
  }

  /** Declares a subscriber whose samples a thread of the library gives to a handler. */
  public Subscriber declareSubscriber(
      KeyExpr keyExpr, SubscriberOptions options, SampleHandler handler) throws ZenohException {
    return declare(keyExpr, options, handler);
  }

  private Subscriber declare(
      KeyExpr keyExpr, SubscriberOptions options, @Nullable SampleHandler handler)
      throws ZenohException {
    long session = handle.acquire();
    try {
      long address = NativeSession.declareSubscriber(session, keyExpr, options);
      Subscriber subscriber = new Subscriber(this, keyExpr, options, address);
      remember(subscriber, subscriber::close);
      if (handler != null) {
        subscriber.dispatchTo(handler);
      }
      return subscriber;
    } finally {
      handle.release();
    }
  }

  /** Puts one payload with no publisher declared; {@link Publisher#put} says how it is lent. */
  public void put(KeyExpr keyExpr, SegmentedBytes payload) throws ZenohException {
    put(keyExpr, payload, Qos.defaults(), PutOptions.none());
  }

  /** {@link #put(KeyExpr, SegmentedBytes)} with what goes with it. */
  public void put(KeyExpr keyExpr, SegmentedBytes payload, Qos qos, PutOptions options)
      throws ZenohException {
    send(keyExpr, payload, qos, options);
  }

  /** Deletes the value of a key. */
  public void delete(KeyExpr keyExpr) throws ZenohException {
    delete(keyExpr, Qos.defaults(), PutOptions.none());
  }

  /** {@link #delete(KeyExpr)} with what goes with it. */
  public void delete(KeyExpr keyExpr, Qos qos, PutOptions options) throws ZenohException {
    send(keyExpr, null, qos, options);
  }

  private void send(KeyExpr keyExpr, @Nullable SegmentedBytes payload, Qos qos, PutOptions options)
      throws ZenohException {
    Limits.checkSizes(
        payload == null ? SegmentedBytes.empty() : payload,
        options.attachment(),
        qos.destination());
    long address = handle.acquire();
    Putter putter = putters.take();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment key = Native.utf8(arena, keyExpr.toString());
      MemorySegment qosStruct = qos.write(arena);
      boolean delete = payload == null;
      putter.put(
          payload,
          options,
          (put, hold1, hold2, hold3, hold4) ->
              NativePublisher.sessionPut(
                  address, key, delete, qosStruct, put, hold1, hold2, hold3, hold4));
    } finally {
      putters.giveBack(putter);
      handle.release();
    }
  }

  private void remember(Object entity, Runnable close) {
    declared.put(entity, close);
    if (handle.isClosed()) {
      close.run();
    }
  }

  void forget(Object entity) {
    declared.remove(entity);
  }

  /** Whether it is closed. */
  public boolean isClosed() {
    return handle.isClosed();
  }

  /**
   * Closes what was declared, then the session; takes up to some seconds when links are stuck.
   * Samples that were received stay valid until they are closed. Idempotent.
   */
  @Override
  public void close() {
    handle.close(
        address -> {
          lastMetrics = NativeSession.metrics(address);
          declared.values().forEach(Runnable::run);
          NativeSession.close(address);
        });
    copiedByCore.close();
  }
}
