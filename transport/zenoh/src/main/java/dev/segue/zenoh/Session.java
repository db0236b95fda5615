package dev.segue.zenoh;

import dev.segue.bytes.CopyLedger;
import dev.segue.bytes.Loan;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Nanos;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/**
 * A node in a Zenoh network: declares publishers, subscribers, queryables and queriers; puts,
 * deletes and gets.
 *
 * <p>Owner: the caller. Lifetime: until {@link #close()}, which closes everything that was
 * declared; then {@link IllegalStateException}. Threads: any.
 */
public final class Session implements AutoCloseable {
  private final Handle handle;
  private final boolean isShmOn;
  private final boolean isLowLatency;
  private final Putters putters = new Putters();
  private final Set<Declared> declared = ConcurrentHashMap.newKeySet();
  private final List<CopyLedger.Gauge> gauges = new ArrayList<>(2);
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Liveliness liveliness = new Liveliness(this);
  private final Connectivity connectivity = new Connectivity(this);
  private final Object counting = new Object();

  /** The declarations that still ran when closing stopped waiting. */
  private volatile List<Declared> running = List.of();

  private volatile @Nullable EndpointWatch watch;

  private volatile NativeSession.Counters lastCounters = NativeSession.Counters.ZERO;

  private Session(long address, boolean isShmOn, boolean isLowLatency) {
    this.isShmOn = isShmOn;
    this.isLowLatency = isLowLatency;
    this.handle = new Handle("the session", address, () -> NativeSession.free(address));
  }

  /**
   * Opens a session.
   *
   * <p>That it opened doesn't say that anybody was reached: {@link Connectivity#endpoints()} does.
   *
   * @throws ZenohException if the core can't, for instance because an endpoint to listen on is
   *     taken, or because a client reaches nobody
   * @throws IllegalArgumentException if a size in the configuration is more than a link can have,
   *     or less
   */
  public static Session open(Config config) throws ZenohException {
    boolean isShmOn = config.get("transport/shared_memory/enabled").equals("true");
    boolean isLowLatency = config.get("transport/unicast/lowlatency").equals("true");
    Session session =
        Handle.owned(
            address -> new Session(address, isShmOn, isLowLatency),
            NativeSession::end,
            config.open());
    try {
      session.count();
      session.watchEndpoints(config.get("mode").equals("\"client\""));
      return session;
    } catch (Throwable e) {
      session.close();
      throw e;
    }
  }

  private void count() {
    gauges.add(
        CopyLedger.gauge(
            "zenoh.network",
            "the core serializes each payload once into the batches of a network link",
            () -> counters().copiedToLinks()));
    gauges.add(
        CopyLedger.gauge(
            "zenoh.sharedMemory",
            "the core copies large payloads of ordinary memory into shared memory of its own",
            () -> counters().copiedToShm()));
  }

  private void watchEndpoints(boolean isClient) throws ZenohException {
    if (!isLowLatency && !connectivity.endpoints().isEmpty()) {
      long address = handle.enter();
      try {
        watch =
            EndpointWatch.start(
                connectivity,
                Handle.owned(
                    listener ->
                        new ConnectivityListener(
                            this, "the session", ConcurrentHashMap.newKeySet(), listener),
                    new NativeConnectivity()::end,
                    NativeConnectivity.listen(address)),
                isClient);
      } finally {
        handle.release();
      }
    }
  }

  /** Returns whether the core can't list its links to a listener. */
  boolean isLowLatency() {
    return isLowLatency;
  }

  /** Returns whether it uses shared memory with those peers that do. */
  boolean isShmOn() {
    return isShmOn;
  }

  /** This node's id. */
  public ZenohId zid() throws ZenohException {
    return ZenohId.of(info("zid").getFirst());
  }

  /** The ids of the peers it is connected to. */
  public List<ZenohId> peers() throws ZenohException {
    return info("peers").stream().map(ZenohId::of).toList();
  }

