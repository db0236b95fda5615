package dev.segue.iceoryx2;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.CopyLedger;
import dev.segue.bytes.Loan;
import dev.segue.bytes.PoolExhaustedException;
import dev.segue.bytes.SegmentedBytes;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@EnabledOnOs(OS.LINUX)
class PublishSubscribeTest extends NodeFixture {
  private static final int SIZE = 4096;
  private static final PublisherOptions OPTIONS = PublisherOptions.of(SIZE);
  private static final Qos QUEUE =
      Qos.defaults().withPorts(1, 1).withSafeOverflow(false).withBuffer(4, 2);

  private static Loan filled(Publisher publisher, long value) {
    Loan loan = publisher.loan(SIZE);
    MemorySegment memory = loan.segment();
    for (long at = 0; at < SIZE; at += JAVA_LONG.byteSize()) {
      memory.set(JAVA_LONG, at, value);
    }
    return loan;
  }

  @Test
  void messagesOfOtherSizesAreReadWholeInTheMemoryOfEarlierOnes() throws Exception {
    try (PublishSubscribe service = node.publishSubscribe("sizes", QUEUE);
        Publisher publisher = service.newPublisher(OPTIONS);
        Subscriber subscriber = service.newSubscriber()) {
      for (int i = 0; i < 1_000; i++) {
        long size = JAVA_LONG.byteSize() * (1 + i % 7);
        Loan loan = publisher.loan(size);
        loan.segment().set(JAVA_LONG, size - JAVA_LONG.byteSize(), i);
        assertEquals(new Delivery(1, 0), publisher.send(loan));
        try (Sample sample = subscriber.tryReceive().orElseThrow()) {
          assertEquals(size, sample.payload().byteSize());
          MemorySegment view = sample.payload().segment(0);
          assertEquals(i, view.get(JAVA_LONG, size - JAVA_LONG.byteSize()));
        }
      }
    }
  }

  private static Delivery send(Publisher publisher, long value) throws IceoryxException {
    return publisher.send(filled(publisher, value));
  }

  private static void assertValue(long value, Sample sample) {
    SegmentedBytes payload = sample.payload();
    assertEquals(SIZE, payload.byteSize());
    for (MemorySegment segment : payload.segments()) {
      for (long at = 0; at < segment.byteSize(); at += JAVA_LONG.byteSize()) {
        assertEquals(value, segment.get(JAVA_LONG, at));
      }
    }
  }

  private static Sample taken(Subscriber subscriber) throws IceoryxException {
    return subscriber.tryReceive().orElseThrow();
  }

  private static void assertSays(String text, IceoryxException refused) {
    assertTrue(refused.toString().contains(text), refused::toString);
  }

  @Test
  void aLoanIsReadWhereItWasWrittenAndNothingIsCopied() throws IceoryxException {
    PublishSubscribe service = node.publishSubscribe("a/b", QUEUE);
    Publisher publisher = service.newPublisher(OPTIONS);
    Subscriber subscriber = service.newSubscriber();
    CopyLedger.Snapshot before = CopyLedger.snapshot();
    assertEquals(new Delivery(1, 0), send(publisher, 42));
    try (Sample sample = taken(subscriber)) {
      assertValue(42, sample);
      List<MemorySegment> segments = sample.payload().segments();
      assertEquals(1, segments.size());
      assertEquals(0, segments.getFirst().address() % 8);
      assertTrue(segments.getFirst().isReadOnly());
    }
    assertEquals(0, CopyLedger.snapshot().since(before).totalByteCount());
    assertEquals(Optional.empty(), subscriber.tryReceive());
  }

  @Test
  void aCopyIsCounted() throws IceoryxException {
    PublishSubscribe service = node.publishSubscribe("a", QUEUE);
    Publisher publisher = service.newPublisher(OPTIONS);
    Subscriber subscriber = service.newSubscriber();
    CopyLedger.Snapshot before = CopyLedger.snapshot();
    MemorySegment three = MemorySegment.ofArray(new byte[] {1, 2, 3});
    publisher.sendCopy(SegmentedBytes.fromSegments(List.of(three), true));
    assertEquals(3, CopyLedger.snapshot().since(before).byteCount("iceoryx2.sendCopy"));
    try (Sample sample = taken(subscriber)) {
      assertEquals(3, sample.payload().byteSize());
      assertEquals(2, sample.payload().segments().getFirst().get(JAVA_BYTE, 1));
    }
  }

