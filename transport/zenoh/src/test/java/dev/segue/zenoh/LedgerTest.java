package dev.segue.zenoh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.CopyLedger;
import dev.segue.bytes.SegmentedBytes;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The copy ledger counts what was sent, neither more nor less, whatever becomes of links. */
@SuppressWarnings("try") // a watcher may be interrupted
class LedgerTest {
  private static final KeyExpr KEY = KeyExpr.of("test/ledger");

  /** With shared memory, the core copies large payloads into some of its own, or over the link. */
  private static Config settings(boolean sharedMemory) {
    return Config.isolated().sharedMemory(sharedMemory).sharedMemoryForLargePayloads(sharedMemory);
  }

  private static long copied() {
    CopyLedger.Snapshot now = CopyLedger.snapshot();
    return now.byteCount("zenoh.network") + now.byteCount("zenoh.sharedMemory");
  }

  /** Reads the ledger all the time; fails if it ever goes back. */
  private static final class Watcher implements AutoCloseable {
    private final AtomicBoolean stop = new AtomicBoolean();
    private final CompletableFuture<Long> readings =
        Threads.call(
            () -> {
              long count = 0;
              long last = copied();
              while (!stop.get()) {
                long now = copied();
                assertTrue(now >= last, "from " + last + " back to " + now);
                last = now;
                count++;
                Thread.sleep(1);
              }
              return count;
            });

    @Override
    public void close() throws Exception {
      stop.set(true);
      assertTrue(readings.get(30, TimeUnit.SECONDS) > 0);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void peersThatLeaveAndComeBackAndTheEndOfASessionKeepEachByte(boolean sharedMemory)
      throws Exception {
    SegmentedBytes payload = Payloads.random(1 << 20, 7);
    long before = copied();
    long sent = 0;
    try (Watcher _ = new Watcher()) {
      for (int round = 0; round < 3; round++) {
        try (Session near = Session.open(settings(sharedMemory).listen("tcp/127.0.0.1:0"));
            Publisher publisher = near.declarePublisher(KEY, PublisherOptions.blocking())) {
          Config far = settings(sharedMemory).connect(near.locators().getFirst());
          for (int peer = 0; peer < 3; peer++) {
            try (Session leaving = Session.open(far);
                Subscriber subscriber = leaving.declareSubscriber(KEY)) {
              Await.matched(publisher);
              for (int i = 0; i < 4; i++) {
                publisher.put(payload);
                sent += payload.byteSize();
                subscriber.receive(Await.LONG).orElseThrow().close();
              }
            }
            Await.until("the peer to be gone", () -> !publisher.hasMatchingSubscribers());
          }
          assertEquals(sent, copied() - before);
        }
        assertEquals(sent, copied() - before, "after the session");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aLinkOfTwoOpenSessionsThatIsCutAndComesBackKeepsEachByte(boolean sharedMemory)
      throws Exception {
    SegmentedBytes payload = Payloads.random(1 << 20, 10);
    long before = copied();
    long sent = 0;
    try (Watcher _ = new Watcher();
        Session near = Session.open(settings(sharedMemory).listen("tcp/127.0.0.1:0"));
        CutLink link = new CutLink(near.locators().getFirst());
        Session far = Session.open(settings(sharedMemory).connect(link.endpoint()));
        Subscriber subscriber = far.declareSubscriber(KEY);
        Publisher publisher = near.declarePublisher(KEY, PublisherOptions.blocking())) {
      for (int round = 0; round < 3; round++) {
        Await.matched(publisher);
        for (int i = 0; i < 4; i++) {
          publisher.put(payload);
          sent += payload.byteSize();
          subscriber.receive(Await.LONG).orElseThrow().close();
        }
        assertEquals(sent, copied() - before);
        link.cut();
        Await.until("the link to end", () -> !near.peers().contains(far.zid()));
        assertEquals(sent, copied() - before, "after the link");
        link.restore();
      }
    }
    assertEquals(sent, copied() - before, "after the sessions");
  }

  @Test
  void closingASessionOnTwoThreadsCountsItOnce() throws Exception {
    SegmentedBytes payload = Payloads.random(100_000, 8);
    long before = copied();
    int rounds = 10;
    try (Watcher _ = new Watcher()) {
      for (int i = 0; i < rounds; i++) {
        Pair pair = Pair.overNetwork();
        try (Subscriber subscriber = pair.far().declareSubscriber(KEY)) {
          pair.publisher(KEY).put(payload);
          subscriber.receive(Await.LONG).orElseThrow().close();
          Thread one = Threads.start(pair.near()::close);
          Thread other = Threads.start(pair.near()::close);
          Await.ended(one);
          Await.ended(other);
        } finally {
          pair.close();
        }
      }
    }
    assertEquals(rounds * payload.byteSize(), copied() - before);
  }

  @Test
  void theCountOfDroppedMessagesNeverGoesBack() throws Exception {
    SegmentedBytes payload = Payloads.random(1 << 20, 9);
    try (Session near =
            Session.open(Config.isolated().sharedMemory(false).listen("tcp/127.0.0.1:0"));
        Publisher publisher = near.declarePublisher(KEY)) {
      Config far = Config.isolated().sharedMemory(false).connect(near.locators().getFirst());
      long dropped = 0;
      for (int peer = 0; peer < 2; peer++) {
        long before = dropped;
        try (Session leaving = Session.open(far);
            // Full after one sample and read by nobody: it stalls its link, whatever the machine
            // does.
            Subscriber _ =
                leaving.declareSubscriber(
                    KEY, SubscriberOptions.defaults().backlog(Backlog.hold(1)))) {
          Await.matched(publisher);
          Await.until(
              "a message to be dropped",
              () -> {
                publisher.put(payload);
                return near.droppedCount() > before;
              });
          dropped = near.droppedCount();
        }
        Await.until("the peer to be gone", () -> !publisher.hasMatchingSubscribers());
        assertTrue(near.droppedCount() >= dropped, "from " + dropped + " back");
        dropped = near.droppedCount();
      }
    }
  }
}
