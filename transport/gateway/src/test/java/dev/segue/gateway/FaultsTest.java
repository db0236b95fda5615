package dev.segue.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.OffHeapPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.zenoh.CongestionControl;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.PutOptions;
import dev.segue.zenoh.Qos;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Errors where nobody expects any, as a full heap throws them. */
@Timeout(120)
class FaultsTest {
  private static final KeyExpr ALL = KeyExpr.of("n/**");
  private static final Qos BLOCK = Qos.defaults().congestionControl(CongestionControl.BLOCK);

  /** What a stream calls. */
  enum Place {
    FORMAT,
    SLOW_FORMAT,
    SEND,
    QUEUED_BYTE_SIZE,
    DROPPED
  }

  /** The stream's surroundings, of which one throws once. */
  private static final class Faulty implements SampleSink, StreamFormat {
    private final AtomicInteger sent = new AtomicInteger();
    private final StreamFormat framing;
    private volatile Optional<Place> next = Optional.empty();
    private volatile boolean full;
    private final boolean slow;

    Faulty(StreamFormat framing, boolean slow) {
      this.framing = framing;
      this.slow = slow;
    }

    private void pass(Place... places) {
      Place expected = next.orElse(null);
      for (Place each : places) {
        if (each == expected) {
          next = Optional.empty();
          throw new OutOfMemoryError(each + " by a test");
        }
      }
    }

    @Override
    public boolean isSlow() {
      return slow;
    }

    @Override
    public CompletionStage<Void> send(SegmentedBytes bytes) {
      pass(Place.SEND);
      sent.incrementAndGet();
      return CompletableFuture.completedStage(null);
    }

    @Override
    public long queuedByteSize() {
      pass(Place.QUEUED_BYTE_SIZE);
      return full ? Long.MAX_VALUE : 0;
    }

    @Override
    public void end() {}

    @Override
    public String contentType() {
      return framing.contentType();
    }

    @Override
    public Optional<Part> of(LentSample lent, long dropped, boolean caughtUp) {
      pass(Place.FORMAT, Place.SLOW_FORMAT);
      return framing.of(lent, dropped, caughtUp);
    }

    void onDropped(Topic topic, long count) {
      pass(Place.DROPPED);
    }
  }

  private static void put(Fixture fixture) throws Exception {
    fixture.publisher.put(
        KeyExpr.of("n/1"), SegmentedBytes.copyOfUtf8("x"), BLOCK, PutOptions.none());
  }

  private static long received(Topics topics) {
    return topics.find(KeyExpr.of("n/1")).orElseThrow().figures().snapshot().sampleCount();
  }

  private static void putAndWait(Fixture fixture, Topics topics) throws Exception {
    long before = received(topics);
    put(fixture);
    Fixture.until("a sample", () -> received(topics) > before);
  }

  /** Its client would wait for ever for a stream that only seems to live. */
  @ParameterizedTest
  @EnumSource
  void aStreamThatThrowsEndsAndKeepsNothing(Place place) throws Exception {
    try (Fixture fixture = Fixture.open(options -> options);
        LiveSocket live = LiveSocket.open(1 << 20);
        OffHeapPool small = new OffHeapPool(1 << 20);
        LentBudget budget = new LentBudget(1 << 20);
        Topics topics = Topics.open(fixture.session, List.of(ALL), 10, 1 << 20, small, budget)) {
      Fixture.until(
          "a topic",
          () -> {
            put(fixture);
            Thread.sleep(10);
            return topics.find(KeyExpr.of("n/1")).isPresent();
          });
      Faulty faulty = new Faulty(new FramesFormat(small, 1), place == Place.SLOW_FORMAT);
      Faulty other = new Faulty(new FramesFormat(small, 1), false);
      StreamPump pump = pump(live, topics, faulty);
      StreamPump next = pump(live, topics, other);
      pump.begin(topics.matching(ALL), 0);
      next.begin(topics.matching(ALL), 0);
      assertEquals(1, faulty.sent.get());
      faulty.full = place == Place.DROPPED;
      faulty.next = Optional.of(place);
      for (int i = 0; i < 3; i++) {
        putAndWait(fixture, topics);
      }
      assertTrue(faulty.next.isEmpty(), "nothing was thrown");
      Fixture.until("the end", live.call::isOver);
      faulty.full = false;
      pump.heartbeat();
      assertEquals(1, faulty.sent.get(), "nothing more is sent");
      Fixture.until("the other stream", () -> other.sent.get() == 4);
      topics.remove(pump);
      topics.remove(next);
      pump.close();
      next.close();
    }
    Fixture.until("all samples to be released", () -> KeptSample.heldCount() == 0);
  }

  private static StreamPump pump(LiveSocket live, Topics topics, Faulty faulty) {
    StreamPump pump =
        new StreamPump(
            live.call, topics, ALL, faulty, faulty, Runnable::run, 1, 1 << 20, faulty::onDropped);
    topics.add(ALL, pump);
    return pump;
  }

  /** What misses the topic's newest sample can't say so: it ends. */
  @Test
  void aStreamThatThrowsAsItBeginsEnds() throws Exception {
    try (Fixture fixture = Fixture.open(options -> options);
        LiveSocket live = LiveSocket.open(1 << 20);
        OffHeapPool small = new OffHeapPool(1 << 20);
        LentBudget budget = new LentBudget(1 << 20);
        Topics topics = Topics.open(fixture.session, List.of(ALL), 10, 1 << 20, small, budget)) {
      Faulty faulty = new Faulty(new FramesFormat(small, 1), false);
      StreamPump pump = pump(live, topics, faulty);
      faulty.next = Optional.of(Place.QUEUED_BYTE_SIZE);
      assertFalse(live.call.isOver());
      pump.begin(List.of(), 0);
      Fixture.until("the end", live.call::isOver);
      topics.remove(pump);
      pump.close();
    }
  }
}
