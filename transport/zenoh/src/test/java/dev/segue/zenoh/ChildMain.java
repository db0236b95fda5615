package dev.segue.zenoh;

import dev.segue.bytes.Loan;
import dev.segue.bytes.SegmentedBytes;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.zip.CRC32C;

/** What the processes of the tests do; the first argument names it. */
final class ChildMain {
  static final KeyExpr KEY = KeyExpr.ofCanonical("test/process");

  private ChildMain() {}

  public static void main(String[] arguments) throws Exception {
    switch (arguments[0]) {
      case "hold" -> hold(arguments[1], Integer.parseInt(arguments[2]));
      case "publish" -> publish(arguments[1]);
      case "answer" -> answer(arguments[1]);
      case "pause" -> pause(arguments[1], Integer.parseInt(arguments[2]));
      case "exit" -> exit();
      case "nested" -> nested();
      case "pools" -> pools(arguments[1]);
      case "leaks" -> Leaky.run();
      case "environment" -> say("mode " + Config.fromEnvironment().get("mode"));
      case "loaders" -> Loaders.run();
      case "stale" -> Stale.run();
      case "load" -> {
        load();
        if (arguments.length > 1) {
          Runtime.getRuntime().halt(9);
        }
      }
      default -> throw new IllegalArgumentException(arguments[0]);
    }
  }

  static void say(String line) {
    System.out.println(line);
    System.out.flush();
  }

  private static Config connectedTo(String endpoint) {
    return Config.isolated().sharedMemoryForLargePayloads(false).connect(endpoint);
  }

  /** Retains samples and keeps them until it is killed. */
  private static void hold(String endpoint, int count) throws Exception {
    Session session = Session.open(connectedTo(endpoint));
    Subscriber subscriber = session.declareSubscriber(KEY);
    List<Sample> held = new ArrayList<>();
    say("ready");
    while (held.size() < count) {
      try (Sample sample = subscriber.receive(Await.LONG).orElseThrow()) {
        held.add(sample.retain());
      }
    }
    say("holding " + held.stream().allMatch(Sample::isSharedMemory));
    Thread.sleep(Duration.ofHours(1));
  }

  /** Configurations so deep that whoever recurses in them overflows the stack. */
  private static void nested() {
    int deep = 200_000;
    String brackets = "[".repeat(deep);
    refused("text", () -> Config.fromJson5(brackets));
    refused("closed", () -> Config.fromJson5(brackets + "]".repeat(deep)));
    refused(
        "plugin",
        () -> Config.fromJson5("{plugins:{x:" + "[".repeat(3000) + "]".repeat(3000) + "}}"));
    refused("objects", () -> Config.fromJson5("{a:".repeat(deep)));
    refused("value", () -> Config.defaults().set("plugins/x", brackets));
    refused("key", () -> Config.defaults().set("plugins" + "/x".repeat(deep), "1"));
    refused("get", () -> Config.defaults().get("plugins" + "/x".repeat(deep)));
    say("done");
  }

  private static void refused(String what, Runnable parse) {
    try {
      parse.run();
    } catch (IllegalArgumentException e) {
      say(what + " refused");
    }
  }

