package dev.segue.gateway;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.OffHeapPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.http2.WebSocket;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.PutOptions;
import dev.segue.zenoh.Qos;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** An event has an id only where its client lacks nothing older: it gets what is newer alone. */
@Timeout(60)
class ResumptionTest {
  private static final KeyExpr ALL = KeyExpr.of("**");

  /** Collects events, and takes none while it is full. */
  private static final class Events implements SampleSink {
    private final LinkedBlockingQueue<String> events = new LinkedBlockingQueue<>();
    private volatile boolean full;
    private volatile @Nullable CompletionStage<Void> refusal;
    private volatile @Nullable Runnable resume;

    @Override
    public CompletionStage<Void> send(SegmentedBytes bytes) {
      CompletionStage<Void> refused = refusal;
      if (refused != null) {
        return refused;
      }
      events.add(bytes.copyToUtf8String());
      return CompletableFuture.completedStage(null);
    }

    @Override
    public long queuedByteSize() {
      return full ? Long.MAX_VALUE : 0;
    }

    @Override
    public void awaitRoom(Runnable action) {
      resume = action;
    }

    @Override
    public void end() {}

    /** The next event of that key; those before it are dropped. */
    String of(String key) throws InterruptedException {
      while (true) {
        String next = Objects.requireNonNull(events.poll(30, TimeUnit.SECONDS), key);
        if (next.contains("\"key\":\"" + key + "\"")) {
          return next;
        }
      }
    }
  }

  /** Blocks the thread that tells of its samples, once, until it is let go. */
  private static final class Blocking extends LocalListener {
    private final InetAddress client;
    private final CountDownLatch blocked = new CountDownLatch(1);
    private final CountDownLatch go = new CountDownLatch(1);

    Blocking(InetAddress client) {
      this.client = client;
    }

