package dev.segue.cli.recording;

import dev.segue.cli.CommandFailedException;
import dev.segue.cli.store.ObjectUri;
import dev.segue.cli.store.StoreOptions;
import dev.segue.cli.terminal.JsonObject;
import dev.segue.cli.terminal.ProgressLine;
import dev.segue.cli.terminal.Quantities;
import dev.segue.mcap.McapStatistics;
import dev.segue.objectstore.ObjectStore;
import dev.segue.recording.Recorder;
import dev.segue.recording.RecorderOptions;
import dev.segue.zenoh.Backlog;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.ZenohException;
import java.io.IOException;
import java.time.Duration;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

/** Records a topic into an object. */
@Command(
    name = "record",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Records what comes under a key expression into an object, as MCAP, until Ctrl-C.",
      "The object is visible when the recording has ended well, or not at all.",
      ""
    })
public final class RecordTopic extends TopicCommand {
  private static final Duration PERIOD = Duration.ofMillis(100);

  /** What to do with samples while the store is slow. */
  enum Policy {
    /** Push back: nothing is lost, and publishers may wait. */
    HOLD,
    /** Drop the oldest, and count them. */
    DROP
  }

  @Parameters(index = "0", paramLabel = "KEYEXPR", description = "What to record: robot/**.")
  private String keyExpr = "";

  @Parameters(
      index = "1",
      paramLabel = "URI",
      converter = Location.class,
      description = "The object: s3://bucket/drive.mcap, or a path.")
  private ObjectUri to = ObjectUri.NONE;

  @Option(
      names = "--seconds",
      paramLabel = "N",
      description = "End after so long (default: at Ctrl-C).")
  private double seconds = Double.POSITIVE_INFINITY;

  @Option(
      names = "--messages",
      paramLabel = "N",
      description = "End after so many messages (default: no limit).")
  private long messages = Long.MAX_VALUE;

  @Option(
      names = "--policy",
      paramLabel = "hold|drop",
      defaultValue = "hold",
      description =
          "When the store is slow: hold pushes back to the publishers and loses nothing, drop drops the"
              + " oldest and counts them (default: ${DEFAULT-VALUE}).")
  private Policy policy = Policy.HOLD;

  @Option(
      names = "--backlog",
      paramLabel = "N",
      defaultValue = "256",
      description = "How many samples wait for the store at most (default: ${DEFAULT-VALUE}).")
  private int backlog;

  private RecordTopic() {}

  @Override
  StoreOptions.Direction direction() {
    return StoreOptions.Direction.WRITE;
  }

  @Override
  ObjectUri object() {
    return to;
  }

  @Override
  void run(Session session, ObjectStore store)
      throws IOException, ZenohException, CommandFailedException, InterruptedException {
    if (!(seconds > 0)) {
      throw new ParameterException(spec.commandLine(), "--seconds " + seconds + ": positive");
    }
    RecorderOptions options =
        new RecorderOptions(
            policy == Policy.HOLD ? Backlog.hold(backlog) : Backlog.last(backlog), messages);
    long start = System.nanoTime();
    try (Recorder recorder =
        Recorder.start(session, KeyExpr.of(keyExpr), store.write(to.key()), options)) {
      say("listening on " + String.join(" ", session.locators()));
      say("recording " + keyExpr + " into " + to);
      try (ProgressLine progress = progress()) {
        await(recorder, progress, start);
      }
      McapStatistics statistics = recorder.finish();
      Recorder.Counts counts = recorder.counts();
      double took = (System.nanoTime() - start) / 1e9;
      print(
          String.format(
              Locale.ROOT,
              "%s → %s: %d messages, %s, %d dropped, in %s",
              keyExpr,
              to,
              statistics.messageCount(),
              Quantities.byteSize(counts.payloadByteSize()),
              counts.droppedCount(),
              Quantities.seconds(took)),
          new JsonObject()
              .with("command", "record")
              .with("from", keyExpr)
              .with("to", to.toString())
              .with("messages", statistics.messageCount())
              .with("channels", statistics.channelCount())
              .with("bytes", counts.payloadByteSize())
              .with("dropped", counts.droppedCount())
              .with("seconds", took));
    }
  }

  /** Until the recorder ends, the time is over, or Ctrl-C: each a good end. */
  private void await(Recorder recorder, ProgressLine progress, long start) {
    try {
      while (!recorder.awaitEnd(PERIOD) && (System.nanoTime() - start) / 1e9 < seconds) {
        Recorder.Counts counts = recorder.counts();
        progress.show(
            String.format(
                Locale.ROOT,
                "record  %d messages  %s  %d dropped  %d waiting",
                counts.messageCount(),
                Quantities.byteSize(counts.payloadByteSize()),
                counts.droppedCount(),
                counts.waitingCount()));
      }
    } catch (InterruptedException _) {
      progress.abandon();
    }
  }
}
