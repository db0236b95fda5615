package dev.segue.capnproto.topic;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.CopyLedger;
import dev.segue.bytes.OffHeapPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.capnproto.CapnProtoException;
import dev.segue.capnproto.MessageView;
import dev.segue.capnproto.compiler.SchemaCompiler;
import dev.segue.capnproto.dynamic.MessageFormat;
import dev.segue.capnproto.dynamic.MessageSchemas;
import dev.segue.capnproto.dynamic.MessageType;
import dev.segue.capnproto.schema.Frames.CameraFrame;
import dev.segue.capnproto.schema.Frames.PointCloud;
import dev.segue.zenoh.Config;
import dev.segue.zenoh.ConsolidationMode;
import dev.segue.zenoh.Encoding;
import dev.segue.zenoh.GetOptions;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.PublisherOptions;
import dev.segue.zenoh.Querier;
import dev.segue.zenoh.Queryable;
import dev.segue.zenoh.QueryableOptions;
import dev.segue.zenoh.Replies;
import dev.segue.zenoh.Reply;
import dev.segue.zenoh.Sample;
import dev.segue.zenoh.Selector;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.Subscriber;
import dev.segue.zenoh.ZenohException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Schemas beside their topics, between two sessions. */
@Timeout(240)
final class TopicSchemasTest {
  private static final KeyExpr KEY = KeyExpr.of("robot/camera");
  private static final TopicType<CameraFrame.Builder, CameraFrame.Reader> FRAMES =
      TopicType.of(CameraFrame.factory);
  private static final TopicType<PointCloud.Builder, PointCloud.Reader> CLOUDS =
      TopicType.of(PointCloud.factory);
  private static final Duration LONG = Duration.ofSeconds(60);
  private static final Duration SHORT = Duration.ofMillis(200);

  private final Session far;
  private final Session near;

  TopicSchemasTest() throws ZenohException {
    far = Session.open(Config.isolated().listen("tcp/127.0.0.1:0"));
    near = Session.open(Config.isolated().connect(far.locators().getFirst()));
  }

  @AfterEach
  void close() {
    near.close();
    far.close();
  }

  private static MessageType type(String schema, String name) throws Exception {
    byte[] request =
        new SchemaCompiler(List.of()).compileText("t.capnp", schema.getBytes(UTF_8)).toRequest();
    return MessageSchemas.fromRequest(request).type(name);
  }

  private Optional<MessageType> find(Encoding encoding, Duration timeout) throws Exception {
    return TopicSchemas.find(far, KEY, encoding, timeout);
  }

  @Test
  void aTopicThatWasNeverSeenIsReadByTheSchemaBesideIt() throws Exception {
    try (Subscriber subscriber = far.declareSubscriber(KEY);
        OffHeapPool pool = new OffHeapPool(1 << 20);
        TopicPublisher<CameraFrame.Builder> publisher =
            TopicPublisher.of(near, KEY, FRAMES, pool, PublisherOptions.blocking())) {
      assertTrue(publisher.publisher().awaitMatchingSubscribers(LONG));
      publisher.publish(frame -> frame.setSequence(7));
      try (Sample sample = subscriber.receive(LONG).orElseThrow();
          MessageView view = MessageView.of(sample.payload(), pool)) {
        MessageType type =
            TopicSchemas.find(far, sample.keyExpr(), sample.encoding(), LONG).orElseThrow();
        assertEquals(7L, type.path("sequence").number(view));
        assertTrue(type.toText(view, MessageFormat.json()).contains("\"sequence\":\"7\""));
      }
    }
  }

  @Test
  void whoeverPublishesAnswersUntilItsEnd() throws Exception {
    try (Querier querier =
        far.declareQuerier(
            TopicSchemas.key(KEY), GetOptions.defaults().consolidation(ConsolidationMode.NONE))) {
      try (OffHeapPool pool = new OffHeapPool(1 << 20);
          TopicPublisher<CameraFrame.Builder> _ = TopicPublisher.of(near, KEY, FRAMES, pool)) {
        assertTrue(querier.awaitMatchingQueryables(LONG));
        assertTrue(find(FRAMES.encoding(), LONG).isPresent());
      }
      // Closed: the network forgets it.
      for (long end = System.nanoTime() + LONG.toNanos(); querier.hasMatchingQueryables(); ) {
        assertTrue(System.nanoTime() - end < 0, "the schema is still there");
        Thread.sleep(5);
      }
      assertEquals(Optional.empty(), find(FRAMES.encoding(), SHORT));
    }
  }

  @Test
  void theAnswerIsWhatTheConventionSays() throws Exception {
    try (Queryable _ = TopicSchemas.publish(near, KEY, FRAMES.message());
        Queryable all = far.declareQueryable(KeyExpr.of("robot/**"))) {
      assertTrue(find(FRAMES.encoding(), LONG).isPresent());
      List<String> answers = new ArrayList<>();
      String asked = "robot/*/@schema/capnproto";
      try (Replies replies = far.get(Selector.of(asked))) {
        for (Reply reply : replies) {
          Sample sample = ((Reply.Success) reply).sample();
          String type = new String(sample.attachment().orElseThrow().copyToByteArray(), UTF_8);
          answers.add(sample.keyExpr() + " " + sample.encoding() + " " + type);
          MessageSchemas schemas = MessageSchemas.fromRequest(sample.payload().copyToByteArray());
          assertEquals(
              FRAMES.message().id(), schemas.type(type.substring(0, type.indexOf('@'))).id());
        }
      }
      assertEquals(
          List.of(
              "robot/camera/@schema/capnproto"
                  + " application/capnp;schema.capnp:CodeGeneratorRequest@0xbfc546f6210ad7ce"
                  + " frames.capnp:CameraFrame@0xb5647f36b1f9daec"),
          answers);
      assertEquals(0, all.counts().received(), "wildcards don't match the key");
      try (Replies replies = far.get(Selector.of(asked + "?id=0x1"))) {
        assertFalse(replies.iterator().hasNext());
      }
    }
  }

