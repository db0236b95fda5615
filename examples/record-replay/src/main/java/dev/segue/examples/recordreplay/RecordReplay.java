package dev.segue.examples.recordreplay;

import dev.segue.bytes.Loan;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.mcap.McapStatistics;
import dev.segue.objectstore.ObjectStore;
import dev.segue.recording.Player;
import dev.segue.recording.PlayerOptions;
import dev.segue.recording.Recorder;
import dev.segue.recording.RecorderOptions;
import dev.segue.zenoh.Backlog;
import dev.segue.zenoh.Config;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Publisher;
import dev.segue.zenoh.PublisherOptions;
import dev.segue.zenoh.Sample;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.ShmPool;
import dev.segue.zenoh.Subscriber;
import dev.segue.zenoh.SubscriberOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Records a camera into a directory, plays the recording, and compares what comes. */
public final class RecordReplay {
  private static final KeyExpr CAMERA = KeyExpr.of("robot/camera");
  private static final String RECORDING = "drive.mcap";
  private static final int FRAME_BYTE_SIZE = 1280 * 720;
  private static final int FRAME_COUNT = 30;
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private RecordReplay() {}

  /** Takes the URI of a store, such as {@code s3://bucket}; without one, a new directory. */
  public static void main(String[] arguments) throws Exception {
    String uri =
        arguments.length > 0
            ? arguments[0]
            : Files.createTempDirectory("segue-recording").toUri().toString();
    try (ObjectStore store = ObjectStore.open(uri);
        Session tower = Session.open(Config.isolated().listen("tcp/127.0.0.1:0"));
        Session robot = Session.open(Config.isolated().connect(tower.locators().getFirst()))) {
      List<Integer> recorded = record(robot, tower, store);
      List<Integer> replayed = replay(robot, tower, store);
      System.out.println("checksums equal: " + recorded.equals(replayed));
    }
    if (arguments.length == 0) {
      Files.delete(Path.of(java.net.URI.create(uri)).resolve(RECORDING));
      Files.delete(Path.of(java.net.URI.create(uri)));
    }
  }

  /** Publishes frames from shared memory while the other session records them. */
  private static List<Integer> record(Session robot, Session tower, ObjectStore store)
      throws Exception {
    List<Integer> checksums = new ArrayList<>();
    RecorderOptions options = RecorderOptions.defaults().messageLimit(FRAME_COUNT);
    try (Recorder recorder =
            Recorder.start(tower, KeyExpr.of("robot/**"), store.write(RECORDING), options);
        Publisher camera = robot.declarePublisher(CAMERA, PublisherOptions.blocking());
        ShmPool pool = ShmPool.create(16L * FRAME_BYTE_SIZE)) {
      if (!camera.awaitMatchingSubscribers(PATIENCE)) {
        throw new IllegalStateException("the recorder is not there");
      }
      for (int i = 0; i < FRAME_COUNT; i++) {
        try (Loan frame = pool.tryLoan(FRAME_BYTE_SIZE, PATIENCE).orElseThrow()) {
          frame.segment().fill((byte) (i * 7)); // stands for a camera
          SegmentedBytes bytes = frame.handOver();
          checksums.add(bytes.hashCode()); // the hash of bytes is their CRC32C
          camera.put(bytes);
        }
        Thread.sleep(10);
      }
      if (!recorder.awaitEnd(PATIENCE)) {
        throw new IllegalStateException("frames are missing: " + recorder.counts());
      }
      McapStatistics statistics = recorder.finish();
      System.out.println(
          "recorded "
              + statistics.messageCount()
              + " frames, "
              + recorder.counts().droppedCount()
              + " dropped");
    }
    return checksums;
  }

  /** Plays the recording at four times its pace, each frame read straight into shared memory. */
  private static List<Integer> replay(Session robot, Session tower, ObjectStore store)
      throws Exception {
    List<Integer> checksums = new ArrayList<>();
    int inSharedMemory = 0;
    try (ShmPool pool = ShmPool.create(16L * FRAME_BYTE_SIZE);
        Subscriber subscriber =
            tower.declareSubscriber(
                KeyExpr.of("again/**"),
                SubscriberOptions.defaults().backlog(Backlog.hold(FRAME_COUNT)));
        Player player =
            Player.open(
                robot,
                store,
                RECORDING,
                PlayerOptions.defaults().keyPrefix("again").rate(4).loans(pool))) {
      Thread playing = Thread.ofPlatform().start(() -> play(player));
      for (int i = 0; i < FRAME_COUNT; i++) {
        try (Sample sample = subscriber.receive(PATIENCE).orElseThrow()) {
          inSharedMemory += sample.isSharedMemory() ? 1 : 0;
          checksums.add(sample.payload().hashCode());
        }
      }
      playing.join();
    }
    System.out.println(
        "replayed " + checksums.size() + " frames, " + inSharedMemory + " in shared memory");
    return checksums;
  }

  private static void play(Player player) {
    try {
      player.play();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
