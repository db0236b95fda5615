package dev.segue.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.OffHeapPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.http2.WebSocket;
import dev.segue.zenoh.CongestionControl;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.PutOptions;
import dev.segue.zenoh.Qos;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * How the streams of an address are told of samples: in order, each counted, not at others' cost.
 */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class ClientLineTest {
  private static final KeyExpr ALL = KeyExpr.of("n/**");
  private static final Qos BLOCK = Qos.defaults().congestionControl(CongestionControl.BLOCK);

  /** Notes what it is told of; waits, as often as its gate is closed. */
  private static final class Listener implements TopicListener {
    private final InetAddress client;
    private final Semaphore gate = new Semaphore(1);
    private final AtomicLong told = new AtomicLong();
    private final AtomicLong missed = new AtomicLong();
    private final AtomicLong last = new AtomicLong();

    Listener(String client) throws Exception {
      this.client = InetAddress.getByName(client);
    }

    @Override
    public void onSample(Topic topic, KeptSample sample) {
      pass(told, 1, sample.metadata().sequence());
    }

    @Override
    public void onMissed(Topic topic, long count, long sequence) {
      pass(missed, count, sequence);
    }

    private void pass(AtomicLong counter, long count, long sequence) {
      gate.acquireUninterruptibly();
      gate.release();
      counter.addAndGet(count);
      last.set(sequence > last.get() ? sequence : Long.MAX_VALUE);
    }

    @Override
    public InetAddress client() {
      return client;
    }

    @Override
    public void onEnd() {}

    @Override
    public String toString() {
      return "told=" + told + " missed=" + missed + " last=" + last;
    }
  }

  private static void put(Fixture fixture, String key) throws Exception {
    fixture.publisher.put(
        KeyExpr.of(key), SegmentedBytes.copyOfUtf8("x"), BLOCK, PutOptions.none());
  }

  private static void awaitPublisher(Fixture fixture, Topics topics, String key) throws Exception {
    Fixture.until(
        "a sample of " + key,
        () -> {
          put(fixture, key);
          Thread.sleep(10);
          return topics.find(KeyExpr.of(key)).isPresent();
        });
  }

  private static long received(Topics topics, String key) {
    return topics.find(KeyExpr.of(key)).orElseThrow().figures().snapshot().sampleCount();
  }

  /** Thousands of streams of one client took half of the samples from all others. */
  @Test
  void anAddressWithManyStreamsKeepsNoSampleFromOthers() throws Exception {
    int count = 3 * ClientLine.MAX_WAITING_COUNT;
    try (Fixture fixture = Fixture.open(options -> options);
        OffHeapPool small = new OffHeapPool(64 << 20);
        LentBudget budget = new LentBudget(1 << 20, 10_000);
        Topics topics = Topics.open(fixture.session, List.of(ALL), 10, 1 << 20, small, budget)) {
      awaitPublisher(fixture, topics, "n/1");
      List<Listener> many = new ArrayList<>();
      for (int i = 0; i <= ClientLine.FEW_COUNT; i++) {
        many.add(new Listener("127.0.0.2"));
        topics.add(ALL, many.getLast());
      }
      Listener other = new Listener("127.0.0.3");
      topics.add(ALL, other);
      many.getLast().gate.acquire();
      try {
        long before = received(topics, "n/1");
        for (int i = 1; i <= count; i++) {
          put(fixture, "n/1");
          long until = before + i;
          Fixture.until("a sample", () -> received(topics, "n/1") >= until);
        }
        Fixture.until("the other one's samples", () -> other.told.get() == count);
        assertTrue(KeptSample.heldCount() <= ClientLine.MAX_WAITING_COUNT + 3);
      } finally {
        many.getLast().gate.release();
      }
      for (Listener each : many) {
        Fixture.until("all", () -> each.told.get() + each.missed.get() == count);
        assertTrue(each.missed.get() > 0, each::toString);
        assertEquals(received(topics, "n/1"), each.last.get()); // In order, up to the newest.
      }
    }
    Fixture.until("all samples to be released", () -> KeptSample.heldCount() == 0);
  }

  /** Notes the samples of a stream, and has room for them, or says so, at random. */
  private static final class Sink implements SampleSink {
    private final Map<String, Long> last = new HashMap<>();
    private long count;
    private long dropped;
    private boolean inOrder = true;
    private volatile boolean full;
    private volatile @Nullable CompletionStage<Void> refusal;

    @Override
    public CompletionStage<Void> send(SegmentedBytes bytes) {
      CompletionStage<Void> refused = refusal;
      if (refused != null) {
        return refused;
      }
      note(JsonReader.object(FramesFormat.read(bytes).metadata()));
      return CompletableFuture.completedStage(null);
    }

    private synchronized void note(Map<String, @Nullable Object> frame) {
      long sequence = JsonReader.id(frame, "sequence");
      Long before = last.put(JsonReader.text(frame, "key"), sequence);
      inOrder &= before == null || before < sequence;
      count++;
      long droppedSoFar = JsonReader.id(frame, "dropped");
      inOrder &= droppedSoFar >= dropped;
      dropped = droppedSoFar;
    }

    synchronized long lastOf(String key) {
      return last.getOrDefault(key, 0L);
    }

    synchronized long count() {
      return count;
    }

    @Override
    public long queuedByteSize() {
      return full ? Long.MAX_VALUE : 0;
    }

    @Override
    public void end() {}
  }

  /** Against an oracle: what a stream got and what it dropped is what came, each once. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void eachStreamGetsTheNewestAndCountsTheOthersOnce(int seed) throws Exception {
    Random random = new Random(seed);
    List<String> keys = List.of("n/1", "n/2", "n/3", "n/4");
    try (Fixture fixture = Fixture.open(options -> options);
        LiveSocket live = LiveSocket.open(1 << 20);
        OffHeapPool small = new OffHeapPool(64 << 20);
        LentBudget budget = new LentBudget(1 << 20, 400);
        Topics topics = Topics.open(fixture.session, List.of(ALL), 10, 1 << 20, small, budget)) {
      for (String key : keys) {
        awaitPublisher(fixture, topics, key);
      }
      MemorySegment large = Arena.ofAuto().allocate(WebSocket.MAX_WAITING_BYTE_SIZE).asReadOnly();
      live.socket.sendBinary(SegmentedBytes.fromSegments(List.of(large), false));
      CompletionStage<Void> refusal = live.socket.sendText("no room");
      Listener first = new Listener(live.call.client().getHostAddress());
      topics.add(ALL, first);
      Map<StreamPump, Sink> streams = new HashMap<>();
      for (int i = 0; i <= ClientLine.FEW_COUNT; i++) {
        Sink sink = new Sink();
        StreamPump pump =
            new StreamPump(
                live.call,
                topics,
                ALL,
                sink,
                new FramesFormat(small, 1), // Without heartbeats of its own.
                Runnable::run,
                1 + random.nextInt(8),
                1 << 20,
                topics::recordDropped);
        topics.add(ALL, pump);
        pump.begin(topics.matching(ALL), 0);
        assertEquals(keys.size(), sink.count());
        streams.put(pump, sink);
      }
      Map<String, Long> puts = new HashMap<>();
      keys.forEach(key -> puts.put(key, received(topics, key)));
      long before = puts.values().stream().mapToLong(each -> each).sum();
      for (int round = 0; round < 100; round++) {
        boolean stands = random.nextInt(3) == 0;
        if (stands) {
          first.gate.acquire();
        }
        try {
          streams.values().forEach(sink -> sink.full = random.nextInt(4) == 0);
          streams.values().forEach(sink -> sink.refusal = random.nextInt(4) == 0 ? refusal : null);
          int many = random.nextInt(10) == 0 ? 2 * ClientLine.MAX_WAITING_COUNT : 20;
          for (int i = random.nextInt(many); i > 0; i--) {
            String key = keys.get(random.nextInt(random.nextBoolean() ? 1 : keys.size()));
            put(fixture, key);
            puts.merge(key, 1L, Long::sum);
            if (i % 50 == 0) {
              Fixture.until("it", () -> received(topics, key) == puts.getOrDefault(key, 0L));
            }
          }
          for (String key : keys) {
            Fixture.until("all", () -> received(topics, key) == puts.getOrDefault(key, 0L));
          }
        } finally {
          if (stands) {
            first.gate.release();
          }
        }
        streams.keySet().stream()
            .filter(_ -> random.nextInt(9) == 0)
            .forEach(StreamPump::heartbeat);
      }
      streams.values().forEach(sink -> sink.full = false);
      streams.values().forEach(sink -> sink.refusal = null);
      long all = puts.values().stream().mapToLong(each -> each).sum() - before + keys.size();
      long dropped = 0;
      for (Map.Entry<StreamPump, Sink> each : streams.entrySet()) {
        StreamPump pump = each.getKey();
        Sink sink = each.getValue();
        for (String key : keys) {
          Fixture.until(
              "the newest of " + key,
              () -> {
                pump.heartbeat();
                return sink.lastOf(key) == puts.getOrDefault(key, 0L);
              });
        }
        assertTrue(sink.inOrder);
        assertTrue(pump.droppedCount() > 0);
        Fixture.until(
            "all=" + all + " of count=" + sink.count() + " " + pump,
            () -> sink.count() + pump.droppedCount() == all);
        dropped += pump.droppedCount();
      }
      long counted = 0;
      for (String key : keys) {
        counted += topics.find(KeyExpr.of(key)).orElseThrow().figures().snapshot().droppedCount();
      }
      assertEquals(dropped, counted);
      streams.keySet().forEach(topics::remove);
      streams.keySet().forEach(StreamPump::close);
    }
    Fixture.until("all samples to be released", () -> KeptSample.heldCount() == 0);
  }

  /** What waits is let go of, and the next sample is told again once there is a thread. */
  @Test
  void aLineWithoutAThreadGoesOnWhenThereIsOne() throws Exception {
    List<Runnable> tasks = new ArrayList<>();
    boolean[] hasThread = {false};
    Listener[] listeners = new Listener[ClientLine.FEW_COUNT + 1];
    Subscriptions subscriptions =
        new Subscriptions(
            client ->
                new ClientLine(
                    client,
                    task -> {
                      if (!hasThread[0]) {
                        throw new OutOfMemoryError("unable to create native thread");
                      }
                      tasks.add(task);
                    }));
    for (int i = 0; i < listeners.length; i++) {
      listeners[i] = new Listener("127.0.0.2");
      subscriptions.add(ALL, listeners[i]);
    }
    Topic topic = new TopicSlots().newTopic(KeyExpr.of("n/1"));
    Subscriptions.Match match = subscriptions.matchesOf(topic).getFirst();
    for (int i = 1; i <= 3; i++) {
      match.line().tell(topic, i, i, Optional.empty(), match.groups());
    }
    assertEquals(0, match.line().waitingCount());
    hasThread[0] = true;
    match.line().tell(topic, 4, 4, Optional.empty(), match.groups());
    while (!tasks.isEmpty()) {
      tasks.removeFirst().run();
    }
    for (Listener each : listeners) {
      assertEquals(4, each.missed.get());
      assertEquals(4, each.last.get());
    }
  }

  /** Where no more samples come, nobody would be told of the newest one. */
  @Test
  void aLineWithoutAThreadTriesAgainAtAHeartbeat() throws Exception {
    List<Runnable> tasks = new ArrayList<>();
    boolean[] hasThread = {false};
    ClientLine line = lineOf(tasks, hasThread);
    Subscriptions subscriptions = new Subscriptions(_ -> line);
    List<Listener> listeners = listen(subscriptions);
    Topic topic = new TopicSlots().newTopic(KeyExpr.of("n/1"));
    line.tell(topic, 1, 1, Optional.empty(), subscriptions.matchesOf(topic).getFirst().groups());
    line.retry();
    assertTrue(tasks.isEmpty());
    hasThread[0] = true;
    line.retry();
    line.retry(); // It is at it already.
    while (!tasks.isEmpty()) {
      tasks.removeFirst().run();
    }
    for (Listener each : listeners) {
      assertEquals(1, each.missed.get());
    }
  }

  private static ClientLine lineOf(List<Runnable> tasks, boolean[] hasThread) throws Exception {
    return new ClientLine(
        InetAddress.getByName("127.0.0.2"),
        task -> {
          if (!hasThread[0]) {
            throw new OutOfMemoryError("unable to create native thread");
          }
          tasks.add(task);
        });
  }

  private static List<Listener> listen(Subscriptions subscriptions) throws Exception {
    List<Listener> listeners = new ArrayList<>();
    for (int i = 0; i <= ClientLine.FEW_COUNT; i++) {
      listeners.add(new Listener("127.0.0.2"));
      subscriptions.add(ALL, listeners.getLast());
    }
    return listeners;
  }

  /** A publisher of ever new keys had the line of a busy address remember all of them. */
  @Test
  void whatWasMissedOfForgottenTopicsIsAddedUp() throws Exception {
    int count = 100 * ClientLine.MAX_WAITING_COUNT;
    List<Runnable> tasks = new ArrayList<>();
    ClientLine line = lineOf(tasks, new boolean[] {true});
    Subscriptions subscriptions = new Subscriptions(_ -> line);
    TopicSlots slots = new TopicSlots();
    Topic known = slots.newTopic(KeyExpr.of("n/known"));
    List<Listener> listeners = listen(subscriptions);
    for (int i = 1; i <= count; i++) {
      Topic topic = i == 1 ? known : slots.newTopic(KeyExpr.of("n/" + i));
      line.tell(topic, i, i, Optional.empty(), subscriptions.matchesOf(topic).getFirst().groups());
      if (i > 1) {
        slots.remove(topic);
      }
      assertTrue(line.missedTopicCount() <= ClientLine.MAX_WAITING_COUNT + 2);
    }
    while (!tasks.isEmpty()) {
      tasks.removeFirst().run();
    }
    for (Listener each : listeners) {
      assertEquals(count, each.missed.get());
    }
    assertEquals(0, line.missedTopicCount());
  }

  /** Streams that begin while their line stands remembered each topic: streams times topics. */
  @Test
  void whatIsSentOutOfItsTurnIsBoundedForAllStreamsTogether() throws Exception {
    int count = 100;
    try (Fixture fixture = Fixture.open(options -> options);
        LiveSocket live = LiveSocket.open(1 << 20);
        OffHeapPool small = new OffHeapPool(64 << 20);
        LentBudget budget = new LentBudget(1 << 20, 10_000);
        Topics topics = Topics.open(fixture.session, List.of(ALL), 200, 1 << 20, small, budget)) {
      for (int i = 0; i < count; i++) {
        awaitPublisher(fixture, topics, "n/" + i);
      }
      List<Listener> standing = new ArrayList<>();
      for (int i = 0; i <= ClientLine.FEW_COUNT; i++) {
        standing.add(new Listener(live.call.client().getHostAddress()));
        topics.add(ALL, standing.getLast());
      }
      long room = Topics.MAX_AHEAD_COUNT - 10;
      topics.addAhead(room);
      Sink sink = new Sink();
      StreamPump pump = framesOf(live, topics, sink, small);
      standing.getFirst().gate.acquire();
      try {
        for (int i = 0; i < count; i++) {
          String key = "n/" + i;
          long before = received(topics, key);
          put(fixture, key);
          Fixture.until("a sample", () -> received(topics, key) > before);
        }
        topics.add(ALL, pump);
        pump.begin(topics.matching(ALL), 0);
        assertTrue(sink.count() <= 10, "count=" + sink.count());
        assertEquals(count, topics.matching(ALL).size());
      } finally {
        standing.getFirst().gate.release();
      }
      for (Topic topic : topics.matching(ALL)) {
        Fixture.until("the newest", () -> sink.lastOf(topic.key()) == topic.newestSequence());
      }
      assertTrue(sink.inOrder);
      topics.remove(pump);
      pump.close();
      topics.addAhead(-room);
      assertEquals(0, topics.aheadCount());
    }
  }

  /** A key whose topic was forgotten, and came again, went back to what was put before that. */
  @Test
  void aStreamGetsNothingOlderOfAKeyWhoseTopicWasForgotten() throws Exception {
    try (Fixture fixture = Fixture.open(options -> options);
        LiveSocket live = LiveSocket.open(1 << 20);
        OffHeapPool small = new OffHeapPool(64 << 20);
        LentBudget budget = new LentBudget(1 << 20, 10_000);
        Topics topics = Topics.open(fixture.session, List.of(ALL), 2, 1 << 20, small, budget)) {
      awaitPublisher(fixture, topics, "n/0");
      List<Listener> standing = new ArrayList<>();
      for (int i = 0; i <= ClientLine.FEW_COUNT; i++) {
        standing.add(new Listener(live.call.client().getHostAddress()));
        topics.add(ALL, standing.getLast());
      }
      Sink sink = new Sink();
      StreamPump pump = framesOf(live, topics, sink, small);
      standing.getFirst().gate.acquire();
      try {
        for (String key : List.of("n/0", "n/1", "n/1", "n/2", "n/3", "n/1", "n/4", "n/5", "n/1")) {
          put(fixture, key);
        }
        Fixture.until("the last one", () -> topics.forgottenCount() == 6);
        topics.add(ALL, pump);
        pump.begin(topics.matching(ALL), 0);
        assertEquals(2, sink.count());
        assertEquals(1, sink.lastOf("n/1"));
      } finally {
        standing.getFirst().gate.release();
      }
      put(fixture, "n/1");
      Fixture.until("the next one", () -> sink.lastOf("n/1") == 2);
      assertTrue(sink.inOrder);
      topics.remove(pump);
      pump.close();
      assertEquals(0, topics.aheadCount());
    }
    Fixture.until("all samples to be released", () -> KeptSample.heldCount() == 0);
  }

  /** Nor does any heartbeat, while what the client may be lent is taken. */
  @Test
  void aSampleThereIsNoRoomForKeepsNoneOfOtherKeysBack() throws Exception {
    try (Fixture fixture = Fixture.open(options -> options);
        LiveSocket live = LiveSocket.open(1 << 20);
        OffHeapPool small = new OffHeapPool(64 << 20);
        LentBudget budget = new LentBudget(1 << 20, 10_000);
        Topics topics = Topics.open(fixture.session, List.of(ALL), 10, 8 << 20, small, budget)) {
      awaitPublisher(fixture, topics, "n/0");
      Map<String, Integer> byteSizes = Map.of("n/1", 800_000, "n/2", 10, "n/3", 10, "n/4", 300_000);
      for (Map.Entry<String, Integer> each : byteSizes.entrySet()) {
        KeyExpr key = KeyExpr.of(each.getKey());
        SegmentedBytes bytes = SegmentedBytes.copyOf(new byte[each.getValue()]);
        fixture.publisher.put(key, bytes, BLOCK, PutOptions.none());
        Fixture.until("a sample of " + key, () -> topics.find(key).isPresent());
      }
      Sink sink = new Sink();
      StreamPump pump = framesOf(live, topics, sink, small);
      Topic other = topics.find(KeyExpr.of("n/4")).orElseThrow();
      try (LentSample _ =
          other.lendNewest(InetAddress.getByName("10.9.8.7")).lent().orElseThrow()) {
        pump.begin(topics.matching(ALL), 0);
        assertEquals(4, sink.count());
        assertEquals(0, sink.lastOf("n/1"));
      }
      pump.heartbeat();
      assertEquals(1, sink.lastOf("n/1"));
      pump.close();
    }
    Fixture.until("all samples to be released", () -> KeptSample.heldCount() == 0);
  }

  private static StreamPump framesOf(
      LiveSocket live, Topics topics, Sink sink, OffHeapPool memory) {
    return new StreamPump(
        live.call,
        topics,
        ALL,
        sink,
        new FramesFormat(memory, 1),
        Runnable::run,
        8,
        1 << 20,
        topics::recordDropped);
  }
}
