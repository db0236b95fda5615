package dev.segue.gateway;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
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
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the clients of WebSockets can make a gateway do and keep. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class SocketLoadTest {
  private static final Qos BLOCK = Qos.defaults().congestionControl(CongestionControl.BLOCK);

  /** Each topic costs heap for each client of Foxglove's protocol: 70 of them took 128 MiB. */
  @Test
  void channelsOfFoxgloveClientsAreBoundedTogether() throws Exception {
    try (Fixture fixture = Fixture.open(options -> options);
        OffHeapPool pool = new OffHeapPool(1 << 20);
        LentBudget budget = new LentBudget(1 << 20, 100);
        Timers timers = new Timers();
        Publishing publishing = new Publishing(fixture.session);
        Topics topics =
            Topics.open(fixture.session, List.of(KeyExpr.of("n/*")), 10, 1 << 20, pool, budget)) {
      Fixture.until(
          "the samples to arrive",
          () -> {
            for (int i = 0; i < 5; i++) {
              fixture.publisher.put(
                  KeyExpr.of("n/" + i), SegmentedBytes.copyOfUtf8("x"), BLOCK, PutOptions.none());
            }
            Thread.sleep(5);
            return topics.topicCount() == 5;
          });
      ClientSlots slots = new ClientSlots("channelCount", 7, 7, 1);
      MessageTypes types = new MessageTypes(fixture.session, () -> {});
      TopicAccess access = new TopicAccess(List.of(), List.of(), List.of());
      PictureMaker maker = new PictureMaker(pool, new PixelBudget(1 << 20));
      int[] expected = {5, 2, 0};
      List<LiveSocket> sockets = new ArrayList<>();
      List<FoxgloveConnection> connections = new ArrayList<>();
      try {
        for (int count : expected) {
          LiveSocket live = LiveSocket.open(1 << 20);
          sockets.add(live);
          FoxgloveConnection connection =
              new FoxgloveConnection(
                  live.call,
                  topics,
                  types,
                  new SocketPuts(live.call, access, publishing, 1),
                  new SocketRoom(live.call, new ClientSlots("bodies", 1, 1, 1), timers),
                  maker,
                  pool,
                  slots.take(live.call.client(), 0),
                  Runnable::run);
          connections.add(connection);
          SocketStreams streams =
              streams(live, topics, timers, Runnable::run, GatewayOptions.defaults(), 10);
          connection.open(live.socket, streams, timers, Runnable::run);
          assertTrue(live.client.next().contains("serverInfo"));
          if (count > 0) {
            String advertised = live.client.next();
            assertEquals(count, advertised.split("\"topic\":", -1).length - 1, advertised);
          }
        }
        assertEquals(7, slots.takenCount());
        connections.getFirst().onClosed(sockets.getFirst().socket);
        assertEquals(2, slots.takenCount());
      } finally {
        for (int i = 0; i < connections.size(); i++) {
          connections.get(i).onClosed(sockets.get(i).socket);
        }
        for (LiveSocket each : sockets) {
          each.close();
        }
      }
      assertEquals(0, slots.takenCount());
    }
  }

  /** Each subscription had all topics looked through, also when it had ended long ago. */
  @Test
  void subscriptionsThatHaveEndedLeaveNoWorkBehind() throws Exception {
    KeyExpr key = KeyExpr.of("n/*");
    ConcurrentLinkedQueue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    try (Fixture fixture = Fixture.open(options -> options);
        OffHeapPool pool = new OffHeapPool(1 << 20);
        LentBudget budget = new LentBudget(1 << 20, 100);
        Timers timers = new Timers();
        Topics topics = Topics.open(fixture.session, List.of(key), 10, 1 << 20, pool, budget);
        LiveSocket live = LiveSocket.open(1 << 20);
        SocketStreams streams =
            streams(live, topics, timers, tasks::add, GatewayOptions.defaults(), 2000)) {
      Fixture.until(
          "the sample to arrive",
          () -> {
            fixture.publisher.put(
                KeyExpr.of("n/1"), SegmentedBytes.copyOfUtf8("x"), BLOCK, PutOptions.none());
            Thread.sleep(5);
            return topics.valueByteSize() > 0;
          });
      for (int i = 0; i < 1000; i++) {
        streams.subscribe(1, key, new FramesFormat(pool, 1), 64, () -> {});
        assertTrue(streams.unsubscribe(1));
      }
      streams.subscribe(2, key, new FramesFormat(pool, 2), 64, () -> {});
      streams.subscribe(3, key, new FramesFormat(pool, 3), 64, () -> {});
      assertEquals(1, tasks.size());
      int count = 0;
      for (Runnable next = tasks.poll(); next != null; next = tasks.poll()) {
        next.run();
        count++;
      }
      assertTrue(count <= 3, "count=" + count);
      String first = live.client.next();
      assertTrue(first.startsWith("2 ") && first.contains("\"subscription\":2"), first);
      String second = live.client.next();
      assertTrue(second.startsWith("2 ") && second.contains("\"subscription\":3"), second);
    }
    Fixture.until("all samples to be released", () -> KeptSample.heldCount() == 0);
  }

  /** To come and go costs the threads that samples come on, as well. */
  @Test
  void soManySubscriptionsOfAnAddressBeginAtOnce() throws Exception {
    KeyExpr key = KeyExpr.of("n/*");
    try (Fixture fixture = Fixture.open(options -> options);
        OffHeapPool pool = new OffHeapPool(1 << 20);
        LentBudget budget = new LentBudget(1 << 20, 100);
        Timers timers = new Timers();
        Topics topics = Topics.open(fixture.session, List.of(key), 10, 1 << 20, pool, budget);
        LiveSocket live = LiveSocket.open(1 << 20);
        SocketStreams streams =
            streams(live, topics, timers, Runnable::run, GatewayOptions.defaults(), 10)) {
      AtomicInteger begun = new AtomicInteger();
      HttpException refusal =
          assertThrows(
              HttpException.class,
              () -> {
                while (begun.get() < 20) {
                  streams.subscribe(1, key, new FramesFormat(pool, 1), 64, () -> {});
                  assertTrue(streams.unsubscribe(1));
                  begun.incrementAndGet();
                }
              });
      assertEquals(503, refusal.status());
      assertTrue(begun.get() <= 11, "begun=" + begun); // A little time has passed.
      assertFalse(streams.unsubscribe(1));
    }
  }

  /** A megabyte of JSON held the loop, and all connections on it, for seconds. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void noJsonOfAClientIsTakenApartOnTheEventLoop(boolean isFoxglove) throws Exception {
    ConcurrentLinkedQueue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    ClientSlots bodies = new ClientSlots("bodies", 1 << 20, 1 << 20, 1);
    TopicAccess access = new TopicAccess(List.of(), List.of(), List.of());
    try (Fixture fixture = Fixture.open(options -> options);
        OffHeapPool pool = new OffHeapPool(1 << 20);
        LentBudget budget = new LentBudget(1 << 20, 100);
        Timers timers = new Timers();
        Publishing publishing = new Publishing(fixture.session);
        Topics topics =
            Topics.open(fixture.session, List.of(KeyExpr.of("n/*")), 10, 1 << 20, pool, budget);
        LiveSocket live = LiveSocket.open(1 << 20)) {
      SocketPuts puts = new SocketPuts(live.call, access, publishing, 1 << 20);
      SocketRoom room = new SocketRoom(live.call, bodies, timers);
      WebSocket.Listener client =
          isFoxglove
              ? new FoxgloveConnection(
                  live.call,
                  topics,
                  new MessageTypes(fixture.session, () -> {}),
                  puts,
                  room,
                  new PictureMaker(pool, new PixelBudget(1 << 20)),
                  pool,
                  new ClientSlots("channelCount", 7, 7, 1).take(live.call.client(), 0),
                  tasks::add)
              : new SampleSocket(
                  live.call,
                  access,
                  puts,
                  room,
                  GatewayOptions.defaults(),
                  pool,
                  tasks::add,
                  _ -> {
                    throw new IllegalStateException("no streams");
                  });
      String text = "{\"op\":\"" + "x".repeat(5000) + "\"}";
      live.onLoop(() -> client.onText(live.socket, text));
      assertTrue(bodies.takenCount() > 5000);
      tasks.remove().run();
      String answer = live.client.next();
      assertTrue(answer.contains("xxx"), answer);
      assertTrue(answer.length() < 1200, answer); // Not all of what it sent.
      if (!isFoxglove) {
        byte[] frame = new byte[16 + 8000];
        frame[0] = 0x40;
        frame[1] = 0x1F;
        SegmentedBytes bytes = SegmentedBytes.copyOf(frame);
        live.onLoop(() -> client.onBinary(live.socket, bytes));
        tasks.remove().run();
        assertTrue(live.client.next().contains("JSON at offset=0"));
        SegmentedBytes small = SegmentedBytes.copyOf(new byte[16]);
        live.onLoop(() -> client.onBinary(live.socket, small));
        assertTrue(tasks.isEmpty());
        assertTrue(live.client.next().contains("JSON at offset=0"));
      }
      assertEquals(0, bodies.takenCount());
      client.onClosed(live.socket);
    }
  }

  /** One thread may take the texts of all clients apart, and a look at all topics takes seconds. */
  @Test
  void noTextOfAFoxgloveClientWaitsForALookAtAllTopics() throws Exception {
    CountDownLatch looking = new CountDownLatch(1);
    CountDownLatch mayEnd = new CountDownLatch(1);
    ConcurrentLinkedQueue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    TopicAccess access = new TopicAccess(List.of(), List.of(), List.of());
    try (Fixture fixture = Fixture.open(options -> options);
        OffHeapPool pool = new OffHeapPool(1 << 20);
        LentBudget budget = new LentBudget(1 << 20, 100);
        Timers timers = new Timers();
        Publishing publishing = new Publishing(fixture.session);
        Topics topics =
            Topics.open(fixture.session, List.of(KeyExpr.of("n/*")), 10, 1 << 20, pool, budget);
        LiveSocket live = LiveSocket.open(1 << 20)) {
      FoxgloveConnection connection =
          new FoxgloveConnection(
              live.call,
              topics,
              new MessageTypes(fixture.session, () -> {}),
              new SocketPuts(live.call, access, publishing, 1),
              new SocketRoom(live.call, new ClientSlots("bodies", 1, 1, 1), timers),
              new PictureMaker(pool, new PixelBudget(1 << 20)),
              pool,
              new ClientSlots("channelCount", 7, 7, 1).take(live.call.client(), 0),
              tasks::add);
      Thread look =
          Thread.ofVirtual()
              .start(
                  () -> {
                    synchronized (connection) {
                      looking.countDown();
                      assertDoesNotThrow(() -> mayEnd.await());
                    }
                  });
      looking.await();
      String subscribe = "{\"op\":\"subscribe\",\"subscriptions\":[{\"id\":1,\"channelId\":1}]}";
      for (String text :
          List.of(
              subscribe, "{\"op\":\"unsubscribe\",\"subscriptionIds\":[1]}", "{\"op\":\"x\"}")) {
        live.onLoop(() -> connection.onText(live.socket, text));
        assertTrue(Thread.ofVirtual().start(tasks.remove()).join(Fixture.LONG));
      }
      assertTrue(live.client.next().contains("channelId=1: none"));
      assertTrue(live.client.next().contains("op x"));
      mayEnd.countDown();
      look.join();
      connection.onClosed(live.socket);
    } finally {
      mayEnd.countDown();
    }
  }

  /** A thousand may wait to be put on each of a thousand sockets. */
  @Test
  void aMessageTakesRoomHoweverShortItIs() throws Exception {
    List<ClientSlots.Taken> taken = new ArrayList<>();
    ClientSlots bodies = new ClientSlots("bodiesByteSize", 1 << 20, 1 << 20, 1);
    try (LiveSocket live = LiveSocket.open(1 << 20);
        Timers timers = new Timers();
        SocketRoom room = new SocketRoom(live.call, bodies, timers)) {
      HttpException refusal =
          assertThrows(
              HttpException.class,
              () -> {
                while (true) {
                  taken.add(room.whole(1));
                }
              });
      assertEquals(503, refusal.status());
      assertEquals((1 << 20) / 4097, taken.size());
      taken.forEach(ClientSlots.Taken::close);
      room.whole(1).close();
      assertEquals(0, bodies.takenCount());
    }
  }

  @Test
  void whatIsDoneEachPeriodDoesNotWaitTwice() throws Exception {
    ConcurrentLinkedQueue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    AtomicInteger ticks = new AtomicInteger();
    AtomicInteger done = new AtomicInteger();
    Duration period = Duration.ofMillis(1);
    try (Timers timers = new Timers()) {
      Timers.Task work = timers.every(period, tasks::add, done::incrementAndGet);
      Timers.Task clock = timers.every(period, ticks::incrementAndGet);
      for (int i = 1; i < 4; i++) {
        int until = ticks.get() + 10;
        Fixture.until("time to pass", () -> ticks.get() > until);
        assertEquals(1, tasks.size());
        tasks.remove().run();
        assertEquals(i, done.get());
      }
      work.cancel();
      clock.cancel();
    }
  }

  /** A client's time stands as long as its event loop does: it was looked at without a rest. */
  @Test
  void aClientWhoseTimeStandsIsLookedAtNowAndThen() throws Exception {
    AtomicInteger ticks = new AtomicInteger();
    AtomicInteger looks = new AtomicInteger();
    AtomicInteger ended = new AtomicInteger();
    try (Timers timers = new Timers()) {
      timers.every(Duration.ofMillis(1), ticks::incrementAndGet);
      timers.after(
          Duration.ofNanos(2), () -> looks.incrementAndGet() == 1 ? 0 : 1, ended::incrementAndGet);
      Fixture.until("time to pass", () -> ticks.get() > 50);
      assertTrue(looks.get() <= ticks.get(), "looks=" + looks + " ticks=" + ticks);
      assertEquals(0, ended.get());
    }
  }

  /** What was under way when the gateway began to close failed instead of going to its end. */
  @Test
  void whatIsToRunAfterTheCloseDoesNotAndIsNoFault() {
    Timers timers = new Timers();
    timers.close();
    AtomicInteger ran = new AtomicInteger();
    timers.after(Duration.ZERO, ran::incrementAndGet).cancel();
    timers.every(Duration.ofMillis(1), ran::incrementAndGet).cancel();
    timers.every(Duration.ofMillis(1), Runnable::run, ran::incrementAndGet).cancel();
    assertEquals(0, ran.get());
  }

  /** To tell the client may end its connection; the stream stayed with the topics for ever. */
  @Test
  void aSubscriptionWhoseSocketEndsAsItBeginsIsNotLeftBehind() throws Exception {
    try (Fixture fixture = Fixture.open(options -> options);
        OffHeapPool pool = new OffHeapPool(1 << 20);
        LentBudget budget = new LentBudget(1 << 20, 100);
        Timers timers = new Timers();
        Topics topics =
            Topics.open(fixture.session, List.of(KeyExpr.of("n/*")), 10, 1 << 20, pool, budget);
        LiveSocket live = LiveSocket.open(1 << 20);
        SocketStreams streams =
            streams(live, topics, timers, Runnable::run, GatewayOptions.defaults(), 2000)) {
      KeyExpr key = KeyExpr.of("n/*");
      streams.subscribe(1, key, new FramesFormat(pool, 1), 64, () -> {});
      assertEquals(1, topics.listenerCount());
      streams.subscribe(
          2, key, new FramesFormat(pool, 2), 64, () -> assertTrue(streams.unsubscribe(2)));
      assertEquals(1, topics.listenerCount());
      streams.subscribe(3, key, new FramesFormat(pool, 3), 64, streams::close);
      assertEquals(0, topics.listenerCount());
    }
  }

  private static SocketStreams streams(
      LiveSocket live,
      Topics topics,
      Timers timers,
      Executor blocking,
      GatewayOptions options,
      int rate) {
    return new SocketStreams(
        live.call,
        live.socket,
        topics,
        timers,
        blocking,
        Runnable::run,
        options,
        new ClientSlots("subscriptionCount", 100, 100, 5),
        new AddressRate(rate, Duration.ofDays(1)));
  }

  private static void awaitSample(
      Fixture fixture, Topics topics, KeyExpr key, SegmentedBytes payload) throws Exception {
    Fixture.until(
        "a sample of " + key,
        () -> {
          fixture.publisher.put(key, payload, BLOCK, PutOptions.none());
          return topics.find(key).isPresent();
        });
  }

  /** Leaves room for so many bytes. */
  private static void fillUpTo(WebSocket socket, int byteSize) {
    MemorySegment most =
        Arena.ofAuto().allocate(WebSocket.MAX_WAITING_BYTE_SIZE - byteSize).asReadOnly();
    socket.sendBinary(SegmentedBytes.fromSegments(List.of(most), false));
  }

  /** The others stood until their heartbeat, though their client had read everything. */
  @Test
  void aStreamThatEndsAsItWaitsForRoomKeepsNoOtherWaiting() throws Exception {
    SegmentedBytes payload = SegmentedBytes.copyOf(new byte[2 << 20]);
    try (Fixture fixture = Fixture.open(options -> options);
        OffHeapPool pool = new OffHeapPool(1 << 20);
        LentBudget budget = new LentBudget(64 << 20, 100);
        Timers timers = new Timers();
        Topics topics =
            Topics.open(fixture.session, List.of(KeyExpr.of("n/*")), 10, 64 << 20, pool, budget);
        LiveSocket live = LiveSocket.open(1 << 20);
        SocketStreams streams =
            streams(
                live,
                topics,
                timers,
                Runnable::run,
                GatewayOptions.defaults().heartbeat(Duration.ofHours(1)),
                2000)) {
      for (int i = 1; i <= 3; i++) {
        KeyExpr key = KeyExpr.of("n/" + i);
        awaitSample(fixture, topics, key, payload);
      }
      fillUpTo(live.socket, 3 << 20);
      for (int i = 1; i <= 3; i++) { // There is room for the first.
        streams.subscribe(i, KeyExpr.of("n/" + i), new FramesFormat(pool, i), 64, () -> {});
      }
      assertTrue(streams.unsubscribe(2));
      live.client.next();
      assertTrue(live.client.next().contains("\"key\":\"n/1\""));
      while (!live.client.next().contains("\"key\":\"n/3\"")) {}
    }
  }

  /** It waited once more at each heartbeat, as long as its client read so slowly. */
  @Test
  void aStreamWaitsForRoomOnceHoweverOftenItIsRefused() throws Exception {
    SegmentedBytes payload = SegmentedBytes.copyOf(new byte[2 << 20]);
    try (Fixture fixture = Fixture.open(options -> options);
        OffHeapPool pool = new OffHeapPool(1 << 20);
        LentBudget budget = new LentBudget(64 << 20, 100);
        Timers timers = new Timers();
        Topics topics =
            Topics.open(fixture.session, List.of(KeyExpr.of("n/*")), 10, 64 << 20, pool, budget);
        LiveSocket live = LiveSocket.open(1 << 20);
        SocketStreams streams =
            streams(
                live,
                topics,
                timers,
                Runnable::run,
                GatewayOptions.defaults().heartbeat(Duration.ofMillis(1)),
                2000)) {
      KeyExpr key = KeyExpr.of("n/1");
      awaitSample(fixture, topics, key, payload);
      fillUpTo(live.socket, 1 << 20);
      AtomicInteger made = new AtomicInteger();
      FramesFormat frames = new FramesFormat(pool, 1);
      streams.subscribe(1, key, new CountedFrames(frames, false, made), 64, () -> {});
      Topic topic = topics.find(key).orElseThrow();
      Fixture.until("many refusals", () -> made.get() > 50);
      assertEquals(1, streams.waitingCount());
      assertEquals(0, topic.figures().snapshot().droppedCount()); // It is still to be sent.
      fixture.publisher.put(key, payload, BLOCK, PutOptions.none());
      Fixture.until("another one", () -> topic.figures().snapshot().sampleCount() > 1);
      int before = made.get();
      Fixture.until("many refusals", () -> made.get() > before + 50);
      assertEquals(1, topic.figures().snapshot().droppedCount());
    }
  }

  /** All that waited were woken by each message that left: pictures were made to be refused. */
  @Test
  void aMessageThatLeavesWakesOneStream() throws Exception {
    int count = 60;
    SegmentedBytes payload = SegmentedBytes.copyOf(new byte[1 << 20]);
    AtomicInteger made = new AtomicInteger();
    try (Fixture fixture = Fixture.open(options -> options);
        OffHeapPool pool = new OffHeapPool(1 << 20);
        LentBudget budget = new LentBudget(64 << 20, 1000);
        Timers timers = new Timers();
        FairThreads slow = new FairThreads(1, "slow");
        Topics topics =
            Topics.open(fixture.session, List.of(KeyExpr.of("n/*")), 10, 64 << 20, pool, budget);
        LiveSocket live = LiveSocket.open(1 << 20);
        SocketStreams streams =
            new SocketStreams(
                live.call,
                live.socket,
                topics,
                timers,
                Runnable::run,
                slow.of(live.call.client()),
                GatewayOptions.defaults().heartbeat(Duration.ofHours(1)),
                new ClientSlots("subscriptionCount", 100, 100, 5),
                new AddressRate(2000, Duration.ofDays(1)))) {
      KeyExpr key = KeyExpr.of("n/1");
      awaitSample(fixture, topics, key, payload);
      fillUpTo(live.socket, 5 << 20);
      for (int i = 1; i <= count; i++) {
        streams.subscribe(
            i, key, new CountedFrames(new FramesFormat(pool, i), true, made), 64, () -> {});
      }
      Fixture.until("the others to wait", () -> streams.waitingCount() >= count - 5);
      live.client.next();
      for (int i = 0; i < count; i++) {
        assertTrue(live.client.next().contains("\"key\":\"n/1\""));
      }
      assertEquals(0, streams.waitingCount());
      // At first, and each time that it was woken: by what filled the socket, or by another.
      assertTrue(made.get() <= 2 * count + 1, "made=" + made);
    }
  }

  /** Frames that are counted, and perhaps made on a thread of their own, as pictures are. */
  private record CountedFrames(FramesFormat frames, boolean isSlow, AtomicInteger made)
      implements StreamFormat {
    @Override
    public String contentType() {
      return frames.contentType();
    }

    @Override
    public Optional<Part> of(LentSample lent, long dropped, boolean caughtUp) {
      made.incrementAndGet();
      return frames.of(lent, dropped, caughtUp);
    }
  }

  /** One that wakes the next did so within its own call. */
  @Test
  void thousandsOfStreamsThatHaveEndedWakeOneAfterTheOther() throws Exception {
    int count = 5000;
    SegmentedBytes payload = SegmentedBytes.copyOf(new byte[1 << 20]);
    try (Fixture fixture = Fixture.open(options -> options);
        OffHeapPool pool = new OffHeapPool(16 << 20);
        LentBudget budget = new LentBudget(64 << 20, 100_000);
        Timers timers = new Timers();
        Topics topics =
            Topics.open(fixture.session, List.of(KeyExpr.of("n/*")), 10, 64 << 20, pool, budget);
        LiveSocket live = LiveSocket.open(1 << 20);
        SocketStreams streams =
            new SocketStreams(
                live.call,
                live.socket,
                topics,
                timers,
                Runnable::run,
                Runnable::run,
                GatewayOptions.defaults().heartbeat(Duration.ofHours(1)),
                new ClientSlots("subscriptionCount", count + 1, count + 1, 5),
                new AddressRate(2 * count, Duration.ofDays(1)))) {
      KeyExpr key = KeyExpr.of("n/1");
      awaitSample(fixture, topics, key, payload);
      fillUpTo(live.socket, 3 << 19);
      for (int i = 0; i <= count; i++) { // There is room for the first.
        streams.subscribe(i, key, new FramesFormat(pool, i), 64, () -> {});
      }
      assertEquals(count, streams.waitingCount());
      for (int i = 0; i < count; i++) {
        assertTrue(streams.unsubscribe(i));
      }
      live.client.next();
      assertTrue(live.client.next().contains("\"subscription\":0"));
      while (!live.client.next().contains("\"subscription\":" + count)) {}
      assertEquals(0, streams.waitingCount());
    }
  }

  /** As advertisements of topics: nothing of the streams was on its way that would wake one. */
  @Test
  void aStreamIsWokenWhenTextsLeaveTheSocket() throws Exception {
    String text = "x".repeat(1 << 20);
    SegmentedBytes payload = SegmentedBytes.copyOf(new byte[8 << 20]);
    try (Fixture fixture = Fixture.open(options -> options);
        OffHeapPool pool = new OffHeapPool(1 << 20);
        LentBudget budget = new LentBudget(64 << 20, 100);
        Timers timers = new Timers();
        Topics topics =
            Topics.open(fixture.session, List.of(KeyExpr.of("n/*")), 10, 64 << 20, pool, budget);
        LiveSocket live = LiveSocket.open(128 << 20);
        SocketStreams streams =
            streams(
                live,
                topics,
                timers,
                Runnable::run,
                GatewayOptions.defaults().heartbeat(Duration.ofHours(1)),
                2000)) {
      KeyExpr key = KeyExpr.of("n/1");
      awaitSample(fixture, topics, key, payload);
      SocketTexts texts =
          new SocketTexts(live.call, WebSocket.MAX_WAITING_BYTE_SIZE, streams::wakeOne);
      for (int i = 0; i < 62; i++) {
        assertTrue(texts.send(live.socket, text));
      }
      streams.subscribe(1, key, new FramesFormat(pool, 1), 64, () -> {});
      assertEquals(1, streams.waitingCount());
      while (!live.client.next().contains("\"key\":\"n/1\"")) {}
    }
  }

  @Test
  void textsThatAreNotReadHaveSoMuchRoomAndGetItBack() throws Exception {
    String text = "x".repeat(100);
    try (LiveSocket live = LiveSocket.open(50_000)) {
      SocketTexts texts = new SocketTexts(live.call, 1 << 20, () -> {});
      // Nothing more leaves before the client reads.
      var large = live.socket.sendBinary(SegmentedBytes.copyOf(new byte[16 << 20]));
      int sent = 0;
      while (texts.send(live.socket, text)) {
        sent++;
      }
      assertEquals(16 + 50_000 / 2148, sent);
      assertFalse(texts.send(live.socket, text));
      assertTrue(live.client.next().startsWith("2 "));
      for (int i = 0; i < sent; i++) {
        assertTrue(live.client.next().startsWith("1 "));
      }
      Fixture.await(large);
      Fixture.until("the room to be free", () -> texts.send(live.socket, text));
    }
  }

  /** Else it would get nothing of a key that is quiet from then on. */
  @Test
  void aStreamThatThereIsNoThreadForBeginsAtAHeartbeat() throws Exception {
    AtomicInteger refusals = new AtomicInteger(2);
    try (Fixture fixture = Fixture.open(options -> options);
        OffHeapPool pool = new OffHeapPool(1 << 20);
        LentBudget budget = new LentBudget(64 << 20, 100);
        Timers timers = new Timers();
        Topics topics =
            Topics.open(fixture.session, List.of(KeyExpr.of("n/*")), 10, 64 << 20, pool, budget);
        LiveSocket live = LiveSocket.open(1 << 20);
        SocketStreams streams =
            streams(
                live,
                topics,
                timers,
                task -> {
                  if (refusals.getAndDecrement() > 0) {
                    throw new OutOfMemoryError("unable to create native thread");
                  }
                  task.run();
                },
                GatewayOptions.defaults().heartbeat(Duration.ofMillis(50)),
                100)) {
      KeyExpr key = KeyExpr.of("n/1");
      awaitSample(fixture, topics, key, SegmentedBytes.copyOfUtf8("x"));
      streams.subscribe(1, key, new FramesFormat(pool, 1), 64, () -> {});
      assertTrue(live.client.next().contains("\"key\":\"n/1\""));
    }
  }
}
