package dev.segue.zenoh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is put in comes out, in each style, over a network link. */
class SampleTest {
  private static final KeyExpr KEY = KeyExpr.of("test/sample");
  private static Pair pair;

  @BeforeAll
  static void open() throws ZenohException {
    pair = Pair.overNetwork();
  }

  @AfterAll
  static void close() {
    pair.close();
  }

  @ParameterizedTest
  @EnumSource
  void aPlainPutHasTheDefaultsOfZenoh(Style style) throws Exception {
    try (Style.Source source = style.subscribe(pair.far(), KEY);
        Publisher publisher = pair.publisher(KEY, PublisherOptions.defaults())) {
      publisher.put(SegmentedBytes.copyOfUtf8("hello"));
      Received sample = source.next();
      assertEquals(KEY, sample.keyExpr());
      assertEquals("hello", sample.payload().copyToUtf8String());
      assertEquals(5, sample.payloadByteSize());
      assertEquals(SampleKind.PUT, sample.kind());
      assertEquals(Encoding.ZENOH_BYTES, sample.encoding());
      assertEquals(Optional.empty(), sample.timestamp());
      assertNull(sample.attachment());
      assertEquals(Priority.DATA, sample.priority());
      assertEquals(CongestionControl.DROP, sample.congestionControl());
      assertFalse(sample.isExpress());
      assertEquals(Reliability.RELIABLE, sample.reliability());
      assertEquals(Optional.empty(), sample.sourceInfo());
      assertFalse(sample.isSharedMemory());
    }
  }

  @ParameterizedTest
  @EnumSource
  void everythingThatGoesWithAPutArrives(Style style) throws Exception {
    Qos qos =
        Qos.defaults()
            .priority(Priority.REAL_TIME)
            .congestionControl(CongestionControl.BLOCK)
            .express(true);
    PublisherOptions options =
        PublisherOptions.defaults().encoding(Encoding.APPLICATION_JSON).qos(qos);
    Timestamp timestamp = pair.near().newTimestamp();
    SegmentedBytes attachment = Payloads.scattered(5, 7);
    try (Style.Source source = style.subscribe(pair.far(), KEY);
        Publisher publisher = pair.publisher(KEY, options)) {
      publisher.put(
          SegmentedBytes.copyOfUtf8("{}"),
          PutOptions.none()
              .encoding(Encoding.TEXT_PLAIN.withSchema("utf-8"))
              .attachment(attachment)
              .timestamp(timestamp)
              .sequenceNumber(-2));
      publisher.put(SegmentedBytes.copyOfUtf8("[]"));
      Received sample = source.next();
      assertEquals("{}", sample.payload().copyToUtf8String());
      assertEquals("text/plain;utf-8", sample.encoding().text());
      assertEquals(attachment, sample.attachment());
      assertEquals(Optional.of(timestamp), sample.timestamp());
      assertEquals(Priority.REAL_TIME, sample.priority());
      assertEquals(CongestionControl.BLOCK, sample.congestionControl());
      assertTrue(sample.isExpress());
      SourceInfo source0 = sample.sourceInfo().orElseThrow();
      assertEquals(pair.near().zid(), source0.node());
      assertEquals(-2, source0.sequenceNumber());

      Received next = source.next();
      assertEquals(Encoding.APPLICATION_JSON, next.encoding());
      assertNull(next.attachment());
      assertEquals(Optional.empty(), next.timestamp());
      assertEquals(Optional.empty(), next.sourceInfo());
    }
  }

  @ParameterizedTest
  @EnumSource
  void aDeleteHasNoPayloadAndCarriesTheRest(Style style) throws Exception {
    try (Style.Source source = style.subscribe(pair.far(), KEY);
        Publisher publisher = pair.publisher(KEY)) {
      publisher.delete(
          PutOptions.none().attachment(SegmentedBytes.copyOfUtf8("gone")).sequenceNumber(3));
      Received sample = source.next();
      assertEquals(SampleKind.DELETE, sample.kind());
      assertTrue(sample.payload().isEmpty());
      assertEquals("gone", attachmentText(sample));
      assertEquals(3, sample.sourceInfo().orElseThrow().sequenceNumber());

      publisher.delete();
      assertEquals(SampleKind.DELETE, source.next().kind());
    }
  }

  private static String attachmentText(Received sample) {
    SegmentedBytes attachment = sample.attachment();
    assertNotNull(attachment);
    return attachment.copyToUtf8String();
  }

