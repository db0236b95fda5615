package dev.segue.iceoryx2;

import static dev.segue.iceoryx2.Threads.result;
import static dev.segue.iceoryx2.Threads.started;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.Loan;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Lend;
import dev.segue.bytes.spi.ScopeOwners;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Views for one thread, and what is read through them when their message has ended. */
@EnabledOnOs(OS.LINUX)
@Timeout(120)
class ConfineTest {
  private static final Qos QUEUE =
      Qos.defaults().withPorts(1, 1).withSafeOverflow(false).withBuffer(4, 2);

  private String prefix = "";
  private Node node;
  private Publisher publisher;
  private Subscriber subscriber;

  @BeforeEach
  void open() throws IceoryxException {
    prefix = Nodes.newPrefix();
    node = Nodes.create(prefix);
    PublishSubscribe service = node.publishSubscribe("a", QUEUE);
    publisher = service.newPublisher(PublisherOptions.of(Long.BYTES).withPatience(Nodes.LONG));
    subscriber = service.newSubscriber();
  }

  @AfterEach
  void close() throws IOException {
    node.close();
    Nodes.assertNothingLeft(prefix);
  }

  private void send(long value) throws IceoryxException {
    Loan loan = publisher.loan(Long.BYTES);
    loan.segment().set(JAVA_LONG, 0, value);
    assertEquals(new Delivery(1, 0), publisher.send(loan));
  }

  private Sample taken() throws IceoryxException {
    return subscriber.tryReceive().orElseThrow();
  }

  private static MemorySegment view(Sample sample) {
    return sample.payload().segment(0);
  }