  /** The ids of the routers it is connected to. */
  public List<ZenohId> routers() throws ZenohException {
    return info("routers").stream().map(ZenohId::of).toList();
  }

  /** The endpoints that it listens on, with real ports. */
  public List<String> locators() throws ZenohException {
    return info("locators");
  }

  /** The nodes that it is connected to. */
  public List<Transport> transports() throws ZenohException {
    return connectivity.transports();
  }

  /** The links that it has to other nodes. */
  public List<Link> links() throws ZenohException {
    return connectivity.links();
  }

  /** Returns what it is connected to, and what changes there. */
  public Connectivity connectivity() {
    return connectivity;
  }

  private List<String> info(String what) throws ZenohException {
    return ask(address -> NativeSession.info(address, what));
  }

  /** A question to the core. */
  interface Question<T> {
    T with(long session) throws ZenohException;
  }

  /** Asks the core with the address of this session. */
  <T> T ask(Question<T> question) throws ZenohException {
    long address = handle.enter();
    try {
      return question.with(address);
    } finally {
      handle.release();
    }
  }

  /** A new timestamp of this node's clock. */
  public Timestamp newTimestamp() throws ZenohException {
    return ask(NativeSession::timestamp);
  }

  /**
   * Returns what the core counted in the Prometheus text format, summed over all links, also those
   * that are gone.
   */
  public String metrics() {
    long address = handle.enter();
    try {
      return NativeSession.metrics(address);
    } finally {
      handle.release();
    }
  }

  /**
   * Returns how many messages the core dropped on the way out because the network couldn't keep up.
   * Never decreases.
   */
  public long droppedCount() {
    return traffic().droppedCount();
  }

  /** Counts what went over all links, those that are gone as well. */
  public Traffic traffic() {
    long address = handle.enter();
    try {
      return kept(NativeSession.counters(address)).traffic();
    } finally {
      handle.release();
    }
  }

  /**
   * Counts what went over each link that is there. One that comes back is another link, and begins
   * at 0; {@link #traffic()} has what went over the one that is gone.
   */
  public List<LinkTraffic> linkTraffic() {
    long address = handle.enter();
    try {
      return NativeSession.linkTraffic(address);
    } finally {
      handle.release();
    }
  }

  /** The counts now, or the last ones when the session is closed or just closing. */
  private NativeSession.Counters counters() {
    long address;
    try {
      address = handle.enter();
    } catch (IllegalStateException _) {
      return lastCounters;
    }
    try {
      NativeSession.Counters now = NativeSession.counters(address);
      return kept(now);
    } finally {
      handle.release();
    }
  }

  /** Keeps the larger counts: a thread that read them before another may come here after it. */
  private NativeSession.Counters kept(NativeSession.Counters now) {
    synchronized (counting) {
      NativeSession.Counters larger = lastCounters.orLarger(now);
      lastCounters = larger;
      return larger;
    }
  }

  /** Declares a publisher with Zenoh's defaults. */
  public Publisher declarePublisher(KeyExpr keyExpr) throws ZenohException {
    return declarePublisher(keyExpr, PublisherOptions.defaults());
  }

  /** Declares a publisher. */
  public Publisher declarePublisher(KeyExpr keyExpr, PublisherOptions options)
      throws ZenohException {
    return declared(
        session ->
            Handle.owned(
                address -> new Publisher(this, keyExpr, options, false, false, address),
                NativePublisher::free,
                NativeSession.declarePublisher(session, keyExpr, options)));
  }

  /** Declares a subscriber to be polled or pulled that keeps the last 256 samples. */
  public Subscriber declareSubscriber(KeyExpr keyExpr) throws ZenohException {
    return declareSubscriber(keyExpr, SubscriberOptions.defaults());
  }

