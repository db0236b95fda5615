package dev.segue.interop.faults;

import dev.segue.bytes.BytesSource;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.zenoh.Backlog;
import dev.segue.zenoh.Sample;
import dev.segue.zenoh.SampleHandler;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.Subscriber;
import dev.segue.zenoh.SubscriberOptions;
import java.io.BufferedReader;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.agrona.concurrent.BackoffIdleStrategy;

/** Receives in one of the styles, checks each payload, and those that it keeps once more later. */
final class Reader {
  private static final Duration PATIENCE = Duration.ofSeconds(45);
  private static final int KEPT = 2;

  private final SplittableRandom random;
  private final boolean sharedMemory;
  private final ArrayDeque<Sample> kept = new ArrayDeque<>();
  private final Map<Long, Long> next = new HashMap<>();
  private long received;
  private long lost;
  private long changed;
  private long disordered;
  private String asked = "";

  Reader(long seed, boolean sharedMemory) {
    this.random = new SplittableRandom(seed);
    this.sharedMemory = sharedMemory;
  }

  /** Runs until told to finish at a sequence number of a publisher, which may never come. */
  void run(String endpoint, String style, int backlog) throws Exception {
    SubscriberOptions options = SubscriberOptions.defaults().backlog(Backlog.hold(backlog));
    BufferedReader orders = Peer.orders();
    Held held = new Held(Peer.config(sharedMemory));
    boolean through;
    try (Session session = Session.open(Peer.config(sharedMemory).connect(endpoint))) {
      Subscriber subscriber =
          style.equals("handler")
              ? session.declareSubscriber(Peer.KEY, options, this::onSample)
              : session.declareSubscriber(Peer.KEY, options);
      Thread reading = start(style, subscriber);
      Asker asker = new Asker(random.nextLong(), session);
      Peer.say("ready");
      String order = orders.readLine();
      while (order != null && !order.startsWith("finish")) {
        if (order.equals("gc")) {
          System.gc();
        } else {
          awaitNext();
        }
        order = orders.readLine();
      }
      if (order == null) {
        return;
      }
      String[] finish = order.split(" ", -1);
      long deadline = System.nanoTime() + PATIENCE.toNanos();
      while (nextOf(Long.parseLong(finish[1])) < Long.parseLong(finish[2])
          && System.nanoTime() - deadline < 0) {
        Thread.sleep(5);
      }
      asked = asker.finish();
      Peer.say("mapped " + Held.sharedMemory());
      boolean closed = subscriber.close(PATIENCE);
      through = reading.join(PATIENCE) && closed;
      recheckKept();
    }
    report(through, held.left());
  }

  private synchronized void recheckKept() {
    kept.forEach(this::recheck);
  }

  /** Says whether something arrives from now on. */
  private void awaitNext() throws InterruptedException {
    long before = receivedCount();
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (receivedCount() == before && System.nanoTime() - deadline < 0) {
      Thread.sleep(5);
    }
    Peer.say("arrived " + (receivedCount() > before));
  }

  private synchronized long receivedCount() {
    return received;
  }

  private synchronized void report(boolean through, long sockets) {
    Peer.say(
        ("result received=" + received + " lost=" + lost + " changed=" + changed)
            + (" disordered=" + disordered + " stuck=" + (through ? 0 : 1))
            + asked
            + (" sockets=" + sockets));
  }

  private Thread start(String style, Subscriber subscriber) {
    Runnable body =
        switch (style) {
          case "handler" -> () -> {};
          case "poll" ->
              () ->
                  subscriber.pollUntilClosed(
                      handler(), 1 + random.nextInt(100), new BackoffIdleStrategy());
          case "receive", "virtual" -> () -> receive(subscriber);
          case "source" -> () -> read(subscriber.asSource());
          default -> throw new IllegalArgumentException(style);
        };
    return style.equals("virtual")
        ? Thread.ofVirtual().start(body)
        : Thread.ofPlatform().daemon().start(body);
  }

  private SampleHandler handler() {
    return this::onSample;
  }

  private void receive(Subscriber subscriber) {
    try {
      while (true) {
        Optional<Sample> sample = subscriber.receive(Duration.ofSeconds(1));
        if (sample.isPresent()) {
          try (Sample own = sample.get()) {
            onSample(own);
          }
        }
      }
    } catch (IllegalStateException | InterruptedException e) {
      if (!subscriber.isClosed()) {
        throw new IllegalStateException(e);
      }
    }
  }

  private void read(BytesSource source) {
    try {
      while (true) {
        var piece = source.next();
        if (piece.isEmpty()) {
          return;
        }
        try (BytesSource.Piece own = piece.get()) {
          check(own.bytes());
        }
      }
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private synchronized long nextOf(long publisher) {
    return next.getOrDefault(publisher, 0L);
  }

  private synchronized void onSample(Sample sample) {
    check(sample.payload());
    if (random.nextInt(50) == 0) {
      kept.add(sample.retain());
      if (kept.size() > KEPT) {
        recheck(kept.remove());
      }
    }
  }

  private void recheck(Sample sample) {
    changed += Frame.isIntact(sample.payload()) ? 0 : 1;
    sample.close();
  }

  private synchronized void check(SegmentedBytes payload) {
    Frame frame = Frame.of(payload);
    changed += Frame.isIntact(payload) ? 0 : 1;
    received++;
    long expected = next.getOrDefault(frame.publisher(), 0L);
    if (frame.sequence() < expected) {
      disordered++;
    } else {
      lost += frame.sequence() - expected;
      next.put(frame.publisher(), frame.sequence() + 1);
    }
  }
}
