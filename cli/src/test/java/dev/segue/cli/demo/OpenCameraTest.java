package dev.segue.cli.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.OffHeapPool;
import dev.segue.capnproto.MessageView;
import dev.segue.capnproto.schema.Frames.CameraFrame;
import dev.segue.capnproto.schema.Frames.PixelFormat;
import dev.segue.capnproto.topic.TopicSchemas;
import dev.segue.capnproto.topic.TopicType;
import dev.segue.cli.CommandRun;
import dev.segue.zenoh.Config;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Sample;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.Subscriber;
import dev.segue.zenoh.SubscriberOptions;
import java.time.Duration;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The demo's frames for any subscriber. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
final class OpenCameraTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @Test
  void aSubscriberGetsFramesUntilTheCameraIsInterrupted() throws Exception {
    try (Session session = Session.open(Config.isolated().listen("tcp/127.0.0.1:0"));
        OffHeapPool pool = new OffHeapPool(16 << 20);
        Subscriber subscriber =
            session.declareSubscriber(KeyExpr.of("robot/*"), SubscriberOptions.defaults())) {
      FutureTask<CommandRun> run =
          new FutureTask<>(
              () ->
                  CommandRun.of(
                      "demo",
                      "--publish",
                      "robot/camera",
                      "--connect",
                      session.locators().getFirst(),
                      "--width",
                      "64",
                      "--height",
                      "48"));
      Thread thread = Thread.ofPlatform().start(run);
      try (Sample sample = subscriber.receive(PATIENCE).orElseThrow();
          MessageView view = MessageView.of(sample.payload(), pool)) {
        assertEquals("robot/camera", sample.keyExpr().toString());
        TopicType<?, ?> type = TopicType.of(CameraFrame.factory);
        assertEquals(type.encoding(), sample.encoding());
        assertEquals(
            type.message().name(),
            TopicSchemas.find(session, sample.keyExpr(), sample.encoding(), PATIENCE)
                .orElseThrow()
                .name());
        assertTrue(sample.timestamp().isPresent());
        view.visit(
            CameraFrame.factory,
            frame -> {
              assertEquals(PixelFormat.RGBA8, frame.getFormat());
              assertEquals(64, frame.getWidthPixels());
              assertEquals(64 * 48 * 4, frame.getPixels().size());
            });
      }
      thread.interrupt();
      CommandRun ended = run.get();
      assertEquals(130, ended.status(), ended.err());
      assertTrue(ended.out().startsWith("publishing on robot/camera"), ended.out());
    }
  }

  @Test
  void whatIsNoKeyIsRefused() {
    CommandRun run = CommandRun.of("demo", "--publish", "robot//camera");
    assertEquals(2, run.status());
    assertTrue(run.err().contains("robot//camera"), run.err());
    assertEquals(2, CommandRun.of("demo", "--connect", "tcp/127.0.0.1:1").status());
  }
}