  /** Has pools in every state until it is ended. */
  private static void pools(String endpoint) throws Exception {
    Session session = Session.open(connectedTo(endpoint));
    Publisher publisher = Await.matched(session.declarePublisher(KEY, PublisherOptions.blocking()));
    List<ShmPool> pools = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      ShmPool pool = ShmPool.create(1 << 20);
      publisher.put(pool.loan(1000));
      pools.add(pool);
    }
    Loan filling = pools.getFirst().loan(100);
    filling.segment().fill((byte) 1);
    SegmentedBytes handedOver = pools.getLast().loan(100).handOver();
    pools.get(1).close();
    say("ready " + handedOver.byteSize());
    Thread.sleep(Duration.ofHours(1));
  }

  /** Publishes frames as fast as it can until it is killed. */
  private static void publish(String endpoint) throws Exception {
    Session session = Session.open(connectedTo(endpoint).listen("tcp/127.0.0.1:0"));
    say("endpoint " + session.locators().getFirst());
    Publisher publisher = Await.matched(session.declarePublisher(KEY, PublisherOptions.blocking()));
    ShmPool pool = ShmPool.create(16 * Payloads.FRAME);
    for (long i = 0; ; i++) {
      Loan loan = pool.tryLoan(Payloads.FRAME, Await.LONG).orElseThrow();
      loan.segment().fill((byte) i);
      publisher.put(loan);
      if (i == 3) {
        say("publishing");
      }
    }
  }

  /** Answers queries with one reply after the other until it is killed. */
  private static void answer(String endpoint) throws Exception {
    Session session = Session.open(connectedTo(endpoint));
    Queryable queryable = session.declareQueryable(KEY, QueryableOptions.defaults());
    say("ready");
    Query query = queryable.receive(Await.LONG).orElseThrow();
    for (long i = 0; ; i++) {
      query.reply(KEY, Payloads.number(i));
      Thread.sleep(1);
    }
  }

  /** Takes frames while a large heap is collected again and again; tells what it saw. */
  private static void pause(String endpoint, int frameCount) throws Exception {
    List<long[]> live = new ArrayList<>();
    for (int i = 0; i < 24_000_000; i++) {
      live.add(new long[1]);
    }
    AtomicBoolean stop = new AtomicBoolean();
    Session session = Session.open(connectedTo(endpoint));
    SubscriberOptions options =
        SubscriberOptions.defaults().backlog(Backlog.hold(Math.max(1, frameCount / 10)));
    Subscriber subscriber = session.declareSubscriber(KEY, options);
    Thread collector =
        Threads.start(
            () -> {
              while (!stop.get()) {
                System.gc();
                Thread.sleep(20);
              }
            });
    say("ready");
    int lost = 0;
    int wrong = 0;
    int shared = 0;
    long next = 0;
    while (next < frameCount) {
      try (Sample sample = subscriber.receive(Await.LONG).orElseThrow()) {
        long number = Payloads.numberOf(sample);
        lost += (int) (number - next);
        next = number + 1;
        shared += sample.isSharedMemory() ? 1 : 0;
        long sum = sample.payload().slice(8, 8).reader().readLong();
        wrong += checksum(sample.payload().slice(16).segment(0)) == sum ? 0 : 1;
      }
    }
    stop.set(true);
    collector.join();
    say("longest " + longestPauseMillis());
    say("frames lost=" + lost + " wrong=" + wrong + " shared=" + shared);
    session.close();
    say("live " + live.size());
  }

  static long checksum(java.lang.foreign.MemorySegment segment) {
    CRC32C crc = new CRC32C();
    crc.update(segment.asByteBuffer());
    return crc.getValue();
  }

  static void writeFrame(java.lang.foreign.MemorySegment segment, long number) {
    segment.set(ValueLayout.JAVA_LONG, 0, number);
    segment.asSlice(16).fill((byte) number);
    segment.set(ValueLayout.JAVA_LONG, 8, checksum(segment.asSlice(16)));
  }

  private static long longestPauseMillis() {
    return ManagementFactory.getGarbageCollectorMXBeans().stream()
        .map(bean -> (com.sun.management.GarbageCollectorMXBean) bean)
        .filter(bean -> bean.getLastGcInfo() != null)
        .mapToLong(bean -> bean.getLastGcInfo().getDuration())
        .max()
        .orElse(0);
  }

  /** Leaves with everything open and in use. */
  private static void exit() throws Exception {
    Session session = Session.open(Config.isolated().listen("tcp/127.0.0.1:0"));
    Subscriber subscriber = session.declareSubscriber(KEY);
    session.declareSubscriber(KEY, SubscriberOptions.defaults(), Sample::payload);
    ShmPool pool = ShmPool.create(1 << 20);
    Loan loan = pool.loan(1000);
    session.put(KEY, loan.handOver());
    Sample sample = subscriber.receive(Await.LONG).orElseThrow().retain();
    Threads.start(
        () -> {
          while (true) {
            session.put(KEY, Payloads.number(1));
          }
        });
    Threads.start(() -> subscriber.receive(Duration.ofDays(1)));
    say("leaving " + sample.payloadByteSize());
    System.exit(7);
  }

  private static void load() {
    for (int i = 0; i < 2; i++) {
      try {
        say("opened " + Config.defaults().get("mode"));
      } catch (LinkageError e) {
        say("error " + e);
        say("cause " + e.getCause());
      }
    }
  }
}