  /** Declares a subscriber to be polled or pulled. */
  public Subscriber declareSubscriber(KeyExpr keyExpr, SubscriberOptions options)
      throws ZenohException {
    return declared(
        session ->
            Handle.owned(
                address -> new Subscriber(this, keyExpr, options, address),
                NativeSubscriber::end,
                NativeSession.declareSubscriber(session, keyExpr, options)));
  }

  /** Declares a subscriber whose samples a thread of the library gives to a handler. */
  public Subscriber declareSubscriber(
      KeyExpr keyExpr, SubscriberOptions options, SampleHandler handler) throws ZenohException {
    return Declared.started(
        subscriber -> subscriber.dispatchTo(handler), declareSubscriber(keyExpr, options));
  }

  /**
   * Declares a publisher that lets {@link AdvancedSubscriber}s get samples published before their
   * declaration, and those that they missed.
   *
   * <p>Its samples leave one after the other, even if several threads put. The publisher numbers
   * them, so {@link PutOptions#sequenceNumber} throws an {@link IllegalArgumentException}, and so
   * does a timestamp if there is a cache but no sample-miss detection.
   *
   * @throws ZenohException if the core failed, for instance because a cache without sample-miss
   *     detection needs {@link Config#timestamping}
   * @throws IllegalArgumentException if the key is too long with what the core adds to it
   */
  public Publisher declareAdvancedPublisher(KeyExpr keyExpr, AdvancedPublisherOptions options)
      throws ZenohException {
    return declared(
        session ->
            Handle.owned(
                address ->
                    new Publisher(
                        this, keyExpr, options.options(), true, options.cache() != null, address),
                NativePublisher::free,
                NativeAdvanced.declarePublisher(session, keyExpr, options)));
  }

  /**
   * Declares a subscriber, to be polled or pulled, that also gets samples published before its
   * declaration, and those that it missed.
   *
   * @throws IllegalArgumentException if the key is too long with what the core adds to it
   */
  public AdvancedSubscriber declareAdvancedSubscriber(
      KeyExpr keyExpr, AdvancedSubscriberOptions options) throws ZenohException {
    return declared(
        session ->
            Handle.owned(
                address -> new AdvancedSubscriber(this, keyExpr, options, address),
                NativeSubscriber::end,
                NativeAdvanced.declareSubscriber(session, keyExpr, options)));
  }

  /**
   * {@link #declareAdvancedSubscriber(KeyExpr, AdvancedSubscriberOptions)} whose samples a thread
   * of the library gives to a handler.
   */
  public AdvancedSubscriber declareAdvancedSubscriber(
      KeyExpr keyExpr, AdvancedSubscriberOptions options, SampleHandler handler)
      throws ZenohException {
    return Declared.started(
        subscriber -> subscriber.dispatchTo(handler), declareAdvancedSubscriber(keyExpr, options));
  }

  /** Declares a queryable to be pulled that is not complete and keeps the last 256 queries. */
  public Queryable declareQueryable(KeyExpr keyExpr) throws ZenohException {
    return declareQueryable(keyExpr, QueryableOptions.defaults());
  }

  /** Declares a queryable to be pulled. */
  public Queryable declareQueryable(KeyExpr keyExpr, QueryableOptions options)
      throws ZenohException {
    return declared(
        session ->
            Handle.owned(
                address -> new Queryable(this, keyExpr, options, address),
                NativeQueryable::end,
                NativeQueryable.declare(session, keyExpr, options)));
  }

  /** Declares a queryable whose queries a thread of the library gives to a handler. */
  public Queryable declareQueryable(KeyExpr keyExpr, QueryableOptions options, QueryHandler handler)
      throws ZenohException {
    return Declared.started(
        queryable -> queryable.dispatchTo(handler), declareQueryable(keyExpr, options));
  }

  /** Declares a querier; {@link Querier#get(Parameters)} asks as {@code options} say. */
  public Querier declareQuerier(KeyExpr keyExpr, GetOptions options) throws ZenohException {
    return declared(
        session ->
            Handle.owned(
                address -> new Querier(this, keyExpr, options, address),
                NativeQuery::freeQuerier,
                NativeQuery.declareQuerier(session, keyExpr, options)));
  }

