package dev.segue.bench.peers;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.zenoh.Config;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Publisher;
import dev.segue.zenoh.PublisherOptions;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.ZenohException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/**
 * As many messages as go through, from any number of publishers over any number of topics to any
 * number of subscribers:
 *
 * <pre>
 * thrsub tcp|shm ENDPOINT [SUBSCRIBERS TOPICS]           prints messages received each second
 * thrpub tcp|shm ENDPOINT BYTES SECS [PUBLISHERS TOPICS] publishes as fast as it can
 * </pre>
 */
final class ThroughputPeer {
  private ThroughputPeer() {}

  static KeyExpr key(int topic) {
    return KeyExpr.of("thr/" + topic);
  }

  static void subscribe(Config config, Receiving receiving, int subscribers, int topics)
      throws Exception {
    LongAdder count = new LongAdder();
    Thread.ofPlatform().daemon().start(() -> printEachSecond(count));
    try (Session session = Session.open(config)) {
      CountDownLatch declared = new CountDownLatch(subscribers - 1);
      for (int i = 1; i < subscribers; i++) {
        KeyExpr key = key(i % topics);
        Thread.ofPlatform().daemon().start(() -> consume(session, receiving, key, count, declared));
      }
      if (!declared.await(20, TimeUnit.SECONDS)) {
        throw new IllegalStateException("not declared: subscriberCount=" + declared.getCount());
      }
      receiving.consume(
          session, key(0), sample -> count.increment(), subscriber -> SeguePeer.sayReady());
    }
  }

  private static void consume(
      Session session, Receiving receiving, KeyExpr key, LongAdder count, CountDownLatch declared) {
    try {
      receiving.consume(
          session, key, sample -> count.increment(), subscriber -> declared.countDown());
    } catch (ZenohException | RuntimeException e) {
      // With one subscriber fewer it would measure something else under the same name.
      System.out.println("a further subscriber failed: " + e);
      System.exit(1);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void printEachSecond(LongAdder count) {
    long last = 0;
    while (true) {
      try {
        Thread.sleep(1000);
      } catch (InterruptedException e) {
        return;
      }
      long now = count.sum();
      System.out.println("received_per_s=" + (now - last));
      last = now;
    }
  }

  static void publish(Config config, long byteSize, long seconds, int publishers, int topics)
      throws Exception {
    try (Session session = Session.open(config);
        ExecutorService threads = Executors.newFixedThreadPool(publishers)) {
      List<Callable<Long>> works = new ArrayList<>();
      for (int p = 0; p < publishers; p++) {
        List<Publisher> outs = new ArrayList<>();
        for (int t = 0; t < topics; t++) {
          outs.add(session.declarePublisher(key((t + p) % topics), PublisherOptions.blocking()));
        }
        SegmentedBytes payload = SeguePeer.payload(byteSize);
        works.add(() -> flood(outs, payload, seconds));
      }
      Thread.sleep(800);
      long sent = 0;
      for (Future<Long> each : threads.invokeAll(works)) {
        sent += each.get();
      }
      System.out.println("sent_per_s=" + sent / seconds);
    }
  }

  private static long flood(List<Publisher> outs, SegmentedBytes payload, long seconds)
      throws ZenohException {
    long sent = 0;
    long end = System.nanoTime() + Duration.ofSeconds(seconds).toNanos();
    Publisher only = outs.getFirst();
    int topics = outs.size();
    while (System.nanoTime() - end < 0) {
      for (int i = 0; i < 64; i++) {
        (topics == 1 ? only : outs.get(i % topics)).put(payload);
      }
      sent += 64;
    }
    return sent;
  }
}
