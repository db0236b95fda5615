package dev.segue.capnproto.topic;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.CopyLedger;
import dev.segue.bytes.OffHeapPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.capnproto.CapnProtoException;
import dev.segue.capnproto.CapturedData;
import dev.segue.capnproto.MessageView;
import dev.segue.capnproto.ReadLimits;
import dev.segue.capnproto.compiler.SchemaCompiler;
import dev.segue.capnproto.dynamic.MessageFormat;
import dev.segue.capnproto.dynamic.MessageSchemas;
import dev.segue.capnproto.dynamic.MessageType;
import dev.segue.capnproto.schema.Frames.CameraFrame;
import dev.segue.capnproto.schema.Frames.PointCloud;
import dev.segue.zenoh.Config;
import dev.segue.zenoh.Encoding;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Publisher;
import dev.segue.zenoh.PublisherOptions;
import dev.segue.zenoh.Sample;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.ShmPool;
import dev.segue.zenoh.SubscriberOptions;
import dev.segue.zenoh.ZenohException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Typed topics between two sessions. */
final class TopicTest {
  private static final KeyExpr KEY = KeyExpr.of("robot/camera");
  private static final TopicType<CameraFrame.Builder, CameraFrame.Reader> FRAMES =
      TopicType.of(CameraFrame.factory);
  private static final TopicType<PointCloud.Builder, PointCloud.Reader> CLOUDS =
      TopicType.of(PointCloud.factory);

  private final BlockingQueue<String> received = new LinkedBlockingQueue<>();
  private final BlockingQueue<Exception> refused = new LinkedBlockingQueue<>();
  private final TopicOptions options =
      TopicOptions.defaults().onRefused((sample, reason) -> refused.add(reason));
  private final Session far;
  private final Session near;

  TopicTest() throws ZenohException {
    far = Session.open(Config.isolated().sharedMemory(true).listen("tcp/127.0.0.1:0"));
    near = Session.open(Config.isolated().sharedMemory(true).connect(far.locators().getFirst()));
  }

  @AfterEach
  void close() {
    near.close();
    far.close();
  }

  private TopicSubscriber subscriber(TopicOptions with) throws Exception {
    return TopicSubscriber.of(
        far,
        KEY,
        FRAMES,
        with,
        (frame, sample) -> received.add(frame.getSequence() + " " + frame.getFrameId()));
  }

  private Publisher untyped(Encoding encoding) throws Exception {
    Publisher publisher =
        near.declarePublisher(KEY, PublisherOptions.blocking().encoding(encoding));
    assertTrue(publisher.awaitMatchingSubscribers(Duration.ofSeconds(60)));
    return publisher;
  }

  private String next() throws InterruptedException {
    return String.valueOf(received.poll(60, TimeUnit.SECONDS));
  }

  private Exception nextRefused() throws InterruptedException {
    Exception reason = refused.poll(60, TimeUnit.SECONDS);
    return reason == null ? new IllegalStateException("none was refused") : reason;
  }

  private static MessageType frames(String change, String to) throws Exception {
    String schema =
        Files.readString(Path.of("..", "capnproto", "src", "main", "capnp", "frames.capnp"));
    assertTrue(schema.contains(change));
    byte[] request =
        new SchemaCompiler(List.of())
            .compileText("frames.capnp", schema.replace(change, to).getBytes(UTF_8))
            .toRequest();
    return MessageSchemas.fromRequest(request).type("CameraFrame");
  }

  @Test
  void aMessageIsBuiltInSharedMemoryAndReadWhereItLies() throws Exception {
    BlockingQueue<Boolean> shared = new LinkedBlockingQueue<>();
    try (ShmPool pool = ShmPool.create(1 << 20);
        TopicSubscriber subscriber =
            TopicSubscriber.of(
                far,
                KEY,
                FRAMES,
                options,
                (frame, sample) -> {
                  shared.add(sample.isSharedMemory());
                  received.add(frame.getSequence() + " " + frame.getPixels().size());
                });
        TopicPublisher<CameraFrame.Builder> publisher =
            TopicPublisher.of(near, KEY, FRAMES, pool, PublisherOptions.blocking())) {
      assertTrue(publisher.publisher().awaitMatchingSubscribers(Duration.ofSeconds(60)));
      CopyLedger.Snapshot before = CopyLedger.snapshot();
      publisher.publish(frame -> frame.setSequence(7));
      assertEquals("7 0", next());
      publisher.publish(
          (frame, message) -> {
            frame.setSequence(8);
            CapturedData pixels = CapturedData.of(pool, 100_000);
            message.embed(pixels, 100_000, frame::initPixels);
          });
      assertEquals("8 100000", next());
      assertEquals(0, CopyLedger.snapshot().since(before).totalByteCount());
      assertTrue(shared.take());
      assertTrue(shared.take());
      assertEquals(0, subscriber.refusedCount());
    }
  }