  @Test
  void messagesArePolledInOrderAndEndWithTheHandler() throws IceoryxException {
    PublishSubscribe service = node.publishSubscribe("a", QUEUE);
    Publisher publisher = service.newPublisher(OPTIONS);
    Subscriber subscriber = service.newSubscriber();
    for (int i = 0; i < 4; i++) {
      send(publisher, i);
    }
    List<Sample> seen = new ArrayList<>();
    SampleHandler handler =
        sample -> {
          assertValue(seen.size(), sample);
          seen.add(sample);
        };
    assertEquals(3, subscriber.poll(handler, 3));
    assertEquals(1, subscriber.poll(handler, 3));
    assertEquals(0, subscriber.poll(handler, 3));
    for (Sample sample : seen) {
      assertThrows(IllegalStateException.class, () -> assertValue(0, sample));
    }
  }

  @Test
  void aHandlerThatThrowsLosesNoOtherMessage() throws IceoryxException {
    PublishSubscribe service = node.publishSubscribe("a", QUEUE);
    Publisher publisher = service.newPublisher(OPTIONS);
    Subscriber subscriber = service.newSubscriber();
    send(publisher, 1);
    send(publisher, 2);
    SampleHandler thrower =
        _ -> {
          throw new UnsupportedOperationException();
        };
    assertThrows(UnsupportedOperationException.class, () -> subscriber.poll(thrower, 9));
    assertEquals(1, subscriber.poll(sample -> assertValue(2, sample), 9));
  }

  @Test
  void accessAfterCloseIsAnExceptionAndClosingTwiceIsNone() throws IceoryxException {
    PublishSubscribe service = node.publishSubscribe("a", QUEUE);
    Publisher publisher = service.newPublisher(OPTIONS);
    Subscriber subscriber = service.newSubscriber();
    send(publisher, 1);
    Sample sample = taken(subscriber);
    MemorySegment view = sample.payload().segments().getFirst();
    sample.close();
    sample.close();
    assertThrows(IllegalStateException.class, () -> view.get(JAVA_LONG, 0));
    assertThrows(IllegalStateException.class, () -> sample.payload().segments());

    subscriber.close();
    subscriber.close();
    assertThrows(IllegalStateException.class, subscriber::tryReceive);
    assertThrows(IllegalStateException.class, () -> subscriber.poll(_ -> {}, 1));
    publisher.close();
    publisher.close();
    assertThrows(IllegalStateException.class, () -> publisher.tryLoan(1));
    service.close();
    service.close();
    assertThrows(IllegalStateException.class, service::newSubscriber);
    node.close();
    node.close();
    assertThrows(IllegalStateException.class, () -> node.publishSubscribe("b", QUEUE));
  }

  @Test
  void aLoanEndsWhenItIsSent() throws IceoryxException {
    PublishSubscribe service = node.publishSubscribe("a", QUEUE);
    Publisher publisher = service.newPublisher(OPTIONS);
    Loan loan = publisher.loan(SIZE);
    MemorySegment writable = loan.segment();
    SegmentedBytes bytes = loan.handOver();
    MemorySegment view = bytes.segments().getFirst();
    assertEquals(new Delivery(0, 0), publisher.send(loan));
    assertThrows(IllegalStateException.class, () -> writable.set(JAVA_LONG, 0, 1));
    assertThrows(IllegalStateException.class, () -> view.get(JAVA_LONG, 0));
    assertThrows(IllegalStateException.class, bytes::segments);
    assertThrows(IllegalStateException.class, () -> publisher.send(loan));
    loan.close();
  }

  @Test
  void whatIsNoWholeLoanOfThePublisherIsRefused() throws IceoryxException {
    PublishSubscribe service = node.publishSubscribe("a", QUEUE.withPorts(2, 1));
    Publisher publisher = service.newPublisher(OPTIONS);
    Publisher other = service.newPublisher(OPTIONS);
    try (Loan loan = other.loan(SIZE);
        Loan part = publisher.loan(SIZE)) {
      assertThrows(IllegalArgumentException.class, () -> publisher.send(loan));
      part.handOver(8);
      assertThrows(IllegalStateException.class, () -> publisher.send(part));
    }
    assertThrows(IllegalArgumentException.class, () -> publisher.loan(0));
    assertThrows(IllegalArgumentException.class, () -> publisher.loan(SIZE + 1));
  }

  @Test
  void bytesThatAreLentToSomebodyElseAreNotSent() throws IceoryxException {
    PublishSubscribe service = node.publishSubscribe("a", QUEUE);
    Publisher publisher = service.newPublisher(OPTIONS);
    Subscriber subscriber = service.newSubscriber();
    Loan loan = filled(publisher, 5);
    SegmentedBytes bytes = loan.handOver();
    dev.segue.bytes.spi.Lend.begin(bytes);
    assertThrows(IllegalStateException.class, () -> publisher.send(loan));
    assertEquals(Optional.empty(), subscriber.tryReceive());
    dev.segue.bytes.spi.Lend.end(bytes);
    assertEquals(new Delivery(1, 0), publisher.send(loan));
    try (Sample sample = taken(subscriber)) {
      assertValue(5, sample);
    }
  }

