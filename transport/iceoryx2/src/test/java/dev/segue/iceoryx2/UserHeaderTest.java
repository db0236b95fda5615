package dev.segue.iceoryx2;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.CopyLedger;
import dev.segue.bytes.Loan;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Lend;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@EnabledOnOs(OS.LINUX)
class UserHeaderTest extends NodeFixture {
  private static final Qos QOS = Qos.defaults().withPorts(1, 1);
  private static final UserHeader HEADER = new UserHeader("Stamp", 16, 8);
  private static final int SIZE = 100;

  /** Sixteen bytes that lie outside the Java heap. */
  static SegmentedBytes header(long first, long second) {
    return SegmentedBytes.borrow(
        Arena.ofAuto().allocateFrom(JAVA_LONG, first, second).asReadOnly());
  }

  private static Loan filled(Publisher publisher, int value) {
    Loan loan = publisher.loan(SIZE);
    loan.segment().fill((byte) value);
    return loan;
  }

  private static void assertHas(long first, long second, int value, Sample sample) {
    MemorySegment header = sample.userHeader().segments().getFirst();
    assertEquals(16, header.byteSize());
    assertTrue(header.isReadOnly());
    assertEquals(first, header.get(JAVA_LONG, 0));
    assertEquals(second, header.get(JAVA_LONG, 8));
    MemorySegment payload = sample.payload().segments().getFirst();
    assertEquals(SIZE, payload.byteSize());
    assertEquals(0, payload.address() % 8);
    assertEquals(value, payload.get(java.lang.foreign.ValueLayout.JAVA_BYTE, SIZE - 1));
  }

  @Test
  void aHeaderComesWithItsMessageAndEndsWithIt() throws Exception {
    PublishSubscribe service = node.publishSubscribe("a", QOS, HEADER);
    assertEquals(Optional.of(HEADER), service.userHeader());
    Publisher publisher = service.newPublisher(PublisherOptions.of(SIZE));
    Subscriber subscriber = service.newSubscriber();
    CopyLedger.Snapshot before = CopyLedger.snapshot();
    for (int i = 1; i <= 20; i++) {
      publisher.sendWithHeaderCopy(filled(publisher, i), header(i, -i));
      Sample sample = subscriber.receive(Nodes.LONG).orElseThrow();
      assertHas(i, -i, i, sample);
      MemorySegment kept = sample.userHeader().segments().getFirst();
      sample.close();
      assertThrows(IllegalStateException.class, () -> kept.get(JAVA_LONG, 0));
      assertThrows(IllegalStateException.class, sample::userHeader);
    }
    assertEquals(20 * 16, CopyLedger.snapshot().since(before).totalByteCount());
  }

  @Test
  void aMessageThatIsSentWithoutOneHasZerosAndNotThoseOfAnEarlierMessage() throws Exception {
    PublishSubscribe service = node.publishSubscribe("a", QOS, HEADER);
    Publisher publisher = service.newPublisher(PublisherOptions.of(SIZE));
    Subscriber subscriber = service.newSubscriber();
    for (int i = 1; i <= 20; i++) { // each chunk of its memory several times
      publisher.sendWithHeaderCopy(filled(publisher, i), header(i, i));
      subscriber.receive(Nodes.LONG).orElseThrow().close();
    }
    for (int i = 1; i <= 20; i++) {
      publisher.send(filled(publisher, i));
      try (Sample sample = subscriber.receive(Nodes.LONG).orElseThrow()) {
        assertHas(0, 0, i, sample);
      }
    }
  }