  @Test
  void theEncodingNamesTheTypeAndItsId() throws Exception {
    assertEquals(
        "application/capnp;frames.capnp:CameraFrame@0xb5647f36b1f9daec", FRAMES.encoding().text());
    BlockingQueue<Encoding> encodings = new LinkedBlockingQueue<>();
    try (OffHeapPool pool = new OffHeapPool(1 << 20);
        TopicSubscriber _ =
            TopicSubscriber.of(
                far, KEY, FRAMES, (frame, sample) -> encodings.add(sample.encoding()));
        TopicPublisher<CameraFrame.Builder> publisher =
            TopicPublisher.of(near, KEY, FRAMES, pool)) {
      assertTrue(publisher.publisher().awaitMatchingSubscribers(Duration.ofSeconds(60)));
      publisher.publish(frame -> frame.setSequence(1));
      assertEquals(FRAMES.encoding(), encodings.poll(60, TimeUnit.SECONDS));
    }
  }

  @Test
  void aTypeAcceptsItsIdItsNameAndWhatSaysNothing() {
    for (String text :
        List.of(
            "application/capnp",
            "application/capnp;frames.capnp:CameraFrame",
            "application/capnp;CameraFrame",
            "application/capnp;renamed.capnp:Frame@0xb5647f36b1f9daec",
            "application/capnp;@0xb5647f36b1f9daec",
            "application/capnproto",
            "zenoh/bytes",
            "application/octet-stream")) {
      assertTrue(FRAMES.accepts(new Encoding(text)), text);
    }
    for (String text :
        List.of(
            "application/capnp;frames.capnp:CameraFrame@0x1",
            "application/capnp;CameraFrame@0xnonsense",
            "application/capnp;Frame",
            CLOUDS.encoding().text(),
            "application/json",
            "zenoh/string")) {
      assertFalse(FRAMES.accepts(new Encoding(text)), text);
    }
  }

  @Test
  void anotherTypeIsToldOnceAndItsSamplesAreCounted() throws Exception {
    try (OffHeapPool pool = new OffHeapPool(1 << 20);
        TopicSubscriber subscriber = subscriber(options);
        TopicPublisher<PointCloud.Builder> clouds =
            TopicPublisher.of(near, KEY, CLOUDS, pool, PublisherOptions.blocking());
        TopicPublisher<CameraFrame.Builder> frames =
            TopicPublisher.of(near, KEY, FRAMES, pool, PublisherOptions.blocking())) {
      assertTrue(clouds.publisher().awaitMatchingSubscribers(Duration.ofSeconds(60)));
      assertTrue(frames.publisher().awaitMatchingSubscribers(Duration.ofSeconds(60)));
      for (int i = 0; i < 3; i++) {
        clouds.publish(cloud -> cloud.setFrameId("lidar"));
      }
      frames.publish(
          frame -> {
            frame.setSequence(4);
            frame.setFrameId("front");
          });
      assertEquals("4 front", next());
      String reason =
          String.valueOf(assertInstanceOf(WrongTypeException.class, nextRefused()).getMessage());
      assertTrue(reason.contains("frames.capnp:PointCloud"), reason);
      assertTrue(reason.contains("frames.capnp:CameraFrame"), reason);
      assertNull(refused.poll());
      assertEquals(3, subscriber.refusedCount());
    }
  }

  @Test
  void aHostileMessageIsRefusedByItself() throws Exception {
    Random random = new Random(14);
    try (TopicSubscriber subscriber = subscriber(options);
        Publisher publisher = untyped(Encoding.APPLICATION_CAPNPROTO)) {
      publisher.put(SegmentedBytes.copyOfUtf8("no message"));
      assertInstanceOf(CapnProtoException.class, nextRefused());
      publisher.put(SegmentedBytes.empty());
      assertInstanceOf(CapnProtoException.class, nextRefused());
      // A text that leads out of the message.
      byte[] message = FRAMES.message().fromJson("{\"frameId\":\"f\",\"sequence\":\"3\"}");
      message[8 + 8 + 32 + 4] = 127;
      publisher.put(SegmentedBytes.copyOf(message));
      Exception reason = nextRefused();
      assertInstanceOf(CapnProtoException.class, reason, reason::toString);
      for (int i = 0; i < 200; i++) {
        byte[] noise = new byte[random.nextInt(200)];
        random.nextBytes(noise);
        publisher.put(SegmentedBytes.copyOf(noise));
      }
      publisher.put(
          SegmentedBytes.copyOf(
              FRAMES.message().fromJson("{\"frameId\":\"last\",\"sequence\":\"9\"}")));
      String last = next();
      while (!last.equals("9 last")) {
        last = next();
      }
      assertTrue(subscriber.refusedCount() > 3);
    }
  }

