package dev.segue.cli.recording;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.OffHeapPool;
import dev.segue.capnproto.dynamic.MessageType;
import dev.segue.capnproto.schema.Frames.CameraFrame;
import dev.segue.capnproto.topic.TopicPublisher;
import dev.segue.capnproto.topic.TopicSchemas;
import dev.segue.capnproto.topic.TopicType;
import dev.segue.cli.CommandRun;
import dev.segue.zenoh.Config;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Sample;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.Subscriber;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A recording that is played is as readable as what was recorded. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
final class PlayedSchemasTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final TopicType<CameraFrame.Builder, CameraFrame.Reader> FRAMES =
      TopicType.of(CameraFrame.factory);

  @TempDir Path directory;

  @Test
  void aReplayAnswersForTheSchemasOfItsRecording() throws Exception {
    String recording = directory.resolve("drive.mcap").toString();
    record(recording);
    try (Session session = Session.open(Config.isolated().listen("tcp/127.0.0.1:0"))) {
      CompletableFuture<CommandRun> replaying =
          start(session, "replay", recording, "again", "--wait", "60", "--rate", "0");
      KeyExpr key = KeyExpr.of("again/robot/camera");
      MessageType found =
          TopicSchemas.find(session, key, FRAMES.encoding(), PATIENCE).orElseThrow();
      assertEquals(FRAMES.message().id(), found.id());
      try (Subscriber subscriber = session.declareSubscriber(key);
          Sample sample = subscriber.receive(PATIENCE).orElseThrow()) {
        assertTrue(TopicSchemas.isOf(sample.encoding(), found), sample.encoding()::toString);
      }
      CommandRun replayed = replaying.get();
      assertEquals(0, replayed.status(), replayed::toString);
    }
  }

  private static void record(String recording) throws Exception {
    try (Session session = Session.open(Config.isolated().listen("tcp/127.0.0.1:0"));
        OffHeapPool pool = new OffHeapPool(1 << 16);
        TopicPublisher<CameraFrame.Builder> frames =
            TopicPublisher.of(session, KeyExpr.of("robot/camera"), FRAMES, pool)) {
      CompletableFuture<CommandRun> recorded =
          start(session, "record", "robot/**", recording, "--messages", "1");
      assertTrue(frames.publisher().awaitMatchingSubscribers(PATIENCE));
      frames.publish(frame -> frame.setSequence(7));
      CommandRun ended = recorded.get();
      assertEquals(0, ended.status(), ended::toString);
    }
  }

  private static CompletableFuture<CommandRun> start(Session session, String... arguments)
      throws Exception {
    String[] all = new String[arguments.length + 3];
    System.arraycopy(arguments, 0, all, 0, arguments.length);
    all[arguments.length] = "--no-scouting";
    all[arguments.length + 1] = "--connect";
    all[arguments.length + 2] = session.locators().getFirst();
    return CompletableFuture.supplyAsync(() -> CommandRun.of(all));
  }
}
