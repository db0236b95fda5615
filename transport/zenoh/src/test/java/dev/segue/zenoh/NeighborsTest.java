package dev.segue.zenoh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.Loan;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Lend;
import dev.segue.bytes.spi.MemoryOwner;
import dev.segue.testkit.Seeds;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is lent out of a poll keeps its own sample, and not those that were drained with it. */
class NeighborsTest {
  private static final KeyExpr KEY = KeyExpr.of("test/neighbors");
  private static final int COUNT = 8;
  private static final int BYTE_SIZE = 1 << 16;

  /** Ways to lend a payload on. */
  enum Way {
    PAYLOAD {
      @Override
      SegmentedBytes of(Sample sample) {
        return sample.payload();
      }
    },
    SLICE {
      @Override
      SegmentedBytes of(Sample sample) {
        return sample.payload().slice(0, 10);
      }
    },
    SEGMENTS {
      @Override
      SegmentedBytes of(Sample sample) {
        return SegmentedBytes.fromSegments(sample.payload().segments(), false);
      }
    },
    BUFFERS {
      @Override
      SegmentedBytes of(Sample sample) {
        return SegmentedBytes.fromBuffers(sample.payload().asByteBuffers(), false);
      }
    };

    abstract SegmentedBytes of(Sample sample);
  }

  private static void assertStill(int expected, long address, long byteSize) {
    MemorySegment memory = Native.view(address, byteSize);
    for (long at = 0; at < byteSize; at++) {
      assertEquals((byte) expected, memory.get(ValueLayout.JAVA_BYTE, at));
    }
  }