  @Test
  void loansAreBoundedAndComeBack() throws IceoryxException {
    PublishSubscribe service = node.publishSubscribe("a", QUEUE);
    Publisher publisher = service.newPublisher(OPTIONS);
    assertEquals(2 * SIZE, publisher.capacityByteSize());
    Loan first = publisher.loan(1);
    Loan second = publisher.loan(SIZE);
    assertEquals(0, publisher.availableByteSize());
    assertEquals(Optional.empty(), publisher.tryLoan(1));
    assertEquals(Optional.empty(), publisher.tryLoan(1, Duration.ofMillis(1)));
    assertThrows(PoolExhaustedException.class, () -> publisher.loan(1));
    first.close();
    publisher.send(second);
    assertEquals(2 * SIZE, publisher.availableByteSize());
    publisher.loan(1).close();
  }

  @Test
  void aLoanOutlivesItsPublisherAndCannotBeSent() throws IceoryxException {
    PublishSubscribe service = node.publishSubscribe("a", QUEUE);
    Publisher publisher = service.newPublisher(OPTIONS);
    Loan loan = publisher.loan(SIZE);
    publisher.close();
    loan.segment().fill((byte) 1);
    assertThrows(IllegalStateException.class, () -> publisher.send(loan));
    loan.close();
  }

  @Test
  void anOpenSampleStaysAsItIsWhateverIsClosed() throws IceoryxException {
    PublishSubscribe service = node.publishSubscribe("a", Qos.defaults().withPorts(1, 2));
    Publisher publisher = service.newPublisher(OPTIONS);
    Subscriber subscriber = service.newSubscriber();
    send(publisher, 7);
    Sample sample = taken(subscriber);
    subscriber.close();
    // As many as reuse each chunk more than once.
    for (int i = 100; i < 200; i++) {
      send(publisher, i);
      assertValue(7, sample);
    }
    publisher.close();
    service.close();
    node.close();
    assertValue(7, sample);
    sample.close();
  }

  @Test
  void openSamplesOfManyPublishersThatAreGoneStayAsTheyAre() throws IceoryxException {
    PublishSubscribe service = node.publishSubscribe("a", QUEUE);
    Subscriber subscriber = service.newSubscriber();
    List<Sample> open = new ArrayList<>();
    // More than the core remembers unless it is asked for more.
    for (int i = 0; i < 200; i++) {
      try (Publisher publisher = service.newPublisher(OPTIONS)) {
        send(publisher, i);
        open.add(taken(subscriber));
      }
    }
    for (int i = 0; i < open.size(); i++) {
      assertValue(i, open.get(i));
      open.get(i).close();
    }
  }

  @Test
  void samplesBeyondTheLimitAreRefusedAndNotLost() throws IceoryxException {
    PublishSubscribe service = node.publishSubscribe("a", QUEUE);
    Publisher publisher = service.newPublisher(OPTIONS);
    Subscriber subscriber = service.newSubscriber();
    for (int i = 0; i < 3; i++) {
      send(publisher, i);
    }
    Sample first = taken(subscriber);
    Sample second = taken(subscriber);
    assertThrows(IllegalStateException.class, subscriber::tryReceive);
    first.close();
    try (second;
        Sample third = taken(subscriber)) {
      assertValue(2, third);
    }
  }

  @Test
  void withSafeOverflowTheOldestGivesWay() throws IceoryxException {
    PublishSubscribe service =
        node.publishSubscribe("a", Qos.defaults().withPorts(1, 1).withBuffer(2, 1));
    Publisher publisher = service.newPublisher(OPTIONS);
    Subscriber subscriber = service.newSubscriber();
    for (int i = 0; i < 5; i++) {
      assertEquals(new Delivery(1, 0), send(publisher, i));
    }
    List<Long> values = new ArrayList<>();
    subscriber.poll(
        sample -> values.add(sample.payload().segments().getFirst().get(JAVA_LONG, 0)), 9);
    assertEquals(List.of(3L, 4L), values);
  }