  @Test
  void theLimitsOfTheOptionsHold() throws Exception {
    TopicOptions small = options.limits(ReadLimits.defaults().withMaxMessageByteSize(200));
    try (TopicSubscriber _ = subscriber(small);
        Publisher publisher = untyped(FRAMES.encoding())) {
      String json = "{\"sequence\":\"1\",\"frameId\":\"" + "x".repeat(400) + "\"}";
      publisher.put(SegmentedBytes.copyOf(FRAMES.message().fromJson(json)));
      assertInstanceOf(CapnProtoException.class, nextRefused());
    }
  }

  @Test
  void anAddedFieldIsNoOtherTypeInEitherDirection() throws Exception {
    MessageType newer =
        frames(
            "# heightPixels", "\n  exposureNanos @8 :UInt64 = 5;\n  lens @9 :Text; # heightPixels");
    assertEquals(FRAMES.message().id(), newer.id());
    BlockingQueue<String> texts = new LinkedBlockingQueue<>();
    try (TopicSubscriber _ = subscriber(options);
        Publisher publisher = untyped(FRAMES.encoding())) {
      publisher.put(
          SegmentedBytes.copyOf(
              newer.fromJson("{\"sequence\":\"5\",\"frameId\":\"new\",\"lens\":\"wide\"}")));
      assertEquals("5 new", next());
    }
    try (OffHeapPool pool = new OffHeapPool(1 << 20);
        TopicPublisher<CameraFrame.Builder> publisher =
            TopicPublisher.of(near, KEY, FRAMES, pool, PublisherOptions.blocking());
        var _ =
            far.declareSubscriber(
                KEY, SubscriberOptions.defaults(), sample -> texts.add(text(newer, sample)))) {
      assertTrue(publisher.publisher().awaitMatchingSubscribers(Duration.ofSeconds(60)));
      publisher.publish(frame -> frame.setSequence(6));
      String text = String.valueOf(texts.poll(60, TimeUnit.SECONDS));
      assertTrue(text.contains("\"sequence\":\"6\""), text);
      assertTrue(text.contains("\"exposureNanos\":\"5\""), text);
    }
  }

  private static String text(MessageType type, Sample sample) {
    try (OffHeapPool pool = new OffHeapPool(1 << 20);
        var view = MessageView.of(sample.payload(), pool)) {
      return type.toText(view, MessageFormat.json());
    } catch (CapnProtoException e) {
      return e.toString();
    }
  }

  @Test
  void nothingIsPublishedWhenTheBuildingFails() throws Exception {
    try (OffHeapPool pool = new OffHeapPool(1 << 20);
        TopicSubscriber _ = subscriber(options);
        TopicPublisher<CameraFrame.Builder> publisher =
            TopicPublisher.of(near, KEY, FRAMES, pool, PublisherOptions.blocking())) {
      assertTrue(publisher.publisher().awaitMatchingSubscribers(Duration.ofSeconds(60)));
      assertThrows(
          IllegalArgumentException.class,
          () ->
              publisher.publish(
                  frame -> {
                    throw new IllegalArgumentException("no frame");
                  }));
      assertEquals(1 << 20, pool.availableByteSize());
      publisher.publish(frame -> frame.setSequence(2));
      assertEquals("2 ", next());
    }
  }

  @Test
  void theSchemaOfAGeneratedClassIsOneThatToolsRead() throws Exception {
    MessageSchemas again = MessageSchemas.fromRequest(FRAMES.message().schemas().toRequest());
    MessageType type = again.type("frames.capnp:CameraFrame");
    assertEquals(FRAMES.message().id(), type.id());
    byte[] message = type.fromJson("{\"sequence\":\"1\",\"format\":\"nv12\"}");
    try (OffHeapPool pool = new OffHeapPool(1 << 20);
        var view = MessageView.of(SegmentedBytes.copyOf(message), pool)) {
      String expected = FRAMES.message().toText(view, MessageFormat.json());
      assertEquals(expected, type.toText(view, MessageFormat.json()));
      assertTrue(expected.contains("\"format\":\"nv12\""), expected);
    }
    assertEquals(
        List.of(
            "frames.capnp:CameraFrame",
            "frames.capnp:PointCloud",
            "frames.capnp:PointCloud.Field",
            "frames.capnp:Tensor"),
        again.types().stream().map(MessageType::name).toList());
  }

  @Test
  void aClassThatIsNotGeneratedIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> MessageSchemas.ofGenerated(TopicTest.class));
    assertThrows(IllegalArgumentException.class, () -> MessageSchemas.ofGenerated(String.class));
    assertThrows(
        IllegalArgumentException.class,
        () -> MessageSchemas.ofGenerated(CameraFrame.Builder.class));
  }
}