  /** Asks with Zenoh's defaults; {@link #get(Selector, GetOptions)} says what for. */
  public Replies get(Selector selector) throws ZenohException {
    return get(selector, GetOptions.defaults());
  }

  /**
   * Queries the queryables of a key expression, this session's included. Payload and attachment are
   * lent as by {@link Publisher#put(SegmentedBytes)}.
   *
   * @throws ZenohException if the core failed
   * @throws IllegalArgumentException if the payload has more than 4 GiB - 1 and may leave the
   *     session
   */
  public Replies get(Selector selector, GetOptions options) throws ZenohException {
    options.checkSizes();
    return declared(
        session ->
            Handle.owned(
                address -> new Replies(this, selector, address),
                NativeQuery::end,
                ask(session, selector, options)));
  }

  /**
   * {@link #get(Selector, GetOptions)} whose replies a thread of the library gives to a handler.
   */
  public Replies get(Selector selector, GetOptions options, ReplyHandler handler)
      throws ZenohException {
    return Declared.started(replies -> replies.dispatchTo(handler), get(selector, options));
  }

  private long ask(long session, Selector selector, GetOptions options) throws ZenohException {
    Putter putter = putters.take();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment ask = NativeQuery.ask(arena, selector, options);
      MemorySegment qos = options.qos().write(arena);
      MemorySegment out = arena.allocate(ValueLayout.JAVA_LONG);
      putter.lend(
          options.payload(),
          options.put(),
          ZenohException.Kind.QUERY,
          "get of " + selector,
          (put, hold1, hold2, hold3, hold4) ->
              NativeQuery.sessionGet(session, ask, qos, put, out, hold1, hold2, hold3, hold4));
      return out.get(ValueLayout.JAVA_LONG, 0);
    } finally {
      putters.giveBack(putter);
    }
  }

  /** Returns the liveliness operations of this session: declare, subscribe to, and get tokens. */
  public Liveliness liveliness() {
    return liveliness;
  }

  /** Puts one payload with no publisher declared; {@link Publisher#put} says how it is lent. */
  public void put(KeyExpr keyExpr, SegmentedBytes payload) throws ZenohException {
    put(keyExpr, payload, Qos.defaults(), PutOptions.none());
  }

  /**
   * Hands over a loan whole, puts it and closes it: its memory goes back to the pool as soon as no
   * reader holds it.
   *
   * @throws IllegalStateException if the session or the loan is closed
   * @throws WrongThreadException if another thread fills the loan and it was not handed over
   */
  public void put(KeyExpr keyExpr, Loan loan) throws ZenohException {
    try (loan) {
      put(keyExpr, loan.handOver());
    }
  }

  /** {@link #put(KeyExpr, SegmentedBytes)} with quality of service and options. */
  public void put(KeyExpr keyExpr, SegmentedBytes payload, Qos qos, PutOptions options)
      throws ZenohException {
    send(keyExpr, payload, qos, options);
  }

  /** Deletes the value of a key. */
  public void delete(KeyExpr keyExpr) throws ZenohException {
    delete(keyExpr, Qos.defaults(), PutOptions.none());
  }

  /** {@link #delete(KeyExpr)} with quality of service and options. */
  public void delete(KeyExpr keyExpr, Qos qos, PutOptions options) throws ZenohException {
    send(keyExpr, null, qos, options);
  }

  private void send(KeyExpr keyExpr, @Nullable SegmentedBytes payload, Qos qos, PutOptions options)
      throws ZenohException {
    Limits.checkSizes(
        payload == null ? SegmentedBytes.empty() : payload,
        options.attachment(),
        qos.destination());
    long address = handle.enter();
    Putter putter = putters.take();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment key = Native.utf8(arena, keyExpr.toString());
      MemorySegment qosStruct = qos.write(arena);
      boolean delete = payload == null;
      putter.put(
          payload,
          options,
          false,
          (put, hold1, hold2, hold3, hold4) ->
              NativePublisher.sessionPut(
                  address, key, delete, qosStruct, put, hold1, hold2, hold3, hold4));
    } catch (ZenohException e) {
      throw explained(e);
    } finally {
      putters.giveBack(putter);
      handle.release();
    }
  }

  /** Makes an entity with the address of this session. */
  interface Declaration<T extends Declared> {
    T with(long session) throws ZenohException;
  }

  /** Makes an entity that is closed with this session at the latest. */
  <T extends Declared> T declared(Declaration<T> declaration) throws ZenohException {
    long session = handle.enter();
    try {
      return remember(declaration.with(session));
    } catch (ZenohException e) {
      throw explained(e);
    } finally {
      handle.release();
    }
  }

  <T extends Declared> T remember(T entity) {
    boolean isRemembered = false;
    try {
      declared.add(entity);
      isRemembered = true;
    } finally {
      if (!isRemembered) {
        entity.beginClose();
      }
    }
    if (handle.isClosed()) {
      entity.beginClose();
    }
    return entity;
  }

  /** Returns how many are open or closing: for tests. */
  int declaredCount() {
    return declared.size();
  }

  void forget(Declared entity) {
    declared.remove(entity);
  }

  /** A failure, or that it failed because the session was closed meanwhile. */
  ZenohException explained(ZenohException failure) {
    if (!isClosed() || failure.kind() == ZenohException.Kind.CORE) {
      return failure;
    }
    ZenohException closed =
        new ZenohException(ZenohException.Kind.CLOSED, String.valueOf(failure.getMessage()));
    closed.initCause(failure);
    return closed;
  }

  /** Returns whether it is closed. */
  public boolean isClosed() {
    return handle.isClosed();
  }

  /**
   * Closes everything that was declared, as {@link Subscriber#close()} and {@link
   * Publisher#close()} do, then the session; takes up to a few seconds when links are stuck. A
   * second thread that closes it waits for the first one, unless it runs a handler of this session,
   * which the first waits for. Received samples stay valid until they are closed. Idempotent.
   */
  @Override
  public void close() {
    closeUntil(System.nanoTime() + Closing.PATIENCE_NANOS);
  }

  /**
   * Closes like {@link #close()}, with another time limit; the core's ending of its links comes on
   * top. An interrupt ends the wait for handlers and calls, not the close.
   *
   * @return whether the session is closed and no handler and no call is in progress any more; false
   *     within a handler of its own
   * @throws InterruptedException if the thread is interrupted while it waits
   */
  public boolean close(Duration timeout) throws InterruptedException {
    long nanos = Nanos.of(timeout);
    long deadline = System.nanoTime() + nanos;
    closeUntil(deadline);
    boolean ended = closed.getCount() == 0;
    for (Declared entity : running) {
      ended &= entity.awaitClosed(Closing.left(deadline));
    }
    return handle.awaitFreed(Closing.left(deadline)) && ended;
  }

  private void closeUntil(long deadline) {
    boolean isHandler = declared.stream().anyMatch(Declared::isRunHere);
    boolean first =
        handle.close(
            address -> {
              declared.forEach(Declared::beginClose);
              EndpointWatch watching = watch;
              if (watching != null) {
                watching.close();
              }
              List<Declared> left = new ArrayList<>();
              for (Declared entity : declared) {
                if (!Closing.hasEnded(entity, deadline)) {
                  left.add(entity);
                }
              }
              running = left;
              kept(NativeSession.counters(address));
              NativeSession.close(address);
              kept(NativeSession.counters(address));
            });
    if (first) {
      gauges.forEach(CopyLedger.Gauge::close);
      closed.countDown();
    } else if (!isHandler) {
      Closing.await(closed, deadline);
    }
  }
}