  @ParameterizedTest
  @EnumSource
  void aSessionPutsAndDeletesWithNoPublisher(Style style) throws Exception {
    KeyExpr key = KeyExpr.of("test/oneshot/" + style);
    try (Style.Source source = style.subscribe(pair.far(), KeyExpr.of("test/oneshot/*"));
        Publisher _ = pair.publisher(key)) {
      Qos qos = Qos.defaults().priority(Priority.BACKGROUND).express(true);
      SegmentedBytes attachment = SegmentedBytes.copyOfUtf8("beside");
      pair.near().put(key, SegmentedBytes.copyOfUtf8("plain"));
      pair.near()
          .put(
              key,
              SegmentedBytes.copyOfUtf8("more"),
              qos,
              PutOptions.none().encoding(Encoding.IMAGE_PNG).attachment(attachment));
      pair.near().delete(key);
      pair.near().delete(key, qos, PutOptions.none().attachment(attachment));

      // Each priority has its own queue: the order between two of them is not fixed.
      Received[] samples = {source.next(), source.next(), source.next(), source.next()};
      for (Received sample : samples) {
        assertEquals(key, sample.keyExpr());
        boolean withMore = sample.priority() == Priority.BACKGROUND;
        assertEquals(withMore, sample.isExpress());
        assertEquals(withMore ? "beside" : null, withMore ? attachmentText(sample) : null);
        if (sample.kind() == SampleKind.PUT) {
          assertEquals(withMore ? "more" : "plain", sample.payload().copyToUtf8String());
          assertEquals(withMore ? Encoding.IMAGE_PNG : Encoding.ZENOH_BYTES, sample.encoding());
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void eachPriorityArrives(Priority priority) throws Exception {
    PublisherOptions options = PublisherOptions.defaults().qos(Qos.defaults().priority(priority));
    try (Style.Source source = Style.RECEIVE.subscribe(pair.far(), KEY);
        Publisher publisher = pair.publisher(KEY, options)) {
      publisher.put(Payloads.number(1));
      assertEquals(priority, source.next().priority());
    }
  }

  @ParameterizedTest
  @EnumSource
  void eachCongestionControlArrives(CongestionControl congestionControl) throws Exception {
    PublisherOptions options =
        PublisherOptions.defaults().qos(Qos.defaults().congestionControl(congestionControl));
    try (Style.Source source = Style.RECEIVE.subscribe(pair.far(), KEY);
        Publisher publisher = pair.publisher(KEY, options)) {
      publisher.put(Payloads.number(1));
      assertEquals(congestionControl, source.next().congestionControl());
    }
  }

  @ParameterizedTest
  @EnumSource
  void eachReliabilityArrives(Reliability reliability) throws Exception {
    PublisherOptions options =
        PublisherOptions.defaults().qos(Qos.defaults().reliability(reliability));
    try (Style.Source source = Style.RECEIVE.subscribe(pair.far(), KEY);
        Publisher publisher = pair.publisher(KEY, options)) {
      publisher.put(Payloads.number(1));
      assertEquals(reliability, source.next().reliability());
    }
  }

  @Test
  void timestampingStampsEveryPutWithTheClockOfTheSession() throws Exception {
    try (Session session = Session.open(Config.isolated().timestamping(true));
        Style.Source source = Style.RECEIVE.subscribe(session, KEY)) {
      Timestamp before = session.newTimestamp();
      session.put(KEY, Payloads.number(1));
      Timestamp stamp = source.next().timestamp().orElseThrow();
      assertTrue(stamp.compareTo(before) > 0 && stamp.compareTo(session.newTimestamp()) < 0);
      assertEquals(session.zid(), stamp.id());
      Duration apart = Duration.between(stamp.toInstant(), Instant.now()).abs();
      assertTrue(apart.compareTo(Duration.ofHours(1)) < 0, () -> "apart=" + apart);
    }
  }

  @Test
  void aTimestampOfNobodyIsAnIllegalArgumentAndLendsNothing() throws Exception {
    SegmentedBytes payload = Payloads.number(1);
    PutOptions options = PutOptions.none().timestamp(new Timestamp(1, new ZenohId(0, 0)));
    try (Publisher publisher = pair.near().declarePublisher(KEY)) {
      assertThrows(IllegalArgumentException.class, () -> publisher.put(payload, options));
      Await.until("the end of the lease", () -> !payload.isLent());
    }
  }
}