  @Test
  void withoutItTheSenderIsToldWhoMissedAMessage() throws IceoryxException {
    PublishSubscribe service = node.publishSubscribe("a", QUEUE.withPorts(1, 2));
    Publisher publisher = service.newPublisher(OPTIONS.withPatience(Duration.ofMillis(1)));
    Subscriber full = service.newSubscriber();
    Subscriber reading = service.newSubscriber();
    for (int i = 0; i < 4; i++) {
      assertEquals(new Delivery(2, 0), send(publisher, i));
      taken(reading).close();
    }
    assertEquals(new Delivery(1, 1), send(publisher, 4));
    try (Sample sample = taken(reading)) {
      assertValue(4, sample);
    }
    taken(full).close();
    assertEquals(new Delivery(2, 0), send(publisher, 5));
  }

  @Test
  void whoWasThereFirstAndNeverLooksIsCounted() throws IceoryxException {
    PublishSubscribe service = node.publishSubscribe("a", QUEUE.withBuffer(2, 1));
    Subscriber first = service.newSubscriber();
    Publisher publisher = service.newPublisher(OPTIONS);
    assertEquals(new Delivery(1, 0), send(publisher, 0));
    assertEquals(new Delivery(1, 0), send(publisher, 1));
    assertEquals(new Delivery(0, 1), send(publisher, 2));
    assertEquals(2, first.poll(_ -> {}, 9));
    assertEquals(new Delivery(1, 0), send(publisher, 3));
  }

  @Test
  void historyComesToWhoIsLate() throws IceoryxException {
    PublishSubscribe service = node.publishSubscribe("a", QUEUE.withHistory(2));
    Publisher publisher = service.newPublisher(OPTIONS);
    for (int i = 0; i < 4; i++) {
      assertEquals(new Delivery(0, 0), send(publisher, i));
    }
    Subscriber late = service.newSubscriber();
    publisher.updateConnections();
    List<Long> values = new ArrayList<>();
    late.poll(sample -> values.add(sample.payload().segments().getFirst().get(JAVA_LONG, 0)), 9);
    assertEquals(List.of(2L, 3L), values);
  }

  @Test
  void theSettingsAreThoseOfWhoMadeTheService() throws IceoryxException {
    Qos more = QUEUE.withBuffer(9, 5).withPorts(3, 4);
    PublishSubscribe first = node.publishSubscribe("a", more);
    assertEquals(more, first.qos());
    assertEquals(more, node.publishSubscribe("a", QUEUE).qos());
    IceoryxException refused =
        assertThrows(
            IceoryxException.class, () -> node.publishSubscribe("a", QUEUE.withPorts(99, 4)).qos());
    assertEquals(IceoryxException.Kind.SERVICE, refused.kind());
    assertSays("exists with other settings", refused);
    assertThrows(
        IceoryxException.class, () -> node.publishSubscribe("a", QUEUE.withSafeOverflow(true)));
    assertThrows(IllegalArgumentException.class, () -> node.publishSubscribe("", QUEUE));
    assertThrows(IllegalArgumentException.class, () -> QUEUE.withBuffer(0, 1));
  }

  @Test
  void portsBeyondTheLimitAreRefused() throws IceoryxException {
    PublishSubscribe service = node.publishSubscribe("a", QUEUE);
    Publisher publisher = service.newPublisher(OPTIONS);
    IceoryxException refused =
        assertThrows(IceoryxException.class, () -> service.newPublisher(OPTIONS));
    assertEquals(IceoryxException.Kind.PORT, refused.kind());
    assertSays("as many are in use", refused);
    publisher.close();
    assertEquals(0, service.publisherCount());
    service.newPublisher(OPTIONS).close();
    service.newSubscriber();
    assertEquals(1, service.subscriberCount());
    assertThrows(IceoryxException.class, service::newSubscriber);
  }

  @Test
  void memoryThatIsNotThereIsAnErrorBeforeItIsTaken() throws IceoryxException {
    PublishSubscribe service = node.publishSubscribe("a", QUEUE);
    PublisherOptions large = PublisherOptions.of(1L << 42);
    assertTrue(service.memoryByteSize(large) > 8L << 42);
    IceoryxException refused =
        assertThrows(IceoryxException.class, () -> service.newPublisher(large));
    assertEquals(IceoryxException.Kind.SHARED_MEMORY, refused.kind());
    assertSays("availableByteSize=", refused);
    assertThrows(
        IllegalArgumentException.class,
        () -> service.memoryByteSize(PublisherOptions.of(Long.MAX_VALUE)));
    assertEquals(0, service.publisherCount());
  }

  @Test
  void namesThatCannotBeOnesAreRefused() {
    assertThrows(
        IllegalArgumentException.class,
        () -> Node.create(NodeOptions.defaults().withPrefix("a/b")));
    assertThrows(
        IllegalArgumentException.class,
        () -> Node.create(NodeOptions.defaults().withName("x".repeat(200)).withPrefix(prefix)));
    assertFalse(node.toString().isEmpty());
  }
}
