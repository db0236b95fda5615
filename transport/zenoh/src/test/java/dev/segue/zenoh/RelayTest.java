package dev.segue.zenoh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.BytesSource;
import dev.segue.bytes.Loan;
import dev.segue.bytes.LoanPool;
import dev.segue.bytes.OffHeapPool;
import dev.segue.bytes.SegmentedBytes;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What is made of the raw parts of samples and loans, put on, and closed: it stays for readers. */
@SuppressWarnings("try") // closes by hand
class RelayTest {
  private static final KeyExpr IN = KeyExpr.of("test/relay/in");
  private static final KeyExpr ON = KeyExpr.of("test/relay/on");
  private static final SegmentedBytes HEADER = Payloads.random(40, 1);
  private Session session;
  private Subscriber in;
  private Subscriber on;

  @BeforeEach
  void open() throws ZenohException {
    session = Session.open(Config.isolated());
    in = session.declareSubscriber(IN);
    on = session.declareSubscriber(ON);
  }

  @AfterEach
  void close() throws ZenohException {
    session.close();
    Await.until("all leases to end", () -> Leases.heldCount() == 0);
  }

  /** A way to get raw parts of bytes. */
  enum Parts {
    SEGMENTS {
      @Override
      SegmentedBytes behindHeader(SegmentedBytes bytes) {
        List<MemorySegment> all = new ArrayList<>(HEADER.segments());
        all.addAll(bytes.segments());
        return SegmentedBytes.fromSegments(all, false);
      }
    },
    SLICES {
      @Override
      SegmentedBytes behindHeader(SegmentedBytes bytes) {
        List<MemorySegment> all = new ArrayList<>(HEADER.segments());
        for (MemorySegment segment : bytes.segments()) {
          all.add(segment.asSlice(0, 1));
          all.add(segment.asSlice(1));
        }
        return SegmentedBytes.fromSegments(all, false);
      }
    },
    BUFFERS {
      @Override
      SegmentedBytes behindHeader(SegmentedBytes bytes) {
        List<ByteBuffer> all = new ArrayList<>(HEADER.asByteBuffers());
        bytes.asByteBuffers().forEach(buffer -> all.add(buffer.duplicate()));
        return SegmentedBytes.fromBuffers(all, false);
      }
    },
    CONCAT {
      @Override
      SegmentedBytes behindHeader(SegmentedBytes bytes) {
        return SegmentedBytes.concat(List.of(HEADER, bytes.slice(0, 1), bytes.slice(1)));
      }
    };

    abstract SegmentedBytes behindHeader(SegmentedBytes bytes);
  }

  private void assertRelayed(SegmentedBytes expected) throws Exception {
    // Whatever was freed is written over by these.
    for (int i = 0; i < 50; i++) {
      session.put(IN, Payloads.scattered(7, 1000 + i));
      in.poll(Sample::payload, 10);
    }
    try (Sample sample = on.receive(Await.LONG).orElseThrow()) {
      assertEquals(HEADER, sample.payload().slice(0, HEADER.byteSize()));
      assertEquals(expected, sample.payload().slice(HEADER.byteSize()));
    }
  }

  @ParameterizedTest
  @EnumSource
  void theRawPartsOfASampleHoldItsMemory(Parts parts) throws Exception {
    SegmentedBytes payload = Payloads.scattered(7, 6);
    for (boolean retained : new boolean[] {false, true}) {
      session.put(IN, payload);
      Sample received = in.receive(Await.LONG).orElseThrow();
      Sample sample = received;
      if (retained) {
        sample = received.retain();
        received.close();
      }
      SegmentedBytes relayed = parts.behindHeader(sample.payload());
      session.put(ON, relayed);
      sample.close();
      assertThrows(IllegalStateException.class, () -> relayed.byteAt(HEADER.byteSize()));
      assertTrue(payload.isLent(), "the relayed sample holds the received one");
      assertRelayed(payload);
      Await.until("the release", () -> !payload.isLent());
      assertThrows(IllegalStateException.class, () -> session.put(ON, relayed));
    }
  }