  @Test
  void ofSeveralTypesTheOneThatTheEncodingNamesIsFound() throws Exception {
    try (Queryable _ = TopicSchemas.publish(near, KEY, FRAMES.message());
        Queryable _ = TopicSchemas.publish(near, KEY, CLOUDS.message())) {
      for (String text :
          List.of(CLOUDS.encoding().text(), "application/capnp;frames.capnp:PointCloud")) {
        MessageType found = find(new Encoding(text), LONG).orElseThrow();
        assertEquals("frames.capnp:PointCloud", found.name());
      }
      assertEquals("frames.capnp:CameraFrame", find(FRAMES.encoding(), LONG).orElseThrow().name());
      assertEquals(Optional.empty(), find(Encoding.APPLICATION_CAPNPROTO, LONG));
      assertEquals(Optional.empty(), find(new Encoding("application/capnp;A@0x1"), SHORT));
    }
  }

  @Test
  void theOneTypeOfATopicIsThatOfSamplesThatNameNone() throws Exception {
    MessageType pose = type("@0xb5f2c3a1d4e59051; struct Pose { x @0 :Float64; }", "Pose");
    try (Queryable _ = TopicSchemas.publish(near, KEY, pose)) {
      MessageType found = find(Encoding.ZENOH_BYTES, LONG).orElseThrow();
      assertEquals(pose.id(), found.id());
      assertEquals("t.capnp:Pose", found.name());
    }
  }

  @Test
  void aFaultyAnswerIsTheDocumentedExceptionAndHidesNoGoodOne() throws Exception {
    SegmentedBytes noRequest = SegmentedBytes.copyOfUtf8("no request");
    KeyExpr key = TopicSchemas.key(KEY);
    try (Queryable _ =
        near.declareQueryable(
            key, QueryableOptions.defaults(), query -> query.reply(key, noRequest))) {
      assertThrows(CapnProtoException.class, () -> find(FRAMES.encoding(), LONG));
      try (Queryable _ = TopicSchemas.publish(far, KEY, FRAMES.message())) {
        assertTrue(find(FRAMES.encoding(), LONG).isPresent());
      }
    }
  }

  @Test
  void theEncodingIsThatOfTheTypeAndItsIdIsFoundInIt() throws Exception {
    assertEquals(FRAMES.encoding(), TopicSchemas.encodingOf(FRAMES.message()));
    assertEquals(OptionalLong.of(FRAMES.message().id()), TopicSchemas.idOf(FRAMES.encoding()));
    String name = "N".repeat(250);
    MessageType type =
        type("@0xb5f2c3a1d4e59051; struct " + name + " @0xd5f2c3a1d4e59052 {}", name);
    assertEquals("application/capnp;@0xd5f2c3a1d4e59052", TopicSchemas.encodingOf(type).text());
    for (String text : List.of("application/capnp", "application/capnp;Pose", "text/plain;A@0x1")) {
      assertEquals(OptionalLong.empty(), TopicSchemas.idOf(new Encoding(text)), text);
    }
    assertTrue(TopicSchemas.isMessage(new Encoding("application/capnproto;A@0x1")));
    assertFalse(TopicSchemas.isMessage(Encoding.ZENOH_BYTES));
    assertThrows(
        IllegalArgumentException.class,
        () -> TopicSchemas.find(far, KeyExpr.of("robot/*"), FRAMES.encoding(), SHORT));
  }

  @Test
  void aSchemaBesideManyTopicsIsInMemoryOnce() throws Exception {
    String name = "N".repeat(5000);
    MessageType type =
        type("@0xb5f2c3a1d4e59051; struct " + name + " @0xd5f2c3a1d4e59052 {}", name);
    List<Queryable> answering = new ArrayList<>();
    try {
      CopyLedger.Snapshot before = CopyLedger.snapshot();
      for (int i = 0; i < 100; i++) {
        answering.add(TopicSchemas.publish(near, KeyExpr.of("robot/camera/" + i), type));
      }
      // An attachment of some bytes each: neither the request nor the name, which both have more.
      long copied = CopyLedger.snapshot().since(before).byteCount("bytes.fromSegments");
      assertTrue(copied < type.schemas().toRequest().length, () -> "copied=" + copied);
      KeyExpr last = KeyExpr.of("robot/camera/99");
      Encoding encoding = TopicSchemas.encodingOf(type);
      assertEquals(type.name(), TopicSchemas.find(far, last, encoding, LONG).orElseThrow().name());
    } finally {
      answering.forEach(Queryable::close);
    }
  }
}
