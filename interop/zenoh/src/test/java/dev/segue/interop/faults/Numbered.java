package dev.segue.interop.faults;

import dev.segue.bytes.Loan;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.zenoh.AdvancedPublisherOptions;
import dev.segue.zenoh.AdvancedSubscriber;
import dev.segue.zenoh.AdvancedSubscriberOptions;
import dev.segue.zenoh.Backlog;
import dev.segue.zenoh.CacheConfig;
import dev.segue.zenoh.HistoryConfig;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.LivelinessToken;
import dev.segue.zenoh.MissDetectionConfig;
import dev.segue.zenoh.Publisher;
import dev.segue.zenoh.PublisherOptions;
import dev.segue.zenoh.RecoveryConfig;
import dev.segue.zenoh.Replies;
import dev.segue.zenoh.Reply;
import dev.segue.zenoh.Sample;
import dev.segue.zenoh.SampleKind;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.ShmPool;
import dev.segue.zenoh.Subscriber;
import dev.segue.zenoh.SubscriberOptions;
import dev.segue.zenoh.ZenohException;
import java.io.BufferedReader;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The processes of rounds with an advanced publisher and an advanced subscriber, and with
 * liveliness tokens: what is lost is told, and who is there is known.
 */
final class Numbered {
  private static final KeyExpr KEY = KeyExpr.of("faults/numbered");
  private static final KeyExpr ALIVE = KeyExpr.of("faults/alive/*");
  private static final Duration PATIENCE = Duration.ofSeconds(45);
  private static final int CACHED = 100;
  private static final int LARGEST = 8192;
  private static final long CAPACITY = 4L * CACHED * LARGEST;

  private final SplittableRandom random;
  private final boolean sharedMemory;
  private final Map<Long, Long> next = new HashMap<>();
  private final Set<String> alive = ConcurrentHashMap.newKeySet();
  private long received;
  private long lost;
  private long changed;
  private long disordered;

  Numbered(long seed, boolean sharedMemory) {
    this.random = new SplittableRandom(seed);
    this.sharedMemory = sharedMemory;
  }

  private static KeyExpr token(long id) {
    return KeyExpr.of("faults/alive/" + id);
  }

  /** Publishes until told to stop, and keeps the newest samples until told to end. */
  void publish(long id) throws Exception {
    AdvancedPublisherOptions options =
        AdvancedPublisherOptions.of(PublisherOptions.blocking())
            .cache(CacheConfig.defaults().maxSamples(CACHED))
            .sampleMissDetection(MissDetectionConfig.defaults().heartbeat(Duration.ofMillis(50)))
            .detectable();
    BufferedReader orders = Peer.orders();
    Held held = new Held(Peer.config(sharedMemory));
    ShmPool pool = ShmPool.create(CAPACITY);
    try (Session session = Session.open(Peer.config(sharedMemory).listen("tcp/127.0.0.1:0"));
        LivelinessToken _ = session.liveliness().declareToken(token(id));
        Publisher publisher = session.declareAdvancedPublisher(KEY, options)) {
      Peer.say("endpoint " + session.locators().getFirst());
      orders.readLine();
      Peer.say("matched " + publisher.awaitMatchingSubscribers(PATIENCE));
      long sent = 0;
      while (!orders.ready()) {
        sent += put(publisher, pool, new Frame(id, sent)) ? 1 : 0;
        Thread.sleep(random.nextInt(4));
      }
      orders.readLine();
      Peer.say("sent count=" + sent + " dropped=" + session.droppedCount());
      orders.readLine(); // the subscriber is through
    }
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (pool.collect() < CAPACITY && System.nanoTime() - deadline < 0) {
      Thread.sleep(10);
    }
    long missing = CAPACITY - pool.collect();
    pool.close();
    Peer.say("pool missing=" + missing + " sockets=" + held.left());
  }