  private static void putNumbered(ShmPool pool, Publisher publisher, int count) throws Exception {
    for (int i = 0; i < count; i++) {
      try (Loan loan = pool.tryLoan(BYTE_SIZE, Await.LONG).orElseThrow()) {
        loan.segment().fill((byte) i);
        publisher.put(loan.handOver());
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void thePoolHasTheMemoryOfTheOthersBack(Way way) throws Exception {
    SubscriberOptions options = SubscriberOptions.defaults().backlog(Backlog.hold(COUNT));
    try (Pair pair = Pair.overSharedMemory();
        ShmPool pool = ShmPool.create((long) COUNT * BYTE_SIZE);
        Subscriber subscriber = pair.far().declareSubscriber(KEY, options);
        Publisher publisher = pair.publisher(KEY)) {
      for (int round = 0; round < 3; round++) {
        putNumbered(pool, publisher, COUNT);
        Await.until("all of them", () -> subscriber.counts().waiting() == COUNT);
        List<SegmentedBytes> lent = new ArrayList<>();
        List<Long> addresses = new ArrayList<>();
        int count =
            subscriber.poll(
                sample -> {
                  int number = sample.payload().byteAt(0);
                  if (number == 3 || number == 5) {
                    SegmentedBytes bytes = way.of(sample);
                    Lend.begin(bytes);
                    lent.add(bytes);
                    addresses.add(Lend.segment(bytes, 0).address());
                  }
                },
                COUNT);
        assertEquals(COUNT, count);
        Await.until("the memory of the others", () -> pool.collect() == (COUNT - 2L) * BYTE_SIZE);
        assertStill(3, addresses.get(0), lent.get(0).byteSize());
        Lend.end(lent.get(0));
        Await.until("the memory of all but one", () -> pool.collect() == (COUNT - 1L) * BYTE_SIZE);
        assertStill(5, addresses.get(1), lent.get(1).byteSize());
        assertThrows(IllegalStateException.class, () -> lent.get(1).byteAt(0));
        assertThrows(IllegalStateException.class, () -> Lend.begin(lent.get(1)));
        Lend.end(lent.get(1));
        Await.until("all memory", () -> pool.collect() == pool.capacityByteSize());
        assertThrows(IllegalStateException.class, () -> Lend.begin(lent.get(0)));
      }
    }
  }

  @Test
  void whatIsLentOutlivesTheSubscriberAndAHandlerThatThrows() throws Exception {
    SubscriberOptions options = SubscriberOptions.defaults().backlog(Backlog.hold(COUNT));
    try (Pair pair = Pair.overSharedMemory();
        ShmPool pool = ShmPool.create((long) COUNT * BYTE_SIZE)) {
      List<SegmentedBytes> lent = new ArrayList<>();
      List<Long> addresses = new ArrayList<>();
      try (Subscriber subscriber = pair.far().declareSubscriber(KEY, options);
          Publisher publisher = pair.publisher(KEY)) {
        putNumbered(pool, publisher, COUNT);
        Await.until("all of them", () -> subscriber.counts().waiting() == COUNT);
        for (int i = 0; i < 3; i++) {
          assertThrows(
              UnsupportedOperationException.class,
              () ->
                  subscriber.poll(
                      sample -> {
                        Lend.begin(sample.payload());
                        lent.add(sample.payload());
                        addresses.add(Lend.segment(sample.payload(), 0).address());
                        throw new UnsupportedOperationException("no");
                      },
                      COUNT));
        }
      }
      Await.until("the memory of the others", () -> pool.collect() == (COUNT - 3L) * BYTE_SIZE);
      for (int i = 0; i < 3; i++) {
        assertStill(i, addresses.get(i), BYTE_SIZE);
        Lend.end(lent.get(i));
      }
      Await.until("all memory", () -> pool.collect() == pool.capacityByteSize());
    }
  }

  /** As views that are in use: another thread's can't be ended by the one that polls. */
  @Test
  void samplesWhoseViewsCannotBeEndedStayAndThoseAfterThemComeOnce() throws Exception {
    SubscriberOptions options = SubscriberOptions.defaults().backlog(Backlog.hold(COUNT));
    long[] address = new long[1];
    List<Long> addresses = new ArrayList<>();
    List<Sample> samples = new ArrayList<>();
    List<Byte> numbers = new ArrayList<>();
    Batch other = Batch.create(1);
    try (Pair pair = Pair.overSharedMemory();
        ShmPool pool = ShmPool.create((long) COUNT * BYTE_SIZE);
        ExecutorService thread = Executors.newSingleThreadExecutor()) {
      Subscriber subscriber =
          pair.far()
              .declared(
                  session -> {
                    address[0] = NativeSession.declareSubscriber(session, KEY, options);
                    return new Subscriber(pair.far(), KEY, options, address[0]);
                  });
      putNumbered(pool, pair.publisher(KEY), 5);
      Await.until("all of them", () -> subscriber.counts().waiting() == 5);
      SampleHandler handler =
          sample -> {
            if (samples.isEmpty()) {
              samples.add(sample);
              on(thread, () -> viewNext(other, address[0], sample));
            } else {
              addresses.add(Lend.segment(sample.payload(), 0).address());
            }
          };
      assertThrows(WrongThreadException.class, () -> subscriber.poll(handler, 2));
      on(thread, samples.getFirst()::leave);
      assertTrue(other.letGo());
      assertEquals(2, subscriber.poll(sample -> numbers.add(sample.payload().byteAt(0)), COUNT));
      assertEquals(List.of((byte) 3, (byte) 4), numbers);
      subscriber.close();
      Await.until("the memory of the others", () -> pool.collect() == (COUNT - 2L) * BYTE_SIZE);
      assertStill(1, addresses.getFirst(), BYTE_SIZE);
    }
  }

  /** Takes the next sample and makes its views those of the calling thread. */
  private static void viewNext(Batch batch, long subscriber, Sample sample) {
    assertEquals(1, batch.drain(subscriber, 1, 0));
    sample.moveTo(batch, 0);
    assertEquals(2, sample.payload().byteAt(0));
  }

  private static void on(ExecutorService thread, Runnable action) {
    try {
      thread.submit(action).get(Await.LONG.toSeconds(), TimeUnit.SECONDS);
    } catch (InterruptedException | ExecutionException | TimeoutException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void aPayloadOfSeveralNetworkBatchesIsFoundAgainFromAnyOfItsSegments() throws Exception {
    SubscriberOptions options = SubscriberOptions.defaults().backlog(Backlog.hold(COUNT));
    try (Pair pair = Pair.overNetwork();
        Subscriber subscriber = pair.far().declareSubscriber(KEY, options);
        Publisher publisher = pair.publisher(KEY)) {
      PutOptions beside = PutOptions.none().attachment(Payloads.random(20, 9));
      for (int i = 0; i < 3; i++) {
        publisher.put(Payloads.random(300_000, i), beside);
      }
      Await.until("all of them", () -> subscriber.counts().waiting() == 3);
      List<MemoryOwner> owners = new ArrayList<>();
      subscriber.poll(
          sample -> {
            SegmentedBytes payload = sample.payload();
            MemoryOwner owner = Lend.owner(payload, 0);
            assertTrue(payload.segmentCount() > 1);
            for (MemorySegment segment : payload.segments()) {
              MemorySegment last = segment.asSlice(segment.byteSize() - 1);
              SegmentedBytes again = SegmentedBytes.borrow(segment, last);
              assertSame(owner, Lend.owner(again, 0));
              assertSame(owner, Lend.owner(again, 1));
            }
            SegmentedBytes attachment = sample.attachment().orElseThrow();
            assertSame(owner, Lend.owner(SegmentedBytes.borrow(attachment.segment(0)), 0));
            assertSame(attachment, sample.attachment().orElseThrow());
            assertSame(payload, sample.payload());
            owners.add(owner);
          },
          3);
      assertNotSame(owners.get(0), owners.get(1));
      assertNotSame(owners.get(1), owners.get(2));
    }
  }

  @Test
  void manySamplesThatAreLentAndEndedInAnyOrderKeepTheirContent() throws Exception {
    Random random = Seeds.random("NeighborsTest");
    SubscriberOptions options = SubscriberOptions.defaults().backlog(Backlog.hold(100));
    record Held(SegmentedBytes bytes, long address, int number) {}
    try (Pair pair = Pair.overNetwork();
        Subscriber subscriber = pair.far().declareSubscriber(KEY, options);
        Publisher publisher = pair.publisher(KEY)) {
      List<Held> held = new ArrayList<>();
      int[] next = new int[1];
      for (int round = 0; round < 200; round++) {
        int count = 1 + random.nextInt(80);
        for (int i = 0; i < count; i++) {
          publisher.put(Payloads.number(0x0101010101010101L * ((next[0] + i) & 0x7F)));
        }
        int target = next[0] + count;
        while (next[0] < target) {
          subscriber.poll(
              sample -> {
                int number = next[0]++ & 0x7F;
                assertEquals(number, sample.payload().byteAt(0));
                if (random.nextInt(4) == 0) {
                  SegmentedBytes bytes = sample.payload();
                  Lend.begin(bytes);
                  held.add(new Held(bytes, Lend.segment(bytes, 0).address(), number));
                }
              },
              100);
        }
        while (held.size() > 20) {
          Held ended = held.remove(random.nextInt(held.size()));
          assertStill(ended.number(), ended.address(), Long.BYTES);
          Lend.end(ended.bytes());
        }
      }
      for (Held ended : held) {
        assertStill(ended.number(), ended.address(), Long.BYTES);
        Lend.end(ended.bytes());
      }
    }
  }
}