  @ParameterizedTest
  @EnumSource
  void theRawPartsOfASampleInAHandlerHoldItsMemory(Parts parts) throws Exception {
    SegmentedBytes payload = Payloads.scattered(7, 6);
    session.put(IN, payload);
    assertEquals(
        1,
        in.poll(
            sample -> {
              try {
                session.put(ON, parts.behindHeader(sample.payload()));
              } catch (ZenohException e) {
                throw new IllegalStateException(e);
              }
            },
            10));
    assertTrue(payload.isLent());
    assertRelayed(payload);
    Await.until("the release", () -> !payload.isLent());
  }

  @ParameterizedTest
  @CsvSource({
    "SEGMENTS,true", "SLICES,true", "BUFFERS,true", "CONCAT,true",
    "SEGMENTS,false", "SLICES,false", "BUFFERS,false", "CONCAT,false"
  })
  void theRawPartsOfALoanHoldItsBlock(Parts parts, boolean sharedMemory) throws Exception {
    long byteSize = 1 << 16;
    try (LoanPool pool = sharedMemory ? ShmPool.create(byteSize) : new OffHeapPool(byteSize)) {
      Loan loan = pool.loan(byteSize);
      Payloads.fill(loan.segment(), 9);
      SegmentedBytes relayed = parts.behindHeader(loan.handOver());
      session.put(ON, relayed);
      loan.close();
      assertTrue(relayed.isLent());
      assertTrue(pool.tryLoan(byteSize).isEmpty(), "the block is lent out while a reader has it");
      assertRelayed(Payloads.random(byteSize, 9));
      Await.until("the release", () -> !relayed.isLent());
      assertTrue(pool.tryLoan(byteSize, Await.LONG).isPresent());
      assertThrows(IllegalStateException.class, () -> relayed.byteAt(HEADER.byteSize()));
      assertThrows(IllegalStateException.class, () -> session.put(ON, relayed));
    }
  }

  /** The JDK refuses to end memory that one of its channels is writing from. */
  @Test
  void aPieceThatIsClosedWhileAChannelWritesItsMemoryEndsAfterTheWrite() throws Exception {
    SegmentedBytes payload = Payloads.random(1 << 20, 3); // more than a pipe takes
    session.put(IN, payload);
    BytesSource.Piece piece = in.asSource().next().orElseThrow();
    ByteBuffer[] parts = piece.bytes().asByteBuffers().toArray(ByteBuffer[]::new);
    Pipe pipe = Pipe.open();
    CompletableFuture<Long> write =
        Threads.call(
            () -> {
              try (Pipe.SinkChannel sink = pipe.sink()) {
                return sink.write(parts);
              }
            });
    try (Pipe.SourceChannel output = pipe.source()) {
      ByteBuffer read = ByteBuffer.allocate((1 << 20) + 1); // never full
      read.limit(1);
      assertEquals(1, output.read(read)); // it is under way as soon as a byte comes
      piece.close();
      piece.close();
      assertTrue(payload.isLent(), "what a channel reads stays");
      read.limit(read.capacity());
      while (output.read(read) >= 0) {
        // until the end
      }
      long written = write.get(Await.LONG.toSeconds(), TimeUnit.SECONDS);
      SegmentedBytes all = SegmentedBytes.fromBuffers(List.of(read.flip()), true);
      assertEquals(payload.slice(0, written), all);
      Await.until("the sample to end", () -> !payload.isLent());
      assertThrows(IllegalStateException.class, () -> piece.bytes().byteAt(0));
    }
  }

  @Test
  void aLoanThatIsStillFilledIsRefusedByName() throws Exception {
    try (ShmPool pool = ShmPool.create(4096);
        Loan loan = pool.loan(4096)) {
      MemorySegment filling = loan.segment().asReadOnly();
      String message =
          Threads.messageOf(
              IllegalArgumentException.class,
              () -> SegmentedBytes.fromSegments(List.of(filling), false));
      assertTrue(message.contains("handOver()"), message);
    }
  }

  @Test
  void aSourceThatIsClosedRefusesToGoOnAndOneWhoseSubscriberIsClosedEnds() throws Exception {
    var closed = in.asSource();
    closed.close();
    assertThrows(IllegalStateException.class, closed::next);
    var source = in.asSource();
    in.close();
    assertFalse(source.next().isPresent());
  }
}