  private boolean put(Publisher publisher, ShmPool pool, Frame frame)
      throws ZenohException, InterruptedException {
    int byteSize = Frame.HEAD_BYTE_SIZE + random.nextInt(LARGEST - Frame.HEAD_BYTE_SIZE);
    if (sharedMemory) {
      Optional<Loan> loan = pool.tryLoan(byteSize, Duration.ofMillis(100));
      if (loan.isEmpty()) {
        return false; // a full pool; the orders may have come
      }
      frame.write(loan.get().segment());
      publisher.put(loan.get());
    } else {
      MemorySegment segment = Arena.ofAuto().allocate(byteSize);
      frame.write(segment);
      publisher.put(SegmentedBytes.borrow(segment.asReadOnly()));
    }
    return true;
  }

  /** Receives until told to finish at a sequence number of a publisher. */
  void follow(String endpoint) throws Exception {
    AdvancedSubscriberOptions options =
        AdvancedSubscriberOptions.of(SubscriberOptions.defaults().backlog(Backlog.last(1_000_000)))
            .history(HistoryConfig.defaults().detectLatePublishers())
            .recovery(RecoveryConfig.defaults().withHeartbeat());
    BufferedReader orders = Peer.orders();
    Held held = new Held(Peer.config(sharedMemory));
    String result;
    try (Session session = Session.open(Peer.config(sharedMemory).connect(endpoint));
        AdvancedSubscriber subscriber =
            session.declareAdvancedSubscriber(KEY, options, this::onSample);
        Subscriber _ =
            session
                .liveliness()
                .declareSubscriber(ALIVE, true, SubscriberOptions.defaults(), this::onToken)) {
      Peer.say("ready");
      String order = orders.readLine();
      while (order != null && !order.startsWith("finish")) {
        if (order.equals("gc")) {
          System.gc();
        } else {
          long before = receivedCount();
          Peer.say("arrived " + await(() -> receivedCount() > before));
        }
        order = orders.readLine();
      }
      if (order == null) {
        return;
      }
      String[] finish = order.split(" ", -1);
      long id = Long.parseLong(finish[1]);
      boolean complete = await(() -> nextOf(id) >= Long.parseLong(finish[2]));
      boolean told = await(() -> lost() == subscriber.missedCount());
      boolean known = await(() -> alive.equals(Set.of(token(id).toString())));
      boolean asked = await(() -> areThere(session).equals(Set.of(token(id).toString())));
      boolean closed = subscriber.close(PATIENCE);
      result =
          (" incomplete=" + (complete ? 0 : 1) + " untold=" + (told ? 0 : 1))
              + (" unknown=" + (known ? 0 : 1) + " unlisted=" + (asked ? 0 : 1))
              + (" stuck=" + (closed ? 0 : 1));
    }
    synchronized (this) {
      Peer.say(
          ("result received=" + received + " lost=" + lost + " changed=" + changed)
              + (" disordered=" + disordered + result + " sockets=" + held.left()));
    }
  }

  private static Set<String> areThere(Session session) throws ZenohException {
    Set<String> keys = ConcurrentHashMap.newKeySet();
    try (Replies replies = session.liveliness().get(ALIVE, Duration.ofSeconds(5))) {
      for (Reply reply : replies) {
        if (reply instanceof Reply.Success success) {
          keys.add(success.sample().keyExpr().toString());
        }
      }
    }
    return keys;
  }

  private interface Condition {
    boolean holds() throws ZenohException;
  }

  private static boolean await(Condition condition) throws Exception {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.holds()) {
      if (System.nanoTime() - deadline > 0) {
        return false;
      }
      Thread.sleep(5);
    }
    return true;
  }

  private synchronized long receivedCount() {
    return received;
  }

  private synchronized long lost() {
    return lost;
  }

  private synchronized long nextOf(long publisher) {
    return next.getOrDefault(publisher, 0L);
  }

  private void onToken(Sample token) {
    String key = token.keyExpr().toString();
    if (token.kind() == SampleKind.PUT) {
      alive.add(key);
    } else {
      alive.remove(key);
    }
  }

  private synchronized void onSample(Sample sample) {
    Frame frame = Frame.of(sample.payload());
    changed += Frame.isIntact(sample.payload()) ? 0 : 1;
    received++;
    // What was before the first is not in the cache any more.
    long expected = next.getOrDefault(frame.publisher(), frame.sequence());
    if (frame.sequence() < expected) {
      disordered++;
    } else {
      lost += frame.sequence() - expected;
      next.put(frame.publisher(), frame.sequence() + 1);
    }
  }
}