    @Override
    public void onSample(Topic topic, KeptSample sample) {
      blocked.countDown();
      try {
        go.await(30, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    @Override
    public InetAddress client() {
      return client;
    }
  }

  /** Notes which key it was told of last. */
  private static final class Told extends LocalListener {
    private volatile String key = "";

    @Override
    public void onSample(Topic topic, KeptSample sample) {
      key = topic.keyExpr().toString();
    }
  }

  private static boolean isNextWithId(Fixture fixture, Events events) throws Exception {
    put(fixture, "b/last");
    return hasId(events.of("b/last"));
  }

  private static boolean hasId(String event) {
    return event.contains("\nid: ");
  }

  private static void put(Fixture fixture, String key) throws Exception {
    fixture.publisher.put(
        KeyExpr.of(key), SegmentedBytes.copyOfUtf8("x"), Qos.defaults(), PutOptions.none());
  }

  /** What is put before the publisher knows of a subscriber goes nowhere. */
  private static void awaitPublisher(Fixture fixture, Topics topics) throws Exception {
    Fixture.until(
        "the publisher to know the subscriber",
        () -> {
          put(fixture, "b/first");
          return topics.find(KeyExpr.of("b/first")).isPresent();
        });
  }

  private static StreamPump pump(LiveSocket live, Topics topics, Events events, OffHeapPool small)
      throws HttpException {
    StreamPump pump =
        new StreamPump(
            live.call,
            topics,
            ALL,
            events,
            new EventsFormat("none", small),
            Runnable::run,
            64,
            1 << 20,
            (_, _) -> {});
    topics.add(ALL, pump);
    return pump;
  }

  @Test
  void anEventThatComesBeforeWhatIsKnownHasNoId() throws Exception {
    try (Fixture fixture = Fixture.open(options -> options);
        LiveSocket live = LiveSocket.open(1 << 20);
        OffHeapPool small = new OffHeapPool(1 << 20);
        LentBudget budget = new LentBudget(1 << 20);
        Topics topics = Topics.open(fixture.session, List.of(ALL), 100, 1 << 20, small, budget)) {
      awaitPublisher(fixture, topics);
      Told told = new Told();
      topics.add(ALL, told);
      put(fixture, "quiet");
      Fixture.until("the quiet one", () -> told.key.equals("quiet"));
      put(fixture, "b/first");
      // All are told of the quiet one by then, and the pump won't be.
      Fixture.until("the one behind the quiet one", () -> told.key.equals("b/first"));
      Events events = new Events();
      StreamPump pump = pump(live, topics, events, small);
      put(fixture, "busy");
      assertFalse(hasId(events.of("busy")), "the quiet one is still to come");
      pump.begin(topics.matching(ALL), 0);
      assertTrue(hasId(events.of("quiet")));
      put(fixture, "busy");
      assertTrue(hasId(events.of("busy")));
      topics.remove(pump);
      pump.close();
    }
  }

  /** Those of several key expressions come on a thread each. */
  @Test
  void anEventThatOvertakesAnOlderOneHasNoId() throws Exception {
    try (Fixture fixture = Fixture.open(options -> options);
        LiveSocket live = LiveSocket.open(1 << 20);
        OffHeapPool small = new OffHeapPool(1 << 20);
        LentBudget budget = new LentBudget(1 << 20);
        Topics topics =
            Topics.open(
                fixture.session,
                List.of(KeyExpr.of("a/**"), KeyExpr.of("b/**")),
                100,
                1 << 20,
                small,
                budget)) {
      awaitPublisher(fixture, topics);
      Blocking blocking = new Blocking(InetAddress.getByName("127.0.0.2"));
      topics.add(KeyExpr.of("a/**"), blocking);
      Events events = new Events();
      StreamPump pump = pump(live, topics, events, small);
      pump.begin(List.of(), 0);
      put(fixture, "a/old");
      assertTrue(blocking.blocked.await(30, TimeUnit.SECONDS));
      put(fixture, "b/new");
      assertFalse(hasId(events.of("b/new")), "an older one is still to be told");
      events.full = true;
      put(fixture, "b/next");
      Fixture.until("the backlog", () -> pump.waitingCount() == 1);
      blocking.go.countDown();
      Fixture.until("the backlog", () -> pump.waitingCount() == 2);
      events.full = false;
      put(fixture, "b/last");
      assertFalse(hasId(events.of("b/next")), "an older one waits behind it");
      assertTrue(hasId(events.of("a/old")));
      // The thread that told of the old one may be on its way back still.
      Fixture.until("an id again", () -> isNextWithId(fixture, events));
      topics.remove(pump);
      pump.close();
    }
  }

  /** Fails whatever it is told. */
  private static final class Faulty implements TopicListener {
    @Override
    public void onSample(Topic topic, KeptSample sample) {
      throw new IllegalStateException("as a test wants it");
    }

    @Override
    public void onMissed(Topic topic, long count, long sequence) {
      throw new IllegalStateException("as a test wants it");
    }

    @Override
    public InetAddress client() {
      return InetAddress.getLoopbackAddress();
    }

    @Override
    public void onEnd() {
      throw new IllegalStateException("as a test wants it");
    }
  }

  /** As when a server of the caller's own has answered a request that still waits for a value. */
  @Test
  void aListenerThatFailsKeepsNoSampleFromOthersAndNoGatewayFromClosing() throws Exception {
    try (Fixture fixture = Fixture.open(options -> options);
        LiveSocket live = LiveSocket.open(1 << 20);
        OffHeapPool small = new OffHeapPool(1 << 20);
        LentBudget budget = new LentBudget(1 << 20);
        Topics topics = Topics.open(fixture.session, List.of(ALL), 100, 1 << 20, small, budget)) {
      awaitPublisher(fixture, topics);
      topics.add(ALL, new Faulty());
      Events events = new Events();
      StreamPump pump = pump(live, topics, events, small);
      put(fixture, "a");
      assertTrue(events.of("a").contains("put"));
      topics.remove(pump);
      pump.close();
    }
  }

  /** It was sent before it was told of, so to be told of it is no reason to take it for sent. */
  @Test
  void aSampleThatTheSinkRefusedComesLaterThoughItIsToldOfMeanwhile() throws Exception {
    try (Fixture fixture = Fixture.open(options -> options);
        LiveSocket live = LiveSocket.open(1 << 20);
        OffHeapPool small = new OffHeapPool(1 << 20);
        LentBudget budget = new LentBudget(1 << 20);
        Topics topics = Topics.open(fixture.session, List.of(ALL), 100, 1 << 20, small, budget)) {
      awaitPublisher(fixture, topics);
      Blocking blocking = new Blocking(InetAddress.getByName("127.0.0.2"));
      topics.add(KeyExpr.of("a/**"), blocking);
      Events events = new Events();
      StreamPump pump = pump(live, topics, events, small);
      put(fixture, "a/one");
      assertTrue(blocking.blocked.await(30, TimeUnit.SECONDS));
      // Its client reads nothing.
      MemorySegment large = Arena.ofAuto().allocate(WebSocket.MAX_WAITING_BYTE_SIZE).asReadOnly();
      live.socket.sendBinary(SegmentedBytes.fromSegments(List.of(large), false));
      events.refusal = live.socket.sendText("no room");
      pump.begin(topics.matching(ALL), 0);
      Runnable resume = Objects.requireNonNull(events.resume);
      blocking.go.countDown();
      put(fixture, "b/two");
      Fixture.until("the other one to be told of", () -> pump.waitingCount() == 1);
      events.refusal = null;
      resume.run();
      assertTrue(events.of("a/one").contains("put"));
      topics.remove(pump);
      pump.close();
    }
  }

  private static void delete(Fixture fixture, String key) throws Exception {
    fixture.publisher.delete(KeyExpr.of(key), Qos.defaults(), PutOptions.none());
  }

  /** It would show a value for ever that is there no more. */
  @Test
  void aStreamThatSkipsADeleteGetsItLater() throws Exception {
    try (Fixture fixture = Fixture.open(options -> options);
        LiveSocket live = LiveSocket.open(1 << 20);
        OffHeapPool small = new OffHeapPool(1 << 20);
        LentBudget budget = new LentBudget(1 << 20);
        Topics topics = Topics.open(fixture.session, List.of(ALL), 100, 1 << 20, small, budget)) {
      awaitPublisher(fixture, topics);
      Events events = new Events();
      StreamPump pump = pump(live, topics, events, small);
      pump.begin(List.of(), 0);
      put(fixture, "a");
      String last = events.of("a");
      events.full = true;
      delete(fixture, "a");
      for (int i = 0; i < 100; i++) {
        put(fixture, "b/busy");
        Thread.sleep(1);
      }
      Fixture.until("the backlog", () -> pump.droppedCount() > 0);
      events.full = false;
      pump.heartbeat();
      assertTrue(events.of("a").contains("\"kind\":\"delete\""));
      topics.remove(pump);
      pump.close();

      Events resumed = new Events();
      StreamPump next = pump(live, topics, resumed, small);
      next.begin(topics.matching(KeyExpr.of("a")), idOf(last));
      assertTrue(resumed.of("a").contains("\"kind\":\"delete\""));
      topics.remove(next);
      next.close();

      Events first = new Events();
      StreamPump another = pump(live, topics, first, small);
      another.begin(topics.matching(KeyExpr.of("a")), 0);
      assertTrue(first.events.isEmpty()); // Who never had the value needn't know.
      topics.remove(another);
      another.close();
    }
    Fixture.until("all samples to be released", () -> KeptSample.heldCount() == 0);
  }

  private static long idOf(String event) {
    int from = event.indexOf("\nid: ") + "\nid: ".length();
    String id = event.substring(from, event.indexOf('\n', from));
    return Long.parseLong(id.substring(id.indexOf('-') + 1));
  }
}