  /** Its memory ends after the first half. */
  @Test
  void aHeaderThatCannotBeReadLeavesNothingForALaterSend() throws Exception {
    PublishSubscribe service = node.publishSubscribe("a", QOS, HEADER);
    Publisher publisher = service.newPublisher(PublisherOptions.of(SIZE));
    Subscriber subscriber = service.newSubscriber();
    Loan loan = filled(publisher, 1);
    SegmentedBytes whole = header(7, 7);
    MemorySegment first = Arena.ofAuto().allocate(whole.byteSize() / 2);
    SegmentedBytes half;
    try (Arena ended = Arena.ofShared()) {
      first.fill((byte) 7);
      MemorySegment second = ended.allocate(whole.byteSize() - first.byteSize());
      half = SegmentedBytes.fromSegments(List.of(first.asReadOnly(), second.asReadOnly()), false);
    }
    assertThrows(IllegalStateException.class, () -> publisher.sendWithHeaderCopy(loan, half));
    publisher.send(loan);
    try (Sample sample = subscriber.receive(Nodes.LONG).orElseThrow()) {
      assertHas(0, 0, 1, sample);
    }
  }

  @Test
  void theHeaderOfARefusedSendIsNotThatOfALaterOne() throws Exception {
    PublishSubscribe service = node.publishSubscribe("a", QOS, HEADER);
    Publisher publisher = service.newPublisher(PublisherOptions.of(SIZE));
    Subscriber subscriber = service.newSubscriber();
    Loan loan = filled(publisher, 1);
    SegmentedBytes lent = loan.handOver();
    Lend.begin(lent);
    assertThrows(
        IllegalStateException.class, () -> publisher.sendWithHeaderCopy(loan, header(7, 7)));
    Lend.end(lent);
    publisher.send(loan);
    try (Sample sample = subscriber.receive(Nodes.LONG).orElseThrow()) {
      assertHas(0, 0, 1, sample);
    }
  }

  @Test
  void aHeaderOfAnotherSizeIsRefusedAndTheLoanStaysOpen() throws Exception {
    Publisher none = node.publishSubscribe("none", QOS).newPublisher(PublisherOptions.of(SIZE));
    Publisher other =
        node.publishSubscribe("other", QOS, new UserHeader("Other", 24, 4))
            .newPublisher(PublisherOptions.of(SIZE));
    for (Publisher publisher : new Publisher[] {none, other}) {
      Loan loan = filled(publisher, 1);
      assertThrows(
          IllegalArgumentException.class, () -> publisher.sendWithHeaderCopy(loan, header(1, 2)));
      assertEquals(new Delivery(0, 0), publisher.send(loan));
    }
  }

  @Test
  void aServiceWithAnotherHeaderIsAnError() throws Exception {
    PublishSubscribe service = node.publishSubscribe("a", QOS, HEADER);
    for (UserHeader different :
        new UserHeader[] {new UserHeader("Other", 16, 8), new UserHeader("Stamp", 24, 8)}) {
      IceoryxException refused =
          assertThrows(IceoryxException.class, () -> node.publishSubscribe("a", QOS, different));
      assertEquals(IceoryxException.Kind.SERVICE, refused.kind());
      assertTrue(
          String.valueOf(refused.getMessage()).contains("other settings"), refused.toString());
    }
    assertThrows(IceoryxException.class, () -> node.publishSubscribe("a", QOS));
    service.close();
  }

  @Test
  void withoutOneThereIsNoHeader() throws Exception {
    PublishSubscribe service = node.publishSubscribe("a", QOS);
    assertEquals(Optional.empty(), service.userHeader());
    Publisher publisher = service.newPublisher(PublisherOptions.of(SIZE));
    Subscriber subscriber = service.newSubscriber();
    publisher.send(filled(publisher, 1));
    try (Sample sample = subscriber.receive(Nodes.LONG).orElseThrow()) {
      assertEquals(0, sample.userHeader().byteSize());
    }
  }

  @Test
  void headersThatCannotBeOnesAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> new UserHeader("", 8, 8));
    assertThrows(IllegalArgumentException.class, () -> new UserHeader("a", 12, 4));
    assertThrows(IllegalArgumentException.class, () -> new UserHeader("a", 16, 16));
    assertThrows(IllegalArgumentException.class, () -> new UserHeader("a", 16, 3));
    assertThrows(IllegalArgumentException.class, () -> new UserHeader("a", 0, 8));
    UserHeader longName = new UserHeader("x".repeat(1_000), 8, 8);
    assertThrows(IllegalArgumentException.class, () -> node.publishSubscribe("a", QOS, longName));
  }
}
