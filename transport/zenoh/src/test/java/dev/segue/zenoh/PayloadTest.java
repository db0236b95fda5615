package dev.segue.zenoh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.CopyLedger;
import dev.segue.bytes.SegmentedBytes;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Payloads of every size and layout, and what is copied of them where. */
class PayloadTest {
  private static final KeyExpr KEY = KeyExpr.of("test/payload");
  private static final String NETWORK = "zenoh.network";
  private static Pair pair;

  @BeforeAll
  static void open() throws ZenohException {
    pair = Pair.overNetwork();
  }

  @AfterAll
  static void close() {
    pair.close();
  }

  /** One that no subscriber had before, whose end might be heard of after the new one was seen. */
  private static KeyExpr fresh(String name) {
    return KeyExpr.of(KEY + "/" + name);
  }

  @ParameterizedTest
  @ValueSource(
      longs = {0, 1, 7, 3071, 3072, 65_535, 65_536, 65_537, 1 << 20, Payloads.FRAME, 100_000_001})
  void aPayloadOfAnySizeArrivesOverTheNetwork(long byteSize) throws Exception {
    SegmentedBytes payload = Payloads.random(byteSize, byteSize);
    KeyExpr key = fresh("of/" + byteSize);
    try (Subscriber subscriber = pair.far().declareSubscriber(key);
        Publisher publisher = pair.publisher(key)) {
      publisher.put(payload);
      try (Sample sample = subscriber.receive(Await.LONG).orElseThrow()) {
        assertEquals(byteSize, sample.payloadByteSize());
        assertEquals(payload, sample.payload());
      }
      assertFalse(payload.isLent(), "the core serializes before a put to another session returns");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4, 5, 8, 9, 1000, 10_000})
  void aPayloadOfManySegmentsArrives(int segmentCount) throws Exception {
    SegmentedBytes payload = Payloads.scattered(segmentCount, segmentCount);
    SegmentedBytes attachment = Payloads.scattered(segmentCount, -segmentCount);
    KeyExpr key = fresh("in/" + segmentCount);
    try (Subscriber subscriber = pair.far().declareSubscriber(key);
        Publisher publisher = pair.publisher(key)) {
      publisher.put(payload);
      publisher.put(payload, PutOptions.none().attachment(attachment));
      try (Sample sample = subscriber.receive(Await.LONG).orElseThrow()) {
        assertEquals(payload, sample.payload());
      }
      try (Sample sample = subscriber.receive(Await.LONG).orElseThrow()) {
        assertEquals(payload, sample.payload());
        assertEquals(attachment, sample.attachment().orElseThrow());
      }
    }
  }

  @Test
  void aSubscriberOfTheSameSessionReadsTheVeryMemoryThatWasPut() throws Exception {
    SegmentedBytes payload = Payloads.scattered(6, 1);
    SegmentedBytes attachment = Payloads.scattered(3, 2);
    CopyLedger.Snapshot before = CopyLedger.snapshot();
    try (Session session = Session.open(Config.isolated());
        Subscriber subscriber = session.declareSubscriber(KEY)) {
      session.put(KEY, payload, Qos.defaults(), PutOptions.none().attachment(attachment));
      try (Sample sample = subscriber.receive(Await.LONG).orElseThrow()) {
        assertEquals(addresses(payload), addresses(sample.payload()));
        assertEquals(addresses(attachment), addresses(sample.attachment().orElseThrow()));
        assertTrue(payload.isLent());
        assertTrue(attachment.isLent());
      }
      Await.until("the release", () -> !payload.isLent() && !attachment.isLent());
      assertNothingCopied(before);
    }
  }

  @Test
  void overTheNetworkTheLedgerCountsEachByteOnce() throws Exception {
    SegmentedBytes payload = Payloads.random(Payloads.FRAME, 3);
    KeyExpr key = fresh("last");
    try (Subscriber subscriber = pair.far().declareSubscriber(key);
        Publisher publisher = pair.publisher(key)) {
      CopyLedger.Snapshot before = CopyLedger.snapshot();
      publisher.put(payload);
      try (Sample sample = subscriber.receive(Await.LONG).orElseThrow()) {
        assertEquals(payload, sample.payload());
      }
      CopyLedger.Snapshot copied = CopyLedger.snapshot().since(before);
      long network = copied.byteCount(NETWORK);
      // Batch and fragment headers, and a keep-alive of either session, come on top.
      assertTrue(
          network >= Payloads.FRAME && network < Payloads.FRAME + 16_384,
          () -> "network=" + network);
      assertEquals(network, copied.totalByteCount());
    }
  }

  @Test
  void aPutToNobodyCopiesAndHoldsNothing() throws Exception {
    SegmentedBytes payload = Payloads.random(Payloads.FRAME, 4);
    try (Session session = Session.open(Config.isolated());
        Publisher publisher = session.declarePublisher(KEY)) {
      CopyLedger.Snapshot before = CopyLedger.snapshot();
      int held = Leases.heldCount();
      publisher.put(payload);
      assertFalse(payload.isLent());
      assertEquals(held, Leases.heldCount());
      assertNothingCopied(before);
    }
  }

  @Test
  void moreThanFourGibibytesAreLentWithinASessionAndRefusedBeyond() throws Exception {
    SegmentedBytes payload = Payloads.repeated(64 << 20, 65);
    PublisherOptions blocking = PublisherOptions.blocking();
    PublisherOptions local = blocking.qos(blocking.qos().destination(Locality.SESSION_LOCAL));
    PutOptions beside = PutOptions.none().attachment(payload);
    try (Session session = Session.open(Config.isolated());
        Publisher everywhere = session.declarePublisher(KEY);
        Publisher publisher = session.declarePublisher(KEY, local)) {
      assertThrows(IllegalArgumentException.class, () -> everywhere.put(payload));
      assertThrows(IllegalArgumentException.class, () -> everywhere.delete(beside));
      assertThrows(IllegalArgumentException.class, () -> session.put(KEY, payload));
      everywhere.put(Payloads.repeated(64 << 20, 63));
      publisher.put(payload);
      assertFalse(payload.isLent());
      try (Subscriber subscriber = session.declareSubscriber(KEY)) {
        publisher.put(payload);
        try (Sample sample = subscriber.receive(Await.LONG).orElseThrow()) {
          assertEquals(payload.byteSize(), sample.payloadByteSize());
          assertEquals(addresses(payload), addresses(sample.payload()));
          long last = payload.byteSize() - 1;
          assertEquals(payload.byteAt(last), sample.payload().byteAt(last));
        }
      }
    }
  }

  /** But for a keep-alive that the sessions of the other tests exchange meanwhile. */
  private static void assertNothingCopied(CopyLedger.Snapshot before) {
    long copied = CopyLedger.snapshot().since(before).totalByteCount();
    assertTrue(copied < 1024, () -> "copied=" + copied);
  }

  private static List<Long> addresses(SegmentedBytes bytes) {
    return bytes.segments().stream().map(MemorySegment::address).toList();
  }
}