  @Test
  void viewsOfAHandlerAreForItsThreadAndEndWithIt() throws Exception {
    List<MemorySegment> segments = new ArrayList<>();
    List<ByteBuffer> buffers = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      send(i);
    }
    int open = ScopeOwners.openCount();
    assertEquals(
        3,
        subscriber.poll(
            sample -> {
              segments.add(view(sample).asSlice(0, Long.BYTES));
              buffers.addAll(sample.payload().asByteBuffers());
              assertEquals(segments.size() - 1, segments.getLast().get(JAVA_LONG, 0));
              assertRefused(() -> segments.getLast().get(JAVA_LONG, 0));
            },
            9));
    for (int i = 0; i < 3; i++) {
      MemorySegment segment = segments.get(i);
      ByteBuffer buffer = buffers.get(i);
      assertThrows(IllegalStateException.class, () -> segment.get(JAVA_LONG, 0));
      assertThrows(IllegalStateException.class, () -> buffer.getLong(0));
    }
    assertEquals(open, ScopeOwners.openCount());
  }

  @Test
  void anotherThreadReadsTheSampleOfAHandlerThroughItsBytes() throws IceoryxException {
    send(5);
    MemorySegment[] shared = {MemorySegment.NULL};
    subscriber.poll(
        sample -> {
          SegmentedBytes payload = sample.payload();
          assertEquals(5, elsewhere(() -> payload.reader().readLong()));
          shared[0] = elsewhere(() -> payload.segment(0));
          assertEquals(5, elsewhere(() -> shared[0].get(JAVA_LONG, 0)));
          assertRefused(() -> closed(sample));
          assertEquals(5, payload.reader().readLong());
        },
        1);
    assertThrows(IllegalStateException.class, () -> shared[0].get(JAVA_LONG, 0));
    assertEquals(0, publisher.capacityByteSize() - publisher.availableByteSize());
  }

  /** Else its memory, and its place among the open ones, would be gone for good. */
  @Test
  void aSampleOfAThreadThatHasEndedIsClosedByAnother() throws Exception {
    int open = ScopeOwners.openCount();
    for (int i = 0; i < 20; i++) {
      send(i);
      Sample[] kept = new Sample[1];
      Thread confiner =
          Thread.ofPlatform()
              .start(
                  () -> {
                    try {
                      kept[0] = taken().confine();
                      assertEquals(1, kept[0].payload().segmentCount());
                      assertTrue(view(kept[0]).isReadOnly());
                    } catch (IceoryxException e) {
                      throw new AssertionError(e);
                    }
                  });
      confiner.join();
      Sample sample = kept[0];
      assertEquals(i, sample.payload().reader().readLong());
      CompletableFuture<?> other = started(() -> closed(sample));
      sample.close();
      result(other);
      assertThrows(IllegalStateException.class, () -> sample.payload().byteAt(0));
    }
    assertEquals(open, ScopeOwners.openCount());
  }

  /** What another thread comes to. */
  private static <T> T elsewhere(Threads.Step<T> step) {
    try {
      return result(started(step));
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private static void assertRefused(Threads.Step<?> step) {
    AssertionError refused = assertThrows(AssertionError.class, () -> elsewhere(step));
    assertInstanceOf(WrongThreadException.class, rootOf(refused));
  }

  private static Throwable rootOf(Throwable e) {
    Throwable cause = e.getCause();
    return cause == null ? e : rootOf(cause);
  }

  private static <T extends AutoCloseable> T closed(T message) throws Exception {
    message.close();
    return message;
  }

  @Test
  void aConfinedSampleIsClosedByItsThreadAlone() throws Exception {
    send(7);
    Sample sample = taken();
    MemorySegment forAll = view(sample);
    assertSame(sample, sample.confine());
    assertSame(sample, sample.confine());
    MemorySegment own = view(sample);
    assertRefused(() -> own.get(JAVA_LONG, 0));
    assertEquals(7, result(started(() -> forAll.get(JAVA_LONG, 0))));
    assertRefused(sample::confine);
    assertRefused(() -> closed(sample));
    assertEquals(7, own.get(JAVA_LONG, 0));
    sample.close();
    assertEquals(sample, result(started(() -> closed(sample))));
    assertThrows(IllegalStateException.class, () -> own.get(JAVA_LONG, 0));
    assertThrows(IllegalStateException.class, () -> forAll.get(JAVA_LONG, 0));
    assertThrows(IllegalStateException.class, sample::confine);
  }

  @Test
  void whatIsLentOnOutlivesTheConfinedViews() throws Exception {
    send(3);
    SegmentedBytes[] lent = {SegmentedBytes.empty()};
    MemorySegment[] own = {MemorySegment.NULL};
    subscriber.poll(
        sample -> {
          own[0] = view(sample);
          // What is made of a view leads to the sample, and holds it.
          lent[0] = SegmentedBytes.borrow(own[0]);
          assertNotNull(Lend.owner(lent[0], 0));
          lent[0] = sample.payload();
          Lend.begin(lent[0]);
        },
        1);
    assertThrows(IllegalStateException.class, () -> own[0].get(JAVA_LONG, 0));
    send(4);
    send(5);
    assertEquals(3, lent[0].reader().readLong());
    MemorySegment late = lent[0].segment(0);
    assertEquals(3, result(started(() -> late.get(JAVA_LONG, 0))));
    assertTrue(lent[0].isLent());
    result(started(() -> ended(lent[0])));
    assertThrows(IllegalStateException.class, () -> late.get(JAVA_LONG, 0));
    assertThrows(IllegalStateException.class, () -> lent[0].reader().readLong());
  }

  private static SegmentedBytes ended(SegmentedBytes bytes) {
    Lend.end(bytes);
    return bytes;
  }

  @Test
  void aSampleThatItsHandlerClosesOrThatMakesItThrowEndsAllTheSame() throws IceoryxException {
    MemorySegment[] own = {MemorySegment.NULL};
    send(1);
    send(2);
    subscriber.poll(
        sample -> {
          own[0] = view(sample);
          sample.close();
          assertThrows(IllegalStateException.class, () -> own[0].get(JAVA_LONG, 0));
          assertThrows(IllegalStateException.class, () -> view(sample));
        },
        1);
    SampleHandler thrower =
        sample -> {
          own[0] = view(sample);
          throw new UnsupportedOperationException();
        };
    assertThrows(UnsupportedOperationException.class, () -> subscriber.poll(thrower, 1));
    assertThrows(IllegalStateException.class, () -> own[0].get(JAVA_LONG, 0));
    assertEquals(Optional.empty(), subscriber.tryReceive());
  }

  @Test
  void thePayloadOfAClosedSampleIsAnException() throws IceoryxException {
    send(1);
    send(2);
    Sample asked = taken();
    SegmentedBytes payload = asked.payload();
    assertSame(payload, asked.payload());
    asked.close();
    assertSame(payload, asked.payload());
    assertThrows(IllegalStateException.class, () -> payload.byteAt(0));
    Sample other = taken();
    other.close();
    assertThrows(IllegalStateException.class, other::payload);
    assertTrue(other.toString().contains("a"), other::toString);
  }

  @Test
  void requestsAndResponsesAreConfinedLikewise() throws Exception {
    RequestResponse calls = node.requestResponse("calls", RequestQos.defaults());
    Server server = calls.newServer(ServerOptions.of(Long.BYTES));
    Client client = calls.newClient(ClientOptions.of(Long.BYTES));
    Loan asking = client.loan(Long.BYTES);
    asking.segment().set(JAVA_LONG, 0, 8);
    try (PendingResponse pending = client.send(asking)) {
      MemorySegment question;
      try (ActiveRequest request = server.tryReceive().orElseThrow().confine()) {
        question = request.payload().segment(0);
        assertEquals(8, question.get(JAVA_LONG, 0));
        assertRefused(() -> closed(request));
        Loan answer = request.loan(Long.BYTES);
        answer.segment().set(JAVA_LONG, 0, 9);
        assertTrue(request.send(answer));
      }
      assertThrows(IllegalStateException.class, () -> question.get(JAVA_LONG, 0));
      MemorySegment answered;
      try (Response response = pending.receive(Nodes.LONG).orElseThrow().confine()) {
        answered = response.payload().segment(0);
        assertEquals(9, answered.get(JAVA_LONG, 0));
      }
      assertThrows(IllegalStateException.class, () -> answered.get(JAVA_LONG, 0));
    }
  }

  /** What a close on another thread comes to that saw no confinement yet. */
  @Test
  void aCloseThatSawNoConfinementLeavesTheMemoryToTheViews() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment bytes = arena.allocate(JAVA_LONG);
      bytes.set(JAVA_LONG, 0, 6);
      MemorySegment sample = arena.allocate(JAVA_LONG, 3);
      sample.set(JAVA_LONG, 0, bytes.address());
      sample.set(JAVA_LONG, Long.BYTES, Long.BYTES);
      List<Long> freed = new ArrayList<>();
      Received.Origin origin = new Received.Origin("a sample", 0, freed::add);
      Received memory = new Received(origin, new Confinement(), sample.address());
      MemorySegment view = memory.payload().segment(0);
      assertTrue(memory.letGo());
      assertEquals(List.of(), freed);
      assertEquals(6, view.get(JAVA_LONG, 0));
      memory.close();
      assertEquals(List.of(sample.address()), freed);
      assertThrows(IllegalStateException.class, () -> view.get(JAVA_LONG, 0));
      memory.close();
      assertEquals(1, freed.size());
    }
  }

  @Test
  void aCloseThatRacesWithAConfinementTakesNoMemoryFromUnderItsViews() throws Exception {
    AtomicReference<@Nullable Sample> next = new AtomicReference<>();
    AtomicBoolean done = new AtomicBoolean();
    var closing =
        started(
            () -> {
              long closed = 0;
              while (!done.get()) {
                Sample sample = next.getAndSet(null);
                if (sample != null) {
                  try {
                    sample.close();
                    closed++;
                  } catch (WrongThreadException _) {
                    // it saw the confinement
                  }
                }
              }
              return closed;
            });
    int open = ScopeOwners.openCount();
    for (long i = 1; i <= 20_000; i++) {
      send(i);
      Sample sample = taken();
      next.set(sample);
      try {
        MemorySegment view = view(sample.confine());
        for (int more = 0; more < 3; more++) {
          send(-i);
          Sample other = taken();
          assertEquals(i, view.get(JAVA_LONG, 0));
          other.close();
        }
      } catch (IllegalStateException _) {
        // the other thread was first
      } finally {
        sample.close();
      }
      assertThrows(IllegalStateException.class, () -> sample.payload().byteAt(0));
      subscriber.poll(_ -> {}, 9);
    }
    done.set(true);
    assertTrue(result(closing) >= 0);
    assertEquals(open, ScopeOwners.openCount());
    // Nothing is held any more: as many can be open as ever.
    for (int i = 0; i < 2; i++) {
      send(i);
    }
    taken().confine().close();
    taken().close();
  }

  /** A stale or a foreign byte would be another number. */
  @Test
  void staleViewsNeverShowAnotherMessageWhoeverReadsThem() throws Exception {
    AtomicReference<MemorySegment> seen = new AtomicReference<>(MemorySegment.NULL);
    AtomicReference<SegmentedBytes> payload = new AtomicReference<>(SegmentedBytes.empty());
    AtomicBoolean done = new AtomicBoolean();
    var reading =
        started(
            () -> {
              long reads = 0;
              while (!done.get()) {
                SegmentedBytes bytes = Objects.requireNonNull(payload.get());
                long expected = bytes.isEmpty() ? 0 : expectedOf(bytes);
                try {
                  Objects.requireNonNull(seen.get()).get(JAVA_LONG, 0);
                  throw new AssertionError("read through a view of another thread");
                } catch (IllegalStateException | WrongThreadException _) {
                  // it ended, or is another thread's
                } catch (IndexOutOfBoundsException _) {
                  // NULL, before the first message
                }
                reads += expected == 0 ? 0 : 1;
              }
              return reads;
            });
    for (long i = 1; i <= 20_000; i++) {
      send(i << 32 | i);
      long expected = i << 32 | i;
      if (ThreadLocalRandom.current().nextBoolean()) {
        subscriber.poll(sample -> look(sample, expected, seen, payload), 1);
      } else {
        try (Sample sample = taken().confine()) {
          look(sample, expected, seen, payload);
        }
      }
      MemorySegment stale = Objects.requireNonNull(seen.get());
      assertThrows(IllegalStateException.class, () -> stale.get(JAVA_LONG, 0));
    }
    done.set(true);
    assertTrue(result(reading) >= 0);
  }

  private static void look(
      Sample sample,
      long expected,
      AtomicReference<MemorySegment> seen,
      AtomicReference<SegmentedBytes> payload) {
    payload.set(sample.payload());
    MemorySegment view = view(sample);
    seen.set(view);
    assertEquals(expected, view.get(JAVA_LONG, 0));
  }

  /** Both halves are of one message, or it has ended. */
  private static long expectedOf(SegmentedBytes bytes) {
    try {
      long value = bytes.reader().readLong();
      if (value >>> 32 != (value & 0xFFFF_FFFFL)) {
        throw new AssertionError("value=" + value);
      }
      return value;
    } catch (IllegalStateException _) {
      return 0;
    }
  }
}
